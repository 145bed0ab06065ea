//! References: which other resources a declared one refers to, why, and where the files say so.
//!
//! This is the one answer for everybody: `validate` looks for circles in it, holds spread along it, a plan orders its steps
//! by it, the ledger keeps it, and a graph draws it. What only the live objects know (detach before delete) is not in it.
//!
//! | why | example |
//! |---|---|
//! | it takes an output | `address: "${east/config.public_ip}"` |
//! | an output that it takes follows it | `asn: "${east/config.asn}"`, which the number of `east` decides |
//! | it names it | `group: branches`, or `@branches` among roles |
//! | it leads to it | the `source` of a VNS3 keyset, an address of another controller |
//! | it comes with it | the NetFoundry endpoint of a router that makes one of its name |
//! | it names it in words | `-j web` in a firewall rule, `lnk6` in a route, `get_secret` in a blueprint's files |
//! | it lives in it | a BGP peer in its IPsec endpoint |
//! | it is in that tenant | everything of a target whose `tenant` another target makes |
//! | its whole kind comes first | the license, before everything else of a controller |

use std::collections::BTreeMap;
use std::fmt;

use crate::address::Address;
use crate::attr::{Attr, Output};
use crate::check::walk::{WalkStep, place, walk};
use crate::finding::Place;
use crate::spec::{Field, Provider, Type};
use crate::topology::words::TextNames;
use crate::topology::{ITEMS, Resource, Target, Topology};

/// One reference of a declared resource.
#[derive(Debug, Clone)]
pub(crate) struct Reference {
    /// The resource that it refers to, declared or not.
    pub to: Address,
    /// The reason.
    pub why: Why,
    /// Where the files say so.
    pub place: Place,
}

/// Why one resource waits for another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Why {
    /// A field takes an output of it.
    Takes {
        /// The field.
        field: String,
        /// The output.
        output: String,
    },
    /// An output that a field takes is evaluated from it.
    Decides {
        /// The field.
        field: String,
        /// The resource and its output.
        output: String,
    },
    /// A field names it.
    Names(String),
    /// A field holds an address that leads to its target.
    LeadsTo(&'static str),
    /// A setting of its target names it, such as the tenant that all of the target is in.
    Home(String),
    /// It makes the resource by itself.
    ComesWith,
    /// A text in a field names it, in words of the field's grammar.
    Mentions(String),
    /// It is a parent.
    LivesIn,
    /// Its kind comes first, whatever the two say of each other: the reason that the kind gives.
    KindFirst(&'static str),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::Takes { field, output } => write!(f, "`{field}` takes `{output}` from it"),
            Why::Decides { field, output } => write!(f, "`{field}` takes `{output}`, which it decides"),
            Why::Names(field) => write!(f, "`{field}` names it"),
            Why::LeadsTo(field) => write!(f, "`{field}` leads to it"),
            Why::Home(setting) => write!(f, "`{setting}` of its target names it"),
            Why::ComesWith => f.write_str("it comes with it"),
            Why::LivesIn => f.write_str("lives in it"),
            Why::Mentions(field) => write!(f, "`{field}` names it"),
            Why::KindFirst(why) => f.write_str(why),
        }
    }
}

/// The references of a topology's resources.
pub(crate) struct References<'t> {
    topology: &'t Topology,
    /// The targets by the host under which the workspace knows them.
    hosts: BTreeMap<&'t str, Vec<&'t str>>,
    /// The names in texts.
    pub(crate) words: TextNames<'t>,
    /// The declared resources that targets are in.
    homes: BTreeMap<Home<'t>, Address>,
}

/// What tells apart the things that targets may be in: host and port, provider, kind and name.
type Home<'t> = (&'t str, &'static str, &'static str, String);

/// What a target is in by one of its settings, as a Cloudify target is in a tenant: the setting, and that thing.
pub(crate) fn homes_of(target: &Target) -> impl Iterator<Item = (&'static str, Home<'_>)> {
    target.provider.dialect.settings.iter().filter_map(|setting| {
        let Type::Ref(kind) = setting.ty else { return None };
        let name = target.settings.get(setting.name)?.to_text()?;
        Some((setting.name, (authority(&target.at)?, target.provider.name, kind, name)))
    })
}

/// What other targets may be in, where an address is that of such a thing.
pub(crate) fn home_at<'t>(topology: &'t Topology, address: &Address) -> Option<Home<'t>> {
    let target = topology.targets.get(address.target())?;
    let is_home = |setting: &&Field| matches!(setting.ty, Type::Ref(kind) if kind == address.kind());
    let setting = target.provider.dialect.settings.iter().find(is_home)?;
    let Type::Ref(kind) = setting.ty else { return None };
    Some((authority(&target.at)?, target.provider.name, kind, address.name()?.to_owned()))
}

