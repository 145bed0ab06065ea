//! Defaults: the values that an API takes for fields that are left out.
//!
//! The tables hold them as JSON text, since nothing else with lists and maps in it can stand in a `static`. Each text is
//! parsed once, here and nowhere else, and its value is kept as long as the tables are.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{PoisonError, RwLock};

use crate::attr::Attr;

/// The values of the texts that were asked for. There are as many as the tables have different ones.
static PARSED: RwLock<BTreeMap<&'static str, &'static Attr>> = RwLock::new(BTreeMap::new());

/// The value of a field that is left out, such as `true` or `["a", "b"]`. It prints as the JSON text that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DefaultValue(&'static str);

impl DefaultValue {
    /// The default that a JSON text means.
    pub(crate) const fn json(text: &'static str) -> DefaultValue {
        DefaultValue(text)
    }

    /// The value itself; nothing where the text is no JSON, which the lint tells.
    pub(crate) fn value(self) -> &'static Attr {
        let known = PARSED.read().unwrap_or_else(PoisonError::into_inner).get(self.0).copied();
        known.unwrap_or_else(|| {
            let value = self.parse().unwrap_or(Attr::Null);
            let mut parsed = PARSED.write().unwrap_or_else(PoisonError::into_inner);
            parsed.entry(self.0).or_insert_with(|| Box::leak(Box::new(value)))
        })
    }

    /// Parses the text.
    ///
    /// # Errors
    /// It is no JSON.
    pub(crate) fn parse(self) -> Result<Attr, serde_json::Error> {
        serde_json::from_str(self.0).map(|value| Attr::from_json(&value))
    }
}

impl fmt::Display for DefaultValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_parsed_once_and_means_what_its_json_says() {
        let list = DefaultValue::json(r#"["tunnel_up", 3]"#);
        assert_eq!(*list.value(), Attr::List(vec![Attr::text("tunnel_up"), Attr::Number(3.into())]));
        assert!(std::ptr::eq(list.value(), DefaultValue::json(r#"["tunnel_up", 3]"#).value()));
        assert_eq!(list.to_string(), r#"["tunnel_up", 3]"#);
        let broken = DefaultValue::json("main");
        assert!(broken.parse().is_err() && broken.value().is_null());
    }
}
