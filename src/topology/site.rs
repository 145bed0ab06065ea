//! Sites: where a value stands in the files, and what it is for.

use super::draft::{Draft, DraftField, Each, TargetSetting};
use super::given_at::GivenAt;
use super::secrets::Secrets;
use crate::address::Address;
use crate::attr::Attr;
use crate::finding::{PathKey, Place};
use crate::redact::Scalars;
use crate::spec::{Descend, Field, Type, TypeSlot, visit_types};
use crate::topology::ITEMS;

/// What a value is for.
#[derive(Clone, Copy)]
pub(crate) struct ValuePurpose {
    /// What values it takes, where that is known.
    pub ty: Option<Type>,
    /// Says whether it must not be shown.
    pub secret: bool,
}

impl ValuePurpose {
    /// A value that is not to be shown where it is wanted so. Nothing is no secret.
    pub(crate) fn conceal(self, secrets: &Secrets, label: &str, value: Attr) -> Attr {
        let is_secret = self.secret && !value.is_nothing();
        if is_secret { secrets.redacted(label, value, self.scalars()) } else { value }
    }

    /// For a field.
    pub(crate) fn of(field: &Field) -> ValuePurpose {
        ValuePurpose { ty: Some(field.ty), secret: field.is_secret() }
    }

    /// The form that a number keeps when it is a secret.
    pub(crate) fn scalars(self) -> Scalars {
        match self.ty {
            None | Some(Type::Any | Type::Json(_)) => Scalars::Json,
            Some(_) => Scalars::Text,
        }
    }

    /// For an item of the list that it is.
    pub(crate) fn item(self) -> ValuePurpose {
        self.part(TypeSlot::item)
    }

    /// For what stands below a key of the map that it is.
    pub(crate) fn key(self, key: &str) -> ValuePurpose {
        self.part(|slot| slot.below(key))
    }

    fn part(self, step: impl Fn(TypeSlot) -> Option<TypeSlot>) -> ValuePurpose {
        let slot = self.ty.map(TypeSlot::typed).and_then(step);
        let secret = slot.and_then(|slot| slot.field).is_some_and(Field::is_secret);
        ValuePurpose { ty: slot.map(|slot| slot.ty), secret: self.secret || secret }
    }
}

/// Where a value stands, and what `each` means there.
pub(crate) struct Site<'s> {
    base: &'s Place,
    given_at: Option<&'s GivenAt>,
    /// The keys below the base.
    pub path: Vec<PathKey>,
    /// What `each` means here.
    pub each: Option<&'s Each>,
    /// The resource that the value belongs to, which can't wait for itself.
    pub own: Option<&'s Address>,
}

impl<'s> Site<'s> {
    /// A value at a place that belongs to no resource.
    pub(crate) fn at(base: &'s Place) -> Site<'s> {
        Site { base, given_at: None, path: Vec::new(), each: None, own: None }
    }

    /// A value of a target.
    pub(crate) fn of_target(setting: &'s TargetSetting) -> Site<'s> {
        Site { each: setting.each.as_deref(), ..Site::at(&setting.place) }
    }

    /// A value at a place of a resource that belongs to none of its fields.
    pub(crate) fn beside(draft: &'s Draft, base: &'s Place) -> Site<'s> {
        Site { base, given_at: None, path: Vec::new(), each: draft.each.as_deref(), own: Some(&draft.address) }
    }

    /// A declared field's value.
    pub(crate) fn of(draft: &'s Draft, field: &'s DraftField) -> Site<'s> {
        let path = if &*field.name == ITEMS { Vec::new() } else { vec![PathKey::Name(field.name.clone())] };
        let given_at = field.given_at.as_ref();
        Site { base: &draft.place, given_at, path, each: draft.each.as_deref(), own: Some(&draft.address) }
    }

    /// The same place, in what is made for an item there.
    pub(crate) fn for_item<'i>(&'i self, each: &'i Each) -> Site<'i> {
        let Site { base, given_at, ref path, each: _, own } = *self;
        Site { base, given_at, path: path.clone(), each: Some(each), own }
    }

    /// The place itself.
    pub(crate) fn place(&self) -> Place {
        GivenAt::place(self.given_at, self.base, &self.path)
    }
}

/// What a draft's field is for.
pub(crate) fn purpose(draft: &Draft, name: &str) -> ValuePurpose {
    match draft.kind.field(name) {
        Some(field) => ValuePurpose { ty: Some(*draft.type_of(field)), ..ValuePurpose::of(field) },
        None if name == ITEMS => ValuePurpose { ty: Some(Type::Table(draft.kind.fields, "")), secret: false },
        None => ValuePurpose { ty: None, secret: false },
    }
}

/// Says whether values of a type hold names or paths in YAML that the provider holds as something else.
pub(crate) fn holds_names(ty: &Type) -> bool {
    let mut holds = false;
    visit_types(TypeSlot::typed(*ty), &mut |slot| {
        holds |= matches!(slot.ty, Type::Ref(_) | Type::Role(_) | Type::File(_));
        if holds { Descend::Past } else { Descend::Into }
    });
    holds
}
