//! A plan for a pull request: sums and everything destructive in full, the rest folded up, all within a budget of bytes.
//!
//! Text from files and controllers stands in code spans or code blocks, where it can neither draw nor notify
//! anybody.

use std::collections::BTreeMap;

use crate::plan::Verb;
use crate::render::document::{BetweenDocument, PlanDocument, StepDocument};
use crate::render::page::TextPage;
use crate::render::words::{number, sanitize_control};
use crate::render::{Style, fabric, steps, summary};

/// Bytes of a comment: GitHub takes 65,536 characters, and whoever posts it may want to add a line.
pub(crate) const BUDGET: usize = 65_000;

/// Code blocks have no colours, and nothing in them is cut: a wide one is scrolled, and what was cut is never reviewed.
pub(crate) const BLOCK: Style = Style { color: false, width: usize::MAX };

/// A plan as markdown. Longer than the budget only if what is destroyed, told in full, already is.
pub(crate) fn plan(document: &PlanDocument, budget: usize) -> String {
    let mut text = head(document);
    text.push_str(&declarations(document));
    text.push_str(&deletions(document));
    text.push_str(&replacements(document));
    let foot = foot(document);
    let mut rest = Folded { text, budget: budget.saturating_sub(foot.len() + NOTE), left_out: 0 };
    let holds = &document.holds;
    let shown = steps::folded(holds.iter());
    rest.add(&format!("Left alone ({})", number(holds.len())), shown.len(), |n| {
        let mut page = TextPage::new(BLOCK);
        shown.get(n).into_iter().for_each(|hold| steps::held(&mut page, 0, hold));
        page.finish()
    });
    for (target, kinds) in steps::groups(document, false) {
        for (kind, group) in kinds {
            let title = format!("{target}: {kind}, {}", steps::tally(&group));
            rest.add(&title, group.len(), |n| {
                let mut page = TextPage::new(BLOCK);
                for step in group.iter().skip(n).take(1) {
                    steps::quiet(&mut page, 0, step, steps::are_few(document));
                }
                page.finish()
            });
        }
    }
    rest.add_lines("To adopt, as they are", &document.adopts);
    let releases: Vec<String> =
        document.releases.iter().map(|release| format!("{}: {}", release.address, release.reason)).collect();
    rest.add_lines("To let go of", &releases);
    let unverified: Vec<String> =
        document.unverified.iter().map(|it| format!("{}: {}", it.address, it.fields.join(", "))).collect();
    rest.add_lines("Cannot be verified, because the API does not show them", &unverified);
    rest.add_lines("No longer declared, and stay as they are", &document.let_go_lines());
    rest.add_lines("Neither declared nor owned, left alone", &document.unmanaged);
    rest.finish() + &foot
}

/// Bytes that are kept free for the note about what was left out.
const NOTE: usize = 120;

/// Lines about the fabric that are told in full, and the columns of each: the steps are below.
const DECLARATIONS: usize = 100;
const DECLARATION: usize = 160;

/// Text that grows by folded parts, as far as the budget goes.
struct Folded {
    text: String,
    budget: usize,
    left_out: usize,
}

impl Folded {
    fn add_lines(&mut self, title: &str, lines: &[String]) {
        let heading = format!("{title} ({})", number(lines.len()));
        self.add(&heading, lines.len(), |n| lines.get(n).map(|line| sanitize_control(line) + "\n").unwrap_or_default());
    }

    /// A folded part of so many entries; those that don't fit are counted.
    fn add(&mut self, title: &str, count: usize, entry: impl Fn(usize) -> String) {
        if count == 0 {
            return;
        }
        let open = format!("\n<details><summary>{}</summary>\n\n", html(title));
        let close = "\n</details>\n";
        let mut block = String::new();
        let mut ticks = 0;
        for n in 0..count {
            let entry = entry(n);
            ticks = longest_run(&entry).max(ticks);
            let fence = fence(ticks).len() * 2 + "diff\n\n".len();
            if self.text.len() + open.len() + block.len() + entry.len() + fence + close.len() > self.budget {
                self.left_out += count - n;
                break;
            }
            block.push_str(&entry);
        }
        if !block.is_empty() {
            self.text.push_str(&format!("{open}{}{close}", fenced(&block)));
        }
    }

    fn finish(mut self) -> String {
        if self.left_out > 0 {
            let note = format!("\n{} more are left out here: `trueup plan --all` shows them.\n", number(self.left_out));
            self.text.push_str(&note);
        }
        self.text
    }
}

/// The settings that are others: whom a run asks, with what, and what it may. They are never folded.
fn settings(document: &PlanDocument) -> String {
    let lines = document.between.as_ref().map(BetweenDocument::lines).unwrap_or_default();
    match lines.is_empty() {
        true => String::new(),
        false => format!("\n**Settings ({})**\n\n{}", lines.len(), fenced(&(lines.join("\n") + "\n"))),
    }
}

