"""Counts what a vendor's client gives back against what it should: the words of the scripts beside this file."""

import contextlib
import sys
import traceback


class Tally:
    """Prints each section as it begins and each failure as it happens; `finish` prints the sum and ends the process."""

    def __init__(self):
        self.passed = 0
        self.failed = 0
        self.title = ""

    @contextlib.contextmanager
    def section(self, title):
        """A part that fails as a whole if the client raises, and does not keep the next from running."""
        self.title = title
        before = self.passed
        try:
            yield
        except Exception as error:
            self.fail(f"the client raised {type(error).__name__}: {error}")
            traceback.print_exc(limit=-4, file=sys.stdout)
        print(f"  {title}: {self.passed - before} passed", flush=True)

    def equal(self, what, got, wanted):
        """The value is this one."""
        self.true(f"{what} is {got!r}, not {wanted!r}", got == wanted)

    def member(self, what, wanted, collection):
        """The value is one of these."""
        self.true(f"{what}: {wanted!r} is not among {collection!r}", wanted in collection)

    def true(self, otherwise, holds):
        """The condition holds; `otherwise` is what to print if it does not."""
        if holds:
            self.passed += 1
        else:
            self.fail(otherwise)

    def raises(self, what, error, call):
        """The call raises, and the error comes back for a closer look."""
        try:
            got = call()
        except error as raised:
            self.passed += 1
            return raised
        self.fail(f"{what} gave {got!r} and raised nothing")
        return None

    def fail(self, message):
        """Counts a failure and says it."""
        self.failed += 1
        print(f"FAILED {self.title}: {message}", flush=True)

    def finish(self):
        """Prints the sum and ends the process; one without a single assertion fails as well."""
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        sys.exit(0 if self.failed == 0 and self.passed > 0 else 1)
