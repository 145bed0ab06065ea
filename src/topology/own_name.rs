//! The name of a resource before its own lines: it is put there when they are sent, and may stand in the files, too.

use crate::attr::{Attr, TemplatePart};
use crate::spec::{Field, Type};

/// Takes the resource's own name away from before each line of a field whose lines get it when they are sent.
pub(super) fn without_own_name(field: &Field, name: &str, value: &mut Attr) {
    let (Type::List(Type::Phrase(grammar)) | Type::Set(Type::Phrase(grammar)), Attr::List(lines)) = (field.ty, value)
    else {
        return;
    };
    for line in lines.iter_mut().filter(|_| grammar.own_name) {
        match line {
            Attr::Text(text) => strip(name, text),
            Attr::Later(template) => {
                if let Some(TemplatePart::Text(text)) = template.parts.first_mut() {
                    strip(name, text);
                }
            }
            Attr::Null | Attr::Bool(_) | Attr::Number(_) | Attr::Secret(_) | Attr::List(_) | Attr::Map(_) => {}
        }
    }
}

/// A line that is but the name stays, and is told.
fn strip(name: &str, line: &mut String) {
    let rest = line.trim_start().strip_prefix(name).filter(|rest| rest.starts_with(char::is_whitespace));
    if let Some(rest) = rest.map(str::trim_start).filter(|rest| !rest.is_empty()) {
        *line = rest.to_owned();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use crate::attr::{Output, Template};
    use crate::providers::CATALOGUE;

    #[test]
    fn the_own_name_is_taken_away_once_and_only_as_a_word() {
        let provider = CATALOGUE.iter().find(|provider| provider.name == "vns3").unwrap();
        for (kind, field) in [("firewall-v1-subgroups", "rules"), ("firewall-v1-fwsets", "entries")] {
            let field = provider.kind(kind).unwrap().field(field).unwrap();
            for (line, left) in [
                ("N -p tcp -j DROP", "-p tcp -j DROP"),
                ("  N\t 10.0.0.0/8", "10.0.0.0/8"),
                ("N N x", "N x"),
                ("N2 -j DROP", "N2 -j DROP"),
                ("-j N", "-j N"),
                ("N", "N"),
            ] {
                let mut value = Attr::List(vec![Attr::text(line)]);
                without_own_name(field, "N", &mut value);
                assert_eq!(value, Attr::List(vec![Attr::text(left)]), "{kind}: {line}");
            }
            let output = Output {
                address: Address::new("c", "config", None),
                field: "asn".into(),
                encoding: Default::default(),
            };
            let line = |text: &str| {
                let parts = vec![TemplatePart::Text(text.into()), TemplatePart::Output(output.clone())];
                Attr::List(vec![Attr::Later(Template { parts })])
            };
            let mut value = line("N -s ");
            without_own_name(field, "N", &mut value);
            assert_eq!(value, line("-s "), "{kind}");
        }
        // Those that have to begin with it keep it.
        let rules = provider.kind("firewall-subtables").unwrap().field("rules").unwrap();
        let value = Attr::List(vec![Attr::Map([("rule".to_owned(), Attr::text("N -j DROP"))].into())]);
        let mut same = value.clone();
        without_own_name(rules, "N", &mut same);
        assert_eq!(same, value);
    }
}
