//! “I mean it”: the one list of reasons for which something is held until somebody says so, and what was said.
//!
//! The list is read by `--allow`, by every hold, and by `trueup explain allow`. `policy: { allow: … }` has a key for
//! each, in `envelope`.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::address::{Address, names};
use crate::finding::{Finding, Place};
use crate::suggest::closest;

/// A reason for which something is held until somebody says that it is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reason {
    /// A resource would go that takes everything in it along.
    Destroy,
    /// Something would be set that can't be taken back.
    Irreversible,
    /// An object would be made anew to give it a value that can't be sent otherwise.
    Replace,
    /// What others have put into a list would go as the files take it over.
    TakeOver,
    /// The way on which Trueup itself reaches a controller would change.
    Lockout,
    /// More would go than a policy lets go.
    Deletes,
    /// A target is another installation than the one that was applied to.
    Moved,
    /// It is outside of the window in which it may be changed, or frozen.
    Window,
}

/// What a reason is given with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    /// A pattern of addresses.
    Address,
    /// A number.
    Number,
    /// A target's name.
    Target,
}

impl About {
    fn word(self) -> &'static str {
        match self {
            About::Address => "ADDRESS",
            About::Number => "N",
            About::Target => "TARGET",
        }
    }
}

impl Reason {
    /// All of them, in the order in which they are told.
    pub(crate) const ALL: [Reason; 8] = [
        Reason::Destroy,
        Reason::Irreversible,
        Reason::Replace,
        Reason::TakeOver,
        Reason::Lockout,
        Reason::Deletes,
        Reason::Moved,
        Reason::Window,
    ];

    /// Its word, what it is given with, an example of that, and what it lets through.
    const fn told(self) -> (&'static str, About, &'static str, &'static str) {
        match self {
            Reason::Destroy => (
                "destroy",
                About::Address,
                "nf/networks/acme",
                "removes, or makes anew, a resource that takes everything in it along",
            ),
            Reason::Irreversible => {
                ("irreversible", About::Address, "east/license", "sets what can't be taken back, such as a licence")
            }
            Reason::Replace => (
                "replace",
                About::Address,
                "east/ipsec-endpoints/to-west",
                "makes an object anew to give it a value that can't be sent otherwise",
            ),
            Reason::TakeOver => (
                "take-over",
                About::Address,
                "east/firewall-rules",
                "removes what others have put into a list that the files take over",
            ),
            Reason::Lockout => (
                "lockout",
                About::Address,
                "east/firewall-rules",
                "changes the way on which Trueup itself reaches a controller",
            ),
            Reason::Deletes => ("deletes", About::Number, "37", "removes or replaces up to so many resources at once"),
            Reason::Moved => (
                "moved",
                About::Target,
                "east",
                "takes another installation at a target for the same network, moved, restored or rebuilt",
            ),
            Reason::Window => {
                ("window", About::Address, "west/**", "changes what is outside of its window, or frozen, all the same")
            }
        }
    }

    /// The word by which it is named, as in `take-over`.
    pub(crate) const fn word(self) -> &'static str {
        self.told().0
    }

    /// What it lets through.
    pub(crate) const fn doc(self) -> &'static str {
        self.told().3
    }

    fn named(word: &str) -> Option<Reason> {
        Reason::ALL.into_iter().find(|reason| reason.word() == word)
    }

    /// How it is given, as in `destroy=ADDRESS`.
    fn form(self) -> String {
        format!("{}={}", self.word(), self.told().1.word())
    }
}

/// The reasons, a line each.
pub(crate) fn reasons() -> String {
    Reason::ALL.iter().map(|reason| format!("  {:<22}  {}\n", reason.form(), reason.doc())).collect()
}

/// What `--allow` does, with the list of reasons.
pub(crate) fn long_help() -> String {
    format!("Says that something is meant which is held otherwise; may be given several times.\n\n{}", reasons())
}

