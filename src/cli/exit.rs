//! How commands end: one table of exit codes, read by the commands, by `trueup explain exit-codes` and by the README's test.
//!
//! A command collects facts ([`Findings`]); the table says what each of them means to it; [`Findings::exit`] puts them
//! together. Codes that are bits add up. The others stand alone, and the one that says most of what was written wins.

use std::collections::BTreeSet;

/// The exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Nothing to do, or all done.
    Done,
    /// Failed; nothing was changed.
    Failed,
    /// Bits, added up: 2 changes pending, 4 drift, 8 conflict, 16 a policy broken, 32 not everything could be known.
    Bits(u8),
    /// `validate`: findings.
    Findings,
    /// Something was written, and not all is done; the report says what was done and what to run next.
    Partial,
    /// Usage.
    Usage,
}

/// Changes are pending, or deferred on purpose.
const PENDING: u8 = 2;
/// Somebody moved a controller.
const DRIFT: u8 = 4;
/// File and controller both moved.
const CONFLICT: u8 = 8;
/// A policy is broken.
const POLICY: u8 = 16;
/// Something that is declared or owned could not be looked at.
const NOT_KNOWN: u8 = 32;

/// The codes one by one, with what each says.
const MEANINGS: [(Exit, &str); 10] = [
    (Exit::Done, "nothing to do, or all done"),
    (Exit::Failed, "failed and nothing was changed, or no target could be looked at"),
    (Exit::Bits(PENDING), "bit: changes are pending, or deferred on purpose"),
    (Exit::Findings, "`validate`: findings"),
    (Exit::Bits(DRIFT), "bit: somebody changed a controller"),
    (Exit::Partial, "part-way: something was written, and not all is done; the report says what was done"),
    (Exit::Bits(CONFLICT), "bit: files and controller were both changed, differently"),
    (Exit::Bits(POLICY), "bit: a policy is broken"),
    (Exit::Bits(NOT_KNOWN), "bit: not everything could be known"),
    (Exit::Usage, "the command line means nothing"),
];

impl Exit {
    /// The number for the shell.
    pub fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Bits(bits) => bits,
            Exit::Findings => 3,
            Exit::Partial => 5,
            Exit::Usage => 64,
        }
    }

    /// Both at once: bits add up, and what says more of what was written wins over them.
    fn and(self, other: Exit) -> Exit {
        let weight = |exit: Exit| match exit {
            Exit::Done => 0,
            Exit::Bits(_) => 1,
            Exit::Findings => 2,
            Exit::Failed => 3,
            Exit::Partial => 4,
            Exit::Usage => 5,
        };
        match (self, other) {
            (Exit::Bits(some), Exit::Bits(more)) => Exit::Bits(some | more),
            _ if weight(self) < weight(other) => other,
            _ => self,
        }
    }
}

/// A row of the table: a way to run the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExitRow {
    /// `plan`.
    Plan,
    /// `plan --exit-code`.
    PlanExitCode,
    /// `drift`.
    Drift,
    /// `apply` and `destroy`.
    Apply,
    /// `apply FILE` and `undo`, whose steps may have moved: those are what its row is about, in all else it ends as `apply`
    /// does.
    ApplyFile,
    /// `validate`.
    Validate,
    /// All others.
    Other,
}

/// A column of the table: something that a command found out, or that became of its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fact {
    /// All is done, or nothing was to do: none of the others.
    Done,
    /// The files changed.
    Pending,
    /// Somebody changed a controller.
    Drift,
    /// Both changed, differently.
    Conflict,
    /// A policy is broken.
    Policy,
    /// Something that is declared or owned could not be looked at.
    NotKnown,
    /// No target could be looked at.
    CouldNotLook,
    /// Not all of the work was done; of `validate`, findings.
    PartWay,
    /// Something was left as it is because of the user's own words, such as `policy.protect`.
    Deferred,
}

