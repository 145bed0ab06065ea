//! Cycles: things that wait for each other in a circle, told in one way by whoever finds one.

use std::fmt;

use crate::finding::{Finding, Level, Place};
use crate::topology::Sources;

/// The code of findings about circles.
pub(crate) const CODE: &str = "cycle";

/// A circle: each of its members waits for the next one, the last for the first.
#[derive(Debug, Clone, thiserror::Error)]
pub struct CycleError(pub(crate) Vec<Link>);

/// A member of a circle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    /// Its name: an address, or the words of a gate between kinds, as in `east/routes done`.
    pub name: String,
    /// Why it waits for the next one.
    pub why: String,
    /// Where the files say so; `None` where only a controller does.
    pub place: Option<Place>,
}

impl fmt::Display for CycleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("these wait for each other in a circle: ")?;
        for Link { name, why, .. } in &self.0 {
            write!(f, "`{name}` ({why}) → ")?;
        }
        write!(f, "`{}` again", self.0.first().map_or("", |link| &link.name))
    }
}

impl CycleError {
    /// The finding that tells it, with every place in the files.
    pub(crate) fn finding(&self, level: Level, remedy: &str, sources: &Sources) -> Finding {
        let places: Vec<&Place> = self.0.iter().filter_map(|link| link.place.as_ref()).collect();
        let stand = match places.as_slice() {
            [] => String::new(),
            places => format!("; they stand at {}", sources.locations(places).join(", ")),
        };
        let finding = Finding { level, ..Finding::error(CODE, self.to_string()) }.help(format!("{remedy}{stand}"));
        match places.as_slice() {
            [] => finding,
            [one] => finding.at(one),
            [first, second, ..] => finding.at(first).also(second, "which waits for this"),
        }
    }
}
