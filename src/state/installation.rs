//! Which installation is behind a target: the one where Trueup applied last, or another one under its name.
//!
//! The ledger remembers what proved it then, a look shows what proves it now, and the strongest proof that both sides have
//! decides. A weaker one may change as long as a stronger one stays: a port is forwarded, a name moved, a certificate
//! renewed.
//!
//! | id | topology | certificate | address | it is |
//! |---|---|---|---|---|
//! | differs | | | | another one |
//! | same | | | | the same one, whatever else differs |
//! | only one side has it | differs | | | another one |
//! | only one side has it | same | | | the same one |
//! | … | … | … | … | and so on |
//! | only one side has any | | | | not known: nothing speaks against it |

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::spec::{Strength, certificate_proof};
use crate::state::base::Base;

/// What proved which installation is behind a target when it was applied to last, the strongest first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Installation {
    /// The product's own ids, by name: `{"organization": …, "network-group": …}`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    ids: BTreeMap<String, KeyProof>,
    /// The topology's checksum, with the manager's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    topology: Option<KeyProof>,
    /// SHA-256 of the certificate's public key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    certificate: Option<KeyProof>,
    /// The base URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<KeyProof>,
}

/// One proof.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct KeyProof {
    value: String,
    /// Since when it is known, as in `2026-03-01T09:00:00Z`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<String>,
}

/// What one look shows of the installation behind a target.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ShownProofs {
    /// The part of the installation that the target is, by the name of the setting: `{"tenant": "acme"}`.
    pub(crate) within: BTreeMap<String, String>,
    /// The proofs by strength and name. Of several objects the values stand in order, with `; ` between them.
    pub(crate) values: BTreeMap<(Strength, String), String>,
    /// The strongest proof that could not be read, and why. One that the API refuses to show is none.
    pub(crate) unread: Option<(Strength, String)>,
}

/// What a look comes to: whose installation it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) enum Standing {
    /// Nothing is known of it yet, or nothing that can be compared.
    #[default]
    Unproved,
    /// It is the one where Trueup applied last. Weaker proofs may differ.
    Same(Vec<ProofChange>),
    /// It is another one: this differs.
    Other(Vec<ProofChange>),
    /// It is another one, and somebody said that it is the same network.
    Moved(Vec<ProofChange>),
    /// What would tell could not be read: why.
    Unread(String),
}

/// A proof that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProofChange {
    name: String,
    from: String,
    to: String,
    since: Option<String>,
}

impl fmt::Display for ProofChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ProofChange { name, from, to, since } = self;
        let since = since.as_ref().map(|since| format!(" (known since {})", date(since)));
        write!(f, "{name} {} → {}{}", short(from), short(to), since.unwrap_or_default())
    }
}

/// The date of a time such as `2026-03-01T09:00:00Z`.
fn date(time: &str) -> &str {
    time.split('T').next().unwrap_or(time)
}

