//! Lists, of whose items some may be made for each of others.

use super::Evaluator;
use crate::attr::Attr;
use crate::finding::PathKey;
use crate::source::Node;
use crate::topology::each;
use crate::topology::site::{Site, ValuePurpose};
use crate::topology::spread::{Spread, spread};

impl Evaluator<'_> {
    /// The values of a list's items: more than one of an item that is made for each of others.
    pub(super) fn list(&mut self, items: &[Node], purpose: ValuePurpose, site: &mut Site) -> Attr {
        let mut values = Vec::with_capacity(items.len());
        let (mut origins, mut is_spread, mut is_broken) = (Vec::new(), false, false);
        for (index, item) in items.iter().enumerate() {
            match spread(item, purpose, site.each, self.variables) {
                Spread::Alone => {
                    site.path.push(PathKey::Index(values.len()));
                    values.push(self.value(item, purpose, site));
                    site.path.pop();
                    origins.push((index, None));
                }
                Spread::Made(item, made) => {
                    is_spread = true;
                    for each in &made {
                        site.path.push(PathKey::Index(values.len()));
                        values.push(self.value(&item, purpose, &mut site.for_item(each)));
                        site.path.pop();
                        origins.push((index, Some(each.key.as_str().into())));
                    }
                }
                Spread::Broken(finding) => {
                    self.findings.push(finding.at(&site.place().item(index).below(each::KEY)));
                    is_broken = true;
                }
            }
        }
        if is_broken {
            return self.lose();
        }
        if is_spread {
            self.spreads.note(site.place(), origins);
        }
        Attr::List(values)
    }
}
