//! Drift: the changes made at the controllers themselves, from the same document as the plan.

use schemars::JsonSchema;
use serde::Serialize;

use crate::diff::verdict::{Cause, is_unknown};
use crate::plan::Verb;
use crate::render::document::{
    ExpiredDocument, FabricFindingDocument, FieldDocument, HoldDocument, OthersDocument, PlanDocument,
};
use crate::render::markdown::{BLOCK, BUDGET, code, fenced};
use crate::render::page::{TextPage, Tone};
use crate::render::words::{counted, number};
use crate::render::{Style, steps, summary};

/// The number of the document's form.
const FORMAT: u32 = 1;

/// The report of what was found at the controllers.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct DriftDocument {
    /// The number of the document's form: 1.
    pub format: u32,
    /// The workspace's name.
    pub workspace: String,
    /// The environment that is meant, where the workspace has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The commit that was checked out.
    pub commit: Option<String>,
    /// How much there is.
    pub summary: DriftSummary,
    /// What is wrong with connections and meshes of the fabric: each explains some of what was found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fabric: Vec<FabricFindingDocument>,
    /// The resources that somebody changed, by address.
    pub found: Vec<Drifted>,
    /// The resources that could not be looked at.
    pub unseen: Vec<HoldDocument>,
    /// Objects that nobody declares or owns, in collections that the files do not speak for.
    pub others: Vec<OthersDocument>,
    /// The gaps: all that was not compared, besides what was not seen.
    pub gaps: Vec<String>,
    /// What can't be used any more, by the controller's own clock: no drift, and nothing that an apply mends.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expired: Vec<ExpiredDocument>,
}

/// How much drift there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct DriftSummary {
    /// Resources that somebody changed, or removed, at a controller, or that a failed run left so.
    pub drift: usize,
    /// Resources that changed in the files as well, differently.
    pub conflict: usize,
    /// Resources that could not be looked at.
    pub unseen: usize,
    /// Fields that the API never shows, taken to be as they were sent last, or as the user vouched for them.
    pub trusted: usize,
}

/// One resource that somebody changed.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Drifted {
    /// The resource.
    pub address: String,
    /// Drift, conflict, or what a failed run left.
    pub cause: Cause,
    /// Says whether the whole object is gone.
    pub gone: bool,
    /// Says whether somebody added it to a collection that the files speak for.
    pub added: bool,
    /// The fields that differ: `before` is what the controller says, `after` what the files say.
    pub fields: Vec<FieldDocument>,
    /// Why an apply would leave it alone, if it would.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
}

impl Drifted {
    /// The drift of one resource; `None` if nothing was changed at the controller.
    fn of(address: &str, cause: Option<Cause>, gone: bool, fields: &[FieldDocument]) -> Option<Drifted> {
        let moved = |cause: Cause| matches!(cause, Cause::Left | Cause::Drift | Cause::Conflict);
        let cause = cause.filter(|cause| moved(*cause))?;
        let fields = fields.iter().filter(|field| !gone && moved(field.cause)).cloned().collect();
        Some(Drifted { address: address.to_owned(), cause, gone, added: false, fields, held: None })
    }
}

/// How objects of others are taken, in collections that the files do not speak for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strangers {
    /// As nobody's business: they are counted.
    Counted,
    /// As drift: each is told.
    Told,
}

