//! Accounts: credentials that a workspace does not give, found where the vendor's own tools look for them.
//!
//! A token comes from its variable. The account behind it comes from the file that a variable names, else from variables
//! of their own, else from a file of that name in one of the documented folders. Where two of the named ones disagree
//! about who asks, neither is taken: the vendor's tools differ about which one wins.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::base_url::{self, BadUrl};
use super::claims::Claims;
use super::draft::TargetDraft;
use super::evaluate::Evaluator;
use super::machine::{folder, variable};
use super::secrets::{SecretMode, Secrets};
use crate::attr::Attr;
use crate::finding::{Finding, Place};
use crate::secret::Secret;
use crate::spec::{Auth, ClientCredentials, Elsewhere, Field};
use crate::topology::{Credentials, Origin};

/// Fields of credentials, and in words where they come from.
struct Account {
    from: String,
    fields: BTreeMap<String, String>,
}

type Found<T> = Result<T, Box<Finding>>;

/// Checks the URL at which tokens are issued, whoever gives it: it is where the password goes.
pub(super) fn check_issuer(credentials: &Credentials, draft: &TargetDraft, evaluator: &mut Evaluator) {
    let Auth::ClientCredentials(asked) = draft.provider.dialect.auth else { return };
    let is_made_up = credentials.origin == Origin::Machine && evaluator.secrets.mode() != SecretMode::Required;
    let Some(Attr::Text(url)) = credentials.fields.get(asked.url).filter(|_| !is_made_up) else { return };
    if let Err(BadUrl { code, message, remedy }) = base_url::check(asked.url, url) {
        let finding = remedy.into_iter().fold(Finding::error(code, message), Finding::help);
        let place = match draft.keys.get("credentials") {
            Some(setting) => setting.place.below(asked.url),
            None => draft.place.clone(),
        };
        evaluator.findings.push(finding.at(&place));
    }
}

/// The credentials of the machine's user, for a target that is declared at that place.
///
/// # Errors
/// There are none, or they contradict each other: the finding, still without a place.
pub(crate) fn find(
    asked: &ClientCredentials,
    fields: &[Field],
    secrets: &Secrets,
    place: &Place,
) -> Found<Credentials> {
    let (account, token) = match secrets.mode() {
        SecretMode::StandIn | SecretMode::Unasked | SecretMode::OfStore | SecretMode::Rehearsed => {
            (Some(stand_in(fields)), None)
        }
        SecretMode::Required => {
            let search = Search { asked, elsewhere: &asked.elsewhere, fields, secrets, place };
            (search.account()?, variable(asked.elsewhere.token))
        }
    };
    if let (Some(account), Some(token)) = (&account, &token) {
        agree(asked, account, token)?;
    }
    if account.is_none() && token.is_none() {
        return Err(nothing(&asked.elsewhere));
    }
    let found = Credentials {
        fields: account.map(|account| account.into_attrs(fields)).unwrap_or_default(),
        token: token.map(|token| Secret::new(asked.elsewhere.token, token)),
        origin: Origin::Machine,
    };
    for attr in found.fields.values() {
        if let Attr::Secret(secret) = attr {
            secrets.learn(secret.clone());
        }
    }
    found.token.iter().for_each(|token| secrets.learn(token.clone()));
    Ok(found)
}

impl Account {
    fn into_attrs(self, fields: &[Field]) -> BTreeMap<String, Attr> {
        let Account { from, fields: values } = self;
        let is_secret = |name: &str| fields.iter().any(|field| field.name == name && field.is_secret());
        let attr = |(name, value): (String, String)| match is_secret(&name) {
            true => (name.clone(), Attr::Secret(Secret::new(format!("{name} of {from}"), value))),
            false => (name, Attr::Text(value)),
        };
        values.into_iter().map(attr).collect()
    }
}

/// What a rehearsal asks with.
fn stand_in(fields: &[Field]) -> Account {
    let fields = fields.iter().map(|field| (field.name.to_owned(), format!("simulated-{}", field.name)));
    Account { from: "a rehearsal".into(), fields: fields.collect() }
}

/// What is looked for, and who is told about it.
struct Search<'s> {
    asked: &'s ClientCredentials,
    elsewhere: &'s Elsewhere,
    fields: &'s [Field],
    secrets: &'s Secrets,
    place: &'s Place,
}

