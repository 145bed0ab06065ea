//! Functions: what a call in an expression comes to. There are few, all of them pure, and none of them loops.
//!
//! * `networks`: the arithmetic of networks; `texts`, `collections`: texts, lists and maps

mod collections;
mod networks;
mod texts;

use crate::finding::Finding;
use crate::source::Node;
use crate::suggest::hint;
use crate::topology::expression::{Expression, NameScope, Segment, Term, value};

/// The function that makes a secret of another one.
pub(crate) const DERIVE: &str = "derive";

/// Bytes that a text may have that a function makes: a call in a call could make any number of them.
const MAX_TEXT: usize = 1 << 20;

/// A function that expressions may call.
pub(crate) struct Function {
    /// Its name.
    pub name: &'static str,
    /// Its arguments by name; `…` at the end of the last says that more may follow.
    pub arguments: &'static [&'static str],
    /// What it comes to.
    pub doc: &'static str,
    /// A call, and what it comes to as JSON.
    pub example: (&'static str, &'static str),
    /// How that is found.
    work: FunctionWork,
}

/// How a function comes to its value.
#[derive(Clone, Copy)]
enum FunctionWork {
    /// From its arguments alone.
    Pure(fn(&[Node]) -> Result<Node, BadArgument>),
    /// From the first argument that is there and gives something.
    FirstGiven,
    /// From a file of the workspace.
    File,
    /// From a secret: it is one itself, and stands as a whole value.
    Secret,
}

/// The values of the variables that the examples use.
pub(crate) const EXAMPLE_VARIABLES: &str = "sites: { london: { lan: 10.1.0.0/16, asn: 65001 }, oslo: { lan: 10.2.0.0/16 } }\nnets: [10.1.0.0/16, 10.2.0.0/16]\n";

/// An argument that a function can do nothing with.
#[derive(Debug, Clone, PartialEq, Eq)]
struct BadArgument {
    /// Its number, from 0.
    number: usize,
    /// What is wrong with it: a phrase.
    message: String,
}

impl BadArgument {
    fn new(number: usize, message: impl Into<String>) -> BadArgument {
        BadArgument { number, message: message.into() }
    }
}

/// All functions, in the order in which they are listed.
pub(crate) const FUNCTIONS: &[&[Function]] = &[networks::FUNCTIONS, texts::FUNCTIONS, collections::FUNCTIONS];

/// All functions.
pub(crate) fn all() -> impl Iterator<Item = &'static Function> {
    FUNCTIONS.iter().copied().flatten()
}

/// The text of `trueup explain functions`.
pub(crate) fn text() -> String {
    let mut text = String::from(
        "functions: what expressions may call, as in `${cidr.host(var.lan, 1)}`\n\n\
         An argument is a text in quotes, a number, `true`, `false`, `null`, a name as in `var.lan` or `each.key`, another call,\n\
         or the output of a resource whose value the files give. Secrets, and what is known only once a resource is there,\n\
         are no arguments but of `derive`, which stands by itself. In a text in quotes, and in a name, `${…}` may stand:\n\
         `var.sites.${each.key}.lan`.\n\n\
         In the examples the variables are\n",
    );
    EXAMPLE_VARIABLES.lines().for_each(|line| text.push_str(&format!("  {line}\n")));
    for function in all() {
        let (call, value) = function.example;
        text.push_str(&format!("\n{}\n  {}\n  ${{{call}}} is {value}\n", function.form(), function.doc));
    }
    text
}

impl Function {
    /// How it is called, as in `lower(TEXT)`.
    pub(crate) fn form(&self) -> String {
        format!("{}({})", self.name, self.arguments.join(", "))
    }

    /// How many arguments it takes at least and at most.
    fn counts(&self) -> (usize, usize) {
        let has_more = self.arguments.last().is_some_and(|last| last.ends_with('…'));
        (self.arguments.len(), if has_more { usize::MAX } else { self.arguments.len() })
    }
}

