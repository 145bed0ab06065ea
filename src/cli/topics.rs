//! Topics of `trueup explain` besides kinds and fields, from the lists that the program itself goes by.

use crate::cli::{codes, exit, not_mine};
use crate::source::packing;
use crate::topology::{EXTERNAL, PARTIAL, UNMANAGED, allow, functions, windows};

/// Something that is explained.
struct Topic {
    /// Its name.
    name: &'static str,
    /// Its text.
    text: fn() -> String,
}

/// All of them.
const TOPICS: &[Topic] = &[
    Topic { name: "allow", text: allow::text },
    Topic { name: "content", text: packing::text },
    Topic { name: "exit-codes", text: exit::text },
    Topic { name: "findings", text: codes::findings },
    Topic { name: "functions", text: functions::text },
    Topic { name: "rules", text: codes::rules },
    Topic { name: "windows", text: windows::text },
    Topic { name: EXTERNAL, text: not_mine::external },
    Topic { name: UNMANAGED, text: not_mine::unmanaged },
    Topic { name: PARTIAL, text: not_mine::partial },
];

/// The text of a topic.
pub(crate) fn text(name: &str) -> Option<String> {
    TOPICS.iter().find(|topic| topic.name == name).map(|topic| (topic.text)())
}

/// The names, for hints.
pub(crate) fn names() -> impl Iterator<Item = &'static str> + Clone {
    TOPICS.iter().map(|topic| topic.name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::providers::CATALOGUE;

    #[test]
    fn no_topic_hides_a_kind_or_another_topic() {
        let kinds = CATALOGUE.iter().flat_map(|provider| provider.kinds).map(|kind| kind.name);
        let names: Vec<&str> = names().chain(kinds.collect::<BTreeSet<_>>()).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
        for topic in TOPICS {
            assert!(text(topic.name).is_some_and(|text| text.ends_with('\n')), "{}", topic.name);
        }
    }
}