impl<'t> References<'t> {
    /// Prepares to tell the references of a topology.
    pub(crate) fn new(topology: &'t Topology) -> References<'t> {
        let mut hosts: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for target in topology.targets.values() {
            if let Some(host) = host(&target.at) {
                hosts.entry(host).or_default().push(&target.name);
            }
        }
        let homes =
            topology.resources.keys().filter_map(|address| Some((home_at(topology, address)?, address.clone())));
        References { topology, hosts, words: TextNames::new(topology), homes: homes.collect() }
    }

    /// Everything that a resource itself says that it needs: all reasons but parents and whole kinds.
    pub(crate) fn of(&self, resource: &Resource) -> Vec<Reference> {
        let mut found = self.in_fields(resource);
        found.extend(self.depends_on_remote(resource));
        found.extend(maker(self.topology, resource).map(|maker| Reference {
            to: maker.address.clone(),
            why: Why::ComesWith,
            place: place(resource, &[]),
        }));
        found.extend(self.mentioned(resource));
        found.extend(self.homes(&resource.address).map(|(setting, to)| Reference {
            to,
            why: Why::Home(setting.to_owned()),
            place: place(resource, &[]),
        }));
        found
    }

    /// The declared resources of other targets that the target of an address is in, each with the setting that says so.
    pub(crate) fn homes(&self, address: &Address) -> impl Iterator<Item = (&'static str, Address)> {
        let target = self.topology.targets.get(address.target()).filter(|_| !self.homes.is_empty());
        let homes = target.into_iter().flat_map(homes_of);
        let own = address.target();
        homes.filter_map(move |(setting, home)| {
            let there = self.homes.get(&home).filter(|there| there.target() != own)?;
            Some((setting, there.clone()))
        })
    }

    /// The parents of an address, from the nearest up.
    pub(crate) fn parents(address: &Address) -> impl Iterator<Item = Address> {
        std::iter::successors(address.parent(), Address::parent)
    }

    /// What the values of fields take or name, field by field.
    fn in_fields(&self, resource: &Resource) -> Vec<Reference> {
        let mut found: Vec<(&str, Reference)> = Vec::new();
        for (name, attr) in &resource.fields {
            let mut path = match resource.kind.field(name) {
                None if name == ITEMS => Vec::new(),
                _ => vec![WalkStep::Name(name)],
            };
            outputs(attr, &mut path, &mut |output, path| {
                let why = Why::Takes { field: name.clone(), output: output.field.clone() };
                let place = place(resource, path);
                found.push((name, Reference { to: output.address.clone(), why, place: place.clone() }));
                for to in deciding(self.topology, output).filter(|to| *to != resource.address) {
                    let why = Why::Decides { field: name.clone(), output: output.to_string() };
                    found.push((name, Reference { to, why, place: place.clone() }));
                }
            });
        }
        let provider = self.topology.targets.get(resource.address.target()).map(|target| target.provider);
        walk(resource, &mut |_, ty, value, path| {
            let (Some((kinds, name)), Some(provider)) = (named(ty, value), provider) else { return };
            let (Some(to), Some(field)) =
                (self.topology.referred(&resource.address, provider, &kinds, &name), first_name(path))
            else {
                return;
            };
            let among = resource.fields.get_key_value(field).map_or(ITEMS, |(name, _)| name.as_str());
            let is_declared = self.topology.resources.contains_key(&to);
            // Who names what comes along with something declared needs that.
            let maker = maker_at(self.topology, &to).filter(|_| !is_declared).map(|maker| maker.address.clone());
            found.extend(
                [Some(to), maker].into_iter().flatten().map(|to| {
                    (among, Reference { to, why: Why::Names(field.to_owned()), place: place(resource, path) })
                }),
            );
        });
        found.sort_by_key(|(field, _)| *field);
        found.into_iter().map(|(_, reference)| reference).collect()
    }

    /// The resources at other targets that the addresses in a resource's fields lead to.
    ///
    /// An address is an output of the other target, or the host under which the workspace knows it.
    pub(crate) fn depends_on_remote(&self, resource: &Resource) -> Vec<Reference> {
        let mut found = Vec::new();
        let fields = resource.kind.fields.iter().filter(|field| !field.depends_on_remote.is_empty());
        for (field, attr) in fields.filter_map(|field| Some((field, resource.fields.get(field.name)?))) {
            let mut targets: Vec<&str> = Vec::new();
            attr.for_each_output(&mut |output| targets.push(output.address.target()));
            targets.extend(attr.as_text().and_then(|text| self.hosts.get(text)).into_iter().flatten());
            for target in targets.into_iter().filter(|target| *target != resource.address.target()) {
                let there = field.depends_on_remote.iter().map(|kind| Address::new(target, kind, None));
                found.extend(there.filter(|address| self.topology.resources.contains_key(address)).map(|to| {
                    Reference {
                        to,
                        why: Why::LeadsTo(field.name),
                        place: place(resource, &[WalkStep::Name(field.name)]),
                    }
                }));
            }
        }
        found
    }

    /// What the texts of a resource name.
    fn mentioned(&self, resource: &Resource) -> Vec<Reference> {
        let mut found: BTreeMap<Address, Reference> = BTreeMap::new();
        for word in self.words.of(resource) {
            for to in self.words.meant(&resource.address, &word) {
                let why = Why::Mentions(word.field.clone());
                let reference = Reference { to: to.clone(), why, place: word.place.clone() };
                found.entry(to).or_insert(reference);
            }
        }
        found.into_values().collect()
    }
}

/// The declared resource that a declared one comes along with: nobody makes it, it shows a while after that one.
pub(crate) fn maker<'t>(topology: &'t Topology, resource: &Resource) -> Option<&'t Resource> {
    maker_at(topology, &resource.address)
}

