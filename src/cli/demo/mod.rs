//! `trueup demo`: the whole story on simulated controllers, told with the commands themselves.
//!
//! Each command of the story is parsed and obeyed like one that somebody types, and has to end as the story says: so
//! the demo is a check as well. In between somebody edits the files, and somebody changes things at the consoles.

mod excerpt;
mod files;
mod story;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use similar::TextDiff;

use crate::cli::common::ConnectedWorkspace;
use crate::cli::demo::excerpt::Excerpt;
use crate::cli::demo::story::{Act, Hand, Insertion, PROLOGUE, STORY, Scene};
use crate::cli::stop::Doing;
use crate::cli::{Cli, CommandError, Exit, Global, common, obey, output, simulated};
use crate::diff::verdict::Decision;
use crate::render::{TextPage, Tone, cut};

/// Options of `demo`.
#[derive(Debug, clap::Args)]
pub(crate) struct DemoOptions {
    /// Keeps the workspace and the simulated controllers in a new folder, to go on with.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

/// The name of the workspace's folder.
const NAME: &str = "acme-wan";

/// The remedy when the story goes another way.
const REPORT: &str = "this should not happen: please report it with what stands above";

/// Tells the story.
pub(crate) fn run(global: &Global, options: &DemoOptions) -> Result<Exit, CommandError> {
    let temporary = tempfile::tempdir().doing("make a folder in", &std::env::temp_dir())?;
    let folder = match &options.keep {
        Some(folder) => folder.clone(),
        None => temporary.path().join(NAME),
    };
    files::write(&folder)?;
    let shown = options.keep.as_ref().map_or(NAME.into(), |folder| folder.display().to_string());
    let stage = Stage { global, folder: &folder, shown: &shown };
    stage.say(Tone::Plain, PROLOGUE)?;
    for (n, scene) in STORY.iter().enumerate() {
        stage.play(n + 1, scene)?;
    }
    stage.end(options.keep.is_some())?;
    Ok(Exit::Done)
}

/// Where the story is played.
struct Stage<'a> {
    global: &'a Global,
    folder: &'a Path,
    /// The folder's name in what is printed.
    shown: &'a str,
}

