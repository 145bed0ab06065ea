//! In part: a text in which variables and `each` are carried out wherever they stand, in other expressions, too. What is left is
//! carried out where it ends up.

use super::scope::in_text;
use super::{Expression, ExpressionName, Known, Segment, SyntaxError, Term, name, segments, value};
use crate::finding::Finding;
use crate::source::Node;

/// A text with all in it that is known. An expression alone that is known keeps its value; the texts in a value mean
/// themselves, whoever looks for expressions in them later.
///
/// # Errors
/// An expression names nothing: the finding, still without a place in a file.
pub(crate) fn partly(text: &str, own: Known<'_>) -> Result<Node, Box<Finding>> {
    let found = segments(text).map_err(SyntaxError::finding)?;
    if let [Segment::Expression(alone)] = found.as_slice()
        && is_known(alone)
    {
        return Ok(escaped(known(alone, own)?));
    }
    let mut whole = String::new();
    for part in &found {
        match part {
            Segment::Text(text) => whole.push_str(&text.replace("${", "$${")),
            Segment::Expression(inner) if is_known(inner) => {
                whole.push_str(&inserted(inner, own)?);
            }
            Segment::Expression(inner) => {
                whole.push_str("${");
                whole.push_str(&written(inner, own)?);
                whole.push('}');
            }
        }
    }
    Ok(Node::Text(whole))
}

/// What an expression comes to; nothing where what is wrong with it has been told.
fn known(expression: &Expression<'_>, own: Known<'_>) -> Result<Node, Box<Finding>> {
    let mut scope = own;
    Ok(value(expression, &mut scope)?.unwrap_or(Node::Null))
}

/// What an expression comes to in a text in which others are left.
fn inserted(expression: &Expression<'_>, own: Known<'_>) -> Result<String, Box<Finding>> {
    Ok(in_text(expression, &known(expression, own)?)?.replace("${", "$${"))
}

/// Says whether nothing but variables and `each` stands in an expression.
fn is_known(expression: &Expression<'_>) -> bool {
    let of_parts = |parts: &[Segment<'_>]| super::expressions(parts).all(is_known);
    match &expression.term {
        Term::Scalar(_) => true,
        Term::Text(parts) => of_parts(parts),
        Term::Call(function, arguments) => *function != "file" && arguments.iter().all(is_known),
        Term::Name(parts) => match parts.first() {
            Some(Segment::Text(text)) => {
                (text.starts_with("var.") || text.starts_with("each."))
                    && !parts.iter().any(|part| matches!(part, Segment::Text(text) if text.contains('/')))
            }
            _ => false,
        },
    }
}

/// An expression as it is written once what is known in it is carried out.
fn written(expression: &Expression<'_>, own: Known<'_>) -> Result<String, Box<Finding>> {
    match &expression.term {
        Term::Name(parts) => Ok(match name(parts, expression.text, own)? {
            Some(ExpressionName::Secret(name)) => format!("secret.{name}"),
            Some(ExpressionName::Output(name)) => name,
            _ => expression.text.to_owned(),
        }),
        Term::Call(function, arguments) => {
            let arguments: Vec<String> = arguments.iter().map(|part| written(part, own)).collect::<Result<_, _>>()?;
            Ok(format!("{function}({})", arguments.join(", ")))
        }
        Term::Text(parts) => {
            let mut whole = String::new();
            for part in parts {
                match part {
                    Segment::Text(text) => whole.push_str(&text.replace("${", "$${")),
                    Segment::Expression(inner) => whole.push_str(&inserted(inner, own)?),
                }
            }
            let quote = if whole.contains('"') { '\'' } else { '"' };
            Ok(format!("{quote}{whole}{quote}"))
        }
        Term::Scalar(_) => Ok(expression.text.to_owned()),
    }
}

/// A value whose texts mean themselves.
fn escaped(node: Node) -> Node {
    match node {
        Node::Text(text) if text.contains("${") => Node::Text(text.replace("${", "$${")),
        Node::List(items) => Node::List(items.into_iter().map(escaped).collect()),
        Node::Map(entries) => Node::Map(entries.into_iter().map(|(key, value)| (key, escaped(value))).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::parse_value;
    use crate::topology::draft::Each;
    use crate::topology::expression::KnownFor;
    use crate::topology::variables::Variables;

    #[test]
    fn what_is_known_is_carried_out_and_the_rest_is_left() {
        let variables = Variables::of_values(&parse_value("{ hub: london, net: 10.0.0.0/8 }"));
        let each = Each { key: "b7".into(), value: parse_value("{ id: 7, odd: 'a${x}', a: [1] }") };
        let own = Known { each: Some(&each), variables: &variables, purpose: KnownFor::Inner };
        for (text, shown) in [
            ("${each.value.id}", "7"),
            ("${each.value.a}", "[1]"),
            ("${each.value.odd}", "\"a$${x}\""),
            ("x-${each.value.odd}", "\"x-a$${x}\""),
            ("$${each.key}", "\"$${each.key}\""),
            ("${secret.psk-${each.key}}", "\"${secret.psk-b7}\""),
            ("a ${${var.hub}/config.ip} ${each.key}", "\"a ${london/config.ip} b7\""),
            ("${cidr.subnet(var.net, 16, each.value.id)}", "\"10.7.0.0/16\""),
            ("${file(\"${each.key}.txt\")}", "\"${file(\\\"b7.txt\\\")}\""),
            ("${lower(${var.hub}/config.ip)}", "\"${lower(london/config.ip)}\""),
        ] {
            let found = partly(text, own).unwrap_or_else(|finding| panic!("{text}: {finding}"));
            assert_eq!(found.to_attr().to_shown().to_string(), shown, "{text}");
        }
        for text in ["${var.none}", "${secret.${each.value.a}}", "${", "x ${each.value.a}"] {
            assert!(partly(text, own).is_err(), "{text}");
        }
    }
}