/// The declared resource that what has an address comes along with, declared or not.
pub(crate) fn maker_at<'t>(topology: &'t Topology, address: &Address) -> Option<&'t Resource> {
    let (maker, switch) = may_come_with(topology, address)?;
    (maker.fields.get(switch) == Some(&Attr::Bool(true))).then_some(maker)
}

/// The declared resource that what has an address would come along with, and the field of it that has to be true for that.
pub(crate) fn may_come_with<'t>(topology: &'t Topology, address: &Address) -> Option<(&'t Resource, &'static str)> {
    let kinds = topology.targets.get(address.target())?.provider.kinds;
    kinds.iter().find_map(|kind| {
        let mut comes = kind.creates().filter(|(made, _)| *made == address.kind());
        let switch = comes.find_map(|(_, sign)| sign.namesake_switch())?;
        Some((topology.resources.get(&address.sibling(kind.name, address.name()))?, switch))
    })
}

/// The declared resources of which an output is evaluated, besides the one that shows it.
pub(crate) fn deciding<'t>(topology: &'t Topology, output: &Output) -> impl Iterator<Item = Address> + use<'t> {
    let target = output.address.target().to_owned();
    let provider = topology.targets.get(&target).map(|target| target.provider);
    let kind = provider.and_then(|provider| provider.kind(output.address.kind()));
    let field = kind.and_then(|kind| kind.field(output.field.split('.').next().unwrap_or_default()));
    let kinds = field.map_or(&[][..], |field| field.recomputed_from).iter();
    let kinds = kinds.filter(move |name| provider.is_some_and(|provider| provider.kind(name).is_some()));
    kinds.map(move |name| Address::new(&target, name, None)).filter(|to| topology.resources.contains_key(to))
}

/// The kinds and the name that a value of a type refers to: `branches` in a field of type reference, `@branches` among
/// roles. Whatever else the type holds is visited by itself.
pub(crate) fn named(ty: &Type, value: &Attr) -> Option<(Vec<&'static str>, String)> {
    let (kinds, name) = match ty {
        Type::Ref(kind) => (vec![*kind], value.to_text()?),
        // What takes tags alone names nothing.
        Type::Role([]) => return None,
        Type::Role(kinds) => (kinds.to_vec(), value.as_text()?.strip_prefix('@')?.to_owned()),
        _ => return None,
    };
    (!name.is_empty()).then_some((kinds, name))
}

/// The parent that something built in comes with, where the parent is declared and the thing itself is not.
pub(crate) fn comes_with_parent(topology: &Topology, address: &Address) -> Option<Address> {
    let provider: &Provider = topology.targets.get(address.target())?.provider;
    let kind = provider.kind(address.kind())?;
    let parent = address.parent().filter(|_| kind.is_built_in(address.name().unwrap_or_default()))?;
    let is_declared = |address: &Address| topology.resources.contains_key(address);
    (is_declared(&parent) && !is_declared(address)).then_some(parent)
}

