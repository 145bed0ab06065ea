//! Verdicts: what is to happen to each address, or why nothing is.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::attr::Attr;
use crate::diff::external::EXTERNAL;
use crate::diff::others::OthersItems;
use crate::diff::sequence::Edit;
use crate::diff::shared::NO_PLACE;
use crate::fabric::FabricOrigin;
use crate::finding::Place;
use crate::secret::Secret;
use crate::spec::{Change, Disruption, Field, Kind};
use crate::topology::{Allowance, Resource};

/// What is to happen to one address. Every declared and every owned address gets exactly one.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// The address.
    pub address: Address,
    /// Its kind.
    pub kind: &'static Kind,
    /// What is to happen.
    pub decision: Decision,
    /// The provider's id of the live object.
    pub id: Option<String>,
    /// What cannot be verified: fields that the API never shows and that no ledger remembers.
    pub unverified: Vec<&'static str>,
    /// What is to be told of fields about which nothing is done.
    pub notes: FieldNotes,
    /// Where it is declared.
    pub place: Option<Place>,
    /// The declaration of the fabric that it comes from, or came from as the ledger remembers.
    pub origin: Option<Arc<FabricOrigin>>,
}

/// What is to be told of fields about which nothing is done.
#[derive(Debug, Clone, Default)]
pub struct FieldNotes {
    /// The fields that the API never shows, and whose value is the one that was sent last or that the user vouched for.
    pub trusted: Vec<&'static str>,
    /// The fields that stay as they are although the files no longer declare them, each with the reason.
    pub let_go: Vec<(String, &'static str)>,
    /// What a new object would be without, of what stays.
    pub(crate) lost: Vec<FieldChange>,
}

impl FieldNotes {
    /// The changes of an object whose place a new one takes: nothing stays that the files do not give.
    pub(crate) fn of_new_object(&mut self, mut fields: Vec<FieldChange>) -> Vec<FieldChange> {
        self.let_go.clear();
        let is_shown = |lost: &FieldChange| fields.iter().any(|change| change.name == lost.name);
        let lost: Vec<FieldChange> = self.lost.drain(..).filter(|lost| !is_shown(lost)).collect();
        fields.extend(lost);
        fields
    }
}

/// What is to happen.
#[derive(Debug, Clone)]
pub enum Decision {
    /// Nothing: it is as it should be.
    Same,
    /// Nothing at the controller: it is as it should be, and becomes owned.
    Adopt,
    /// It is made.
    Create(Cause),
    /// Some fields change in place. `adopt`: it becomes owned at that.
    Update {
        /// The fields that change.
        fields: Vec<FieldChange>,
        /// Says whether it becomes owned at that.
        adopt: bool,
    },
    /// A new object takes the place of the old one.
    Replace {
        /// The fields that differ; empty if only the surroundings force it.
        fields: Vec<FieldChange>,
        /// Which of the two comes first.
        order: ReplaceOrder,
        /// What forces it, when no field does.
        because: Option<String>,
    },
    /// It is removed.
    Delete(DeleteCause),
    /// Nothing at the controller: it is not owned any more.
    Release(String),
    /// Deliberately nothing: why, and what to do.
    Hold(Hold),
}

/// Why something differs from what is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The files no longer declare what was applied: it is taken back.
    Undeclared,
    /// The files moved.
    Change,
    /// A step of ours failed, or had another effect than it was meant to, and left it so.
    Left,
    /// Somebody moved the controller.
    Drift,
    /// Both moved, differently.
    Conflict,
}

impl Cause {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Cause::Undeclared => "undeclared",
            Cause::Change => "change",
            Cause::Left => "left",
            Cause::Drift => "drift",
            Cause::Conflict => "conflict",
        }
    }
}

/// One field that differs.
#[derive(Debug, Clone)]
pub struct FieldChange {
    /// The field; `None` for the items of a sequence.
    pub field: Option<&'static Field>,
    /// Its name.
    pub name: String,
    /// The live value. As secret as the wanted one.
    pub before: Attr,
    /// The wanted value.
    pub after: Attr,
    /// For a sequence: the smallest edit from one to the other.
    pub edits: Vec<Edit>,
    /// Who moved.
    pub cause: Cause,
    /// What it means to items of others.
    pub others: OthersItems,
}

