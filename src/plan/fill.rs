//! What fills the words in a kind's calls: what is known of the object, its target and the objects around it.

use crate::address::Address;
use crate::attr::Attr;
use crate::diff::call_options::says_something;
use crate::spec::{BodyTemplate, Identity, Kind, OpenPath, PathTemplate, Word, written};
use crate::state::live::Live;
use crate::topology::Target;

/// What fills the words of one object's calls.
pub(crate) struct Filler<'f> {
    /// The object's address.
    pub address: &'f Address,
    /// Its kind.
    pub kind: &'static Kind,
    /// Its target.
    pub target: &'f Target,
    /// The provider's id, where it is known already.
    pub id: Option<Attr>,
    /// The name that it has at the controller, where it is there: a renamed one is still called by it.
    pub called: Option<&'f Attr>,
    /// The id of the object around it, by address, where it is known already.
    pub known_id: &'f dyn Fn(&Address) -> Option<Attr>,
    /// A field's value as it goes to the wire.
    pub field: &'f dyn Fn(&str) -> Option<Attr>,
}

/// The name that an object has at the controller, where a name tells it apart.
pub(crate) fn called(kind: &Kind, live: &Live) -> Option<Attr> {
    match kind.identity {
        Identity::Name(field) | Identity::CaselessName(field) => {
            Some(live.value(kind, field)).filter(|name| !name.is_null())
        }
        Identity::Singleton | Identity::Natural(_) | Identity::Content(..) | Identity::Sequence { .. } => None,
    }
}

impl Filler<'_> {
    /// A path with query.
    pub(crate) fn path(&self, path: &'static str) -> Attr {
        PathTemplate::of(path).fill(&|word| Some(self.path_word(word)))
    }

    /// The path of a poll, its job still to be named.
    pub(crate) fn open_path(&self, path: &'static str) -> OpenPath<Attr> {
        PathTemplate::of(path).open(&|word| Some(self.path_word(word)))
    }

    /// A body of JSON.
    pub(crate) fn json(&self, body: &'static str) -> Attr {
        BodyTemplate::of(body).fill(&|word| self.body_word(word)).unwrap_or(Attr::Null)
    }

    /// What fills a word of a body. What rides along is left out where it goes without saying.
    fn body_word(&self, word: &Word) -> Option<Attr> {
        let option = word.field().and_then(|name| self.kind.field(name)).filter(|field| field.is_call_option());
        match option {
            Some(field) => {
                let wanted = (self.field)(field.name).filter(|wanted| says_something(field, wanted));
                wanted.map(|wanted| written(&field.ty, &wanted))
            }
            None => Some(self.word(word)),
        }
    }

    /// What fills a word of a path, which leads to the object as it is there.
    fn path_word(&self, word: &Word) -> Attr {
        match word {
            Word::Name => self.called.cloned().unwrap_or_else(|| self.word(word)),
            _ => self.word(word),
        }
    }

    fn word(&self, word: &Word) -> Attr {
        match word {
            Word::Id => self.id.clone().unwrap_or_else(|| Attr::output(self.address.clone(), "id")),
            Word::Name => self.name(self.address, self.kind),
            Word::Target(setting) => self.target.settings.get(setting).cloned().unwrap_or(Attr::Null),
            Word::Parent(levels, word) => self.parent(*levels, word),
            Word::Field(name) => (self.field)(name).unwrap_or(Attr::Null),
            // No call is about a job, and what waits for one leaves it open.
            Word::Job => Attr::Null,
        }
    }

    /// The name that the object carries itself, not the label that a workspace gives it.
    fn name(&self, address: &Address, kind: &Kind) -> Attr {
        match kind.identity {
            Identity::Name(field) | Identity::CaselessName(field) => (self.field)(field).unwrap_or(Attr::Null),
            _ => address.name().map_or(Attr::Null, Attr::text),
        }
    }

    fn parent(&self, levels: usize, word: &str) -> Attr {
        let mut around = std::iter::successors(self.address.parent(), Address::parent);
        let Some(address) = around.nth(levels.saturating_sub(1)) else { return Attr::Null };
        match word {
            "id" => (self.known_id)(&address).unwrap_or_else(|| Attr::output(address, "id")),
            "name" => address.name().map_or(Attr::Null, Attr::text),
            field => Attr::output(address, field),
        }
    }
}