/// Calls `see` with every output in a value, and the keys down to it.
fn outputs<'v>(attr: &'v Attr, path: &mut Vec<WalkStep<'v>>, see: &mut dyn FnMut(&'v Output, &[WalkStep<'v>])) {
    let mut below = |step, value: &'v Attr, path: &mut Vec<WalkStep<'v>>| {
        path.push(step);
        outputs(value, path, see);
        path.pop();
    };
    match attr {
        Attr::Later(_) => attr.for_each_output(&mut |output| see(output, path)),
        Attr::List(items) => {
            items.iter().enumerate().for_each(|(index, value)| below(WalkStep::Index(index), value, path));
        }
        Attr::Map(map) => map.iter().for_each(|(key, value)| below(WalkStep::Name(key), value, path)),
        Attr::Null | Attr::Bool(_) | Attr::Number(_) | Attr::Text(_) | Attr::Secret(_) => {}
    }
}

/// The field at the beginning of a path; in a sequence, the item's.
fn first_name<'p>(path: &[WalkStep<'p>]) -> Option<&'p str> {
    path.iter().find_map(|step| match step {
        WalkStep::Name(name) => Some(*name),
        WalkStep::Index(_) => None,
    })
}

/// The host and port of a base URL.
fn authority(at: &str) -> Option<&str> {
    at.split_once("://")?.1.split('/').next()
}

/// The host of a base URL.
fn host(at: &str) -> Option<&str> {
    let (_, rest) = at.split_once("://")?;
    let authority = rest.split('/').next()?;
    match authority.strip_prefix('[') {
        Some(address) => address.split(']').next(),
        None => authority.split(':').next(),
    }
}
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_and_the_host_of_a_target_lead_there() {
        let text = "
vns3:
  london:
    at: https://203.0.113.11:8000/api
    credentials: { password: '${var.pw}' }
    keyset: { token: '${var.pw}' }
  milan: &member
    at: https://203.0.113.12:8000/api
    credentials: { password: '${var.pw}' }
    keyset: { token: '${var.pw}', source: '${london/config.private_ipaddress}' }
  oslo: { <<: *member, at: 'https://203.0.113.13:8000/api', keyset: { token: '${var.pw}', source: 203.0.113.11 } }
  paris: { <<: *member, at: 'https://203.0.113.14:8000/api', keyset: { token: '${var.pw}', source: 10.9.9.9 } }
";
        let folder = tempfile::tempdir().unwrap();
        let workspace = "workspace: lab\nvars: { pw: { type: string, default: p } }\n";
        std::fs::write(folder.path().join("trueup.yaml"), workspace).unwrap();
        std::fs::write(folder.path().join("vns3.yaml"), text).unwrap();
        let loaded = crate::topology::load(folder.path(), crate::providers::CATALOGUE, &Default::default());
        let topology = loaded.unwrap_or_else(|findings| panic!("{findings:?}")).topology;
        let led = |target: &str| {
            let resource = &topology.resources[&Address::new(target, "keyset", None)];
            let led = References::new(&topology).depends_on_remote(resource);
            led.into_iter().map(|reference| reference.to.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(led("milan"), ["london/keyset"]);
        assert_eq!(led("oslo"), ["london/keyset"]);
        assert_eq!((led("paris"), led("london")), (vec![], vec![]));
    }

    #[test]
    fn the_host_of_a_url_is_what_files_call_it() {
        assert_eq!(host("https://203.0.113.11:8000/api"), Some("203.0.113.11"));
        assert_eq!(host("https://[2001:db8::1]:8000/api"), Some("2001:db8::1"));
        assert_eq!(host("https://london.example/api"), Some("london.example"));
        assert_eq!(host("london"), None);
    }

    #[test]
    fn a_resource_tells_each_reference_with_its_reason_and_its_place() {
        use crate::topology::testing::east;
        let text = "config: { mtu: 1500 }\ngroups: { core: {} }\nendpoints:\n  \
                    a: { address: '${east/config.public_ip}', group: core, inputs: { deep: [x, '${east/groups/core.id}'] } }\n\
                    policies: { p: { members: ['#tag', '@a'] } }\n";
        let loaded = east(text).unwrap_or_else(|findings| panic!("{findings:?}"));
        let topology = &loaded.topology;
        let references = References::new(topology);
        let line = |reference: Reference| {
            let at = topology.sources.locations(&[&reference.place]).join("");
            format!("{} · {} · {at}", reference.to, reference.why)
        };
        let told: Vec<String> = topology.resources.values().flat_map(|r| references.of(r)).map(line).collect();
        assert_eq!(
            told,
            [
                "east/config · `address` takes `public_ip` from it · east.yaml:8:21",
                "east/groups/core · `group` names it · east.yaml:8:56",
                "east/groups/core · `inputs` takes `id` from it · east.yaml:8:82",
                "east/endpoints/a · `members` names it · east.yaml:9:40",
            ]
        );
    }
}