impl DriftDocument {
    /// The part of a plan that is drift.
    pub(crate) fn of(plan: &PlanDocument) -> DriftDocument {
        // A replacement is two steps: the one that makes the new object tells the fields.
        let steps = plan.steps.iter().filter(|step| step.verb != Verb::ReplaceRemove);
        let healed = steps.filter_map(|step| {
            let drifted = Drifted::of(&step.address, step.cause, step.verb == Verb::Create, &step.fields)?;
            Some(Drifted { added: step.verb == Verb::Delete, ..drifted })
        });
        let held = plan.holds.iter().filter_map(|hold| {
            let drifted = Drifted::of(&hold.address, hold.cause, hold.gone, &hold.fields)?;
            Some(Drifted { held: Some(hold.reason.clone()), ..drifted })
        });
        let mut found: Vec<Drifted> = healed.chain(held).collect();
        found.sort_by(|a, b| a.address.cmp(&b.address));
        let count = |cause| found.iter().filter(|drifted| drifted.cause == cause).count();
        let unseen: Vec<HoldDocument> = plan.holds.iter().filter(|hold| is_unknown(&hold.code)).cloned().collect();
        DriftDocument {
            format: FORMAT,
            workspace: plan.workspace.clone(),
            environment: plan.environment.clone(),
            commit: plan.commit.clone(),
            summary: DriftSummary {
                drift: count(Cause::Drift) + count(Cause::Left),
                conflict: count(Cause::Conflict),
                unseen: unseen.len(),
                trusted: plan.trusted.iter().map(|it| it.fields.len()).sum(),
            },
            fabric: plan.fabric_findings.clone(),
            found,
            unseen,
            others: plan.others.clone(),
            gaps: plan.gaps.clone(),
            expired: plan.expired.clone(),
        }
    }

    /// The remarks under the counts, a line each: what was not compared, and objects of others that are not told one by one.
    fn remarks(&self, strangers: &[String]) -> Vec<String> {
        let others = |others: &OthersDocument| {
            let OthersDocument { target, kind, count } = others;
            match count {
                1 => format!("1 of others among the {kind} at `{target}`"),
                count => format!("{} {kind} of others at `{target}`", number(*count)),
            }
        };
        let gaps = self.gaps.iter().map(|gap| format!("note: {gap}"));
        let others_left = self.others.iter().filter(|_| strangers.is_empty());
        gaps.chain(summary::expired(&self.expired)).chain(others_left.map(others)).collect()
    }

    /// How much there is, in words.
    fn counts(&self, strangers: &[String]) -> String {
        let DriftSummary { drift, conflict, unseen, trusted: _ } = self.summary;
        let mut words = Vec::new();
        if drift > 0 {
            words.push(format!("{} drifted", counted(drift, "resource")));
        }
        if conflict > 0 {
            words.push(format!("{} in conflict", number(conflict)));
        }
        if !strangers.is_empty() {
            words.push(format!("{} of others", counted(strangers.len(), "object")));
        }
        if words.is_empty() {
            let is_clear = unseen == 0 && self.gaps.is_empty();
            words.push(if is_clear { "no drift" } else { "no drift in what was compared" }.to_owned());
        }
        if unseen > 0 {
            words.push(format!("{} could not be looked at", number(unseen)));
        }
        words.join(", ")
    }
}

/// Resources that are shown at a terminal: a list of all of them is no longer read there; the JSON has them.
const FIRST: usize = 100;

/// The line that tells how to read the lines of fields.
const LEGEND: &str = "each line: what the controller has → what the files say";

/// The objects of others that count as drift.
fn told(plan: &PlanDocument, strangers: Strangers) -> &[String] {
    match strangers {
        Strangers::Counted => &[],
        Strangers::Told => &plan.unmanaged,
    }
}

/// The report as text.
pub(crate) fn text(plan: &PlanDocument, strangers: Strangers, style: Style) -> String {
    let drift = DriftDocument::of(plan);
    let strangers = told(plan, strangers);
    let mut page = TextPage::new(style);
    let title = summary::title(&drift.workspace, drift.environment.as_deref(), drift.commit.as_deref());
    page.line(0, Tone::Strong, &format!("{title}: {}", drift.counts(strangers)));
    for remark in drift.remarks(strangers) {
        page.line(0, Tone::Plain, &remark);
    }
    if drift.found.iter().any(|drifted| !drifted.fields.is_empty()) {
        page.line(0, Tone::Faint, LEGEND);
    }
    page.gap();
    page.limited(0, &drift.fabric, FIRST, explained);
    page.gap();
    page.limited(0, &drift.found, FIRST, entry);
    page.limited(0, strangers, FIRST, |page, address| stranger(page, address));
    if !drift.unseen.is_empty() {
        page.gap();
        page.line(0, Tone::Strong, &format!("not seen ({})", number(drift.unseen.len())));
        page.limited(1, &steps::folded(drift.unseen.iter()), FIRST, |page, hold| steps::held(page, 1, hold));
    }
    if let Some(trust) = plan.trust() {
        page.gap();
        page.line(0, Tone::Faint, &trust);
    }
    page.finish().trim_end().to_owned() + "\n"
}