impl FieldChange {
    /// A field that is given a value where it had none.
    pub(crate) fn given(field: Option<&'static Field>, name: &str, attr: &Attr) -> FieldChange {
        let after = match attr.to_text() {
            Some(text) if field.is_some_and(Field::is_secret) => Attr::Secret(Secret::new(name, text)),
            _ => attr.clone(),
        };
        let (name, others) = (name.to_owned(), OthersItems::default());
        FieldChange { field, name, before: Attr::Null, after, edits: Vec::new(), cause: Cause::Change, others }
    }

    /// A field of a new object that is given the value that stands for nothing, which is no secret.
    pub(crate) fn emptied(field: &'static Field, empty: &Attr) -> FieldChange {
        FieldChange { after: empty.clone(), ..FieldChange::given(Some(field), field.name, empty) }
    }

    /// What the change does to traffic.
    pub fn disruption(&self) -> Disruption {
        self.field.map_or(Disruption::None, |field| field.disruption)
    }

    /// Says whether only a new object of that kind can take it.
    pub fn replaces(&self, kind: &Kind) -> bool {
        let Some(field) = self.field else { return false };
        match field.change {
            Change::Widens(words, _) => {
                let rank = |attr: &Attr| attr.as_text().and_then(|text| words.iter().position(|word| *word == text));
                rank(&self.after) < rank(&self.before)
            }
            _ => kind.is_made_anew_for(field),
        }
    }
}

/// What stands for a live value that the API never shows and that was never sent.
pub(crate) fn never_sent() -> Attr {
    Attr::text("(never sent)")
}

/// Which comes first when an object is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplaceOrder {
    /// The old one goes first: the two can't stand side by side.
    DeleteFirst,
    /// The new one comes first, what refers to the old one moves over, and then the old one goes.
    CreateFirst,
}

/// Why something is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeleteCause {
    /// It is owned, and the files don't declare it any more.
    Undeclared,
    /// It is owned, and all that is owned is to go.
    GivenUp,
    /// It is owned, and its target is retired.
    Retired,
    /// The files speak with authority for its collection and don't declare it.
    Pruned,
    /// What an earlier run left to be removed.
    Leftover,
    /// The run that made it is taken back.
    TakenBack,
}

impl DeleteCause {
    /// A phrase for it.
    pub fn as_str(self) -> &'static str {
        match self {
            DeleteCause::Undeclared => "not declared any more",
            DeleteCause::GivenUp => "all that is owned goes",
            DeleteCause::Retired => "its target is retired",
            DeleteCause::Pruned => "not declared, and the collection is pruned",
            DeleteCause::Leftover => "left by an earlier run, and still there",
            DeleteCause::TakenBack => "made by the run that is taken back",
        }
    }
}

/// Why something is deliberately left alone.
#[derive(Debug, Clone)]
pub struct Hold {
    /// A stable code.
    pub code: &'static str,
    /// Why.
    pub reason: String,
    /// What to do about it.
    pub help: Option<String>,
    /// What lets it through, if somebody means it.
    pub allow: Option<Allowance>,
    /// What would be done otherwise; `None` when that can't be told.
    pub instead_of: Option<Box<Decision>>,
}

/// The code of what is held because it could not be looked at.
pub(crate) const UNSEEN: &str = "unseen";

/// The words before the reason why something could not be looked at.
pub(crate) const COULD_NOT_LOOK: &str = "could not be looked at: ";

/// The code of what is owned at a target that the files do not declare any more.
pub(crate) const UNDECLARED_TARGET: &str = "undeclared-target";

/// The code of what is owned of a kind that this version does not know.
pub(crate) const UNKNOWN_KIND: &str = "unknown-kind";
/// The code of what is held because its target is another installation than the one that was applied to.
pub(crate) const MOVED: &str = "moved";

/// The code of what is held because its target shows the installation of another target.
pub(crate) const ONE_INSTALLATION: &str = "one-installation";

/// The code of what is held because items of others would go as the files take a list over.
pub(crate) const TAKE_OVER: &str = "take-over";

/// The code of what is held because a policy protects it.
pub(crate) const PROTECTED: &str = "protected";

/// The code of what is left alone because the user's choice leaves it out.
pub(crate) const NOT_CHOSEN: &str = "not-chosen";

/// The code of what is put off on purpose: it may be done at another time, or by another run.
pub(crate) const DEFERRED: &str = "deferred";

