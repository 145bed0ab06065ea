//! Where a transcript is played: a workspace's folder, simulated controllers, and the built program.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Map, Value, json};
use sim::Options;
use tempfile::TempDir;
use trueup::parts::source;

use crate::bench::Bench;
use crate::support::Sim;
use crate::transcripts::letter::Typed;
use crate::transcripts::stable::stable;

/// How long the answer takes during which a run is stopped: time enough for a signal on a busy machine.
const PAUSE: Duration = Duration::from_millis(1_500);

/// The scene of one transcript.
pub(crate) struct Stage {
    bench: Bench,
    state: TempDir,
    sim: Option<Sim>,
    environment: BTreeMap<String, String>,
    faults: Vec<Value>,
    /// How many machines there were, with those that were rebuilt.
    births: u64,
    /// How many requests of the controllers' log have been told.
    told: usize,
}

/// How a run that is cut short ends.
#[derive(Clone, Copy, PartialEq)]
enum Cut {
    Interrupted,
    Killed,
}

/// How a run is cut short, and during which POST.
type CutAt = (Cut, usize);

impl Stage {
    /// An empty folder, and controllers as they come.
    pub(crate) fn new() -> Stage {
        let state = tempfile::tempdir().unwrap();
        let sim = Sim::start_with(Options { state: Some(state.path().to_owned()), ..Options::default() });
        let bench = Bench::of(&[], &sim);
        Stage { bench, state, sim: Some(sim), environment: BTreeMap::new(), faults: Vec::new(), births: 1, told: 0 }
    }

    /// Does what somebody typed; gives what that printed.
    pub(crate) fn obey(&mut self, typed: &Typed) -> Result<String, String> {
        let (line, cut) = cut_short(&typed.line)?;
        let words = words(line)?;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["trueup", arguments @ ..] => return Ok(self.trueup(arguments, cut)),
            ["write", file] => self.write(file, &typed.input),
            ["edit", file] => self.edit(file, &typed.input)?,
            ["cat", file] => return self.read(file),
            ["rm", file] => self.remove(file)?,
            ["export", pair] => {
                let (name, value) = pair.split_once('=').ok_or("`export` takes NAME=VALUE")?;
                self.environment.insert(name.to_owned(), value.to_owned());
            }
            ["console", at, "set", kind, name, fields] => {
                self.console(at, &json!({ "set": { "kind": kind, "name": name, "fields": object(fields)? } }))?;
            }
            ["console", at, "add", kind, fields] => {
                self.console(at, &json!({ "add": { "kind": kind, "fields": object(fields)? } }))?;
            }
            ["console", at, "add", kind, parent, fields] => {
                let change = json!({ "kind": kind, "parent": parent, "fields": object(fields)? });
                self.console(at, &json!({ "add": change }))?;
            }
            ["console", at, "remove", kind, name] => {
                self.console(at, &json!({ "remove": { "kind": kind, "name": name } }))?;
            }
            ["rebuild", at] => self.rebuild(at)?,
            ["break", at, fault] => self.fail(at, object(fault)?)?,
            ["mend"] => {
                self.faults.clear();
                self.arm();
            }
            ["writes"] => return Ok(self.writes()),
            _ => return Err("no such command here: see tests/transcripts/README.md".to_owned()),
        }
        Ok(String::new())
    }

    fn sim(&self) -> &Sim {
        self.sim.as_ref().unwrap()
    }

    /// Runs the program; gives what a terminal would show.
    fn trueup(&self, arguments: &[&str], cut: Option<CutAt>) -> String {
        let (arguments, file) = match arguments {
            [arguments @ .., ">", file] => (arguments, Some(file)),
            _ => (arguments, None),
        };
        let mut command = self.bench.command(arguments);
        command.envs(&self.environment);
        let (mut reader, writer) = io::pipe().unwrap();
        match file {
            Some(file) => command.stdout(fs::File::create(self.bench.path().join(file)).unwrap()),
            None => command.stdout(writer.try_clone().unwrap()),
        };
        command.stderr(writer);
        if let Some((_, nth)) = cut {
            self.arm_with(&[json!({ "method": "POST", "nth": nth, "delay_ms": PAUSE.as_millis() })]);
        }
        let before = self.posts();
        let mut child = command.spawn().unwrap();
        // The writing end that this process holds would keep the reader waiting.
        drop(command);
        if let Some((cut, nth)) = cut {
            while self.posts() < before + nth {
                sleep(Duration::from_millis(5));
            }
            end(&mut child, cut);
        }
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        let code = child.wait().unwrap().code();
        if cut.is_some() {
            self.arm();
        }
        let text = stable(&text, &[(&self.bench.path().display().to_string(), ".")]);
        match code {
            Some(0) => text,
            Some(code) => format!("{text}(exit code {code})\n"),
            None => format!("{text}(killed)\n"),
        }
    }

    fn write(&self, file: &str, input: &[String]) {
        let line = |line: &String| format!("{}\n", line.strip_prefix("| ").or(line.strip_prefix('|')).unwrap_or(line));
        self.bench.write(file, &input.iter().map(line).collect::<String>());
    }

    /// Changes a file as a hunk of a diff says.
    fn edit(&self, file: &str, hunk: &[String]) -> Result<(), String> {
        let side = |without: char| -> String {
            let lines = hunk.iter().filter(|line| !line.starts_with(without));
            lines.map(|line| format!("{}\n", line.get(1..).unwrap_or_default())).collect()
        };
        let (before, after) = (side('+'), side('-'));
        let text = self.read(file)?;
        match text.matches(&before).count() {
            1 => self.bench.write(file, &text.replacen(&before, &after, 1)),
            count => return Err(format!("these lines are in `{file}` {count} times:\n{before}")),
        }
        Ok(())
    }

    fn read(&self, file: &str) -> Result<String, String> {
        fs::read_to_string(self.bench.path().join(file)).map_err(|error| format!("`{file}`: {error}"))
    }

    fn remove(&self, file: &str) -> Result<(), String> {
        let path = self.bench.path().join(file);
        let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        removed.map_err(|error| format!("`{file}`: {error}"))
    }

    /// Makes a change past the program.
    fn console(&self, at: &str, change: &Value) -> Result<(), String> {
        let told = self.sim().try_side_door("POST", &format!("/{at}/console"), change);
        told.map(|_| ()).map_err(|error| format!("the console of {at}: {error}"))
    }

    /// Puts a new machine in the place of another: it holds nothing of what that one held.
    fn rebuild(&mut self, at: &str) -> Result<(), String> {
        let address = self.sim().root().trim_start_matches("http://").parse().unwrap();
        self.sim.take().unwrap().stop();
        self.births += 1;
        let file = self.state.path().join(format!("{}.json", at.replace('/', "--")));
        fs::remove_file(&file).map_err(|error| format!("`{at}` has no state: {error}"))?;
        let state = Some(self.state.path().to_owned());
        let options = Options { listen: address, state, births: Some(self.births), ..Options::default() };
        self.sim = Some(Sim::start_with(options));
        self.told = 0;
        self.arm();
        Ok(())
    }

    fn fail(&mut self, at: &str, mut fault: Map<String, Value>) -> Result<(), String> {
        let (provider, installation) = at.split_once('/').ok_or("`break` takes PROVIDER/TARGET")?;
        fault.insert("provider".to_owned(), provider.into());
        fault.insert("installation".to_owned(), installation.into());
        self.faults.push(Value::Object(fault));
        self.arm();
        Ok(())
    }

    fn arm(&self) {
        self.arm_with(&[]);
    }

    fn arm_with(&self, more: &[Value]) {
        self.sim().side_door("POST", "/faults", &json!([&self.faults[..], more].concat()));
    }

    fn log(&self) -> Vec<Value> {
        self.sim().side_door("GET", "/requests", &Value::Null).as_array().unwrap().clone()
    }

    fn posts(&self) -> usize {
        self.log().iter().filter(|entry| entry["method"] == "POST").count()
    }

    /// The requests with an effect since they were told last.
    fn writes(&mut self) -> String {
        let log = self.log();
        let new = log.iter().skip(self.told);
        let is_write = |entry: &&Value| entry["method"] != "GET" && !entry["path"].to_string().contains("oauth2");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut lines: Vec<String> = new
            .filter(is_write)
            .map(|entry| {
                format!("{} {} {}\n", text(&entry["installation"]), text(&entry["method"]), text(&entry["path"]))
            })
            .collect();
        // What different controllers got side by side has no order.
        lines.sort_by_key(|line| line.split(' ').next().unwrap_or_default().to_owned());
        self.told = log.len();
        if lines.is_empty() { "none\n".to_owned() } else { lines.concat() }
    }
}

