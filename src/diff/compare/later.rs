//! Values that are known only once other steps are done.

use serde_json::Value;

use super::{FieldCase, Judged, expression, narrow};
use crate::attr::Attr;
use crate::diff::planned::PlannedValue;
use crate::diff::verdict::Cause;

impl FieldCase<'_> {
    /// A value that is known only later is the same as long as its expression is the one that was applied, and what that
    /// gave is still there.
    pub(super) fn judge_later(&self, kept: Option<&Value>, live: Attr) -> Judged {
        let before = self.entry.and_then(|entry| entry.expressions.get(self.field.name));
        let unmoved =
            kept.is_some_and(|kept| !self.is_readable() || self.base.matches_stored(&narrow(&live, kept), kept));
        if self.is_left() && unmoved {
            return self.differs(live, self.wanted, Cause::Left);
        }
        if before == Some(&expression(self.declared)) && unmoved && !self.waits_for_something_new() {
            return Judged::Same;
        }
        let cause = if before.is_some() && !unmoved { Cause::Drift } else { Cause::Change };
        self.differs(live, self.wanted, cause)
    }

    /// Says whether one of the outputs is another one once the plan is carried out.
    fn waits_for_something_new(&self) -> bool {
        let mut new = false;
        self.wanted.for_each_output(&mut |output| new |= self.resolver.planned.of(output) != PlannedValue::Unchanged);
        new
    }
}
