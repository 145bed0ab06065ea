//! Variables: values that a workspace declares and that may be set from outside.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::attr::Attr;
use crate::finding::{Finding, Place};
use crate::source::{Node, parse_value};
use crate::suggest::hint;
use crate::topology::envelope::{Variable, VariableType};

/// The workspace's variables with their values.
#[derive(Debug, Default)]
pub(crate) struct Variables {
    values: BTreeMap<String, (Option<Node>, Place)>,
    used: RefCell<BTreeSet<String>>,
}

impl Variables {
    /// The declared variables, with what is given from outside before their defaults, which keep their spelling in the file.
    pub(crate) fn new(
        declared: &BTreeMap<String, Variable>,
        file: Option<&Node>,
        given: &BTreeMap<String, String>,
        place: &Place,
        findings: &mut Vec<Finding>,
    ) -> Variables {
        for name in given.keys().filter(|name| !declared.contains_key(*name)) {
            let finding =
                Finding::warning("unknown-variable", format!("a value is given for `{name}`, which is no variable"));
            findings.push(finding.help(hint(name, declared.keys().map(String::as_str).collect::<Vec<_>>())));
        }
        let values = declared.iter().map(|(name, variable)| {
            let place = place.below("vars").below(name).key();
            let default = file.and_then(|file| file.get(name)?.get("default"));
            let value = value(name, variable, default, given.get(name), &place);
            let value = value.map_err(|finding| findings.push(*finding)).ok();
            (name.clone(), (value, place))
        });
        Variables { values: values.collect(), used: RefCell::default() }
    }

    /// A variable's value, or what stands at a path of dots in it. `None` if it has none, which has been told already.
    ///
    /// # Errors
    /// There is none of that name, or nothing at the path: the finding, still without a place.
    pub(crate) fn get(&self, name: &str, path: Option<&str>) -> Result<Option<&Node>, Box<Finding>> {
        let Some((value, _)) = self.values.get(name) else {
            let declared: Vec<&str> = self.values.keys().map(String::as_str).collect();
            let finding = Finding::error("unknown-variable", format!("there is no variable `{name}`"));
            let help = format!("variables are declared under `vars` in `trueup.yaml`; {}", hint(name, declared));
            return Err(Box::new(finding.help(help)));
        };
        self.used.borrow_mut().insert(name.to_owned());
        let Some(value) = value else { return Ok(None) };
        value.at(path).map(Some).map_err(|missing| {
            Box::new(Finding::error("unknown-field", format!("variable `{name}` has nothing at `{missing}`")))
        })
    }

    /// The names that nothing has asked for, with where they are declared.
    pub(crate) fn unused(&self) -> Vec<(String, Place)> {
        let used = self.used.borrow();
        let unused = self.values.iter().filter(|(name, _)| !used.contains(*name));
        unused.map(|(name, (_, place))| (name.clone(), place.clone())).collect()
    }

    /// Every variable that has a value.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.values.iter().filter_map(|(name, (value, _))| Some((name.as_str(), value.as_ref()?)))
    }
}

fn value(
    name: &str,
    variable: &Variable,
    default: Option<&Node>,
    given: Option<&String>,
    place: &Place,
) -> Result<Node, Box<Finding>> {
    let is_text = variable.ty == VariableType::String;
    let (value, what, place) = match (given, default.filter(|_| variable.default.is_some())) {
        (Some(text), _) if is_text => (Node::Text(text.clone()), "value given for", place.clone()),
        (Some(text), _) => (parse_value(text), "value given for", place.clone()),
        (None, Some(default)) => {
            let text = default.spelling().filter(|_| is_text).map(Node::Text);
            (text.unwrap_or_else(|| default.clone()), "default of", place.below("default"))
        }
        (None, None) => {
            let finding = Finding::error("missing-variable", format!("variable `{name}` has no value"));
            let help = format!("give it a `default`, `--var {name}=VALUE` or `TRUEUP_VAR_{name}=VALUE`");
            return Err(Box::new(finding.help(help).at(place)));
        }
    };
    if fits(variable.ty, &value) {
        return Ok(value);
    }
    let message =
        format!("the {what} `{name}`: expected {}, found `{}`", expected(variable.ty), value.to_attr().to_shown());
    let finding = Finding::error("wrong-value", message).help("lists and maps are given as YAML, as in `[a, b]`");
    Err(Box::new(finding.at(&place)))
}

fn fits(ty: VariableType, value: &Node) -> bool {
    let value = value.to_attr();
    match ty {
        VariableType::Any => true,
        VariableType::String => matches!(value, Attr::Text(_)),
        VariableType::Number => matches!(value, Attr::Number(_)),
        VariableType::Bool => matches!(value, Attr::Bool(_)),
        VariableType::List => matches!(value, Attr::List(_)),
        VariableType::Map => matches!(value, Attr::Map(_)),
    }
}

fn expected(ty: VariableType) -> &'static str {
    match ty {
        VariableType::Any => "any value",
        VariableType::String => "text",
        VariableType::Number => "a number",
        VariableType::Bool => "true or false",
        VariableType::List => "a list",
        VariableType::Map => "a map",
    }
}
