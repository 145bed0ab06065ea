//! Relations: what the objects of one kind have to do with those of another.

use serde_json::Value;

use crate::spec::{Field, Kind, Provider, lookup};

/// What the objects of a kind have to do with those of another kind of the same target, which stands first.
#[derive(Debug, Clone, Copy)]
pub enum Relation {
    /// All resources of that kind come first, for this reason.
    After(&'static str, &'static str),
    /// They are the objects of that kind, shown in an older way: only one of the two is declared at a target, and an export
    /// tells the newer one.
    OlderViewOf(&'static str),
    /// A write of one of these fields undoes what objects of that kind declare. Where they have a field of the same name,
    /// that is set again behind it; where they have none they are in the way, are removed before it and made again after it.
    Undoes(&'static str, &'static [&'static str]),
    /// They make objects of that kind for themselves, which this gives away. Those are not the user's to declare.
    Creates(&'static str, AutoCreated),
}

/// The sign that an object was made by another one for itself: a NetFoundry router with `tunnelerEnabled` makes an
/// endpoint of its name.
#[derive(Debug, Clone, Copy)]
pub enum AutoCreated {
    /// The maker shows its id.
    Listed {
        /// Where: one id, a list, or a map.
        at: &'static str,
        /// The field of the maker that has to be set for it to go when the maker goes; otherwise it is left behind, and
        /// has to be removed after it. `None`: it always goes.
        goes_if_set: Option<&'static str>,
    },
    /// It names the maker.
    Named {
        /// Its field of roles that names the maker and nothing else, as in `["@office"]`. That is a guess, which the ledger
        /// overrules. `None`: it has the maker's name, and comes a while after it. A resource of that name means that very
        /// object, and makes none beside it.
        by: Option<&'static str>,
        /// The field that a maker sets, to true where it is true or false, and other objects of its kind do not.
        where_set: &'static str,
    },
}

impl AutoCreated {
    /// Says whether what an object made stays when the object goes.
    pub fn is_left_by(&self, maker: &Value) -> bool {
        match self {
            AutoCreated::Listed { goes_if_set: Some(field), .. } => lookup(maker, field).is_none_or(Value::is_null),
            AutoCreated::Listed { goes_if_set: None, .. } | AutoCreated::Named { .. } => false,
        }
    }

    /// The field of the maker that has to be true for an object of the maker's name to come along.
    pub(crate) fn namesake_switch(&self) -> Option<&'static str> {
        match self {
            AutoCreated::Named { by: None, where_set } => Some(where_set),
            AutoCreated::Named { by: Some(_), .. } | AutoCreated::Listed { .. } => None,
        }
    }
}

impl Kind {
    /// The kinds all of whose resources come first, with the reason.
    pub(crate) fn after(&self) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
        self.relations.iter().filter_map(|relation| match relation {
            Relation::After(first, why) => Some((*first, *why)),
            _ => None,
        })
    }

    /// The kind that shows the same objects in a newer way.
    pub fn newer_view(&self) -> Option<&'static str> {
        self.relations.iter().find_map(|relation| match relation {
            Relation::OlderViewOf(newer) => Some(*newer),
            _ => None,
        })
    }

    /// The kinds whose objects lose what they declare to a write of one of some fields.
    pub(crate) fn undoes(&self) -> impl Iterator<Item = (&'static str, &'static [&'static str])> + use<> {
        self.relations.iter().filter_map(|relation| match relation {
            Relation::Undoes(kind, fields) => Some((*kind, *fields)),
            _ => None,
        })
    }

    /// Its fields that are evaluated from another kind.
    pub(crate) fn followers_of(&self, other: &Kind) -> impl Iterator<Item = &'static Field> + use<> {
        let name = other.name;
        let is_own = self.name == name;
        self.fields.iter().filter(move |field| !is_own && field.recomputed_from.contains(&name))
    }

    /// The kinds of which its objects make some for themselves, and the sign of each.
    pub(crate) fn creates(&self) -> impl Iterator<Item = (&'static str, &'static AutoCreated)> + use<> {
        self.relations.iter().filter_map(|relation| match relation {
            Relation::Creates(kind, sign) => Some((*kind, sign)),
            _ => None,
        })
    }
}

impl Provider {
    /// The kinds whose objects have to be removed while a field of a kind changes, and made again after it.
    pub(crate) fn in_the_way_of(&self, kind: &Kind, field: &str) -> impl Iterator<Item = &'static str> {
        let undone = kind.undoes().filter(move |(_, fields)| fields.contains(&field)).map(|(kind, _)| kind);
        undone.filter(move |name| self.kind(name).is_some_and(|other| other.field(field).is_none()))
    }
}
