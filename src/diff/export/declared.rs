//! What the workspace by which an export is made declares: it knows what is secret where the API's tables can't say so, as in
//! the inputs of a deployment, and what is taken from somewhere else.

use std::collections::BTreeMap;

use crate::address::Address;
use crate::attr::{Attr, Output, Template, TemplatePart};
use crate::diff::index::Index;
use crate::diff::planned::PlannedValues;
use crate::diff::resolve::Resolver;
use crate::secret::Secret;
use crate::spec::Kind;
use crate::state::live::Live;
use crate::topology::{LITERAL, Resource, Topology};

/// What the workspace that an export is made by declares, by target, kind and id of the live object.
#[derive(Debug, Default)]
pub struct DeclaredObjects<'d> {
    workspace: Option<(&'d Topology, &'d Index<'d>)>,
    objects: BTreeMap<(String, &'static str, String), Vec<&'d Resource>>,
}

impl<'d> DeclaredObjects<'d> {
    /// Those of a topology, whose resources were matched with what is there.
    pub fn of(topology: &'d Topology, index: &'d Index<'d>) -> DeclaredObjects<'d> {
        let mut objects: BTreeMap<(String, &'static str, String), Vec<&'d Resource>> = BTreeMap::new();
        for resource in topology.resources.values() {
            if let Some(live) = index.live(&resource.address) {
                let target = resource.address.target().to_owned();
                objects.entry((target, resource.kind.name, live.id.clone())).or_default().push(resource);
            }
        }
        DeclaredObjects { workspace: Some((topology, index)), objects }
    }

    /// The live object that the workspace declares at an address.
    pub(super) fn live(&self, address: &Address) -> Option<&'d Live> {
        let (_, index) = self.workspace?;
        index.live(address)
    }

    /// What a declared value takes from other resources, as far as they say now what it is.
    pub(super) fn taken(&self, declared: Option<&'d Attr>) -> Vec<TakenValue<'d>> {
        let mut taken = Vec::new();
        if let (Some((topology, index)), Some(declared)) = (self.workspace, declared) {
            let resolver = Resolver { topology, index, planned: &PlannedValues::default() };
            take(&resolver, declared, &mut taken);
        }
        taken
    }

    /// The resource that declares an object, if only one may.
    pub(super) fn get(&self, target: &str, kind: &Kind, live: &Live) -> Option<&'d Resource> {
        match self.objects.get(&(target.to_owned(), kind.name, live.id.clone())).map(Vec::as_slice) {
            Some([resource]) => Some(resource),
            _ => None,
        }
    }

    /// What a leaf that is declared so is told as, where it is secret.
    pub(super) fn told(&self, declared: &Attr, live: &str) -> Option<ToldSecret> {
        match declared {
            Attr::Secret(secret) if secret.begins(live.as_bytes()) && secret.len() == live.len() => {
                Some(ToldSecret::of(secret))
            }
            Attr::Secret(_) => Some(ToldSecret::Own),
            Attr::Later(_) => {
                let is_secret = self.takes_secrets(declared) || self.knows_secret_in(live);
                is_secret.then_some(ToldSecret::Own)
            }
            _ => None,
        }
    }

    /// What a secret is told as: by the expression that gives it, so that what two places share stays one.
    pub(super) fn told_secret(&self, declared: Option<&Attr>, live: &Secret) -> ToldSecret {
        match declared {
            Some(Attr::Secret(secret)) if secret.clone().labelled("") == live.clone().labelled("") => {
                ToldSecret::of(secret)
            }
            _ => ToldSecret::Own,
        }
    }

    /// Says whether a declared value holds a secret, or takes one.
    fn takes_secrets(&self, declared: &Attr) -> bool {
        let mut is_secret = declared.has_secret();
        let asks = |output: &Output| self.workspace.is_some_and(|(topology, _)| topology.is_secret(output));
        declared.for_each_output(&mut |output| is_secret |= asks(output));
        is_secret
    }

    /// Says whether a live text holds a secret that the workspace knows.
    pub(super) fn knows_secret_in(&self, live: &str) -> bool {
        self.workspace.is_some_and(|(topology, _)| topology.secrets.holds(live))
    }
}

/// A value that is taken from other resources, and what it is now.
pub(super) struct TakenValue<'d> {
    now: Attr,
    /// The expression that takes it.
    pub template: &'d Template,
}

impl TakenValue<'_> {
    /// Says whether a live value is this one.
    pub(super) fn is(&self, live: &Attr) -> bool {
        match (&self.now, live) {
            (Attr::Secret(secret), Attr::Text(text)) => secret.begins(text.as_bytes()) && secret.len() == text.len(),
            (Attr::List(_) | Attr::Map(_) | Attr::Secret(_), _) => self.now.without_labels() == live.without_labels(),
            (now, live) => now.to_text().is_some_and(|now| !now.is_empty() && Some(now) == live.to_text()),
        }
    }
}

fn take<'d>(resolver: &Resolver<'_>, declared: &'d Attr, taken: &mut Vec<TakenValue<'d>>) {
    match declared {
        // With a secret of the files in it, it is told as one.
        Attr::Later(template) if !declared.has_secret() => {
            let now = resolver.as_now(declared);
            if !now.is_later() {
                taken.push(TakenValue { now, template });
            }
        }
        Attr::List(items) => items.iter().for_each(|item| take(resolver, item, taken)),
        Attr::Map(map) => map.values().for_each(|value| take(resolver, value, taken)),
        _ => {}
    }
}

/// An expression as it is written, where `address` says what the resources are called; `None` where one can't be named.
pub(super) fn written(template: &Template, address: &mut dyn FnMut(&Address) -> Option<Address>) -> Option<String> {
    let part = |part: &TemplatePart| match part {
        TemplatePart::Text(text) => Some(super::literal(text)),
        TemplatePart::Secret(_) => None,
        TemplatePart::Output(Output { address: of, field, .. }) => Some(format!("${{{}.{field}}}", address(of)?)),
    };
    template.parts.iter().map(part).collect()
}

/// How a secret value is told.
pub(super) enum ToldSecret {
    /// By a secret of its own.
    Own,
    /// By the expression that declares it.
    By(String),
}

impl ToldSecret {
    /// What a secret of the files is told as. What stands in them as it is has no name.
    fn of(secret: &Secret) -> ToldSecret {
        match secret.label() {
            LITERAL => ToldSecret::Own,
            label => ToldSecret::By(label.to_owned()),
        }
    }
}

/// Says whether the files put secrets into a value, or what others give.
pub(super) fn may_hold_secrets(declared: Option<&Attr>) -> bool {
    declared.is_some_and(|declared| declared.has_secret() || declared.is_later())
}

/// The item at the same place of a declared list of the same length.
pub(super) fn counterpart(declared: Option<&Attr>, length: usize, n: usize) -> Option<&Attr> {
    match declared {
        Some(Attr::List(items)) if items.len() == length => items.get(n),
        _ => None,
    }
}