/// The reasons for people who ask for them.
pub(crate) fn text() -> String {
    let mut text = "What is held until somebody says that it is meant. Each hold prints its flag.\n\n".to_owned();
    text.push_str(&reasons());
    text.push_str(
        "\nIn ADDRESS, `*` stands for any run of characters between two `/`, `**` for any number of words.\n",
    );
    text.push_str("\nFor one run:              trueup apply --allow destroy=nf/networks/acme --allow deletes=37\n");
    text.push_str("In trueup.yaml, for good: policy: { allow: { destroy: [nf/networks/acme], deletes: 37 } }\n");
    text
}

/// Something that somebody means, as `--allow` takes it: `destroy=nf/networks/acme`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance {
    reason: Reason,
    /// A pattern of addresses, a number, or a target.
    about: String,
    /// Where the files say it.
    place: Option<Place>,
}

impl Allowance {
    /// What somebody means, and about what.
    pub(crate) fn new(reason: Reason, about: impl fmt::Display) -> Allowance {
        Allowance { reason, about: about.to_string(), place: None }
    }

    /// The same, said at a place in the files.
    pub(crate) fn at(self, place: &Place) -> Allowance {
        Allowance { place: Some(place.clone()), ..self }
    }

    /// The option that says it, as a shell takes it.
    pub(crate) fn flag(&self) -> String {
        format!("--allow {}", quoted(&self.to_string()))
    }

    /// What to do about a hold that waits for it.
    pub(crate) fn remedy(&self) -> String {
        let about = match self.reason.told().1 {
            About::Number => self.about.clone(),
            About::Address | About::Target => format!("[{}]", in_yaml(&self.about)),
        };
        let policy = format!("policy: {{ allow: {{ {}: {about} }} }}", self.reason.word());
        format!("if that is meant, run with `{}`, or write `{policy}`", self.flag())
    }

    /// Says whether it is about an address, or about the target of one.
    fn covers(&self, address: &Address) -> bool {
        match self.reason.told().1 {
            About::Address => address.matches(&self.about),
            About::Target => address.target() == self.about,
            About::Number => false,
        }
    }
}

impl fmt::Display for Allowance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.reason.word(), self.about)
    }
}

/// Why a text says nothing that could be meant, with the list of what could.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}\n\n{}", reasons())]
pub struct AllowanceError {
    why: String,
}

impl FromStr for Allowance {
    type Err = AllowanceError;

    fn from_str(text: &str) -> Result<Allowance, AllowanceError> {
        let fail = |why: String| Err(AllowanceError { why });
        let (word, about) = text.split_once('=').unwrap_or((text, ""));
        let Some(reason) = Reason::named(word) else {
            let known = closest(word, Reason::ALL.map(Reason::word));
            let hint = known.map(|known| format!("; did you mean `{known}`?")).unwrap_or_default();
            return fail(format!("there is no reason `{word}`{hint}"));
        };
        let (_, takes, example, _) = reason.told();
        let is_sound = match takes {
            About::Address => !about.is_empty(),
            About::Target => !about.is_empty() && !about.contains('/'),
            About::Number => about.parse::<usize>().is_ok(),
        };
        match is_sound {
            true => Ok(Allowance::new(reason, about)),
            false => fail(format!("write it as `{}`, as in `{word}={example}`", reason.form())),
        }
    }
}

/// All that somebody means: in the files, and on the command line for this once.
#[derive(Debug, Clone, Default)]
pub struct Allowed(Vec<Allowance>);

impl Allowed {
    /// Takes down one thing more.
    pub fn add(&mut self, allowance: Allowance) {
        self.0.push(allowance);
    }