fn head(document: &PlanDocument) -> String {
    let title = summary::whose(document);
    let mut text = format!("## {}: {}\n", code(&title), summary::counts(document));
    let mut remarks = summary::remarks(document);
    remarks.extend(summary::choice(document).iter().map(|line| code(line)));
    if !remarks.is_empty() {
        text.push('\n');
    }
    for remark in remarks {
        text.push_str(&format!("- {remark}\n"));
    }
    text + &broken(document) + &settings(document) + &table(document)
}

/// The policy that is broken, where nobody who reviews can miss it.
fn broken(document: &PlanDocument) -> String {
    let Some(broken) = &document.broken else { return String::new() };
    let limits: String = broken.limits.iter().map(|limit| format!("> - {}\n", code(limit))).collect();
    format!("\n> [!CAUTION]\n> **Policy broken: nothing of this is applied.**\n{limits}>\n> {}\n", code(&broken.help))
}

/// The steps at each target.
fn table(document: &PlanDocument) -> String {
    if document.is_empty() {
        return String::new();
    }
    let mut targets: BTreeMap<&str, BTreeMap<Verb, usize>> = BTreeMap::new();
    for step in &document.steps {
        *targets.entry(&step.target).or_default().entry(step.verb).or_default() += 1;
    }
    let mut text = "\n| target | create | update | replace | delete |\n|---|--:|--:|--:|--:|\n".to_owned();
    for (target, counts) in targets {
        let count = |verb| number(counts.get(&verb).copied().unwrap_or(0));
        text.push_str(&format!(
            "| {} | {} | {} | {} | {} |\n",
            cell(target),
            count(Verb::Create),
            count(Verb::Update),
            count(Verb::ReplaceCreate),
            count(Verb::Delete)
        ));
    }
    text
}

/// What becomes of the declarations of the fabric.
fn declarations(document: &PlanDocument) -> String {
    let lines = fabric::lines(document);
    if lines.is_empty() {
        return String::new();
    }
    let mut page = TextPage::new(Style { width: DECLARATION, ..BLOCK });
    lines.iter().take(DECLARATIONS).for_each(|line| fabric::line(&mut page, 0, line));
    let more = lines.len().saturating_sub(DECLARATIONS);
    let more = if more > 0 { format!("\nand {} more, as the steps below tell\n", number(more)) } else { String::new() };
    format!("\n{}{more}", fenced(&page.finish()))
}

fn deletions(document: &PlanDocument) -> String {
    let deletes: Vec<&StepDocument> = document.steps.iter().filter(|step| step.verb == Verb::Delete).collect();
    if deletes.is_empty() {
        return String::new();
    }
    let mut text = format!("\n### {} to delete\n\n", number(deletes.len()));
    for step in deletes {
        let why = step.because.as_ref().map(|why| format!(": {}", code(why))).unwrap_or_default();
        let disturbs = summary::disturbance(step.disruption).map(|what| format!(" ({what})")).unwrap_or_default();
        text.push_str(&format!("- {}{why}{disturbs}\n", code(&step.address)));
    }
    text
}

fn replacements(document: &PlanDocument) -> String {
    let makes: Vec<&StepDocument> = document.steps.iter().filter(|step| step.verb == Verb::ReplaceCreate).collect();
    if makes.is_empty() {
        return String::new();
    }
    let mut text = format!("\n### {} to replace\n", number(makes.len()));
    for step in makes {
        let why = step.because.as_ref().map(|why| format!(": {}", code(why))).unwrap_or_default();
        text.push_str(&format!("\n- {} ({}){why}\n", code(&step.address), summary::replacement(step)));
        let mut page = TextPage::new(BLOCK);
        steps::changes(&mut page, 0, &step.fields);
        let block = page.finish();
        if !block.is_empty() {
            text.push_str(&format!("\n{}", fenced(&block)));
        }
    }
    text
}

/// The digests that the plan was made from, so that a reviewer can tell whether it is still the one.
fn foot(document: &PlanDocument) -> String {
    let trust = document.trust().map(|trust| format!("; {trust}")).unwrap_or_default();
    let digest = code(document.config.get(..12).unwrap_or(&document.config));
    format!("\n<sub>made from files {digest}{trust}</sub>\n")
}

