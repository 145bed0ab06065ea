//! A plan as text: the sum first, then what comes and changes by target and kind, what is held, and last, loud, what goes.

mod calls;

use std::collections::BTreeMap;

use crate::plan::Verb;
use crate::render::document::{BetweenDocument, PlanDocument, StepDocument};
use crate::render::page::{TextPage, Tone};
use crate::render::words::{counted, number};
use crate::render::{Style, fabric, steps, summary};

/// How much is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    /// Each request, in order.
    pub calls: bool,
    /// Every resource with every field, however many and however long.
    pub all: bool,
}

/// Resources of one sort that are shown; the eleventh tells nothing that the ten before it did not.
const FIRST: usize = 10;

/// Removals and replacements that are shown: enough to read them one by one, which is what they need.
const LOUD: usize = 50;

/// A plan as text.
pub(crate) fn plan(document: &PlanDocument, style: Style, shown: Shown) -> String {
    // Who asks for all wants no value cut.
    let style = if shown.all { Style { width: usize::MAX, ..style } } else { style };
    let mut text = Text { page: TextPage::new(style), document, shown };
    text.head();
    text.fabric();
    text.groups();
    if shown.calls {
        calls::calls(&mut text.page, document, shown.all);
    }
    text.without_calls();
    text.trust();
    text.holds();
    text.replacements();
    text.deletions();
    text.way_back();
    text.page.finish()
}

/// What a plan leaves alone as text, with the reasons: what is done, its report tells.
pub(crate) fn left_alone(document: &PlanDocument, style: Style) -> String {
    let mut text = Text { page: TextPage::new(style), document, shown: Shown::default() };
    text.holds();
    text.page.finish()
}

/// One step as text: its fields as they are now and as they should be.
pub(crate) fn step(step: &StepDocument, style: Style) -> String {
    let mut page = TextPage::new(style);
    steps::changes(&mut page, 2, &step.fields);
    page.finish()
}

struct Text<'t> {
    page: TextPage,
    document: &'t PlanDocument,
    shown: Shown,
}