    /// All that is meant, in its order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Allowance> {
        self.0.iter()
    }

    /// Says whether what is held for a reason is meant at an address.
    pub(crate) fn covers(&self, reason: Reason, address: &Address) -> bool {
        self.0.iter().any(|allowance| allowance.reason == reason && allowance.covers(address))
    }

    /// How many resources may go at once: the largest number that somebody means.
    pub(crate) fn deletes(&self) -> Option<usize> {
        let numbers = self.0.iter().filter(|allowance| allowance.reason == Reason::Deletes);
        numbers.filter_map(|allowance| allowance.about.parse().ok()).max()
    }

    /// Forgets the numbers of removals that the files say.
    pub(crate) fn forget_deletes(&mut self) {
        self.0.retain(|allowance| allowance.reason != Reason::Deletes);
    }

    /// Warnings about numbers of removals that the files say, where nothing needs them any more.
    pub(crate) fn idle_deletes(&self) -> Vec<Finding> {
        let finding = |allowance: &Allowance| {
            let place = allowance.place.as_ref()?;
            let message = format!("`{allowance}` allows nothing: nothing that is planned needs it");
            let help = "take it out, so that the next removals are asked for again";
            Some(Finding::warning("allows-nothing", message).help(help).at(place))
        };
        self.0.iter().filter(|allowance| allowance.reason == Reason::Deletes).filter_map(finding).collect()
    }

    /// Warnings about what matches none of these addresses and none of these targets: nothing is allowed by it.
    pub(crate) fn unmatched(&self, addresses: &BTreeSet<String>, targets: &[&str]) -> Vec<Finding> {
        let known: Vec<&str> = addresses.iter().map(String::as_str).collect();
        let finding = |allowance: &Allowance| {
            let (_, about, ..) = allowance.reason.told();
            let (candidates, is_idle) = match about {
                About::Address => (known.as_slice(), !known.iter().any(|text| names(&allowance.about, text))),
                About::Target => (targets, !targets.contains(&allowance.about.as_str())),
                About::Number => (&[][..], false),
            };
            let help = match closest(&allowance.about, candidates.iter().copied().filter(|_| is_idle)) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "take it out, or name what `trueup plan` shows".to_owned(),
            };
            let message = format!("`{allowance}` allows nothing: nothing of that name is declared or owned");
            let finding = Finding::warning("allows-nothing", message).help(help);
            is_idle.then(|| allowance.place.iter().fold(finding, Finding::at))
        };
        self.0.iter().filter_map(finding).collect()
    }
}

/// Text as one word of a shell's command line.
pub(crate) fn quoted(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_@%+=:,./-".contains(letter);
    // What could draw on a terminal is spelled out where the hold is shown: it has to be spelled so that a shell reads it.
    let is_dark =
        |letter: char| letter.is_control() || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if text.chars().all(is_plain) {
        return text.to_owned();
    }
    if !text.contains(is_dark) {
        return format!("'{}'", text.replace('\'', r"'\''"));
    }
    let spelled = text.chars().map(|letter| match letter {
        '\'' | '\\' => format!("\\{letter}"),
        letter if is_dark(letter) => format!("\\u{:04x}", u32::from(letter)),
        letter => letter.to_string(),
    });
    format!("$'{}'", spelled.collect::<String>())
}