/// The columns in their order, with their headings.
const FACTS: [(Fact, &str); 9] = [
    (Fact::Done, "done / nothing to do"),
    (Fact::Pending, "pending"),
    (Fact::Drift, "drift"),
    (Fact::Conflict, "conflict"),
    (Fact::Policy, "policy"),
    (Fact::NotKnown, "not known"),
    (Fact::CouldNotLook, "could not look at all"),
    (Fact::PartWay, "part-way"),
    (Fact::Deferred, "deferred on purpose"),
];

/// A cell of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cell {
    /// It can't come to that, or says nothing.
    Never,
    /// This code; the words belong to it.
    Always(Exit, &'static str),
    /// This code, whatever bits there are beside it; the words belong to it.
    Alone(Exit, &'static str),
    /// One code if something was written, as the words say it, and another if not.
    Written(Exit, &'static str, Exit),
    /// One code, and another with `--exit-code`.
    Asked(Exit, Exit),
}

/// This code and nothing more.
const fn is(exit: Exit) -> Cell {
    Cell::Always(exit, "")
}

/// These bits and nothing more.
const fn bit(bits: u8) -> Cell {
    is(Exit::Bits(bits))
}

const ZERO: Cell = is(Exit::Done);
const NEVER: Cell = Cell::Never;
const BLIND: Cell = is(Exit::Failed);

/// The table: what each fact means to each command.
const TABLE: [(ExitRow, &str, [Cell; 9]); 7] = [
    (ExitRow::Plan, "`plan`", [ZERO, ZERO, ZERO, ZERO, bit(POLICY), bit(NOT_KNOWN), BLIND, NEVER, ZERO]),
    (
        ExitRow::PlanExitCode,
        "`plan --exit-code`",
        [ZERO, bit(PENDING), bit(DRIFT), bit(CONFLICT), bit(POLICY), bit(NOT_KNOWN), BLIND, NEVER, bit(PENDING)],
    ),
    (ExitRow::Drift, "`drift`", [ZERO, NEVER, bit(DRIFT), bit(CONFLICT), ZERO, bit(NOT_KNOWN), BLIND, NEVER, NEVER]),
    (
        ExitRow::Apply,
        "`apply`, `destroy`",
        [
            ZERO,
            NEVER,
            NEVER,
            NEVER,
            Cell::Alone(Exit::Bits(POLICY), ", nothing written"),
            Cell::Written(Exit::Partial, "if anything was written", Exit::Bits(NOT_KNOWN)),
            BLIND,
            Cell::Written(Exit::Partial, "if anything was written", Exit::Failed),
            Cell::Asked(Exit::Done, Exit::Bits(PENDING)),
        ],
    ),
    (
        ExitRow::ApplyFile,
        "`apply FILE`, `undo`: steps that moved",
        [
            NEVER,
            NEVER,
            NEVER,
            NEVER,
            NEVER,
            NEVER,
            NEVER,
            Cell::Written(Exit::Partial, "if some were done", Exit::Failed),
            NEVER,
        ],
    ),
    (
        ExitRow::Validate,
        "`validate`",
        [ZERO, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, Cell::Always(Exit::Findings, " findings"), NEVER],
    ),
    (ExitRow::Other, "all others", [ZERO, NEVER, NEVER, NEVER, NEVER, NEVER, BLIND, is(Exit::Partial), NEVER]),
];

impl ExitRow {
    /// The row that decides where this one says nothing.
    fn like(self) -> Option<ExitRow> {
        match self {
            ExitRow::ApplyFile => Some(ExitRow::Apply),
            ExitRow::Plan
            | ExitRow::PlanExitCode
            | ExitRow::Drift
            | ExitRow::Apply
            | ExitRow::Validate
            | ExitRow::Other => None,
        }
    }

    /// The meaning of a fact to this row.
    fn cell(self, fact: Fact) -> Cell {
        let own = TABLE
            .iter()
            .filter(|(row, ..)| *row == self)
            .flat_map(|(_, _, cells)| FACTS.iter().zip(cells))
            .find_map(|((column, _), cell)| (*column == fact).then_some(*cell))
            .unwrap_or(Cell::Never);
        match (own, self.like()) {
            (Cell::Never, Some(row)) => row.cell(fact),
            _ => own,
        }
    }
}

impl Cell {
    /// The cell as people read it.
    fn words(self) -> String {
        match self {
            Cell::Never => "–".to_owned(),
            Cell::Always(exit, words) | Cell::Alone(exit, words) => format!("{}{words}", exit.code()),
            Cell::Written(some, when, none) => format!("{} {when}, else {}", some.code(), none.code()),
            Cell::Asked(plain, asked) => format!("{}, with `--exit-code` {}", plain.code(), asked.code()),
        }
    }
}

/// The facts that a command found out, and what became of its work.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Findings {
    facts: BTreeSet<Fact>,
    /// Says whether something was written to a controller.
    pub written: bool,
    /// Says whether `--exit-code` was given.
    pub asked: bool,
}

impl Findings {
    /// Takes down a fact.
    pub(crate) fn add(&mut self, fact: Fact) {
        self.facts.insert(fact);
    }

    /// Takes down a fact if it is one.
    pub(crate) fn add_if(&mut self, is_so: bool, fact: Fact) {
        if is_so {
            self.add(fact);
        }
    }

    /// How a command that found this out ends. The only place where facts become an exit code.
    pub(crate) fn exit(&self, row: ExitRow) -> Exit {
        let decide = |fact: &Fact| match row.cell(*fact) {
            Cell::Never => None,
            Cell::Always(exit, _) | Cell::Alone(exit, _) => Some(exit),
            Cell::Written(some, _, none) => Some(if self.written { some } else { none }),
            Cell::Asked(plain, asked) => Some(if self.asked { asked } else { plain }),
        };
        let alone = self.facts.iter().find_map(|fact| match row.cell(*fact) {
            Cell::Alone(exit, _) => Some(exit),
            _ => None,
        });
        match (self.facts.iter().filter_map(decide).fold(Exit::Done, Exit::and), alone) {
            (Exit::Bits(_), Some(alone)) => alone,
            (all, _) => all,
        }
    }
}

/// The table for people at a terminal.
pub(crate) fn text() -> String {
    let mut text =
        "Exit codes, one by one. Bits add up; of the others, 5 wins over 1, and both win over bits.\n\n".to_owned();
    for (exit, meaning) in MEANINGS {
        text.push_str(&format!("  {:>2}  {meaning}\n", exit.code()));
    }
    text.push_str("\nWhat each command ends with:\n");
    for (_, name, cells) in TABLE {
        text.push_str(&format!("\n  {}\n", name.replace('`', "")));
        for ((_, heading), cell) in FACTS.iter().zip(cells).filter(|(_, cell)| *cell != Cell::Never) {
            text.push_str(&format!("    {heading:<22} {}\n", cell.words().replace('`', "")));
        }
    }
    text
}

/// The table as the README shows it.
#[cfg(test)]
fn markdown() -> String {
    let mut text = "| code | meaning |\n|---|---|\n".to_owned();
    for (exit, meaning) in MEANINGS {
        text.push_str(&format!("| {} | {meaning} |\n", exit.code()));
    }
    let headings: String = FACTS.iter().map(|(_, heading)| format!(" {heading} |")).collect();
    text.push_str(&format!("\n| |{headings}\n|---|{}\n", "---|".repeat(FACTS.len())));
    for (_, name, cells) in TABLE {
        let cells: String = cells.iter().map(|cell| format!(" {} |", cell.words())).collect();
        text.push_str(&format!("| {name} |{cells}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: [ExitRow; 7] = [
        ExitRow::Plan,
        ExitRow::PlanExitCode,
        ExitRow::Drift,
        ExitRow::Apply,
        ExitRow::ApplyFile,
        ExitRow::Validate,
        ExitRow::Other,
    ];

    /// The exit code of each way to run the program, written down once more, as a person would say it.
    fn expected(row: ExitRow, has: &dyn Fn(Fact) -> bool, written: bool, asked: bool) -> u8 {
        let bit = |is_set: bool, bit: u8| if is_set { bit } else { 0 };
        let (policy, unknown) = (bit(has(Fact::Policy), 16), bit(has(Fact::NotKnown), 32));
        match row {
            ExitRow::Plan | ExitRow::PlanExitCode | ExitRow::Drift if has(Fact::CouldNotLook) => 1,
            ExitRow::Plan => policy | unknown,
            ExitRow::PlanExitCode => {
                let pending = bit(has(Fact::Pending) || has(Fact::Deferred), 2);
                pending | bit(has(Fact::Drift), 4) | bit(has(Fact::Conflict), 8) | policy | unknown
            }
            ExitRow::Drift => bit(has(Fact::Drift), 4) | bit(has(Fact::Conflict), 8) | unknown,
            ExitRow::Apply | ExitRow::ApplyFile if written && (has(Fact::PartWay) || has(Fact::NotKnown)) => 5,
            ExitRow::Apply | ExitRow::ApplyFile if has(Fact::CouldNotLook) || has(Fact::PartWay) => 1,
            ExitRow::Apply | ExitRow::ApplyFile if policy != 0 => policy,
            ExitRow::Apply | ExitRow::ApplyFile => unknown | bit(asked && has(Fact::Deferred), 2),
            ExitRow::Validate => bit(has(Fact::PartWay), 3),
            ExitRow::Other if has(Fact::PartWay) => 5,
            ExitRow::Other => bit(has(Fact::CouldNotLook), 1),
        }
    }

    #[test]
    fn every_cell_and_every_combination_of_facts_ends_as_the_table_says() {
        for row in ROWS {
            for set in 0..1_u32 << FACTS.len() {
                for (written, asked) in [(false, false), (false, true), (true, false), (true, true)] {
                    let mut found = Findings { written, asked, ..Findings::default() };
                    for (n, (fact, _)) in FACTS.iter().enumerate() {
                        found.add_if(set & 1 << n != 0, *fact);
                    }
                    let code = found.exit(row).code();
                    let has = |fact| found.facts.contains(&fact);
                    assert_eq!(code, expected(row, &has, written, asked), "{row:?} {found:?}");
                }
            }
        }
    }

    #[test]
    fn each_row_stands_once_and_each_code_of_the_table_is_explained() {
        assert_eq!(TABLE.map(|(row, ..)| row), ROWS);
        let explained = MEANINGS.map(|(exit, _)| exit);
        for cell in TABLE.iter().flat_map(|(_, _, cells)| cells) {
            let codes = match *cell {
                Cell::Never => vec![],
                Cell::Always(exit, _) | Cell::Alone(exit, _) => vec![exit],
                Cell::Written(some, _, none) => vec![some, none],
                Cell::Asked(plain, asked) => vec![plain, asked],
            };
            assert!(codes.iter().all(|code| explained.contains(code)), "{cell:?}");
        }
        assert!(MEANINGS.is_sorted_by_key(|(exit, _)| exit.code()));
    }

    #[test]
    fn the_readme_shows_this_table() {
        let readme = include_str!("../../README.md");
        assert!(readme.contains(&markdown()), "put this into the README's section on exit codes:\n\n{}", markdown());
    }

    #[test]
    fn explained_it_has_every_code_and_every_cell() {
        let text = text();
        for (exit, meaning) in MEANINGS {
            assert!(text.contains(&format!("{:>2}  {meaning}", exit.code())), "{meaning}");
        }
        assert!(text.contains("    policy                 16, nothing written\n"), "{text}");
        assert!(text.contains("    not known              5 if anything was written, else 32\n"), "{text}");
        assert!(text.contains("    deferred on purpose    0, with --exit-code 2\n"), "{text}");
    }
}
