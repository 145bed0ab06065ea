//! What a field is there for, and who needs it, may hang on another field of its object, or of one around it.

use std::collections::BTreeMap;

use crate::attr::Attr;
use crate::check::walk::{WalkStep, place};
use crate::check::{Subject, rule};
use crate::finding::Finding;
use crate::spec::{Condition, Field, Given, Identity, Shape, Type, TypeSlot, canonical, gives_something};
use crate::suggest::hint;
use crate::topology::{ITEMS, Resource};

rule! {
    /// A field is given that an object like this does not have, or one is missing that such an object needs.
    "does-not-fit" is Mixed;
    bad: "license-parameters: { default: false }";
    good: "license-parameters: { default: true }";
}

fn run(subject: &Subject) -> Vec<Finding> {
    subject.topology.resources.values().flat_map(of).collect()
}

fn of(resource: &Resource) -> Vec<Finding> {
    let mut search = Fitting { resource, around: Vec::new(), path: Vec::new(), found: Vec::new() };
    match (resource.kind.identity, resource.fields.get(ITEMS)) {
        (Identity::Sequence { .. }, Some(Attr::List(items))) => {
            for (index, item) in items.iter().enumerate() {
                search.path.push(WalkStep::Index(index));
                if let Attr::Map(map) = item {
                    search.object(resource.kind.fields, map);
                }
                search.path.pop();
            }
        }
        _ => search.object(resource.kind.fields, &resource.fields),
    }
    search.found
}

/// A walk through the objects of a resource, each with those around it.
struct Fitting<'r> {
    resource: &'r Resource,
    around: Vec<(&'static [Field], &'r BTreeMap<String, Attr>)>,
    path: Vec<WalkStep<'r>>,
    found: Vec<Finding>,
}

impl<'r> Fitting<'r> {
    fn object(&mut self, fields: &'static [Field], map: &'r BTreeMap<String, Attr>) {
        self.strangers(fields, map);
        self.around.push((fields, map));
        for field in fields.iter().filter(|field| field.is_writable()) {
            let given = map.get_key_value(field.name).filter(|(_, value)| gives_something(&field.ty, value));
            match given {
                None => self.missing(field),
                Some((name, value)) => {
                    self.path.push(WalkStep::Name(name));
                    self.unknown_here(field);
                    self.parts(TypeSlot::of(field), value);
                    self.path.pop();
                }
            }
        }
        self.around.pop();
    }

    fn parts(&mut self, slot: TypeSlot, value: &'r Attr) {
        match (slot.ty.shape(), value) {
            (Shape::Members(fields), Attr::Map(map)) => self.object(fields, map),
            (Shape::Items(item), Attr::List(items)) => {
                for (index, value) in items.iter().enumerate() {
                    self.part(WalkStep::Index(index), item, value);
                }
            }
            (Shape::Entries(item), Attr::Map(map)) => {
                for (name, value) in map {
                    self.part(WalkStep::Name(name), item, value);
                }
            }
            _ => {}
        }
    }

    fn part(&mut self, step: WalkStep<'r>, ty: Type, value: &'r Attr) {
        self.path.push(step);
        self.parts(TypeSlot::typed(ty), value);
        self.path.pop();
    }

    /// Tells keys that an object of a known sort does not have: its fields say of that sort that they are for it.
    fn strangers(&mut self, fields: &'static [Field], map: &'r BTreeMap<String, Attr>) {
        let is_own = |name: &str| fields.iter().any(|field| field.name == name);
        if self.around.is_empty() || map.keys().all(|key| is_own(key)) {
            return;
        }
        let conditions = fields.iter().flat_map(|field| field.required.into_iter().chain(field.writable_on));
        let sorts: Vec<(&str, Given)> = conditions
            .flat_map(|when| when.given().collect::<Vec<_>>())
            .filter(|(name, given)| matches!(given, Given::OneOf(_)) && !is_own(name))
            .collect();
        let sort = sorts.into_iter().find(|sort| self.holds(Condition::of(*sort)) == Some(true));
        let Some((by, _)) = sort else { return };
        let Some(word) = self.find(by).and_then(|(field, value)| canonical(&field.ty, &value).to_text()) else {
            return;
        };
        for key in map.keys().filter(|key| !is_own(key)) {
            self.path.push(WalkStep::Name(key));
            let message = format!("`{key}` is not known where `{by}` is `{word}`: it is passed on as it is");
            let help = hint(key, fields.iter().filter(|field| field.is_writable()).map(|field| field.name));
            self.say(Finding::warning(RULE.code, message).help(help));
            self.path.pop();
        }
    }