fn end(child: &mut Child, cut: Cut) {
    match cut {
        Cut::Interrupted => {
            assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        }
        Cut::Killed => child.kill().unwrap(),
    }
}

/// The line itself, and how its run is cut short: `trueup apply  # ^C during POST 3`.
fn cut_short(line: &str) -> Result<(&str, Option<CutAt>), String> {
    let Some((line, comment)) = line.split_once(" # ") else { return Ok((line, None)) };
    let (cut, nth) = comment.split_once(" during POST ").ok_or("the comment says nothing that can be done")?;
    let cut = match cut {
        "^C" => Cut::Interrupted,
        "killed" => Cut::Killed,
        _ => return Err(format!("`{cut}`: a run is ended by `^C` or `killed`")),
    };
    Ok((line, Some((cut, nth.parse().map_err(|_| format!("`{nth}` is no number"))?))))
}

/// The words of a line as a shell takes them apart; from a `{` on, the rest is one.
fn words(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        if rest.starts_with('{') {
            words.push(rest.to_owned());
            break;
        }
        let mut word = String::new();
        let mut quote = None;
        let mut end = rest.len();
        for (at, letter) in rest.char_indices() {
            match (quote, letter) {
                (None, ' ') => {
                    end = at;
                    break;
                }
                (None, '\'' | '"') => quote = Some(letter),
                (Some(open), _) if open == letter => quote = None,
                _ => word.push(letter),
            }
        }
        if quote.is_some() {
            return Err("a quote is open".to_owned());
        }
        words.push(word);
        rest = rest[end..].trim_start();
    }
    Ok(words)
}

/// What stands between braces, as YAML has it.
fn object(text: &str) -> Result<Map<String, Value>, String> {
    source::read_as(text).map_err(|error| format!("`{text}`: {error}"))
}

#[test]
fn a_line_is_taken_apart_as_by_a_shell() {
    let line = "console vns3/east set routes '10.1.0.0/16 a' {description: it's \"here\"}";
    assert_eq!(words(line).unwrap()[4..], ["10.1.0.0/16 a", "{description: it's \"here\"}"]);
    assert_eq!(words("export A=\"b c\"").unwrap(), ["export", "A=b c"]);
    assert!(words("cat 'a").is_err());
    assert!(cut_short("trueup apply # tomorrow").is_err());
    assert!(cut_short("trueup apply # ^C during POST x").is_err());
    let (line, cut) = cut_short("trueup apply --yes # killed during POST 3").unwrap();
    assert!(line == "trueup apply --yes" && cut.is_some_and(|(cut, nth)| cut == Cut::Killed && nth == 3));
}
