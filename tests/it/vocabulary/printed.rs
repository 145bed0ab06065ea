//! A value as its debugging form prints it, read back.

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Printed {
    /// A text, a number, an address in memory: what has no name of a type.
    Atom(String),
    /// A list or a tuple.
    Items(Vec<Printed>),
    /// A name, such as a variant's, with what stands in parentheses behind it.
    Named(String, Vec<Printed>),
    /// A name with fields in braces.
    Fields(String, Vec<(String, Printed)>),
}

impl Printed {
    /// Reads one.
    pub(crate) fn read(text: &str) -> Printed {
        let mut reader = Reader { rest: text };
        let value = reader.value();
        assert_eq!(reader.rest.trim(), "", "behind a value");
        value
    }

    /// It in one spelling, without blanks.
    pub(crate) fn text(&self) -> String {
        let all = |items: &[Printed]| items.iter().map(Printed::text).collect::<Vec<_>>().join(",");
        match self {
            Printed::Atom(text) => text.clone(),
            Printed::Items(items) => format!("[{}]", all(items)),
            Printed::Named(name, items) if items.is_empty() => name.clone(),
            Printed::Named(name, items) => format!("{name}({})", all(items)),
            Printed::Fields(name, fields) => {
                let fields: Vec<_> = fields.iter().map(|(field, value)| format!("{field}:{}", value.text())).collect();
                format!("{name}{{{}}}", fields.join(","))
            }
        }
    }
}

struct Reader<'t> {
    rest: &'t str,
}

impl<'t> Reader<'t> {
    fn skips(&mut self, mark: &str) -> bool {
        let rest = self.rest.trim_start().strip_prefix(mark);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn take(&mut self, length: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    fn value(&mut self) -> Printed {
        self.rest = self.rest.trim_start();
        if self.skips("[") {
            return Printed::Items(self.until("]"));
        }
        if self.skips("(") {
            return Printed::Items(self.until(")"));
        }
        if self.rest.starts_with('"') {
            let text = self.quoted();
            return Printed::Atom(text);
        }
        let word = |letter: char| letter.is_alphanumeric() || ['_', '.', '-'].contains(&letter);
        let length = self.rest.find(|letter| !word(letter)).unwrap_or(self.rest.len());
        assert!(length > 0, "no value: {}", self.rest.chars().take(80).collect::<String>());
        let name = self.take(length).to_owned();
        if !name.starts_with(|letter: char| letter.is_ascii_uppercase()) {
            return Printed::Atom(name);
        }
        if self.rest.starts_with('(') && self.skips("(") {
            return Printed::Named(name, self.until(")"));
        }
        if self.rest.starts_with(" {") && self.skips("{") {
            return Printed::Fields(name, self.fields());
        }
        Printed::Named(name, Vec::new())
    }

    fn until(&mut self, close: &str) -> Vec<Printed> {
        let mut items = Vec::new();
        while !self.skips(close) {
            items.push(self.value());
            self.skips(",");
        }
        items
    }

    fn fields(&mut self) -> Vec<(String, Printed)> {
        let mut fields = Vec::new();
        while !self.skips("}") {
            self.rest = self.rest.trim_start();
            let length = self.rest.find(':').expect("a field has a value");
            let name = self.take(length).to_owned();
            self.skips(":");
            fields.push((name, self.value()));
            self.skips(",");
        }
        fields
    }

    fn quoted(&mut self) -> String {
        let mut escaped = false;
        let end = self.rest.char_indices().skip(1).find(|(_, letter)| {
            let ends = *letter == '"' && !escaped;
            escaped = *letter == '\\' && !escaped;
            ends
        });
        let (end, _) = end.expect("a text has an end");
        self.take(end + 1).to_owned()
    }
}

#[test]
fn values_are_read_as_they_print() {
    #[derive(Debug)]
    #[expect(dead_code, reason = "they are printed")]
    enum Sample {
        One,
        Two(&'static str, Option<u8>),
        Three { list: &'static [(u8, bool)], texts: &'static [&'static str] },
    }
    let value =
        [Sample::One, Sample::Two("a \"b\" {c}, \\", Some(7)), Sample::Three { list: &[(1, true)], texts: &["x:"] }];
    let read = Printed::read(&format!("{value:?}"));
    assert_eq!(read, Printed::read(&format!("{value:#?}")));
    let expected = r#"[One,Two("a \"b\" {c}, \\",Some(7)),Three{list:[[1,true]],texts:["x:"]}]"#;
    assert_eq!(read.text(), expected);
}