impl Stage<'_> {
    fn play(&self, number: usize, scene: &Scene) -> Result<(), CommandError> {
        self.say(Tone::Strong, &format!("\n{number}. {}", scene.headline))?;
        self.say(Tone::Faint, scene.says)?;
        match &scene.act {
            Act::Command { words, ends, open, shows } => {
                self.expect(words, *open)?;
                self.command(words, *ends, *shows)
            }
            Act::Edit(insertions) => insertions.iter().try_for_each(|insertion| self.edit(insertion)),
            Act::Console(hands) => {
                for hand in *hands {
                    self.say(Tone::Plain, &format!("{:<5} {}", hand.target, hand.says))?;
                }
                common::block_on(self.console(hands))
            }
        }
    }

    /// Says some lines.
    fn say(&self, tone: Tone, lines: &str) -> Result<(), CommandError> {
        let mut page = TextPage::new(output::stdout_style(self.global));
        lines.lines().for_each(|line| page.line(0, tone, line.trim_start()));
        output::print(&page.finish())
    }

    /// Checks how many resources are not as they should be: an exit code alone would not tell that one was overlooked.
    fn expect(&self, words: &[&str], open: Option<usize>) -> Result<(), CommandError> {
        let Some(open) = open else { return Ok(()) };
        let global = Global { sim: Some(String::new()), ..self.global.clone() };
        let found = common::block_on(async {
            let mut workspace = ConnectedWorkspace::open(&global, self.folder).await?;
            let plan = workspace.plan().await?.plan;
            workspace.close().await;
            Ok(plan.verdicts.iter().filter(|verdict| !matches!(verdict.decision, Decision::Same)).count())
        })?;
        if found == open {
            return Ok(());
        }
        let line = words.join(" ").replace("{folder}", self.shown);
        let message = format!(
            "the demo went another way: before `{line}`, {found} resources are not as they should be, not {open}"
        );
        Err(CommandError::failed(message).help(REPORT))
    }

    /// Obeys a command as if somebody had typed it, and shows of what it prints as much as a newcomer reads.
    fn command(&self, words: &[&str], ends: (u8, &str), shows: Excerpt) -> Result<(), CommandError> {
        let line = words.join(" ").replace("{folder}", self.shown);
        self.say(Tone::Notice, &format!("$ trueup --sim {line}"))?;
        // The output is kept on its way to the terminal, and coloured as if it were not.
        let color = if output::stdout_style(self.global).color { "always" } else { "never" };
        let folder = self.folder.display().to_string();
        // Progress would come between the lines of the story.
        let before = ["trueup", "--sim", "--quiet", "--color", color];
        let arguments = before.iter().chain(words).map(|word| word.replace("{folder}", &folder));
        let cli = Cli::try_parse_from(arguments).map_err(|error| CommandError::failed(error.to_string()))?;
        let (code, output) = output::kept(|| obey(cli).code());
        let (expected, means) = ends;
        if code != expected {
            output::print(&output)?;
            let message = format!("the demo went another way: `trueup {line}` ended with {code} instead of {expected}");
            return Err(CommandError::failed(message).help(REPORT));
        }
        output::print(&shows.of(&output))?;
        match code {
            0 => Ok(()),
            code => self.say(Tone::Faint, &format!("(exit code {code}: {means})")),
        }
    }

    /// Edits a file and shows what a commit would show.
    fn edit(&self, insertion: &Insertion) -> Result<(), CommandError> {
        let Insertion { file, after, text } = insertion;
        let path = self.folder.join(file);
        let before = fs::read_to_string(&path).doing("read", &path)?;
        let at = before.find(after).map(|at| at + after.len());
        let at =
            at.ok_or_else(|| CommandError::failed(format!("the demo went another way: `{file}` lacks `{after}`")))?;
        let (head, tail) = before.split_at(at);
        let edited = format!("{head}\n{text}{tail}");
        let diff = TextDiff::from_lines(&before, &edited);
        let names = (format!("a/{file}"), format!("b/{file}"));
        let shown = diff.unified_diff().context_radius(1).header(&names.0, &names.1).to_string();
        fs::write(&path, &edited).doing("write", &path)?;
        let mut page = TextPage::new(output::stdout_style(self.global));
        for line in shown.lines() {
            let tone = if line.starts_with("+ ") { Tone::New } else { Tone::Faint };
            page.line(0, tone, &cut(line, page.room(0)));
        }
        output::print(&page.finish())
    }

    /// Changes things at the simulated controllers, past their APIs.
    async fn console(&self, hands: &[Hand]) -> Result<(), CommandError> {
        let server = simulated::serve(self.folder, None, BTreeMap::new()).await?;
        for Hand { provider, target, change, .. } in hands {
            let change: serde_json::Value =
                serde_json::from_str(change).map_err(|why| CommandError::failed(why.to_string()))?;
            simulated::change(&format!("http://{}", server.address), provider, target, &change).await?;
        }
        server.stop().await.while_doing("stop the simulated controllers")?;
        Ok(())
    }

    /// Says how to go on.
    fn end(&self, is_kept: bool) -> Result<(), CommandError> {
        let folder = if is_kept { self.shown } else { "my-wan" };
        let keep = (format!("trueup demo --keep {folder}"), "the same, and keeps everything to go on with");
        let lines = [
            (format!("trueup --sim plan --calls {folder}"), "after an edit, with each request"),
            (format!("trueup --sim plan --format markdown {folder}"), "for a pull request"),
            (format!("trueup --sim graph {folder}"), "what refers to what"),
            ("trueup explain routes".to_owned(), "a kind, field by field"),
        ];
        self.say(Tone::Strong, "\nThat was all of it. What to try next")?;
        for (line, says) in (!is_kept).then_some(keep).into_iter().chain(lines) {
            let mut page = TextPage::new(output::stdout_style(self.global));
            page.parts(0, &[(Tone::Notice, &format!("$ {line}")), (Tone::Faint, &format!("  # {says}"))]);
            output::print(&page.finish())?;
        }
        Ok(())
    }
}
