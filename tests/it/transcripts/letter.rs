//! A transcript's text: prose, commands, and what each of them printed.

/// Something of a transcript, in order.
pub(crate) enum Part {
    /// Lines of prose, without the `# ` before them.
    Prose(Vec<String>),
    /// A command.
    Command(Typed),
}

/// A command as somebody types it.
pub(crate) struct Typed {
    /// The line, without the `$ ` before it.
    pub line: String,
    /// The lines that it is given: a file's for `write`, a hunk's for `edit`.
    pub input: Vec<String>,
    /// All that it printed.
    pub printed: String,
}

/// The commands that are given lines, and what those begin with.
const GIVEN: [(&str, &[&str]); 2] = [("write ", &["|"]), ("edit ", &["-", "+", " "])];

/// What would be read as prose or as a command if it were printed so.
fn is_marked(line: &str) -> bool {
    line == "#" || ["# ", "$ ", "\\"].iter().any(|mark| line.starts_with(mark))
}

impl Typed {
    fn takes(&self, line: &str) -> bool {
        let of_command = GIVEN.iter().find(|(command, _)| self.line.starts_with(command));
        of_command.is_some_and(|(_, marks)| marks.iter().any(|mark| line.starts_with(mark)))
    }

    fn hear(&mut self, line: &str) {
        if self.printed.is_empty() && self.takes(line) {
            self.input.push(line.to_owned());
        } else {
            let line = line.strip_prefix('\\').unwrap_or(line);
            self.printed.push_str(&format!("{line}\n"));
        }
    }
}

/// Reads a transcript, or says in which line there is something else.
pub(crate) fn read(text: &str) -> Result<Vec<Part>, String> {
    let mut parts: Vec<Part> = Vec::new();
    let mut after_blank = true;
    for (n, line) in text.lines().enumerate() {
        let prose = line.strip_prefix("# ").or((line == "#").then_some(""));
        match (line.strip_prefix("$ "), prose, parts.last_mut()) {
            (Some(line), _, _) => {
                parts.push(Part::Command(Typed { line: line.to_owned(), input: Vec::new(), printed: String::new() }));
            }
            (_, Some(line), Some(Part::Prose(lines))) if !after_blank => lines.push(line.to_owned()),
            (_, Some(line), _) => parts.push(Part::Prose(vec![line.to_owned()])),
            (_, _, Some(Part::Command(command))) => command.hear(line),
            _ if line.is_empty() => {}
            _ => return Err(format!("line {}: neither prose nor a command, nor printed by one: {line}", n + 1)),
        }
        after_blank = line.is_empty();
    }
    Ok(parts)
}

/// Writes a transcript.
pub(crate) fn write(parts: &[Part]) -> String {
    let mut text = String::new();
    for (n, part) in parts.iter().enumerate() {
        match part {
            Part::Prose(lines) => {
                lines.iter().for_each(|line| text.push_str(&format!("{}\n", format!("# {line}").trim_end())));
            }
            Part::Command(command) => {
                text.push_str(&format!("$ {}\n", command.line));
                command.input.iter().for_each(|line| text.push_str(&format!("{line}\n")));
                for line in command.printed.trim_end().lines() {
                    let mark = if is_marked(line) { "\\" } else { "" };
                    text.push_str(&format!("{mark}{}\n", line.trim_end()));
                }
            }
        }
        // Prose is about the command below it.
        let next = parts.get(n + 1);
        let is_introduction = matches!((part, next), (Part::Prose(_), Some(Part::Command(_))));
        if next.is_some() && !is_introduction {
            text.push('\n');
        }
    }
    text
}

#[test]
fn what_is_written_reads_the_same() {
    let text = "# A title\n#\n# A word.\n$ write a.yaml\n| a: 1\n|\n| b: 2\n\n$ edit a.yaml\n  a: 1\n-b: 2\n+b: 3\n\n\
                $ trueup plan\none\n\n\\# two\n\\$ three\n\\\\four\n  five\n(exit code 2)\n\n# An end.\n\n# Another.\n";
    let parts = read(text).unwrap();
    assert_eq!(write(&parts), text);
    let Part::Command(written) = &parts[1] else { panic!("a command") };
    assert_eq!(written.input, ["| a: 1", "|", "| b: 2"]);
    let Part::Command(run) = &parts[3] else { panic!("a command") };
    assert_eq!(run.printed, "one\n\n# two\n$ three\n\\four\n  five\n(exit code 2)\n\n");
    assert_eq!(read("\nloose\n").err().unwrap(), "line 2: neither prose nor a command, nor printed by one: loose");
}