/// Says whether the code of a hold tells that nothing is known of what is held.
pub(crate) fn is_unknown(code: &str) -> bool {
    matches!(code, UNSEEN | MOVED | ONE_INSTALLATION | UNDECLARED_TARGET | UNKNOWN_KIND)
}

impl Hold {
    /// Says whether it is held because it could not be looked at, or because the installation that answers is not its own.
    pub(crate) fn is_absent_on(&self) -> bool {
        is_unknown(self.code)
    }

    /// Says whether what it holds was seen and could not be compared.
    pub(crate) fn is_not_compared(&self) -> bool {
        matches!(self.code, NO_PLACE | EXTERNAL)
    }

    /// Says whether it is held because of the user's own words, as what a policy protects is.
    pub(crate) fn is_on_purpose(&self) -> bool {
        matches!(self.code, PROTECTED | NOT_CHOSEN | DEFERRED)
    }

    /// The hold of what could not be looked at.
    pub(crate) fn unseen(why: &str) -> Hold {
        Hold::new(UNSEEN, format!("{COULD_NOT_LOOK}{why}"))
    }

    /// A hold without a remedy.
    pub fn new(code: &'static str, reason: impl Into<String>) -> Hold {
        Hold { code, reason: reason.into(), help: None, allow: None, instead_of: None }
    }

    /// The same with a remedy.
    pub fn help(mut self, help: impl Into<String>) -> Hold {
        self.help = Some(help.into());
        self
    }

    /// The same, until somebody says that it is meant: the remedy is the very flag that says so.
    pub(crate) fn until(self, allowance: Allowance) -> Hold {
        Hold { help: Some(allowance.remedy()), allow: Some(allowance), ..self }
    }

    /// The same with what it keeps from being done.
    pub fn instead_of(mut self, decision: Decision) -> Hold {
        self.instead_of = Some(Box::new(decision));
        self
    }
}

impl Decision {
    /// The fields that would change. None for what is made, removed or left as it is.
    pub fn fields(&self) -> &[FieldChange] {
        match self {
            Decision::Update { fields, .. } | Decision::Replace { fields, .. } => fields,
            Decision::Hold(hold) => hold.instead_of.as_ref().map_or(&[], |decision| decision.fields()),
            Decision::Same | Decision::Adopt | Decision::Create(_) | Decision::Delete(_) | Decision::Release(_) => &[],
        }
    }

    /// The items of others that an update in place takes out of lists, each with the change that does.
    pub(crate) fn takes_over(&self) -> impl Iterator<Item = (&FieldChange, &Attr)> {
        let fields = match self {
            Decision::Update { fields, .. } => fields.as_slice(),
            _ => &[],
        };
        fields.iter().flat_map(|change| change.others.go.iter().map(move |item| (change, item)))
    }

    /// The worst cause among the differences; `None` when nothing differs.
    pub fn cause(&self) -> Option<Cause> {
        match self {
            Decision::Create(cause) => Some(*cause),
            Decision::Update { fields, .. } => fields.iter().map(|field| field.cause).max(),
            Decision::Replace { fields, .. } => {
                Some(fields.iter().map(|field| field.cause).max().unwrap_or(Cause::Change))
            }
            // The files did not move: somebody added it to a collection that they speak for.
            Decision::Delete(DeleteCause::Pruned) => Some(Cause::Drift),
            Decision::Delete(_) | Decision::Release(_) => Some(Cause::Change),
            Decision::Hold(hold) => hold.instead_of.as_ref().and_then(|decision| decision.cause()),
            Decision::Same | Decision::Adopt => None,
        }
    }
}

impl Verdict {
    /// The verdict on a declared resource of which nothing else is to be told.
    pub(crate) fn of(resource: &Resource, decision: Decision, id: Option<&str>) -> Verdict {
        Verdict {
            address: resource.address.clone(),
            kind: resource.kind,
            decision,
            id: id.map(str::to_owned),
            unverified: Vec::new(),
            notes: FieldNotes::default(),
            place: Some(resource.place.clone()),
            origin: resource.origin.clone(),
        }
    }

    /// Leaves it alone, whatever was decided.
    pub fn hold(&mut self, hold: Hold) {
        let decision = std::mem::replace(&mut self.decision, Decision::Same);
        self.decision = Decision::Hold(hold.instead_of(decision));
    }
}