    fn missing(&mut self, field: &Field) {
        let is_others = self.resource.external || self.is_left_alone(self.around.len().wrapping_sub(1), field.name);
        // What every object needs is told with its type.
        let Some(when) = field.required.filter(|_| !is_others && !field.is_required()) else { return };
        let Some(whose) = Some(when).filter(|when| self.holds(*when) == Some(true)).and_then(Condition::objects) else {
            return;
        };
        let message = format!("`{}` is missing, which is needed where {whose}", field.name);
        let help = format!("add `{}: …` — {} ({})", field.name, field.doc, field.ty.describe());
        self.say(Finding::error(RULE.code, message).help(help));
    }

    fn unknown_here(&mut self, field: &Field) {
        let Some(when) = field.writable_on else { return };
        let against = when.given().find(|given| self.holds(Condition::of(*given)) == Some(false));
        let Some((by, given)) = against else { return };
        let word = self.find(by).and_then(|(field, value)| match gives_something(&field.ty, &value) {
            true => canonical(&field.ty, &value).to_text(),
            false => field.default.map(|default| default.value().to_text().unwrap_or_default()),
        });
        let message = match (given, word) {
            (Given::OneOf(_) | Given::NoneOf(_), Some(word)) => {
                format!("`{}` does not go with `{by}: {word}`", field.name)
            }
            (Given::Nothing, _) => format!("`{}` does not go with `{by}`", field.name),
            _ => format!("`{}` does not go without `{by}`", field.name),
        };
        let help = format!("it is for where {}: {}", when.objects().unwrap_or_default(), field.doc);
        self.say(Finding::error(RULE.code, message).help(help));
    }

    /// Says whether a condition holds: the object that has its field is the nearest one.
    fn holds(&self, when: Condition) -> Option<bool> {
        when.holds_for(&|name| self.find(name))
    }

    /// The nearest field of a name; `None` where nobody here knows its value.
    fn find(&self, name: &str) -> Option<(&'static Field, Attr)> {
        let (depth, field, map) = self.around.iter().enumerate().rev().find_map(|(depth, (fields, map))| {
            let field = fields.iter().find(|field| field.name == name)?;
            Some((depth, field, map))
        })?;
        (!self.is_left_alone(depth, name)).then(|| (field, map.get(name).cloned().unwrap_or(Attr::Null)))
    }

    /// Says whether a field of the object at that depth is one that the resource does not manage.
    fn is_left_alone(&self, depth: usize, name: &str) -> bool {
        depth == 0 && self.resource.unmanaged.contains(name)
    }

    fn say(&mut self, finding: Finding) {
        let mut at = place(self.resource, &self.path);
        at.at_key = true;
        self.found.push(finding.at(&at).about(&self.resource.address));
    }
}

#[cfg(test)]
mod tests {
    use crate::providers::CATALOGUE;
    use crate::topology::testing::{indented, told, workspace};
    use crate::topology::{Options, load};

    const HEAD: &str = "workspace: t\nvars: { pw: { default: x } }\nnetfoundry:\n  nf:\n    at: https://nf.example\n    \
                        credentials: { clientId: c, password: '${var.pw}', authenticationUrl: 'https://i.example/t' }\n";

    /// The findings of this rule and of open words about what stands in a network, without their places.
    fn found(kinds: &str) -> Vec<String> {
        let network = "networks:\n  n:\n    networkGroupId: G\n    region: r\n";
        let text = format!("{HEAD}{}", indented(&format!("{network}{}", indented(kinds))));
        let folder = workspace(&[("trueup.yaml", &text)]);
        let all = told(load(folder.path(), CATALOGUE, &Options::default()));
        let own = all.lines().filter(|line| line.contains("does-not-fit:") || line.contains("unknown-word:"));
        own.filter_map(|line| Some(line.split_once("<")?.1.split_once(';')?.0.to_owned())).collect()
    }

    /// A service of some type with a model.
    fn service(sort: &str, model: &str) -> Vec<String> {
        found(&format!("services:\n  s: {{ modelType: {sort}, model: {{ {model} }} }}\n"))
    }

    const BOTH: &str = "bindEndpointAttributes: ['#h'], edgeRouterAttributes: ['#all']";

    #[test]
    fn a_sort_of_object_needs_its_own_fields_and_has_no_others() {
        let simple = format!(
            "clientIngress: {{ host: a, port: 1 }}, serverEgress: {{ protocol: tcp, host: a, port: 1 }}, {BOTH}"
        );
        assert!(service("TunnelerToEndpoint", &simple).is_empty());
        assert_eq!(
            service("TunnelerToEndpoint", &format!("clientIngress: {{ host: a, ports: [] }}, {BOTH}")),
            [
                "model> does-not-fit: `serverEgress` is missing, which is needed where `modelType` is \
                 `TunnelerToEndpoint` or `AdvancedTunnelerToEndpoint`",
                "clientIngress> does-not-fit: `port` is missing, which is needed where `modelType` is \
                 `TunnelerToEndpoint`, `TunnelerToEdgeRouter` or `TunnelerToSdk`",
                "ports> does-not-fit: `ports` does not go with `modelType: TunnelerToEndpoint`",
            ]
        );
        assert_eq!(
            service("TunnelerToEndpoint", &format!("{simple}, more: 1")),
            [
                "more> does-not-fit: `more` is not known where `modelType` is `TunnelerToEndpoint`: it is passed on as it is"
            ]
        );
    }