/// Writes what is wrong with a connection or a mesh.
fn explained(page: &mut TextPage, finding: &FabricFindingDocument) {
    page.parts(0, &[(Tone::Gone, "! "), (Tone::Strong, &finding.words)]);
}

/// Writes one resource that was changed at its controller.
fn entry(page: &mut TextPage, drifted: &Drifted) {
    let (symbol, tone, gone) = match (drifted.gone, drifted.added) {
        (true, _) if drifted.cause == Cause::Left => ("- ", Tone::Gone, "  gone, left by a failed run"),
        (true, _) => ("- ", Tone::Gone, "  gone at the controller"),
        (false, true) => ("+ ", Tone::New, "  added at the controller"),
        (false, false) => ("~ ", Tone::Changed, ""),
    };
    page.parts(0, &[(tone, symbol), (Tone::Strong, &drifted.address), (tone, gone)]);
    if let Some(why) = &drifted.held {
        page.parts(2, &[(Tone::Changed, "! "), (Tone::Plain, "an apply leaves it alone: "), (Tone::Plain, why)]);
    }
    steps::changes(page, 2, &drifted.fields);
}

/// Writes one object of others.
fn stranger(page: &mut TextPage, address: &str) {
    page.parts(0, &[(Tone::New, "+ "), (Tone::Strong, address), (Tone::New, "  neither declared nor owned")]);
}

/// The report as JSON text.
pub(crate) fn json(plan: &PlanDocument) -> String {
    super::json(&DriftDocument::of(plan))
}

/// The report as markdown.
pub(crate) fn markdown(plan: &PlanDocument, strangers: Strangers) -> String {
    let drift = DriftDocument::of(plan);
    let strangers = told(plan, strangers);
    let title = summary::title(&drift.workspace, drift.environment.as_deref(), drift.commit.as_deref());
    let mut text = format!("## {}: {}\n", code(&title), drift.counts(strangers));
    let remarks: String = drift.remarks(strangers).iter().map(|remark| format!("- {}\n", code(remark))).collect();
    if !remarks.is_empty() {
        text.push_str(&format!("\n{remarks}"));
    }
    if !drift.fabric.is_empty() {
        let mut page = TextPage::new(BLOCK);
        page.limited(0, drift.fabric.get(..FIRST).unwrap_or(&drift.fabric), FIRST, explained);
        text.push_str(&format!("\n{}", fenced(&page.finish())));
        let more = drift.fabric.len().saturating_sub(FIRST);
        text.push_str(&if more > 0 { format!("\nand {} more\n", number(more)) } else { String::new() });
    }
    if !drift.found.is_empty() {
        text.push_str(&format!("\n{LEGEND}\n\n{}", fenced(&block(&drift.found))));
    }
    for (n, address) in strangers.iter().take(FIRST).enumerate() {
        let gap = if n == 0 { "\n" } else { "" };
        text.push_str(&format!("{gap}- {}: neither declared nor owned\n", code(address)));
    }
    if strangers.len() > FIRST {
        text.push_str(&format!("- and {} more\n", number(strangers.len() - FIRST)));
    }
    let unseen = steps::folded(drift.unseen.iter());
    for (n, hold) in unseen.iter().take(FIRST).enumerate() {
        let gap = if n == 0 { "\n" } else { "" };
        text.push_str(&format!("{gap}- {}: {}\n", code(&hold.address), code(&hold.reason)));
    }
    if unseen.len() > FIRST {
        text.push_str(&format!("- and {} more\n", number(unseen.len() - FIRST)));
    }
    if let Some(trust) = plan.trust() {
        text.push_str(&format!("\n<sub>{trust}</sub>\n"));
    }
    text
}

