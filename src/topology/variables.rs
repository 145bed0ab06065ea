//! Variables: values that a workspace declares and that may be set from outside.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::attr::Attr;
use crate::finding::{Finding, Place};
use crate::source::{Node, parse, parse_value};
use crate::suggest::hint;
use crate::topology::envelope::{Variable, VariableType};

/// The values by name that a text of YAML or JSON gives, each as it would be written on a command line.
///
/// # Errors
/// It gives none: why, as a phrase.
pub(crate) fn given_values(text: &str) -> Result<Vec<(String, String)>, String> {
    let documents = parse(text).map_err(|broken| broken.message)?;
    match documents.into_iter().next().map(|document| document.root) {
        Some(Node::Map(entries)) => {
            Ok(entries.iter().map(|(name, value)| (name.to_string(), value.on_one_line(true))).collect())
        }
        other => Err(format!("it holds {}, and no map of values by name", other.unwrap_or(Node::Null).describe())),
    }
}

/// Reads the file that a variable is from, by its path and the place where that is said.
type ReadVariable<'r> = &'r dyn Fn(&str, &Place) -> Result<Node, Box<Finding>>;

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
        read: ReadVariable<'_>,
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
            let value = value(name, variable, (default, given.get(name)), read, &place);
            let value = value.map_err(|finding| findings.push(*finding)).ok();
            (name.clone(), (value, place))
        });
        Variables { values: values.collect(), used: RefCell::default() }
    }

    /// A variable's value, or what stands at a path of dots in it. `None` if it has none, which has been told already.
    ///
    /// # Errors
    /// There is none of that name, or nothing at the path: the finding, still without a place.
    pub(crate) fn get(&self, name: &str, path: &[String]) -> Result<Option<&Node>, Box<Finding>> {
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

    /// Variables with these values, whatever is declared.
    #[cfg(test)]
    pub(crate) fn of_values(values: &Node) -> Variables {
        let Node::Map(entries) = values else { return Variables::default() };
        let value = |(name, value): &(std::sync::Arc<str>, Node)| {
            (name.to_string(), (Some(value.clone()), Place::file("trueup.yaml").below(name)))
        };
        Variables { values: entries.iter().map(value).collect(), used: RefCell::default() }
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
    (default, given): (Option<&Node>, Option<&String>),
    read: ReadVariable<'_>,
    place: &Place,
) -> Result<Node, Box<Finding>> {
    let is_text = variable.ty == VariableType::String;
    let default = default.filter(|_| variable.default.is_some());
    if let (Some(_), Some(_)) = (&variable.from, default) {
        let finding = Finding::error("two-values", format!("variable `{name}` has a `default` and a file"));
        return Err(Box::new(finding.help("keep one of `default` and `from`").at(&place.below("from").key())));
    }
    let (value, what, place) = match (given, default) {
        (Some(text), _) if is_text => (Node::Text(text.clone()), "value given for", place.clone()),
        (Some(text), _) => (parse_value(text), "value given for", place.clone()),
        (None, Some(default)) => {
            let text = default.spelling().filter(|_| is_text).map(Node::Text);
            (text.unwrap_or_else(|| default.clone()), "default of", place.below("default"))
        }
        (None, None) if variable.from.is_some() => {
            let place = place.below("from");
            let path = variable.from.as_deref().unwrap_or_default();
            // What the file itself says has a place there.
            let told =
                |finding: Box<Finding>| if finding.place.is_some() { finding } else { Box::new(finding.at(&place)) };
            (read(path, &place).map_err(told)?, "file of", place)
        }
        (None, None) => {
            let finding = Finding::error("missing-variable", format!("variable `{name}` has no value"));
            let help =
                format!("give it a `default`, a file by `from`, `--var {name}=VALUE` or `TRUEUP_VAR_{name}=VALUE`");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gives_what_a_command_line_would() {
        let given = given_values("a: text\nb: 1.10\nc: [x, 0x1F, 'y: z']\nd: { k: yes, l: null }\n").unwrap();
        let read: Vec<(&str, String)> = given
            .iter()
            .map(|(name, text)| (name.as_str(), parse_value(text).to_attr().to_shown().to_string()))
            .collect();
        assert_eq!(given[0].1, "text");
        assert_eq!(given[1].1, "1.10");
        assert_eq!(read[2], ("c", "[\"x\",31,\"y: z\"]".to_owned()));
        assert_eq!(read[3], ("d", "{\"k\":\"yes\",\"l\":null}".to_owned()));
        for text in ["[a]", "a: {", "", "text"] {
            assert!(given_values(text).is_err(), "{text}");
        }
    }
}