    #[test]
    fn of_a_sort_that_nobody_documented_nothing_is_asked() {
        assert!(service("ZitiToEndpoint", "more: 1").is_empty());
        assert_eq!(
            service("ElsewhereToEndpoint", "more: 1, serverEgress: { host: a }"),
            [
                "ElsewhereToEndpoint> unknown-word: `ElsewhereToEndpoint` is none of the words that are known here: it is \
              passed on as it is"
            ]
        );
        assert!(service("'${nf/networks/n.status}'", "more: 1").is_empty(), "it is known later");
    }

    #[test]
    fn of_a_pair_one_is_given() {
        let egress = |text: &str| {
            let ingress = "clientIngress: { addresses: [a], ports: [{ low: 1, high: 1 }], protocols: [tcp] }";
            let rest = "forwardPort: true, allowedPortRanges: [{ low: 1, high: 1 }], protocol: tcp";
            service("AdvancedTunnelerToEndpoint", &format!("{ingress}, serverEgress: {{ {rest}, {text} }}, {BOTH}"))
        };
        assert!(egress("host: a").is_empty());
        assert!(egress("forwardHost: true, allowedHosts: [a]").is_empty());
        assert!(egress("forwardHost: false, host: a").is_empty());
        let told = egress("forwardHost: true, host: a");
        assert!(told.iter().any(|line| line.contains("`host` does not go with `forwardHost: true`")), "{told:?}");
        assert!(told.iter().any(|line| line.contains("`allowedHosts` is missing")), "{told:?}");
        assert!(egress("allowedHosts: [a]").iter().any(|line| line.contains("`host` is missing")));
    }

    #[test]
    fn every_sort_of_sort_is_known() {
        for (kinds, told) in [
            ("posture-checks:\n  p: { typeId: OS }", "`operatingSystems` is missing"),
            (
                "posture-checks:\n  p: { typeId: MAC, macAddresses: [0c9d92a1b2c3], domains: [x] }",
                "`domains` does not go with `typeId: MAC`",
            ),
            ("posture-checks:\n  p: { typeId: TPM }", "`TPM` is none of the words"),
            ("edge-routers:\n  r: { locationCode: us-east-1 }", "`locationCode` does not go with `provider: CUSTOMER`"),
            ("edge-routers:\n  r: { provider: AWS }", "`locationCode` is missing"),
            ("edge-routers:\n  r: { provider: aws, locationCode: us-east-1 }", ""),
            ("edge-routers:\n  r: {}", ""),
            ("services:\n  s: { modelType: TunnelerToSdk }", "`model` is missing"),
            ("services:\n  s: { model: {} }", "`modelType` is missing"),
            ("services:\n  s: { modelType: TunnelerToSdk, unmanaged: [model] }", ""),
            ("services:\n  s: { model: { serverEgress: {}, more: 1 }, unmanaged: [modelType] }", ""),
            ("posture-checks:\n  p: { typeId: OS, unmanaged: [operatingSystems] }", ""),
            ("posture-checks:\n  p: { typeId: OS, external: true }", ""),
            (
                "services:\n  s: { configs: [{ name: c, configTypeId: intercept.v1, data: { addresses: [a] } }] }",
                "`protocols` is missing, which is needed where `configTypeId` is `intercept.v1`",
            ),
            ("configs:\n  c: { configTypeId: host.v1, data: { forwardPort: true } }", "`allowedPortRanges` is missing"),
            ("configs:\n  c: { configTypeId: own.v1, data: { addresses: [a], more: 1 } }", ""),
            (
                "service-policies:\n  p: { type: Dial, serviceAttributes: [], endpointAttributes: [] }",
                "`semantic` is missing, which is needed where `type` is `Dial`",
            ),
            (
                "service-policies:\n  p: { serviceAttributes: [], endpointAttributes: [], postureCheckAttributes: ['#c'] }",
                "`postureCheckAttributes` does not go with `type: Bind`",
            ),
            ("endpoints:\n  e: { enrollmentMethod: { ott: false } }", "`ottca` is missing"),
            ("endpoints:\n  e: { enrollmentMethod: {} }", "`ott` is missing"),
            ("endpoints:\n  e: { enrollmentMethod: { ott: true, updb: bob } }", "`updb` does not go with `ott: true`"),
        ] {
            let found = found(kinds);
            let is_told = match told {
                "" => found.is_empty(),
                told => found.iter().any(|line| line.contains(told)),
            };
            assert!(is_told, "{kinds}: {found:#?}");
        }
    }
}
