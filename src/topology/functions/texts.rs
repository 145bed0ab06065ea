//! Texts.

use super::{BadArgument, DERIVE, Function, FunctionWork, bounded, word};
use crate::source::Node;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: DERIVE,
        arguments: &["SECRET", "FOR"],
        doc: "a secret made of another one, for each text one of its own that tells nothing of the others",
        example: ("derive(secret.branches, \"hub-oslo\")", "a secret, which nothing shows"),
        work: FunctionWork::Secret,
    },
    Function {
        name: "lower",
        arguments: &["TEXT"],
        doc: "a text in lower case",
        example: ("lower(\"London\")", "\"london\""),
        work: FunctionWork::Pure(|values| word(values, 0).map(|text| Node::Text(text.to_lowercase()))),
    },
    Function {
        name: "upper",
        arguments: &["TEXT"],
        doc: "a text in upper case",
        example: ("upper(\"oslo\")", "\"OSLO\""),
        work: FunctionWork::Pure(|values| word(values, 0).map(|text| Node::Text(text.to_uppercase()))),
    },
    Function {
        name: "replace",
        arguments: &["TEXT", "PART", "OTHER"],
        doc: "a text with another one in place of each part that reads so",
        example: ("replace(\"branch-12\", \"-\", \"_\")", "\"branch_12\""),
        work: FunctionWork::Pure(replace),
    },
    Function {
        name: "split",
        arguments: &["TEXT", "JOINT"],
        doc: "the list of what stands between the joints of a text, without the blanks around it; an empty text has none",
        example: ("split(\"10.1.0.0/16, 10.2.0.0/16\", \",\")", "[\"10.1.0.0/16\",\"10.2.0.0/16\"]"),
        work: FunctionWork::Pure(split),
    },
    Function {
        name: "join",
        arguments: &["LIST", "JOINT"],
        doc: "the items of a list as one text, with a joint between them",
        example: ("join(var.nets, \" \")", "\"10.1.0.0/16 10.2.0.0/16\""),
        work: FunctionWork::Pure(join),
    },
    Function {
        name: "file",
        arguments: &["PATH"],
        doc: "the text of a file of the workspace, whose path stands in quotes and is relative to the file that says it",
        example: ("file(\"rules.txt\")", "\"…\""),
        work: FunctionWork::File,
    },
];

fn replace(values: &[Node]) -> Result<Node, BadArgument> {
    let (whole, part, other) = (word(values, 0)?, word(values, 1)?, word(values, 2)?);
    if part.is_empty() {
        return Err(BadArgument::new(1, "an empty part stands everywhere"));
    }
    let length = whole.matches(&part).count().checked_mul(other.len()).and_then(|more| more.checked_add(whole.len()));
    bounded(length, || whole.replace(&part, &other))
}

fn split(values: &[Node]) -> Result<Node, BadArgument> {
    let (whole, joint) = (word(values, 0)?, word(values, 1)?);
    if joint.is_empty() {
        return Err(BadArgument::new(1, "an empty joint stands everywhere"));
    }
    if whole.trim().is_empty() {
        return Ok(Node::List(Vec::new()));
    }
    Ok(Node::List(whole.split(&joint).map(|part| Node::Text(part.trim().to_owned())).collect()))
}

fn join(values: &[Node]) -> Result<Node, BadArgument> {
    let Some(Node::List(items)) = values.first() else {
        let found = values.first().unwrap_or(&Node::Null).describe();
        return Err(BadArgument::new(0, format!("expected a list, found {found}")));
    };
    let joint = word(values, 1)?;
    let texts: Option<Vec<String>> = items.iter().map(Node::to_text).collect();
    let texts = texts.ok_or_else(|| BadArgument::new(0, "an item of it is a list or map, which is no text"))?;
    let joints = joint.len().checked_mul(texts.len());
    let length = joints.and_then(|joints| joints.checked_add(texts.iter().map(String::len).sum()));
    bounded(length, || texts.join(&joint))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(texts: &[&str]) -> Vec<Node> {
        texts.iter().map(|text| Node::Text((*text).to_owned())).collect()
    }

    #[test]
    fn texts_are_taken_apart_and_put_together() {
        assert_eq!(replace(&words(&["a.b.c", ".", ""])), Ok(Node::Text("abc".into())));
        assert_eq!(replace(&words(&["a", "", "x"])).unwrap_err().number, 1);
        assert_eq!(split(&words(&["a , b,,c", ","])), Ok(Node::List(words(&["a", "b", "", "c"]))));
        assert_eq!(split(&words(&[" ", ","])), Ok(Node::List(Vec::new())));
        assert_eq!(split(&words(&["a", ""])).unwrap_err().number, 1);
        let list = |items: Vec<Node>| [Node::List(items), Node::Text("-".into())];
        assert_eq!(join(&list(words(&["a", "b"]))), Ok(Node::Text("a-b".into())));
        assert_eq!(join(&list(vec![Node::Number(1.into()), Node::Bool(true)])), Ok(Node::Text("1-true".into())));
        assert_eq!(join(&list(vec![Node::List(Vec::new())])).unwrap_err().number, 0);
    }

    #[test]
    fn no_text_grows_without_bound() {
        let long = "a".repeat(1 << 16);
        assert!(replace(&words(&[&long, "a", &long])).is_err());
        let many = [Node::List(vec![Node::Text(long.clone()); 64]), Node::Text(String::new())];
        assert!(join(&many).is_err());
        assert!(replace(&words(&[&long, "a", "bb"])).is_ok());
    }
}