impl Search<'_> {
    fn account(&self) -> Found<Option<Account>> {
        let named = variable(self.elsewhere.file).map(|path| self.read(Path::new(&path))).transpose()?;
        let given = self.in_the_variables()?;
        match (named, given) {
            (Some(named), Some(given))
                if named.fields.get(self.asked.client) != given.fields.get(self.asked.client) =>
            {
                let message = format!("{} and {} name different accounts", named.from, given.from);
                let help = format!("unset `{}`, or unset {}", self.elsewhere.file, given.from);
                Err(Box::new(Finding::error("account-conflict", message).help(help)))
            }
            (Some(account), _) | (None, Some(account)) => Ok(Some(account)),
            (None, None) => self.in_the_folders(),
        }
    }

    /// The account that variables give. Some of them without the others are more likely a mistake than not meant.
    fn in_the_variables(&self) -> Found<Option<Account>> {
        let mut fields = BTreeMap::new();
        for (field, name) in self.elsewhere.variables {
            fields.extend(variable(name).map(|value| ((*field).to_owned(), value)));
        }
        let is_set = |(field, _): &&(&str, &str)| fields.contains_key(*field);
        let (set, unset): (Vec<_>, Vec<_>) = self.elsewhere.variables.iter().partition(is_set);
        match (set.as_slice(), unset.as_slice()) {
            ([], _) => Ok(None),
            (_, []) => Ok(Some(Account { from: listed(&set), fields })),
            (set, unset) => {
                let verb = if set.len() == 1 { "is" } else { "are" };
                let message = format!("{} {verb} set without {}", listed(set), listed(unset));
                Err(Box::new(Finding::error("account-conflict", message).help("set all of them, or none")))
            }
        }
    }

    /// The account in the first of the folders that has a file of it.
    fn in_the_folders(&self) -> Found<Option<Account>> {
        let files = self.elsewhere.folders.iter().filter_map(|place| Some(folder(*place)?.join(self.elsewhere.name)));
        files.filter(|file| file.is_file()).map(|file| self.read(&file)).next().transpose()
    }

    fn read(&self, path: &Path) -> Found<Account> {
        let from = format!("`{}`", path.display());
        let bad = |what: String| {
            let finding = Finding::error("bad-account", format!("the account {what}"));
            Box::new(finding.help("it takes the file that the console gives once, when it makes an API account"))
        };
        // A path that a variable gives starts where the program is run, not in the workspace.
        let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let text = self.secrets.read_file(&whole, self.place).map_err(|missing| bad(missing.what))?;
        let json: Value = serde_json::from_str(&text).map_err(|_| bad(format!("in {from} is no JSON")))?;
        let mut fields = BTreeMap::new();
        for field in self.fields {
            match json.get(field.name).and_then(Value::as_str) {
                Some(value) if !value.is_empty() => drop(fields.insert(field.name.to_owned(), value.to_owned())),
                _ if field.is_required() => return Err(bad(format!("in {from} lacks `{}`", field.name))),
                _ => {}
            }
        }
        Ok(Account { from, fields })
    }
}

/// A token of one account that would be renewed as another one.
fn agree(asked: &ClientCredentials, account: &Account, token: &str) -> Found<()> {
    let claims = Claims::of(token);
    match (claims.text(asked.elsewhere.claim), account.fields.get(asked.client)) {
        (Some(issued), Some(client)) if issued != client => {
            let variable = asked.elsewhere.token;
            let message = format!("`{variable}` was not issued for the account of {}", account.from);
            let help = format!("unset `{variable}`: a new token is fetched; or drop the other account");
            Err(Box::new(Finding::error("account-conflict", message).help(help)))
        }
        _ => Ok(()),
    }
}

fn nothing(elsewhere: &Elsewhere) -> Box<Finding> {
    let folders = elsewhere.folders.iter().filter_map(|place| folder(*place));
    let places: Vec<String> = folders.map(|folder| format!("`{}`", folder.join(elsewhere.name).display())).collect();
    let help = format!(
        "give `credentials`, or set `{}` to the path of `{}`, or set {}, or put the file at {}",
        elsewhere.file,
        elsewhere.name,
        listed(&elsewhere.variables.iter().collect::<Vec<_>>()),
        places.join(" or ")
    );
    Box::new(Finding::error("missing-field", "there are no `credentials`, here or elsewhere").help(help))
}

fn listed(variables: &[&(&'static str, &'static str)]) -> String {
    let names: Vec<String> = variables.iter().map(|(_, name)| format!("`{name}`")).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
}