/// As many resources as half of a comment takes: the other half is for those that could not be seen.
fn block(found: &[Drifted]) -> String {
    let mut block = String::new();
    for (n, drifted) in found.iter().enumerate() {
        let mut page = TextPage::new(BLOCK);
        entry(&mut page, drifted);
        let lines = page.finish();
        if block.len() + lines.len() > BUDGET / 2 {
            block.push_str(&format!("… and {} more\n", number(found.len() - n)));
            break;
        }
        block.push_str(&lines);
    }
    block
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::diff::diff;
    use crate::plan::Gap;
    use crate::render::testing::{PLAIN, World, busy};

    /// A world in which a controller was changed by hand.
    fn touched() -> PlanDocument {
        busy()
            .wants("east/routes/gone", json!({}))
            .applied("east/routes/gone", "r9", json!({ "name": "gone" }))
            .document()
    }

    #[test]
    fn only_what_somebody_changed_is_told() {
        insta::assert_snapshot!(text(&touched(), Strangers::Counted, PLAIN), @r#"
        acme-wan at 3f2a1c9: 2 resources drifted, 2 in conflict, 1 could not be looked at
        1 of others among the routes at `east`
        each line: what the controller has → what the files say

        - east/routes/gone  gone at the controller
        ~ east/tunnels/anew
            key: (secret) → (secret secret.psk)  (conflict: changed in the files and at the controller)
        ~ east/tunnels/moved
            gateway: 192.0.2.99 → 192.0.2.3  (drift: changed at the controller)
        ~ east/tunnels/torn
            note: theirs → ours  (conflict: changed in the files and at the controller)

        not seen (1)
          ! west/tunnels/dark  could not be looked at: the controller answered 503: busy
        "#);
    }

    #[test]
    fn the_same_in_a_pull_request() {
        insta::assert_snapshot!(markdown(&touched(), Strangers::Counted), @r#"
        ## `acme-wan at 3f2a1c9`: 2 resources drifted, 2 in conflict, 1 could not be looked at

        - `` 1 of others among the routes at `east` ``

        each line: what the controller has → what the files say

        ```diff
        - east/routes/gone  gone at the controller
        ~ east/tunnels/anew
            key: (secret) → (secret secret.psk)  (conflict: changed in the files and at the controller)
        ~ east/tunnels/moved
            gateway: 192.0.2.99 → 192.0.2.3  (drift: changed at the controller)
        ~ east/tunnels/torn
            note: theirs → ours  (conflict: changed in the files and at the controller)
        ```

        - `west/tunnels/dark`: `could not be looked at: the controller answered 503: busy`
        "#);
    }

    #[test]
    fn a_connection_is_named_before_what_that_explains() {
        let half = |world: World, at: &str, is_there: bool| {
            let (address, id) = (format!("{at}/tunnels/core"), format!("{at}-core"));
            let shown = json!({ "id": id, "name": "core", "gateway": "192.0.2.1" });
            let world = world
                .wants(&address, json!({ "gateway": "192.0.2.1" }))
                .applied(&address, &id, json!({ "gateway": "192.0.2.1", "name": "core" }))
                .comes_from(&address, &format!("fabric/vpns/core/east-west/{at}"));
            if is_there { world.shows(at, "tunnels", shown) } else { world }
        };
        let document = half(half(World::new(), "east", true), "west", false).document();
        insta::assert_snapshot!(text(&document, Strangers::Counted, PLAIN), @r#"
        acme-wan at 3f2a1c9: 1 resource drifted

        ! half-open connection east-west (core): missing on west

        - west/tunnels/core  gone at the controller
        "#);
        let told = markdown(&document, Strangers::Counted);
        let place = |words: &str| told.find(words).unwrap_or_else(|| panic!("{words}: {told}"));
        assert!(place("! half-open connection") < place("- west/tunnels/core"), "{told}");
        let value: Value = serde_json::from_str(&json(&document)).unwrap();
        assert_eq!(value["fabric"][0]["code"], "half-open");
        assert_eq!(value["fabric"][0]["explains"], json!(["west/tunnels/core"]));
        assert_eq!(value["fabric"][0]["declaration"]["name"], "east-west");
    }

    #[test]
    fn no_drift_is_one_line() {
        let document = World::new().wants("east/tunnels/new", json!({})).document();
        assert_eq!(text(&document, Strangers::Counted, PLAIN), "acme-wan at 3f2a1c9: no drift\n");
        assert_eq!(markdown(&document, Strangers::Counted), "## `acme-wan at 3f2a1c9`: no drift\n");
    }

    #[test]
    fn a_strict_look_names_objects_of_others() {
        let object = json!({ "id": "r7", "name": "theirs" });
        let document = World::new().wants("east/tunnels/new", json!({})).shows("east", "routes", object).document();
        let names = document.unmanaged.clone();
        assert_eq!(names.len(), 1, "{names:?}");
        let line = "acme-wan at 3f2a1c9: 1 object of others";
        assert!(text(&document, Strangers::Told, PLAIN).starts_with(line));
        let told = text(&document, Strangers::Told, PLAIN);
        assert!(told.contains(&format!("+ {}  neither declared nor owned\n", names[0])), "{told}");
        let told = markdown(&document, Strangers::Told);
        assert!(told.starts_with(&line.replacen("acme-wan at 3f2a1c9", "## `acme-wan at 3f2a1c9`", 1)), "{told}");
        assert!(told.contains(&format!("- `{}`: neither declared nor owned\n", names[0])), "{told}");
        assert!(!text(&document, Strangers::Counted, PLAIN).contains(&names[0]));
    }

    #[test]
    fn much_drift_still_fits_a_comment() {
        let world = (0..2000).fold(World::new(), |world, n| {
            let (at, id) = (format!("east/tunnels/branch-{n:04}"), format!("t{n}"));
            let object = json!({ "id": id, "name": format!("branch-{n:04}"), "note": "theirs" });
            world
                .wants(&at, json!({ "note": "ours" }))
                .applied(&at, &id, json!({ "note": "ours" }))
                .shows("east", "tunnels", object)
        });
        let document = world.document();
        let comment = markdown(&document, Strangers::Counted);
        assert!(comment.len() < BUDGET && comment.contains("more\n```"), "{}", comment.len());
        assert!(text(&document, Strangers::Counted, PLAIN).lines().count() < 220);
        let log = Style { width: usize::MAX, ..PLAIN };
        let all = text(&document, Strangers::Counted, log).lines().filter(|line| line.starts_with("~ ")).count();
        assert_eq!(all, 2000, "in a log of CI nobody can ask for the rest");
    }

    #[test]
    fn json_says_the_same() {
        let value: Value = serde_json::from_str(&json(&touched())).unwrap();
        assert_eq!(value["summary"], json!({ "drift": 2, "conflict": 2, "unseen": 1, "trusted": 0 }));
        assert!(!value.to_string().contains("canary"));
    }

    fn gaps(world: &World) -> Vec<String> {
        let observed = world.observed();
        let diff = diff(&world.topology, &observed, &world.base);
        Gap::of(&world.topology, &observed, &diff.verdicts, &world.base).iter().map(Gap::to_string).collect()
    }

    #[test]
    fn what_was_not_compared() {
        let never = "nothing is owned yet (never applied, or the ledger is not here): ";
        let tunnel = json!({ "id": "t1", "name": "a", "note": "ours" });
        let wanted = || World::new().wants("east/tunnels/a", json!({ "note": "ours" }));
        for (world, expected) in [
            (World::new(), vec!["the files declare nothing: nothing was compared".to_owned()]),
            (wanted(), vec![format!("{never}0 of 1 declared are at the controllers as the files say")]),
            (
                wanted().shows("east", "tunnels", tunnel.clone()),
                vec![format!("{never}1 of 1 declared are at the controllers as the files say")],
            ),
            (World::new().stands("east/tunnels/a", "t1", json!({})), vec![]),
            (
                wanted().applied("east/tunnels/a", "t1", json!({ "name": "a", "note": "ours" })),
                vec!["`east` answers with nothing, and 1 of ours should be there".to_owned()],
            ),
            // Somebody else's object is an answer.
            (
                wanted().applied("east/tunnels/a", "t1", json!({ "name": "a", "note": "ours" })).shows(
                    "east",
                    "tunnels",
                    json!({ "id": "t2", "name": "b" }),
                ),
                vec![],
            ),
            // An unseen resource is told as that.
            (
                wanted()
                    .applied("east/tunnels/a", "t1", json!({ "name": "a", "note": "ours" }))
                    .hides("east", "tunnels", "busy")
                    .hides("east", "routes", "busy"),
                vec![],
            ),
        ] {
            assert_eq!(gaps(&world), expected);
        }
    }
}
