//! The APIs as tables: for each its dialect, and one file for each kind.

/// Declares a provider's kinds, a line each: the module of a file, and the kinds in it. Parents stand before their children.
macro_rules! kinds {
    ($($module:ident: $($kind:ident),+;)*) => {
        $(pub(crate) mod $module;)*

        /// Every kind, parents before their children.
        pub(crate) static ALL: &[&crate::spec::Kind] = &[$($(&$module::$kind),+),*];
    };
}

mod cloudify;
mod f5_vnfm;
mod netfoundry;
mod vns3;

use crate::spec::Provider;

/// Every provider, in the order in which they are shown.
pub static CATALOGUE: &[&Provider] = &[&netfoundry::PROVIDER, &vns3::PROVIDER, &cloudify::PROVIDER, &f5_vnfm::PROVIDER];

#[cfg(test)]
mod tests {
    use super::*;

    /// A kind that several providers share may have a call that the text of just one of them lacks.
    #[test]
    fn what_is_said_to_be_beyond_the_texts_is_called_and_missing_there() {
        for provider in CATALOGUE {
            for kind in provider.kinds {
                for (method, path, source) in kind.documented_at {
                    let calls_it = |other: &&&Provider| {
                        let kind = other.kind(kind.name);
                        kind.is_some_and(|kind| kind.calls().iter().any(|call| call.is_at(*method, path)))
                    };
                    let lacks_it = |other: &Provider| {
                        let told = kind.calls().into_iter().find(|call| call.is_at(*method, path));
                        !other.documented().any(|(method, path)| told.is_some_and(|call| call.is_at(method, path)))
                    };
                    let is_true = CATALOGUE.iter().filter(calls_it).any(|other| lacks_it(other));
                    assert!(is_true && !source.is_empty(), "{}/{}: {method} {path}", provider.name, kind.name);
                }
            }
        }
    }
}

#[cfg(test)]
mod listing {
    #[test]
    fn list_clear() {
        for p in super::CATALOGUE {
            for k in p.kinds.iter().filter(|k| k.is_declarative()) {
                for f in k.fields.iter().filter(|f| f.is_writable() && !f.required) {
                    println!(
                        "{}/{}.{}: {} | default {:?} | clear {:?} | {:?} | {:?}",
                        p.name,
                        k.name,
                        f.name,
                        f.ty.describe().chars().take(40).collect::<String>(),
                        f.default.map(|d| d.to_string()),
                        f.cleared().map(|c| c.to_shown().to_string()),
                        f.flow,
                        match f.change {
                            crate::spec::Change::InPlace => "inplace",
                            crate::spec::Change::Replaces => "replaces",
                            crate::spec::Change::Fixed => "fixed",
                            crate::spec::Change::Switch(_) => "switch",
                            crate::spec::Change::DedicatedCall(_) => "call",
                            crate::spec::Change::Widens(..) => "widens",
                            crate::spec::Change::CallOption => "option",
                        }
                    );
                }
            }
        }
    }
}
