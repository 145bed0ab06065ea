//! Who uses a word: each kind of the catalogue, taken apart as it prints.

use std::collections::{BTreeMap, BTreeSet};

use trueup::parts::{CATALOGUE, Provider};

use super::declared::{Declared, Mentioned, Part, Word};
use super::printed::Printed;

/// The sort that the words for kinds are reached from.
pub(crate) const KINDS: &str = "Kind";

/// The sorts that further words are reached from.
pub(crate) const OTHERS: [&str; 3] = ["Dialect", "Action", "Artifact"];

/// The users of the words.
pub(crate) struct Users(BTreeMap<Word, BTreeSet<String>>);

impl Users {
    /// The kinds, actions, artifacts and dialects that use each word. What two providers share is one user.
    pub(crate) fn count(declared: &Declared) -> Users {
        let mut users = Users(BTreeMap::new());
        let mut seen: BTreeMap<String, String> = BTreeMap::new();
        for Provider { name, kinds, actions, artifacts, dialect, .. } in CATALOGUE {
            let kinds =
                kinds.iter().map(|kind| ("Kind", format!("{name}/{}", kind.name), kind.source, format!("{kind:?}")));
            let actions = actions
                .iter()
                .map(|action| ("Action", format!("{name} action {}", action.name), action.doc, format!("{action:?}")));
            let artifacts = artifacts.iter().map(|artifact| {
                ("Artifact", format!("{name} artifact {}", artifact.name), artifact.doc, format!("{artifact:?}"))
            });
            let dialect = ("Dialect", format!("{name} dialect"), dialect.example, format!("{dialect:?}"));
            for (sort, user, told, printed) in kinds.chain(actions).chain(artifacts).chain([dialect]) {
                let own_name = user.strip_prefix(name).unwrap_or(&user);
                let user = seen.entry(format!("{own_name} {told}")).or_insert(user.clone()).clone();
                users.visit(declared, &Mentioned::from([sort.to_owned()]), &Printed::read(&printed), &user);
            }
        }
        users
    }

    /// The users of a word, kinds before others.
    pub(crate) fn of(&self, word: &Word) -> Vec<String> {
        let mut users: Vec<String> = self.0.get(word).into_iter().flatten().cloned().collect();
        users.sort_by_key(|user| user.contains(' '));
        users
    }

    fn add(&mut self, word: Word, user: &str) {
        self.0.entry(word).or_default().insert(user.to_owned());
    }

    /// Counts the words in a value that is made of some types. Says whether there is anything in it that is no default.
    fn visit(&mut self, declared: &Declared, mentioned: &Mentioned, value: &Printed, user: &str) {
        match value {
            Printed::Atom(_) => {}
            Printed::Items(items) => items.iter().for_each(|item| self.visit(declared, mentioned, item, user)),
            Printed::Named(name, items) => {
                let inner = self.variant(declared, mentioned, name, user).unwrap_or(mentioned);
                items.iter().for_each(|item| self.visit(declared, inner, item, user));
            }
            Printed::Fields(name, fields) if mentioned.contains(name) => {
                for (field, value) in fields {
                    let word = Word::new(name, field);
                    let Some(Part { mentions, .. }) = declared.part(&word) else { continue };
                    if says_something(declared, &word, value) {
                        self.add(word, user);
                    }
                    self.visit(declared, mentions, value, user);
                }
            }
            Printed::Fields(name, fields) => {
                let inner = self.variant(declared, mentioned, name, user).unwrap_or(mentioned);
                fields.iter().for_each(|(_, value)| self.visit(declared, inner, value, user));
            }
        }
    }

    /// Counts a variant, and gives the types that it is made of; none for a name that `spec` does not declare.
    fn variant<'d>(
        &mut self,
        declared: &'d Declared,
        mentioned: &Mentioned,
        name: &str,
        user: &str,
    ) -> Option<&'d Mentioned> {
        let is_enum = |sort: &&String| declared.sorts.get(*sort).is_some_and(|sort| !sort.is_struct);
        let words = mentioned.iter().filter(is_enum).map(|sort| Word::new(sort, name));
        let found: Vec<(Word, &Part)> = words.filter_map(|word| Some((word.clone(), declared.part(&word)?))).collect();
        assert!(found.len() < 2, "`{name}` may be of several sorts: {mentioned:?}");
        let (word, part) = found.into_iter().next()?;
        self.add(word, user);
        Some(&part.mentions)
    }
}

/// Says whether a field has another value than where nothing is said.
fn says_something(declared: &Declared, word: &Word, value: &Printed) -> bool {
    if let Printed::Fields(name, fields) = value
        && declared.sorts.get(name).is_some_and(|sort| sort.is_struct)
    {
        return fields.iter().any(|(field, value)| says_something(declared, &Word::new(name, field), value));
    }
    let text = value.text();
    match declared.defaults.get(word) {
        Some(default) => *default != text,
        None => !["None", "[]", "\"\"", "false"].contains(&text.as_str()),
    }
}