/// Text as it is, in a code span: nothing in it means anything to markdown.
pub(crate) fn code(text: &str) -> String {
    let text = sanitize_control(text);
    let ticks = "`".repeat(longest_run(&text) + 1);
    let pad = if ticks.len() > 1 { " " } else { "" };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

/// A code span in a table, where pipes part cells even there.
fn cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

/// Text in HTML.
fn html(text: &str) -> String {
    sanitize_control(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('@', "&#64;")
}

/// A code block whose fence is longer than any in it.
pub(crate) fn fenced(block: &str) -> String {
    let fence = fence(longest_run(block));
    format!("{fence}diff\n{block}{fence}\n")
}

/// A fence around a block whose longest row of backticks is so long.
fn fence(ticks: usize) -> String {
    "`".repeat((ticks + 1).max(3))
}

/// The longest row of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::render::testing::{World, busy};

    #[test]
    fn what_goes_is_told_in_full_and_the_rest_is_folded() {
        let text = plan(&busy().document(), BUDGET);
        assert!(!text.contains("canary"));
        insta::assert_snapshot!(text, @r#"
        ## `acme-wan at 3f2a1c9`: 3 to create, 3 to update, 1 to replace, 1 to delete; 1 resource not looked at

        - 1 of them is drift: changed at the controller, and put back
        - 2 of them are in conflict: changed in the files and at the controller; the files win
        - traffic: 1 outage, 1 tunnel bounce
        - 1 to adopt, 1 left alone, 1 resource is as it should be

        | target | create | update | replace | delete |
        |---|--:|--:|--:|--:|
        | `east` | 2 | 3 | 1 | 1 |
        | `west` | 1 | 0 | 0 | 0 |

        ### 1 to delete

        - `east/routes/old`: `not declared any more`

        ### 1 to replace

        - `east/tunnels/anew` (the old one goes first)

        ```diff
        mode: a → b  (forces the replacement)
        key: (secret) → (secret secret.psk)  (conflict: changed in the files and at the controller)
        ```

        <details><summary>Left alone (1)</summary>

        ```diff
        ! west/tunnels/dark  could not be looked at: the controller answered 503: busy
        ```

        </details>

        <details><summary>east: routes, 1 to create</summary>

        ```diff
        + out
            cidr: 10.2.0.0/16
            tunnel: new
        ```

        </details>

        <details><summary>east: rules, 1 to update</summary>

        ```diff
        ~ rules
            items: 1 inserted, 1 moved, 1 changed, 1 deleted
                  1  FORWARD -j a
              +   2  FORWARD -j x
                  3  FORWARD -j c
                  4  FORWARD -j d
              >   5  FORWARD -j b  (was 2)
              ~   6  FORWARD -j e  # comment: "2"  (comment was (none))
                  7  FORWARD -j f
                  …
                  9  FORWARD -j h
              -   9  FORWARD -j i
        ```

        </details>

        <details><summary>east: tunnels, 1 to create, 2 to update</summary>

        ```diff
        + new
            gateway: 192.0.2.2
            mode: a
            key: (secret secret.psk)
        ~ moved  (tunnel bounce)
            gateway: 192.0.2.99 → 192.0.2.3  (drift: changed at the controller)
        ~ torn
            note: theirs → ours  (conflict: changed in the files and at the controller)
        ```

        </details>

        <details><summary>west: routes, 1 to create</summary>

        ```diff
        + back
            cidr: 10.1.0.0/16
            gateway: (known after apply)
        ```

        </details>

        <details><summary>To adopt, as they are (1)</summary>

        ```diff
        east/routes/found
        ```

        </details>

        <details><summary>Neither declared nor owned, left alone (1)</summary>

        ```diff
        east/routes/stranger
        ```

        </details>

        <sub>made from files `9f86d081`</sub>
        "#);
    }

    #[test]
    fn nothing_to_do_is_short() {
        insta::assert_snapshot!(plan(&World::new().document(), BUDGET), @r#"
        ## `acme-wan at 3f2a1c9`: nothing to do

        <sub>made from files `9f86d081`</sub>
        "#);
    }

    #[test]
    fn the_budget_cuts_what_is_folded_and_nothing_else() {
        let world = (0..3000).fold(World::new(), |world, n| {
            world.wants(&format!("east/tunnels/branch-{n:04}"), json!({ "gateway": "192.0.2.1" }))
        });
        let world = (0..100).fold(world, |world, n| {
            let id = format!("r{n}");
            world.applied(&format!("east/routes/old-{n}"), &id, json!({ "cidr": "10.9.0.0/16" })).shows(
                "east",
                "routes",
                json!({ "id": id, "name": format!("old-{n}"), "cidr": "10.9.0.0/16" }),
            )
        });
        let document = world.document();
        for budget in [65_000, 20_000, 9_000] {
            let text = plan(&document, budget);
            assert!(text.len() <= budget, "{} bytes of {budget}", text.len());
            assert!(text.len() > budget / 2);
            assert_eq!(text.lines().filter(|line| line.starts_with("- `east/routes/old-")).count(), 100);
            assert!(text.contains("more are left out here"), "{text}");
            assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
            assert_eq!(text.matches("```").count() % 2, 0);
        }
        let small = plan(&document, 100);
        assert_eq!(small.lines().filter(|line| line.starts_with("- `east/routes/old-")).count(), 100);
    }

    #[test]
    fn nothing_in_a_name_means_anything_to_markdown() {
        assert_eq!(code("a`b``c"), "``` a`b``c ```");
        assert_eq!(cell("a|b"), "`a\\|b`");
        assert_eq!(html("<b>@all & co"), "&lt;b&gt;&#64;all &amp; co");
        let world = World::new().wants("east/tunnels/x", json!({ "note": "```\n</details><script>\n" }));
        let text = plan(&world.document(), BUDGET);
        assert!(text.contains("\n````diff\n"), "{text}");
    }
}
