//! How a run goes, on stderr: bars on a terminal, else a line for each step that ends.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::apply::{Outcome, Progress};
use crate::plan::{Step, Verb};
use crate::render::Style;
use crate::render::screen::Screen;
use crate::render::words::{counted, number, sanitize_control};
use crate::session::Waiting;

/// Tells how a run goes until that is over.
pub(crate) trait Telling: Progress {
    /// The run is over: what was drawn goes away.
    fn finish(&self);

    /// Writes lines of somebody else to stderr, if it draws there and they would tear that. Says whether it did.
    fn aside(&self, _lines: &str) -> bool {
        false
    }
}

/// Bars on a terminal, lines elsewhere, nothing if it is to be quiet.
pub(crate) fn choose(style: Style, steps: usize, quiet: bool) -> Arc<dyn Telling> {
    let is_dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
    match (quiet, std::io::stderr().is_terminal() && !is_dumb) {
        (true, _) => Arc::new(Quiet),
        (false, true) => Arc::new(Bars::new(style, steps, Screen::stderr())),
        (false, false) => Arc::new(ProgressLines::new(steps, Box::new(std::io::stderr()))),
    }
}

/// A line on a terminal that lasts as long as it is kept: controllers are being looked at.
pub(crate) struct Looking(ProgressBar);

/// Says on a terminal that so many targets are being looked at; nothing elsewhere, or if it is to be quiet.
pub(crate) fn looking(targets: usize, quiet: bool) -> Option<Looking> {
    if quiet || targets == 0 || !std::io::stderr().is_terminal() {
        return None;
    }
    let line = ProgressBar::new_spinner();
    line.set_style(styled("{spinner} {wide_msg} {elapsed}"));
    line.set_message(format!("looking at {}", counted(targets, "target")));
    line.enable_steady_tick(Duration::from_millis(250));
    Some(Looking(line))
}