/// Text as an item of a YAML list in brackets.
pub(crate) fn in_yaml(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_./-".contains(letter);
    match text.chars().all(is_plain) && text.starts_with(|first: char| first.is_ascii_alphabetic()) {
        true => text.to_owned(),
        false => serde_json::Value::from(text).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn every_reason_has_a_word_of_its_own_and_its_example_is_read() {
        let words: BTreeSet<&str> = Reason::ALL.iter().map(|reason| reason.word()).collect();
        assert_eq!(words.len(), Reason::ALL.len());
        for reason in Reason::ALL {
            let (word, _, example, doc) = reason.told();
            let text = format!("{word}={example}");
            let allowance: Allowance = text.parse().unwrap();
            assert_eq!((allowance.reason, allowance.to_string()), (reason, text));
            assert!(!doc.ends_with('.') && reasons().contains(doc), "{doc}");
        }
    }

    #[test]
    fn what_is_no_allowance_is_answered_with_the_list() {
        for (text, why) in [
            ("", "there is no reason ``"),
            ("destry=nf/networks/acme", "there is no reason `destry`; did you mean `destroy`?"),
            ("takeover=x", "did you mean `take-over`?"),
            ("destroy", "write it as `destroy=ADDRESS`, as in `destroy=nf/networks/acme`"),
            ("destroy=", "write it as `destroy=ADDRESS`"),
            ("deletes=many", "write it as `deletes=N`, as in `deletes=37`"),
            ("deletes=-1", "write it as `deletes=N`"),
            ("moved=east/config", "write it as `moved=TARGET`, as in `moved=east`"),
        ] {
            let told = text.parse::<Allowance>().unwrap_err().to_string();
            assert!(told.contains(why), "{text}: {told}");
            assert!(Reason::ALL.iter().all(|reason| told.contains(reason.doc())), "{text}: {told}");
        }
    }

    #[test]
    fn an_allowance_covers_what_its_pattern_says_for_its_reason_alone() {
        let mut allowed = Allowed::default();
        for text in ["destroy=nf/networks/*", "deletes=5", "moved=east", "deletes=3"] {
            allowed.add(text.parse().unwrap());
        }
        let network = Address::new("nf", "networks", Some("acme"));
        assert!(allowed.covers(Reason::Destroy, &network));
        assert!(!allowed.covers(Reason::Irreversible, &network));
        assert!(!allowed.covers(Reason::Destroy, &network.child("endpoints", Some("laptop"))));
        assert!(allowed.covers(Reason::Moved, &Address::new("east", "config", None)));
        assert!(!allowed.covers(Reason::Moved, &network));
        assert_eq!(allowed.deletes(), Some(5));
    }

    #[test]
    fn what_matches_nothing_is_told() {
        let mut allowed = Allowed::default();
        for text in ["destroy=nf/networks/acne", "replace=nf/**", "moved=est", "deletes=5", "lockout=x"] {
            allowed.add(text.parse().unwrap());
        }
        let addresses = ["nf/networks/acme".to_owned()].into();
        let found = allowed.unmatched(&addresses, &["east", "nf"]);
        let told: Vec<String> =
            found.iter().map(|finding| format!("{finding}; {}", finding.help.as_deref().unwrap())).collect();
        let nothing = "allows nothing: nothing of that name is declared or owned";
        assert_eq!(
            told,
            [
                format!("`destroy=nf/networks/acne` {nothing}; did you mean `nf/networks/acme`?"),
                format!("`moved=est` {nothing}; did you mean `east`?"),
                format!("`lockout=x` {nothing}; take it out, or name what `trueup plan` shows"),
            ]
        );
    }

    #[test]
    fn a_shell_reads_the_flag_as_it_was_meant() {
        for about in [
            "nf/networks/acme",
            "nf/networks/Größe 100%25 [x_y]",
            "east/routes/10.0.0.0%2F8",
            "a/b/it's $HOME `id` \"x\" \\ !",
            "*/license",
            "a/b/\u{1b}[31m\n'\\",
            "a/b/\u{202e}abc",
            "~/x",
        ] {
            let allowance = Allowance::new(Reason::Destroy, about);
            let script = format!("printf %s {}", allowance.flag().strip_prefix("--allow ").unwrap());
            let output = Command::new("bash").args(["-c", &script]).env("LC_ALL", "C.UTF-8").output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("destroy={about}"), "{script}");
            assert!(!allowance.flag().contains(char::is_control), "{script}");
        }
    }

    #[test]
    fn a_remedy_says_both_ways() {
        let remedy = Allowance::new(Reason::Irreversible, "*/peering-self").remedy();
        assert_eq!(
            remedy,
            "if that is meant, run with `--allow 'irreversible=*/peering-self'`, \
             or write `policy: { allow: { irreversible: [\"*/peering-self\"] } }`"
        );
        let remedy = Allowance::new(Reason::Deletes, 37).remedy();
        assert!(remedy.ends_with("`--allow deletes=37`, or write `policy: { allow: { deletes: 37 } }`"), "{remedy}");
    }
}