impl Text<'_> {
    fn head(&mut self) {
        self.page.line(0, Tone::Strong, &summary::headline(self.document));
        for remark in summary::remarks(self.document) {
            self.page.line(0, Tone::Plain, &remark);
        }
        for line in self.document.between.iter().flat_map(BetweenDocument::lines) {
            self.page.line(1, Tone::Changed, &line);
        }
        for line in summary::choice(self.document) {
            self.page.line(0, Tone::Plain, &line);
        }
        if let Some(broken) = &self.document.broken {
            self.page.gap();
            for limit in &broken.limits {
                self.page.parts(0, &[(Tone::Gone, "policy broken: "), (Tone::Strong, limit)]);
            }
            self.page.parts(1, &[(Tone::Notice, "help: "), (Tone::Plain, &broken.help)]);
        }
    }

    /// What becomes of the declarations of the fabric, connections first.
    fn fabric(&mut self) {
        let lines = fabric::lines(self.document);
        if lines.is_empty() {
            return;
        }
        self.page.gap();
        self.page.line(0, Tone::Strong, &format!("fabric ({})", number(self.document.fabric.len())));
        self.limited(&lines, FIRST, 1, |text, line| fabric::line(&mut text.page, 1, line));
        if !self.shows_all() {
            let folded = counted(fabric::steps(self.document), "step");
            self.page.line(1, Tone::Faint, &format!("{folded} of these (--all shows each)"));
        }
    }

    /// The resources that come and change, by target and kind.
    fn groups(&mut self) {
        let few = self.shown.all || steps::are_few(self.document);
        for (target, kinds) in steps::groups(self.document, !self.shows_all()) {
            self.page.gap();
            self.page.line(0, Tone::Strong, target);
            for (kind, steps) in kinds {
                let tally = format!(": {}", steps::tally(&steps));
                self.page.parts(1, &[(Tone::Strong, kind), (Tone::Plain, &tally)]);
                for sort in steps.chunk_by(|a, b| a.verb == b.verb) {
                    self.limited(sort, FIRST, 2, |text, step| steps::quiet(&mut text.page, 2, step, few));
                }
            }
        }
    }

    /// What an undo would do, and what it could not.
    fn way_back(&mut self) {
        let Some(back) = self.document.undo.as_ref().filter(|back| !back.is_empty()) else { return };
        self.page.gap();
        let cannot = back.iter().filter(|step| !step.cannot.is_empty()).count();
        let tone = if cannot == 0 { Tone::Strong } else { Tone::Gone };
        let all = match cannot {
            0 => String::new(),
            cannot => format!(", {} not wholly", number(cannot)),
        };
        self.page.line(0, tone, &format!("the way back ({}{all})", number(back.len())));
        self.limited(back, LOUD, 1, |text, step| {
            let (sign, tone) = match step.verb {
                Verb::Create => ("+ ", Tone::New),
                Verb::Delete => ("- ", Tone::Gone),
                Verb::ReplaceCreate | Verb::ReplaceRemove => ("± ", Tone::Anew),
                Verb::Update | Verb::Issue | Verb::Find => ("~ ", Tone::Changed),
            };
            let fields = if step.fields.is_empty() { String::new() } else { format!("  {}", step.fields.join(", ")) };
            text.page.parts(1, &[(tone, sign), (Tone::Plain, &step.address), (Tone::Faint, &fields)]);
            step.cannot.iter().for_each(|why| text.page.parts(3, &[(Tone::Changed, "! "), (Tone::Plain, why)]));
        });
    }

    /// Says whether every resource is shown: where somebody wants that, or can't ask for the rest.
    fn shows_all(&self) -> bool {
        self.shown.all || self.page.is_roomy()
    }

    /// The first few of a sort, and how many more there are.
    fn limited<T>(&mut self, items: &[T], limit: usize, depth: usize, show: impl Fn(&mut Self, &T)) {
        let first = if self.shown.all { items.len() } else { self.page.shown(items.len(), limit) };
        for item in items.iter().take(first) {
            show(self, item);
        }
        if items.len() > first {
            let more = format!("… and {} more of the same sort (--all shows them)", number(items.len() - first));
            self.page.line(depth, Tone::Faint, &more);
        }
    }

    /// Adoptions and releases, which need no call, and unmanaged objects.
    fn without_calls(&mut self) {
        let document = self.document;
        let releases: Vec<String> =
            document.releases.iter().map(|release| format!("{}: {}", release.address, release.reason)).collect();
        let unverified: Vec<String> =
            document.unverified.iter().map(|it| format!("{}: {}", it.address, it.fields.join(", "))).collect();
        self.list("to adopt, as they are", &document.adopts);
        self.list("to let go of", &releases);
        self.list("cannot be verified, because the API does not show them", &unverified);
        self.list("no longer declared, and stay as they are", &document.let_go_lines());
        self.list("neither declared nor owned, left alone", &document.unmanaged);
    }

    /// How much is taken on trust.
    fn trust(&mut self) {
        if let Some(trust) = self.document.trust() {
            self.page.gap();
            self.page.line(0, Tone::Faint, &trust);
        }
    }

    fn list(&mut self, heading: &str, items: &[String]) {
        if items.is_empty() {
            return;
        }
        self.page.gap();
        self.page.parts(0, &[(Tone::Strong, heading), (Tone::Plain, &format!(" ({})", number(items.len())))]);
        self.limited(items, FIRST, 1, |text, item| text.page.line(1, Tone::Faint, item));
    }

    fn holds(&mut self) {
        let holds = &self.document.holds;
        if holds.is_empty() {
            return;
        }
        self.page.gap();
        self.page.line(0, Tone::Strong, &format!("left alone ({})", number(holds.len())));
        self.limited(&steps::folded(holds.iter()), LOUD, 1, |text, hold| steps::held(&mut text.page, 1, hold));
    }

    fn replacements(&mut self) {
        let document = self.document;
        let makes: Vec<&StepDocument> = document.steps.iter().filter(|step| step.verb == Verb::ReplaceCreate).collect();
        if makes.is_empty() {
            return;
        }
        self.page.gap();
        self.page.line(0, Tone::Anew, &format!("{} to replace", number(makes.len())));
        self.limited(&makes, LOUD, 1, |text, step| {
            let how = format!("  ({})", summary::replacement(step));
            text.page.parts(1, &[(Tone::Anew, "± "), (Tone::Strong, &step.address), (Tone::Plain, &how)]);
            if let Some(because) = &step.because {
                text.page.line(3, Tone::Plain, because);
            }
            steps::changes(&mut text.page, 3, &step.fields);
        });
    }

    fn deletions(&mut self) {
        let steps: Vec<&StepDocument> = self.document.steps.iter().filter(|step| step.verb == Verb::Delete).collect();
        if steps.is_empty() {
            return;
        }
        self.page.gap();
        self.page.line(0, Tone::Gone, &format!("{} to delete", number(steps.len())));
        if steps.len() > LOUD && !self.shows_all() {
            let mut kinds: BTreeMap<(&str, &str), usize> = BTreeMap::new();
            for step in &steps {
                *kinds.entry((&step.target, &step.kind)).or_default() += 1;
            }
            for ((target, kind), count) in kinds {
                self.page.line(1, Tone::Gone, &format!("{} {target}/{kind}", number(count)));
            }
        }
        self.limited(&steps, LOUD, 1, |text, step| {
            let why = step.because.as_ref().map(|why| format!("  {why}")).unwrap_or_default();
            let disturbs = summary::disturbance(step.disruption).map(|what| format!("  ({what})")).unwrap_or_default();
            text.page.parts(
                1,
                &[(Tone::Gone, "- "), (Tone::Gone, &step.address), (Tone::Plain, &why), (Tone::Notice, &disturbs)],
            );
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::render::testing::{PLAIN, World, busy};

    fn shown(world: &World, shown: Shown) -> String {
        let text = plan(&world.document(), PLAIN, shown);
        assert!(text.lines().all(|line| line == line.trim_end()), "a line ends in a blank:\n{text}");
        text
    }

    #[test]
    fn nothing_to_do_says_what_is_as_it_should_be() {
        insta::assert_snapshot!(shown(&World::new(), Shown::default()), @"acme-wan at 3f2a1c9: nothing to do");
        let world = World::new().stands("east/tunnels/a", "t0", json!({})).stands("east/routes/b", "r0", json!({}));
        insta::assert_snapshot!(shown(&world, Shown::default()), @r#"
        acme-wan at 3f2a1c9: nothing to do
        2 resources are as they should be
        "#);
    }

    #[test]
    fn everything_has_its_place_and_what_goes_is_last() {
        insta::assert_snapshot!(shown(&busy(), Shown::default()), @r#"
        acme-wan at 3f2a1c9: 3 to create, 3 to update, 1 to replace, 1 to delete; 1 resource not looked at
        1 of them is drift: changed at the controller, and put back
        2 of them are in conflict: changed in the files and at the controller; the files win
        traffic: 1 outage, 1 tunnel bounce
        1 to adopt, 1 left alone, 1 resource is as it should be

        east
          routes: 1 to create
            + out
                cidr: 10.2.0.0/16
                tunnel: new
          rules: 1 to update
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
          tunnels: 1 to create, 2 to update
            + new
                gateway: 192.0.2.2
                mode: a
                key: (secret secret.psk)
            ~ moved  (tunnel bounce)
                gateway: 192.0.2.99 → 192.0.2.3  (drift: changed at the controller)
            ~ torn
                note: theirs → ours  (conflict: changed in the files and at the controller)

        west
          routes: 1 to create
            + back
                cidr: 10.1.0.0/16
                gateway: (known after apply)

        to adopt, as they are (1)
          east/routes/found

        neither declared nor owned, left alone (1)
          east/routes/stranger

        left alone (1)
          ! west/tunnels/dark  could not be looked at: the controller answered 503: busy

        1 to replace
          ± east/tunnels/anew  (the old one goes first)
              mode: a → b  (forces the replacement)
              key: (secret) → (secret secret.psk)  (conflict: changed in the files and at the controller)

        1 to delete
          - east/routes/old  not declared any more
        "#);
    }

    #[test]
    fn requests_are_shown_in_their_order() {
        let world = World::new()
            .wants("east/tunnels/new", json!({ "gateway": "192.0.2.2", "key": "secret:canary" }))
            .wants("west/routes/back", json!({ "gateway": "later:east/tunnels/new.address" }))
            .wants("east/tunnels/anew", json!({ "mode": "b" }))
            .applied("east/tunnels/anew", "t3", json!({ "mode": "a" }))
            .shows("east", "tunnels", json!({ "id": "t3", "name": "anew", "mode": "a" }));
        let text = shown(&world, Shown { calls: true, all: false });
        insta::assert_snapshot!(text.split("\n\n").find(|part| part.contains("requests")).unwrap_or_default(), @r#"
        4 requests in 4 steps; steps that wait for nothing run side by side
           1. replace east/tunnels/anew: the old one goes
              DELETE east /tunnels/t3
           2. replace east/tunnels/anew: the new one comes  after 1 (the old one goes first)
              POST east /tunnels  {"mode":"b","name":"anew"}
              then wait until `state` is `up` (GET /tunnels/${east/tunnels/anew.id})
           3. create east/tunnels/new
              POST east /tunnels  {"gateway":"192.0.2.2","key":"(secret secret.psk)","name":"new"}
              then wait until `state` is `up` (GET /tunnels/${east/tunnels/new.id})
           4. create west/routes/back  after 3 (`gateway` takes `address` from it)
              POST west /routes  {"gateway":"${east/tunnels/new.address}","name":"back"}
        "#);
    }

    #[test]
    fn five_thousand_new_ones_fit_a_screen_and_all_shows_all() {
        let many = |world: World, n| {
            let prefixes: Vec<String> = (0..30).map(|m| format!("10.{m}.0.0/16")).collect();
            world.wants(&format!("east/tunnels/branch-{n:04}"), json!({ "gateway": "192.0.2.1", "prefixes": prefixes }))
        };
        let world = (0..5000).fold(World::new(), many);
        insta::assert_snapshot!(shown(&world, Shown::default()), @r#"
        acme-wan at 3f2a1c9: 5,000 to create, 0 to update, 0 to replace, 0 to delete

        east
          tunnels: 5,000 to create
            + branch-0000  gateway: 192.0.2.1, prefixes: [10.0.0.0/16, 10.1.0.0/16, … 28 more]
            + branch-0001  gateway: 192.0.2.1, prefixes: [10.0.0.0/16, 10.1.0.0/16, … 28 more]
            + branch-0002  gateway: 192.0.2.1, prefixes: [10.0.0.0/16, 10.1.0.0/16, … 28 more]
            + branch-0003  gateway: 192.0.2.1, prefixes: [10.0.0.0/16, 10.1.0.0/16, … 28 more]
            + branch-0004  gateway: 192.0.2.1, prefixes: [10.0.0.0/16, 10.1.0.0/16, … 28 more]
            + branch-0005  gateway: 192.0.2.1, prefixes: [10.0.0.0/16, 10.1.0.0/16, … 28 more]
            + branch-0006  gateway: 192.0.2.1, prefixes: [10.0.0.0/16, 10.1.0.0/16, … 28 more]
            + branch-0007  gateway: 192.0.2.1, prefixes: [10.0.0.0/16, 10.1.0.0/16, … 28 more]
            + branch-0008  gateway: 192.0.2.1, prefixes: [10.0.0.0/16, 10.1.0.0/16, … 28 more]
            + branch-0009  gateway: 192.0.2.1, prefixes: [10.0.0.0/16, 10.1.0.0/16, … 28 more]
            … and 4,990 more of the same sort (--all shows them)
        "#);
        let all = shown(&world, Shown { calls: false, all: true });
        assert_eq!(all.lines().filter(|line| line.contains("+ branch-")).count(), 5000);
        assert!(!all.contains('…') && all.matches("10.29.0.0/16").count() == 5000, "a value is cut");
    }

    #[test]
    fn no_secret_is_shown_in_any_form() {
        let document = busy().document();
        let text = plan(&document, PLAIN, Shown { calls: true, all: true });
        assert!(text.contains("(secret secret.psk)"), "{text}");
        assert!(!text.contains("canary"), "{text}");
        assert!(!document.to_json().contains("canary"));
    }

    #[test]
    fn whoever_can_not_ask_for_the_rest_gets_all_of_it() {
        let items: Vec<String> = (0..30).map(|m| format!("10.{m}.0.0/16")).collect();
        let lines: String = (0..9).map(|n| format!("line {n} of the note\n")).collect();
        let wants = |world: World, n| {
            let fields = json!({ "gateway": "192.0.2.1", "prefixes": items, "note": lines });
            world.wants(&format!("east/tunnels/branch-{n:02}"), fields)
        };
        let pipe = Style { color: false, width: usize::MAX };
        // A few are shown field by field, more of them on a line each.
        for count in [3, 40] {
            let world = (0..count).fold(World::new(), wants);
            let text = plan(&world.document(), pipe, Shown::default());
            assert_eq!(text.matches("+ branch-").count(), count, "{text}");
            for word in ["10.29.0.0/16", "line 8 of the note"] {
                assert_eq!(text.matches(word).count(), count, "{word}: {text}");
            }
            assert!(!text.contains('…'), "{text}");
        }
    }

    #[test]
    fn colours_change_no_word() {
        let document = busy().document();
        let colored = plan(&document, Style { color: true, ..PLAIN }, Shown::default());
        let plain = plan(&document, PLAIN, Shown::default());
        assert_ne!(colored, plain);
        let mut words = String::new();
        for (n, part) in colored.split('\u{1b}').enumerate() {
            words.push_str(if n == 0 { part } else { part.split_once('m').map_or(part, |(_, text)| text) });
        }
        assert_eq!(words, plain);
    }
}