impl Drop for Looking {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Tells nothing.
struct Quiet;

impl Progress for Quiet {
    fn begins(&self, _: &Step) {}
    fn waits(&self, _: &Step, _: &Waiting) {}
    fn ends(&self, _: &Step, _: &Outcome) {}
}

impl Telling for Quiet {
    fn finish(&self) {}
}

/// A step's name among those under way. A replacement's two steps have one address.
type StepName = (String, Verb);

fn name(step: &Step) -> StepName {
    (step.address.to_string(), step.verb)
}

/// The line of a step that waits: `east/tunnels/a: PROVISIONING (3 of 12)`.
fn waiting(step: &Step, waiting: &Waiting) -> String {
    let count = waiting.progress.map(|(done, total)| format!("{done} of {total}"));
    let words = match (waiting.state.as_str(), count) {
        ("", None) => "waiting".to_owned(),
        ("", Some(count)) => count,
        (state, None) => state.to_owned(),
        (state, Some(count)) => format!("{state} ({count})"),
    };
    sanitize_control(&format!("{}: {words}", step.address))
}

/// The line of a step that ended.
fn ended(step: &Step, outcome: &Outcome) -> String {
    let what = match (outcome, step.verb) {
        (Outcome::Done, Verb::Create | Verb::ReplaceCreate) => "created",
        (Outcome::Done, Verb::Update) => "updated",
        (Outcome::Done, Verb::Delete | Verb::ReplaceRemove) => "deleted",
        (Outcome::Done, Verb::Issue) => "asked for",
        (Outcome::Done, Verb::Find) => "found",
        (Outcome::Failed(_), _) => "failed",
        (Outcome::Skipped(_), _) => "skipped",
        (Outcome::Stopped, _) => "stopped",
        (Outcome::Late, _) => "deferred",
    };
    match outcome {
        Outcome::Failed(error) => sanitize_control(&format!("{what} {}: {error}", step.address)),
        Outcome::Done | Outcome::Skipped(_) | Outcome::Stopped | Outcome::Late => {
            sanitize_control(&format!("{what} {}", step.address))
        }
    }
}

/// Time from which on it is told how long a step took: below it the number is noise.
const LONG: Duration = Duration::from_secs(10);

/// A line for each step that ends, and for each state that lasts: one that is seen twice in a row.
struct ProgressLines {
    steps: usize,
    told: Mutex<Told>,
}

struct Told {
    out: Box<dyn Write + Send>,
    ended: usize,
    running: BTreeMap<StepName, Running>,
}

/// A step under way.
struct Running {
    begun: Instant,
    /// The state seen last, and how often in a row.
    state: String,
    seen: usize,
}

impl ProgressLines {
    fn new(steps: usize, out: Box<dyn Write + Send>) -> ProgressLines {
        ProgressLines { steps, told: Mutex::new(Told { out, ended: 0, running: BTreeMap::new() }) }
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Told {
    fn say(&mut self, line: &str) {
        // A closed terminal is no reason to stop a run.
        let _ = writeln!(self.out, "{line}");
    }
}

impl Progress for ProgressLines {
    fn begins(&self, step: &Step) {
        self.told().running.insert(name(step), Running { begun: Instant::now(), state: String::new(), seen: 0 });
    }

    fn waits(&self, step: &Step, state: &Waiting) {
        let mut told = self.told();
        let Some(running) = told.running.get_mut(&name(step)) else { return };
        if running.state != state.state {
            running.state.clone_from(&state.state);
            running.seen = 0;
        }
        running.seen += 1;
        if running.seen == 2 && !state.state.is_empty() {
            told.say(&waiting(step, state));
        }
    }

    fn ends(&self, step: &Step, outcome: &Outcome) {
        let mut told = self.told();
        told.ended += 1;
        let took = told.running.remove(&name(step)).map(|running| running.begun.elapsed()).filter(|took| *took >= LONG);
        let took = took.map(|took| format!(" ({} s)", took.as_secs())).unwrap_or_default();
        let line = format!("[{}/{}] {}{took}", number(told.ended), number(self.steps), ended(step, outcome));
        told.say(&line);
    }
}

impl Telling for ProgressLines {
    fn finish(&self) {}
}

/// Steps under way that are drawn; more of them would push the rest off the screen.
const DRAWN: usize = 8;

/// Drawings a second at most.
const REFRESHES: u8 = 20;

/// A bar for the whole, and a line for each of the first few steps under way.
struct Bars {
    screen: MultiProgress,
    whole: ProgressBar,
    running: Mutex<BTreeMap<StepName, ProgressBar>>,
}

impl Bars {
    fn new(style: Style, steps: usize, screen: Screen) -> Bars {
        let target = ProgressDrawTarget::term_like_with_hz(Box::new(screen), REFRESHES);
        let screen = MultiProgress::with_draw_target(target);
        let bar = if style.color { "{wide_bar:.cyan/blue}" } else { "{wide_bar}" };
        let whole = screen.add(ProgressBar::new(steps as u64));
        whole.set_style(styled(&format!("{{pos}}/{{len}} steps {bar} {{elapsed}}")));
        whole.enable_steady_tick(Duration::from_millis(250));
        Bars { screen, whole, running: Mutex::new(BTreeMap::new()) }
    }

    fn running(&self) -> MutexGuard<'_, BTreeMap<StepName, ProgressBar>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn styled(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

impl Progress for Bars {
    fn begins(&self, step: &Step) {
        let mut running = self.running();
        if running.len() < DRAWN {
            let line = self.screen.add(ProgressBar::new_spinner());
            line.set_style(styled("  {spinner} {wide_msg} {elapsed}"));
            line.set_message(sanitize_control(&format!("{} {}", step.verb.as_str(), step.address)));
            line.enable_steady_tick(Duration::from_millis(250));
            running.insert(name(step), line);
        }
    }

    fn waits(&self, step: &Step, state: &Waiting) {
        if let Some(line) = self.running().get(&name(step)) {
            line.set_message(waiting(step, state));
        }
    }

    fn ends(&self, step: &Step, outcome: &Outcome) {
        if let Some(line) = self.running().remove(&name(step)) {
            line.finish_and_clear();
            self.screen.remove(&line);
        }
        if matches!(outcome, Outcome::Failed(_)) {
            // A terminal that went away is no reason to stop a run.
            let _ = self.screen.println(ended(step, outcome));
        }
        self.whole.inc(1);
    }
}

impl Telling for Bars {
    fn finish(&self) {
        self.running().clear();
        self.whole.finish_and_clear();
        // As above.
        let _ = self.screen.clear();
    }

    fn aside(&self, lines: &str) -> bool {
        self.screen.println(lines.strip_suffix('\n').unwrap_or(lines)).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::testing::{PLAIN, busy};
    use crate::session::{CallError, CallFailure, Effort};
    use wire::Method;

    /// The text that was written, for the test to read.
    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// A run of three steps: one waits and is done, one fails, one is skipped for it.
    fn run(progress: &dyn Telling) {
        let plan = busy().plan();
        let [first, second, third] = [0, 1, 2].map(|n| &plan.steps[n]);
        progress.begins(first);
        progress.begins(second);
        for state in ["", "BUILDING", "BUILDING", "UP"] {
            progress.waits(first, &Waiting { state: state.into(), progress: Some((1, 3)) });
        }
        progress.ends(first, &Outcome::Done);
        let error = CallError {
            target: "east".into(),
            method: Method::Post,
            path: "/tunnels".into(),
            what: CallFailure::Overdue(300),
            help: None,
            effort: Effort::default(),
            wait: None,
        };
        progress.ends(second, &Outcome::Failed(Box::new(error)));
        progress.ends(third, &Outcome::Skipped(1));
        progress.finish();
    }

    #[test]
    fn lines_tell_each_lasting_state_and_each_end_once() {
        let kept = Kept::default();
        run(&ProgressLines::new(3, Box::new(kept.clone())));
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        insta::assert_snapshot!(text, @r#"
        east/tunnels/anew: BUILDING (1 of 3)
        [1/3] deleted east/tunnels/anew
        [2/3] failed east/tunnels/anew: east: POST /tunnels: still not done after 300 s
        [3/3] skipped east/tunnels/moved
        "#);
    }

    /// Bars on a terminal of 60 columns.
    fn bars(kept: &Kept) -> Bars {
        let size = || Some((terminal_size::Width(60), terminal_size::Height(20)));
        Bars::new(PLAIN, 3, Screen::on(Box::new(kept.clone()), size))
    }

    /// The lines that a terminal of 60 columns shows at the end.
    fn shown(kept: &Kept) -> Vec<String> {
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        let (mut rows, mut row, mut column) = (vec![Vec::new()], 0, 0);
        let mut letters = text.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '\u{1b}' => {
                    let mut code = String::new();
                    while !code.ends_with(char::is_alphabetic) {
                        code.extend(letters.next().filter(|letter| *letter != '['));
                    }
                    match (code.trim_end_matches(char::is_alphabetic).parse().unwrap_or(1), code.chars().last()) {
                        (count, Some('A')) => row -= std::cmp::min(row, count),
                        (count, Some('B')) => row += count,
                        (_, Some('K')) => rows[row].clear(),
                        _ => {}
                    }
                }
                '\r' => column = 0,
                '\n' => (row, column) = (row + 1, 0),
                _ if column == 60 => (row, column) = (row + 1, 0),
                _ => {}
            }
            rows.resize(rows.len().max(row + 1), Vec::new());
            if !letter.is_control() {
                let width = rows[row].len().max(column + 1);
                rows[row].resize(width, ' ');
                rows[row][column] = letter;
                column += 1;
            }
        }
        rows.into_iter().map(|row| row.into_iter().collect::<String>().trim_end().to_owned()).collect()
    }

    #[test]
    fn what_is_said_meanwhile_stays_and_no_bar_is_torn() {
        let kept = Kept::default();
        let bars = bars(&kept);
        let plan = busy().plan();
        plan.steps.iter().take(3).for_each(|step| bars.begins(step));
        std::thread::sleep(Duration::from_millis(300));
        // The sign that the terminal itself writes when somebody presses the keys.
        kept.0.lock().unwrap().extend(b"^C");
        assert!(bars.aside("stopping: nothing new begins\n"));
        plan.steps.iter().take(3).for_each(|step| bars.ends(step, &Outcome::Stopped));
        bars.finish();
        let shown: Vec<String> = shown(&kept).into_iter().filter(|line| !line.is_empty()).collect();
        assert_eq!(shown, ["stopping: nothing new begins"]);
    }

    #[test]
    fn bars_come_and_go() {
        let kept = Kept::default();
        let bars = bars(&kept);
        run(&bars);
        assert_eq!(bars.whole.position(), 3);
        assert!(bars.running().is_empty());
        assert!(shown(&kept).iter().all(|line| !line.contains("steps")), "{:?}", shown(&kept));
        run(&Quiet);
    }

    #[test]
    fn a_telling_is_what_an_executor_takes() {
        let told = choose(PLAIN, 3, true);
        let progress: &dyn Progress = &*told;
        progress.begins(&busy().plan().steps[0]);
    }
}