/// A proof for people: digests are told by their beginning.
pub(crate) fn short(value: &str) -> String {
    let is_digest = |word: &str| word.len() >= 40 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let words = value.split(' ').map(|word| {
        let bare = word.trim_end_matches([',', ';']);
        match bare.strip_prefix("sha256:").unwrap_or(bare) {
            digest if is_digest(digest) => word.replace(digest, &format!("{}…", &digest[..12])),
            _ => word.to_owned(),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Several changes in words.
pub(crate) fn told(changes: &[ProofChange]) -> String {
    changes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Says whether two values prove the same: of several objects, one that is still there does.
fn is_same(one: &str, other: &str) -> bool {
    one.split("; ").any(|value| other.split("; ").any(|other| other == value))
}

impl Installation {
    /// The proofs by strength and name.
    fn proofs(&self) -> impl Iterator<Item = (Strength, &str, &KeyProof)> {
        let Installation { ids, topology, certificate, address } = self;
        let ids = ids.iter().map(|(name, proof)| (Strength::Id, name.as_str(), proof));
        let single = [
            (Strength::Topology, "topology", topology),
            (Strength::Certificate, "certificate", certificate),
            (Strength::Address, "address", address),
        ];
        ids.chain(single.into_iter().filter_map(|(strength, name, proof)| Some((strength, name, proof.as_ref()?))))
    }

    /// What tells it from other installations wherever it is met, as in `id instanceId i-0a1b2c3d`.
    pub(crate) fn marks(&self) -> impl Iterator<Item = String> {
        let telling = self.proofs().filter(|(strength, ..)| matches!(strength, Strength::Id | Strength::Certificate));
        telling.map(|(_, name, proof)| format!("id {name} {}", proof.value))
    }

    /// What is known of the key of a certificate that is shown now, by the key's digest.
    pub(crate) fn known_key(&self, digest: &str) -> Option<String> {
        let known = self.certificate.as_ref()?;
        let since = known.since.as_ref().map(|since| format!(" since {}", date(since))).unwrap_or_default();
        Some(match known.value == certificate_proof(digest) {
            true => format!("its key is the one that is known there{since}"),
            false => format!("its key is another one than the one that is known there{since}"),
        })
    }

    /// Compares what proved it then with what a look shows now.
    pub(crate) fn compare(&self, shown: &ShownProofs) -> Standing {
        let change = |name: &str, known: &KeyProof, now: &String| ProofChange {
            name: name.to_owned(),
            from: known.value.clone(),
            to: now.clone(),
            since: known.since.clone(),
        };
        let elsewhere = shown.within.iter().filter_map(|(name, now)| {
            let known = self.ids.get(name).filter(|known| known.value != *now)?;
            Some(change(name, known, now))
        });
        let elsewhere: Vec<ProofChange> = elsewhere.collect();
        if !elsewhere.is_empty() {
            return Standing::Other(elsewhere);
        }
        let known: Vec<_> = self.proofs().filter(|(_, name, _)| !shown.within.contains_key(*name)).collect();
        let both: Vec<_> = known
            .iter()
            .filter_map(|(strength, name, known)| {
                let now = shown.values.get(&(*strength, (*name).to_owned()))?;
                Some((*strength, is_same(&known.value, now), change(name, known, now)))
            })
            .collect();
        let decides = both.iter().map(|(strength, ..)| *strength).min();
        if let Some((strength, why)) = &shown.unread
            && decides.is_none_or(|decides| *strength < decides)
            && known.iter().any(|(known, ..)| known == strength)
        {
            return Standing::Unread(why.clone());
        }
        let Some(decides) = decides else { return Standing::Unproved };
        let (strongest, weaker): (Vec<_>, Vec<_>) = both.into_iter().partition(|(strength, ..)| *strength == decides);
        let differing = |proofs: Vec<(Strength, bool, ProofChange)>| -> Vec<ProofChange> {
            proofs.into_iter().filter(|(_, is_same, _)| !is_same).map(|(.., change)| change).collect()
        };
        match differing(strongest) {
            changes if changes.is_empty() => Standing::Same(differing(weaker)),
            changes => Standing::Other(changes),
        }
    }

    /// Takes over what a look showed at a time. What it did not show stays.
    pub(crate) fn learn(&mut self, shown: &ShownProofs, now: &str) {
        let within = shown.within.iter().map(|(name, value)| (Strength::Id, name, value));
        let values = shown.values.iter().map(|((strength, name), value)| (*strength, name, value));
        for (strength, name, value) in within.chain(values) {
            let fresh = KeyProof { value: value.clone(), since: Some(now.to_owned()) };
            let known = match strength {
                Strength::Id => {
                    let known = self.ids.entry(name.clone()).or_insert_with(|| fresh.clone());
                    if known.value != *value {
                        *known = fresh;
                    }
                    continue;
                }
                Strength::Topology => &mut self.topology,
                Strength::Certificate => &mut self.certificate,
                Strength::Address => &mut self.address,
            };
            if known.as_ref().is_none_or(|known| known.value != *value) {
                *known = Some(fresh);
            }
        }
    }

    /// Forgets what a step is about to change.
    pub(crate) fn forget(&mut self, strengths: &[Strength]) {
        for strength in strengths {
            match strength {
                Strength::Id => self.ids.clear(),
                Strength::Topology => self.topology = None,
                Strength::Certificate => self.certificate = None,
                Strength::Address => self.address = None,
            }
        }
    }
}

impl ShownProofs {
    /// The proofs of these strengths alone.
    pub(crate) fn only(&self, strengths: &[Strength]) -> ShownProofs {
        let values = self.values.iter().filter(|((strength, _), _)| strengths.contains(strength));
        ShownProofs {
            values: values.map(|(key, value)| (key.clone(), value.clone())).collect(),
            ..ShownProofs::default()
        }
    }
}

/// Takes over into the ledger what a look showed at a time. Of another installation only if somebody said that it is the
/// same network; where nothing is owned yet, or any more, nothing is kept of what was known before.
pub(crate) fn take_over(base: &mut Base, target: &str, standing: &Standing, shown: &ShownProofs, now: &str) {
    if matches!(standing, Standing::Other(_) | Standing::Unread(_)) {
        return;
    }
    let is_fresh = matches!(standing, Standing::Moved(_)) || base.owned_at(target).next().is_none();
    let known = base.targets.get(target).cloned().filter(|_| !is_fresh);
    let mut installation = known.unwrap_or_default();
    installation.learn(shown, now);
    if installation != Installation::default() {
        base.targets.insert(target.to_owned(), installation);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [(Strength, &str); 4] = [
        (Strength::Id, "instanceId"),
        (Strength::Topology, "topology"),
        (Strength::Certificate, "certificate"),
        (Strength::Address, "address"),
    ];

    /// How the two sides have one proof.
    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Has {
        Neither,
        OnlyLedger,
        OnlyLook,
        Same,
        Different,
    }

    fn shown(values: &[(Strength, &str, &str)]) -> ShownProofs {
        let values = values.iter().map(|(strength, name, value)| ((*strength, (*name).into()), (*value).into()));
        ShownProofs { values: values.collect(), ..ShownProofs::default() }
    }

    fn known(values: &[(Strength, &str, &str)]) -> Installation {
        let mut installation = Installation::default();
        installation.learn(&shown(values), "2026-03-01T09:00:00Z");
        installation
    }

    /// The two sides of a row of the table.
    fn sides(row: [Has; 4]) -> (Installation, ShownProofs) {
        let side = |has: &dyn Fn(Has) -> Option<&'static str>| -> Vec<(Strength, &str, &str)> {
            let proofs = ALL.iter().zip(row);
            proofs.filter_map(|((strength, name), is)| Some((*strength, *name, has(is)?))).collect()
        };
        let before = side(&|is| matches!(is, Has::OnlyLedger | Has::Same | Has::Different).then_some("old"));
        let now = side(&|is| match is {
            Has::Neither | Has::OnlyLedger => None,
            Has::OnlyLook | Has::Different => Some("new"),
            Has::Same => Some("old"),
        });
        (known(&before), shown(&now))
    }

    fn rows() -> impl Iterator<Item = [Has; 4]> {
        let all = [Has::Neither, Has::OnlyLedger, Has::OnlyLook, Has::Same, Has::Different];
        (0..625_usize).map(move |n| [n / 125, n / 25 % 5, n / 5 % 5, n % 5].map(|has| all[has]))
    }

    #[test]
    fn the_strongest_proof_that_both_sides_have_decides() {
        use Has::{Different, Same};
        for row in rows() {
            let (before, now) = sides(row);
            // The table, once more as a person would say it.
            let is_another = match row {
                [Different, ..] => true,
                [Same, ..] => false,
                [_, Different, ..] => true,
                [_, Same, ..] => false,
                [_, _, Different, _] => true,
                [_, _, Same, _] => false,
                [_, _, _, last] => last == Different,
            };
            let decides = row.iter().position(|has| matches!(has, Same | Different));
            let weaker = row.iter().skip(decides.map_or(4, |at| at + 1)).filter(|has| **has == Different).count();
            match before.compare(&now) {
                Standing::Other(changes) => assert!(is_another && changes.len() == 1, "{row:?}: {changes:?}"),
                Standing::Same(told) => assert!(!is_another && told.len() == weaker, "{row:?}: {told:?}"),
                Standing::Unproved => assert_eq!(decides, None, "{row:?}"),
                other => panic!("{row:?}: {other:?}"),
            }
        }
    }

    #[test]
    fn what_was_taken_over_is_the_same_at_the_next_look_and_nothing_is_told_twice() {
        for row in rows() {
            let (mut before, now) = sides(row);
            before.learn(&now, "2026-04-01T09:00:00Z");
            let again = before.compare(&now);
            assert!(
                matches!(&again, Standing::Same(told) if told.is_empty()) || again == Standing::Unproved,
                "{row:?}"
            );
            // What only the ledger has stays, with its date.
            for (has, (strength, name)) in row.iter().zip(ALL) {
                let kept = before.proofs().find(|(is, called, _)| (*is, *called) == (strength, name));
                let (value, since) = match has {
                    Has::Neither => (None, None),
                    Has::OnlyLedger | Has::Same => (Some("old"), Some("2026-03-01T09:00:00Z")),
                    Has::OnlyLook | Has::Different => (Some("new"), Some("2026-04-01T09:00:00Z")),
                };
                assert_eq!(kept.map(|(.., proof)| proof.value.as_str()), value, "{row:?}");
                assert_eq!(kept.and_then(|(.., proof)| proof.since.as_deref()), since, "{row:?}");
            }
        }
    }

    #[test]
    fn what_could_not_be_read_is_not_what_is_not_there() {
        for row in rows() {
            for unread in ALL {
                let (before, mut now) = sides(row);
                now.values.retain(|(strength, _), _| *strength != unread.0);
                let without = before.compare(&now);
                now.unread = Some((unread.0, "503".into()));
                // It matters where the ledger has it, and nothing stronger decides.
                let is_known = before.proofs().any(|(strength, ..)| strength == unread.0);
                let decided = ALL
                    .iter()
                    .zip(row)
                    .any(|((strength, _), has)| *strength < unread.0 && matches!(has, Has::Same | Has::Different));
                let expected = if is_known && !decided { Standing::Unread("503".into()) } else { without };
                assert_eq!(before.compare(&now), expected, "{row:?} without {unread:?}");
            }
        }
    }

    #[test]
    fn several_ids_and_several_objects() {
        let ids = |organization: &'static str, group: &'static str| {
            [(Strength::Id, "organization", organization), (Strength::Id, "network-group", group)]
        };
        let at = (Strength::Address, "address", "https://gateway.example");
        let before = known(&[&ids("o1", "g1; g2")[..], &[at]].concat());
        for (organization, group, is_same) in [
            ("o1", "g1; g2", true),
            ("o1", "g2", true),
            ("o1", "g0; g1; g3", true),
            ("o1", "g3", false),
            ("o2", "g1; g2", false),
            ("o2", "g3", false),
        ] {
            let standing = before.compare(&shown(&[&ids(organization, group)[..], &[at]].concat()));
            assert_eq!(matches!(standing, Standing::Same(_)), is_same, "{organization} {group}: {standing:?}");
            assert_eq!(matches!(standing, Standing::Other(_)), !is_same, "{organization} {group}: {standing:?}");
        }
    }

    #[test]
    fn another_part_of_the_same_installation_is_another_place_and_the_same_part_proves_nothing() {
        let in_tenant = |tenant: &str, proofs: &[(Strength, &str, &str)]| ShownProofs {
            within: [("tenant".to_owned(), tenant.to_owned())].into(),
            ..shown(proofs)
        };
        let manager = [(Strength::Id, "manager", "cfy-1")];
        let mut before = Installation::default();
        before.learn(&in_tenant("acme", &manager), "2026-03-01T09:00:00Z");
        assert_eq!(before.compare(&in_tenant("acme", &manager)), Standing::Same(Vec::new()));
        let Standing::Other(changes) = before.compare(&in_tenant("lab", &manager)) else { panic!("it is the same") };
        assert_eq!(told(&changes), "tenant acme → lab (known since 2026-03-01)");
        let other = [(Strength::Id, "manager", "cfy-2")];
        assert!(matches!(before.compare(&in_tenant("acme", &other)), Standing::Other(_)));
        let mut unproved = Installation::default();
        unproved.learn(&in_tenant("acme", &[]), "2026-03-01T09:00:00Z");
        assert_eq!(unproved.compare(&in_tenant("acme", &[])), Standing::Unproved, "every manager has such a tenant");
    }

    #[test]
    fn a_change_is_told_in_words_that_can_be_compared() {
        let sum = "a04a92073a4f6f32a2abce45439a2d8c016334dc";
        let key = format!("sha256:{}", "9f86d081884c7d65".repeat(4));
        for (from, to, words) in [
            ("i-0abc", "i-0def", "instanceId i-0abc → i-0def (known since 2026-03-01)"),
            (&format!("{sum}, manager 1"), "", "instanceId a04a92073a4f…, manager 1 →  (known since 2026-03-01)"),
            (&key, "x", "instanceId sha256:9f86d081884c… → x (known since 2026-03-01)"),
        ] {
            let change = ProofChange {
                name: "instanceId".into(),
                from: from.into(),
                to: to.into(),
                since: Some("2026-03-01T09:00:00Z".into()),
            };
            assert_eq!(change.to_string(), words);
        }
    }

    #[test]
    fn a_key_that_is_shown_is_held_against_the_one_that_is_known() {
        let key = "9f86d081884c7d65".repeat(4);
        let mut known = known(&[(Strength::Certificate, "certificate", &certificate_proof(&key))]);
        for (shown, words) in [
            (key.as_str(), "its key is the one that is known there since 2026-03-01"),
            ("aa", "its key is another one than the one that is known there since 2026-03-01"),
        ] {
            assert_eq!(known.known_key(shown).as_deref(), Some(words));
        }
        known.forget(&[Strength::Certificate]);
        assert_eq!(known.known_key(&key), None);
    }
}
