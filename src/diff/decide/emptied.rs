//! Expressions that come out empty where a resource can't do without a value: the files give one, and who is asked for it
//! has none.

use crate::attr::{Attr, Output};
use crate::diff::resolve::ResolvedFields;
use crate::diff::verdict::Hold;
use crate::spec::{Field, Kind, Type, check, gives_something};
use crate::topology::{ITEMS, Resource};

/// The code of what is held because an expression comes out empty.
const EMPTY_VALUE: &str = "empty-value";

/// Why a resource is left alone, if what it takes from others comes out empty where it needs a value.
pub(in crate::diff) fn hold(resource: &Resource, resolved: &ResolvedFields) -> Option<Hold> {
    let later = resource.fields.iter().filter(|(_, declared)| declared.is_later());
    let why = later.filter_map(|(name, declared)| reason(resource.kind, name, declared, resolved.get(name)?)).next()?;
    Some(Hold::new(EMPTY_VALUE, why).help("give it a value where it comes from, or write one in its place"))
}

/// What comes out empty where it needs a value, now that more is known than when the plan was made.
pub(crate) fn now(
    kind: &'static Kind,
    wanted: &ResolvedFields,
    find: &dyn Fn(&Output) -> Option<Attr>,
) -> Option<String> {
    let later = wanted.iter().filter(|(_, wanted)| wanted.is_later());
    later.filter_map(|(name, wanted)| reason(kind, name, wanted, &wanted.fill(find))).next()
}

/// What comes out empty of one field.
fn reason(kind: &'static Kind, name: &str, declared: &Attr, filled: &Attr) -> Option<String> {
    let field = kind.field(name);
    let is_needed = |field: &Field| field.is_required() || kind.is_told_apart_by(field.name);
    let is_whole = field.is_some_and(|field| is_needed(field) && !gives_something(&field.ty, filled));
    let path = match (is_whole, field) {
        (true, _) => Vec::new(),
        (false, Some(field)) => missing(&field.ty, filled)?,
        (false, None) if name == ITEMS => missing(&Type::Table(kind.fields, ""), filled)?,
        (false, None) => return None,
    };
    let at = path.iter().fold(name.to_owned(), |at, word| format!("{at}.{word}"));
    let given = path.iter().try_fold(declared, |value, word| match value {
        Attr::List(items) => items.get(word.parse::<usize>().ok()?),
        value => value.get(word),
    });
    let expression = given.and_then(|value| Some(format!(": `{}`", value.to_shown().as_str()?)));
    Some(format!("`{at}` comes out empty{}", expression.unwrap_or_default()))
}

/// The path of the first part that is missing within a value.
fn missing(ty: &Type, filled: &Attr) -> Option<Vec<String>> {
    check(ty, filled).into_iter().find(|error| error.code == "missing-field").map(|error| error.path)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::plan::testing::{World, address};

    /// The controller in the east shows this as its own name.
    fn world(shown: Value, at: &str, fields: Value) -> World {
        let mut world = World::lab().wants("east/config", json!({})).wants(at, json!({ "address": "192.0.2.1" }));
        world.live.insert("east/config".into(), vec![json!({ "controller_name": shown, "mtu": 1500 })]);
        let given = fields.as_object().unwrap().clone();
        let with = World::lab().wants(at, fields).topology.resources.remove(&address(at)).unwrap();
        let resource = world.topology.resources.get_mut(&address(at)).unwrap();
        *resource = with;
        // A name may come from others, too.
        if let Some(Value::String(name)) = given.get("name").filter(|_| at.contains("groups")) {
            let (from, field) = name[1..].rsplit_once('.').unwrap();
            resource.fields.insert("name".into(), Attr::output(address(from), field));
        }
        world
    }

    #[test]
    fn nothing_is_made_of_what_comes_out_empty() {
        let from = "=east/config.controller_name";
        for (at, fields, told) in [
            ("west/endpoints/a", json!({ "address": from }), "`address` comes out empty"),
            ("west/groups/g", json!({ "name": from }), "`name` comes out empty"),
            ("west/routes/r", json!({ "cidr": from, "gateway": "192.0.2.1" }), "`cidr` comes out empty"),
            ("west/routes/r", json!({ "cidr": "10.0.0.0/8", "gateway": from }), "`gateway` comes out empty"),
            (
                "west/endpoints/a",
                json!({ "address": "192.0.2.1", "tunnels": [{ "subnet": "10.1.0.0/16" }, { "subnet": from }] }),
                "`tunnels.1.subnet` comes out empty",
            ),
            (
                "west/endpoints/a",
                json!({ "address": "192.0.2.1", "primary": { "subnet": from } }),
                "`primary.subnet` comes out empty",
            ),
            ("west/rules", json!([{ "rule": from }]), "`items.0.rule` comes out empty"),
        ] {
            let at_hand = |shown: Value| match &fields {
                Value::Array(_) => {
                    let mut world = world(shown, "west/groups/g", json!({})).wants(at, fields.clone());
                    world.topology.resources.remove(&address("west/groups/g"));
                    world
                }
                _ => world(shown, at, fields.clone()),
            };
            let world = at_hand(json!(""));
            let verdicts = world.verdicts();
            let verdict = verdicts.iter().find(|verdict| verdict.address == address(at)).unwrap();
            let crate::diff::verdict::Decision::Hold(hold) = &verdict.decision else {
                panic!("{at} {fields}: {}", world.verdict(at))
            };
            let words = format!("{told}: `${{east/config.controller_name}}`");
            assert_eq!((hold.code, hold.reason.as_str()), (EMPTY_VALUE, words.as_str()));
            assert!(hold.help.is_some() && world.plan().steps.is_empty());
            let full = at_hand(json!("10.9.0.1")).verdict(at);
            assert!(!full.starts_with("hold"), "{at}: {full}");
        }
    }

    #[test]
    fn what_may_be_left_out_may_come_out_empty() {
        let fields = json!({ "note": "=east/config.controller_name" });
        assert_eq!(world(json!(""), "west/groups/g", fields).verdict("west/groups/g"), "create: change");
    }

    #[test]
    fn what_is_known_in_the_run_alone_is_judged_there() {
        let kind = World::lab().topology.targets["east"].provider.kind("endpoints").unwrap();
        let output = |field: &str| Attr::output(address("east/config"), field);
        let find = |output: &Output| match output.field.as_str() {
            "empty" => Some(Attr::text("")),
            "full" => Some(Attr::text("192.0.2.1")),
            _ => None,
        };
        for (field, from, told) in [
            ("address", "empty", Some("`address` comes out empty: `${east/config.empty}`")),
            ("name", "empty", Some("`name` comes out empty: `${east/config.empty}`")),
            ("address", "full", None),
            ("address", "later", None),
            ("mode", "empty", None),
        ] {
            let wanted = ResolvedFields::from([(field.to_owned(), output(from))]);
            assert_eq!(now(kind, &wanted, &find).as_deref(), told, "{field} {from}");
        }
    }
}
