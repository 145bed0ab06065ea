//! The pages of one reading of a list, and whether the list stood still meanwhile.
//!
//! No API here gives pages of one moment: each page is cut out of what there is when it is asked for. What is removed while
//! a list is read moves the rest up, and one object slips between two pages; what is added moves it down, and one shows
//! twice. Three things tell: another total than on the page before, an object twice, and more or fewer objects than the
//! total says.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::digest::sha256;

/// The pages that were read so far.
#[derive(Debug, Default)]
pub(super) struct Pages {
    objects: Vec<Value>,
    total: Option<u64>,
    pages: usize,
    moved: Option<String>,
}

impl Pages {
    /// Adds a page, with the number of objects that it says there are in all.
    pub(super) fn add(&mut self, mut page: Vec<Value>, total: Option<u64>) {
        if let (Some(before), Some(now)) = (self.total, total)
            && before != now
        {
            self.moved.get_or_insert(format!("the total was {before}, and then {now}"));
        }
        self.total = total.or(self.total);
        self.pages += 1;
        self.objects.append(&mut page);
    }

    /// Adds a page that begins with the last object of the page before it.
    pub(super) fn add_overlapping(&mut self, mut page: Vec<Value>, total: Option<u64>) {
        let is_the_same = page.first().is_some_and(|first| Some(first) == self.objects.last());
        match is_the_same {
            true => drop(page.remove(0)),
            false => drop(self.moved.get_or_insert("a page does not begin where the one before it ends".to_owned())),
        }
        self.add(page, total);
    }

    /// The number of objects so far.
    pub(super) fn len(&self) -> usize {
        self.objects.len()
    }

    /// The number of objects in all, where a page said it.
    pub(super) fn total(&self) -> Option<u64> {
        self.total
    }

    /// Says whether something may have slipped between two pages.
    pub(super) fn has_several(&self) -> bool {
        self.pages > 1
    }

    /// Says whether it is known already that the list moved: what is left of it need not be read.
    pub(super) fn has_moved(&self) -> bool {
        self.moved.is_some()
    }

    /// The objects, if they are all that there is.
    ///
    /// # Errors
    /// A phrase that says how the list moved, or that it is not what its pages say.
    pub(super) fn whole(self) -> Result<Vec<Value>, String> {
        if let Some(why) = self.moved {
            return Err(why);
        }
        let found = self.objects.len();
        if let Some(total) = self.total
            && total != found as u64
        {
            return Err(format!("the total is {total}, and {found} show"));
        }
        let twice = self.pages > 1 && {
            let mut seen = BTreeSet::new();
            !self.objects.iter().all(|object| seen.insert(sha256(object.to_string().as_bytes())))
        };
        if twice { Err("an object shows twice".into()) } else { Ok(self.objects) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A reading of pages, each with the total that it says.
    fn reading(pages: &[(&[&str], Option<u64>)]) -> Result<usize, String> {
        let mut found = Pages::default();
        for (names, total) in pages {
            found.add(names.iter().map(|name| json!({ "id": name })).collect(), *total);
        }
        found.whole().map(|objects| objects.len())
    }

    #[test]
    fn a_list_that_moves_while_it_is_read_is_not_whole() {
        for (pages, whole) in [
            (&[(&["a", "b"][..], Some(2))][..], Ok(2)),
            (&[(&["a", "b"], Some(3)), (&["c"], Some(3))], Ok(3)),
            (&[(&["a", "b"], None), (&["c"], None)], Ok(3)),
            (&[(&[], Some(0))], Ok(0)),
            // Removed between the pages: `c` slipped.
            (&[(&["a", "b"], Some(4)), (&["d"], Some(3))], Err("the total was 4, and then 3")),
            (&[(&["a", "b"], Some(4)), (&["d"], Some(4))], Err("the total is 4, and 3 show")),
            // Added between them.
            (&[(&["a", "b"], Some(3)), (&["b", "c"], Some(4))], Err("the total was 3, and then 4")),
            (&[(&["a", "b"], None), (&["b", "c"], None)], Err("an object shows twice")),
            (&[(&["a", "b"], Some(4)), (&["b", "c"], Some(4))], Err("an object shows twice")),
            // One page alone.
            (&[(&["a"], Some(2))], Err("the total is 2, and 1 show")),
            (&[(&["a", "b"], Some(1))], Err("the total is 1, and 2 show")),
        ] {
            assert_eq!(reading(pages), whole.map_err(str::to_owned), "{pages:?}");
        }
    }

    #[test]
    fn pages_that_overlap_tell_that_the_list_moved_without_a_total() {
        let page = |names: &[&str]| names.iter().map(|name| json!({ "id": name })).collect::<Vec<_>>();
        for (second, whole) in [(&["b", "c"][..], Some(3)), (&["c", "d"], None), (&["a", "b"], None), (&[], None)] {
            let mut found = Pages::default();
            found.add(page(&["a", "b"]), None);
            found.add_overlapping(page(second), None);
            assert_eq!(found.whole().ok().map(|objects| objects.len()), whole, "{second:?}");
        }
    }
}
