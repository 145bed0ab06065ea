//! `trueup demo`: the whole story on simulated controllers, told with the commands themselves.
//!
//! Each command of the story is parsed and obeyed like one that somebody types, and has to end as the story says: so
//! the demo is a check as well. In between somebody edits the files, and somebody changes things at the consoles.

mod files;
mod story;

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use similar::TextDiff;

use crate::cli::common::ConnectedWorkspace;
use crate::cli::demo::story::{Act, Hand, Insertion, STORY, Scene};
use crate::cli::stop::Doing;
use crate::cli::{Cli, CommandError, Exit, Global, When, common, obey, simulated};
use crate::diff::verdict::Decision;

/// Options of `demo`.
#[derive(Debug, clap::Args)]
pub(crate) struct DemoOptions {
    /// Keeps the workspace and the simulated controllers in a new folder, to go on with.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

/// The name of the workspace's folder.
const NAME: &str = "acme-wan";

/// What to do when the story goes another way.
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
    for scene in STORY {
        stage.play(scene)?;
    }
    common::print(&stage.epilogue(options.keep.is_some()))?;
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
    fn play(&self, scene: &Scene) -> Result<(), CommandError> {
        let says: String = scene.says.lines().map(|line| format!("# {}\n", line.trim_start())).collect();
        common::print(&format!("\n{says}"))?;
        match &scene.act {
            Act::Command { words, ends, open } => {
                self.expect(words, *open)?;
                self.command(words, *ends)
            }
            Act::Edit(insertions) => insertions.iter().try_for_each(|insertion| self.edit(insertion)),
            Act::Console(hands) => {
                for hand in *hands {
                    common::print(&format!("  {:<5} {}\n", hand.target, hand.says))?;
                }
                common::block_on(self.console(hands))
            }
        }
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

    /// Obeys a command as if somebody had typed it.
    fn command(&self, words: &[&str], ends: u8) -> Result<(), CommandError> {
        let line = words.join(" ").replace("{folder}", self.shown);
        common::print(&format!("$ trueup --sim {line}\n"))?;
        let color = match self.global.color {
            When::Auto => "auto",
            When::Always => "always",
            When::Never => "never",
        };
        let folder = self.folder.display().to_string();
        // Progress would come between the lines of the story.
        let before = ["trueup", "--sim", "--quiet", "--color", color];
        let arguments = before.iter().chain(words).map(|word| word.replace("{folder}", &folder));
        let cli = Cli::try_parse_from(arguments).map_err(|error| CommandError::failed(error.to_string()))?;
        let code = obey(cli).code();
        if code != ends {
            let message = format!("the demo went another way: `trueup {line}` ended with {code} instead of {ends}");
            return Err(CommandError::failed(message).help(REPORT));
        }
        if code != 0 {
            common::print(&format!("(exit code {code})\n"))?;
        }
        Ok(())
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
        let shown =
            diff.unified_diff().context_radius(2).header(&format!("a/{file}"), &format!("b/{file}")).to_string();
        fs::write(&path, &edited).doing("write", &path)?;
        common::print(&shown)
    }

    /// Changes things at the simulated controllers, past their APIs.
    async fn console(&self, hands: &[Hand]) -> Result<(), CommandError> {
        let server = simulated::serve(self.folder).await?;
        for Hand { provider, target, change, .. } in hands {
            let change: serde_json::Value =
                serde_json::from_str(change).map_err(|why| CommandError::failed(why.to_string()))?;
            simulated::change(&format!("http://{}", server.address), provider, target, &change).await?;
        }
        server.stop().await.while_doing("stop the simulated controllers")?;
        Ok(())
    }

    fn epilogue(&self, kept: bool) -> String {
        let (folder, keep) = match kept {
            true => (self.shown.to_owned(), String::new()),
            false => (
                "my-wan".into(),
                "  trueup demo --keep my-wan                       # the same, and keeps everything\n".into(),
            ),
        };
        let lines = [
            ("edit a file, then: trueup --sim plan --calls", "every request, before it is sent"),
            ("trueup --sim plan --format markdown", "for a pull request"),
            ("trueup --sim graph", "what refers to what"),
        ];
        let mut text = format!("\n# That was all of it. What to try next:\n{keep}");
        for (line, says) in lines {
            text.push_str(&format!("  {:<47} # {says}\n", format!("{line} {folder}")));
        }
        text.push_str("  trueup explain routes                           # a kind, field by field\n");
        text
    }
}