/// What a call comes to; `None` where what keeps it from that has been told already.
///
/// # Errors
/// There is no such function, or an argument is wrong: the finding, still without a place in a file.
pub(crate) fn call(
    name: &str,
    arguments: &[Expression<'_>],
    scope: &mut dyn NameScope,
) -> Result<Option<Node>, Box<Finding>> {
    let Some(function) = all().find(|function| function.name == name) else {
        let finding = Finding::error("unknown-function", format!("there is no function `{name}`"));
        let names: Vec<&str> = all().map(|function| function.name).collect();
        return Err(Box::new(finding.help(hint(name, names))));
    };
    let (least, most) = function.counts();
    if arguments.len() < least || arguments.len() > most {
        let message = format!("`{name}` takes {}, and is given {}", counted(least, most), arguments.len());
        let finding = Finding::error("bad-expression", message);
        return Err(Box::new(finding.help(format!("write `{}`", function.form()))));
    }
    match function.work {
        FunctionWork::Pure(run) => {
            let mut values = Vec::with_capacity(arguments.len());
            for argument in arguments {
                match value(argument, scope)? {
                    Some(node) => values.push(node),
                    None => return Ok(None),
                }
            }
            run(&values).map(Some).map_err(|bad| refused(function, &bad, arguments))
        }
        FunctionWork::FirstGiven => first_given(arguments, scope),
        FunctionWork::File => file(function, arguments, scope),
        FunctionWork::Secret => {
            let finding =
                Finding::error("secret-argument", format!("`{name}` makes a secret, which nothing looks into"));
            Err(Box::new(finding.help(format!("let it stand by itself, as in `${{{}}}`", function.example.0))))
        }
    }
}

fn counted(least: usize, most: usize) -> String {
    let arguments = if least == 1 { "argument" } else { "arguments" };
    if most == least { format!("{least} {arguments}") } else { format!("{least} {arguments} or more") }
}

/// The finding of an argument that is wrong.
fn refused(function: &Function, bad: &BadArgument, arguments: &[Expression<'_>]) -> Box<Finding> {
    let finding = Finding::error("wrong-argument", format!("`{}`: {}", function.name, bad.message));
    let finding = Box::new(finding.help(format!("`{}`: {}", function.form(), function.doc)));
    match arguments.get(bad.number) {
        Some(argument) => argument.accused(finding),
        None => finding,
    }
}

/// What `default` comes to: where a variable or an item has nothing, the next argument is asked.
fn first_given(arguments: &[Expression<'_>], scope: &mut dyn NameScope) -> Result<Option<Node>, Box<Finding>> {
    let mut found = Node::Null;
    for (number, argument) in arguments.iter().enumerate() {
        match value(argument, scope) {
            Ok(Some(node)) => found = node,
            Ok(None) => return Ok(None),
            Err(finding) if finding.code == "unknown-field" && number + 1 < arguments.len() => {}
            Err(finding) => return Err(finding),
        }
        if !matches!(&found, Node::Null) && found.as_text() != Some("") {
            break;
        }
    }
    Ok(Some(found))
}

/// The text of a file, whose path stands in quotes.
fn file(
    function: &Function,
    arguments: &[Expression<'_>],
    scope: &mut dyn NameScope,
) -> Result<Option<Node>, Box<Finding>> {
    let bad = || Finding::error("bad-expression", "`file` names no file");
    let help = || format!("write its path in quotes, as in `${{{}}}`", function.example.0);
    match arguments {
        [Expression { term: Term::Text(parts), .. }] if !parts.is_empty() => {
            // What makes up the path has to be known before the files are read.
            let mut own = scope.own();
            let mut path = String::new();
            for part in parts {
                match part {
                    Segment::Text(text) => path.push_str(text),
                    Segment::Expression(inner) => match value(inner, &mut own)? {
                        Some(node) => path.push_str(&node.to_text().ok_or_else(|| bad().help(help()))?),
                        None => return Ok(None),
                    },
                }
            }
            scope.file(&path).map(|text| Some(Node::Text(text)))
        }
        _ => Err(Box::new(bad().help(help()))),
    }
}

/// The text of an argument.
fn word(values: &[Node], number: usize) -> Result<String, BadArgument> {
    let node = values.get(number).unwrap_or(&Node::Null);
    match node {
        Node::Null => Err(BadArgument::new(number, "expected text, found nothing")),
        node => {
            node.to_text().ok_or_else(|| BadArgument::new(number, format!("expected text, found {}", node.describe())))
        }
    }
}

/// The whole number of an argument: one that is spelt as text, as in a table of texts, is one, too.
fn whole(values: &[Node], number: usize) -> Result<i128, BadArgument> {
    let node = values.get(number).unwrap_or(&Node::Null);
    let found = match node {
        Node::Spelt(spelt) => spelt.meaning.to_text(),
        node => node.to_text(),
    };
    found.and_then(|text| text.parse().ok()).ok_or_else(|| {
        let shown = node.to_text().map_or_else(|| node.describe().to_owned(), |text| format!("`{text}`"));
        BadArgument::new(number, format!("expected a whole number, found {shown}"))
    })
}

/// A text that a function makes, as long as it is one that somebody could mean.
fn bounded(length: Option<usize>, text: impl FnOnce() -> String) -> Result<Node, BadArgument> {
    match length {
        Some(length) if length <= MAX_TEXT => Ok(Node::Text(text())),
        _ => Err(BadArgument::new(0, format!("it would make a text of more than {} MiB", MAX_TEXT >> 20))),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::source::parse;
    use crate::topology::draft::Each;
    use crate::topology::expression::{self, Known, KnownFor};
    use crate::topology::variables::Variables;

    /// What an expression comes to as JSON, or the finding's code and message.
    fn carried_out(text: &str) -> Result<String, String> {
        let variables = Variables::of_values(&parse(EXAMPLE_VARIABLES).unwrap()[0].root);
        let row = parse("{ metric: '', up: yes, ver: 1.10, lan: 10.3.0.0/16 }").unwrap()[0].root.clone();
        let each = Each { key: "oslo".into(), value: row };
        let mut scope = Known { each: Some(&each), variables: &variables, purpose: KnownFor::Inner };
        match expression::text(&format!("${{{text}}}"), &mut scope) {
            Ok(node) => Ok(node.unwrap_or(Node::Null).to_attr().to_shown().to_string()),
            Err(finding) => Err(format!("{}: {}", finding.code, finding.message)),
        }
    }

    #[test]
    fn every_example_comes_to_what_is_said() {
        for function in all().filter(|function| !matches!(function.work, FunctionWork::File | FunctionWork::Secret)) {
            let (call, shown) = function.example;
            assert_eq!(carried_out(call).as_deref(), Ok(shown), "{call}");
        }
    }

    #[test]
    fn the_list_has_no_gaps() {
        let mut names = BTreeSet::new();
        for function in all() {
            assert!(names.insert(function.name), "`{}` stands twice", function.name);
            assert!(function.example.0.starts_with(&format!("{}(", function.name)), "{}", function.name);
            assert!(!function.doc.is_empty() && !function.doc.ends_with('.'), "{}", function.name);
        }
        for name in
            "cidr.subnet cidr.host cidr.address cidr.prefix cidr.netmask cidr.contains lower upper replace join \
                     split keys values merge without index pairs default file derive"
                .split(' ')
        {
            assert!(names.remove(name), "`{name}` is missing");
        }
        assert!(names.is_empty(), "{names:?}");
    }

    #[test]
    fn calls_take_what_tables_hold() {
        for (call, shown) in [
            ("cidr.subnet(each.value.lan, \"24\", 7)", "\"10.3.7.0/24\""),
            ("default(each.value.metric, 10)", "10"),
            ("default(each.value.none, each.value.metric, each.key)", "\"oslo\""),
            ("default(each.value.none, null)", "null"),
            ("upper(each.value.ver)", "\"1.10\""),
            ("join(without(keys(var.sites), each.key), ',')", "\"london\""),
            ("lower(\"A-${each.key}\")", "\"a-oslo\""),
            ("var.sites.${each.key}.lan", "\"10.2.0.0/16\""),
            ("index(var.nets, var.sites.${each.key}.lan)", "1"),
        ] {
            assert_eq!(carried_out(call).as_deref(), Ok(shown), "{call}");
        }
    }

    #[test]
    fn wrong_calls_are_told() {
        for (call, told) in [
            ("cidr.subnets(1)", "unknown-function: there is no function `cidr.subnets`"),
            ("lower()", "bad-expression: `lower` takes 1 argument, and is given 0"),
            ("lower(1, 2)", "bad-expression: `lower` takes 1 argument, and is given 2"),
            ("default(1)", "bad-expression: `default` takes 2 arguments or more, and is given 1"),
            ("lower(var.nets)", "wrong-argument: `lower`: expected text, found a list"),
            ("lower(null)", "wrong-argument: `lower`: expected text, found nothing"),
            ("keys(each.key)", "wrong-argument: `keys`: expected a map, found text"),
            ("lower(secret.x)", "bad-expression: `${secret.x}` can't stand in another expression"),
            ("lower(each.value.none)", "unknown-field: `each.value` has nothing at `none`"),
            ("file(\"x\")", "bad-expression: `${file(…)}` can't stand in another expression"),
        ] {
            let found = carried_out(call).err().unwrap_or_else(|| panic!("{call}"));
            assert!(found.starts_with(told), "{call}: {found}");
        }
    }
}
