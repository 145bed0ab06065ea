"""Drives the simulated NetFoundry platform with the vendor's command line, `nfctl`, from login to deletion.

Usage: nfctl.py URL-OF-THE-INSTALLATION

Each command is a process of its own, as in a shell: `nfctl.py --command URL ARGUMENTS…` is that process. What the
vendor's own test of its demonstration does is done here in the same order: a network with routers in two regions, a
service read, deleted, and made again of what was read.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

# This folder holds a file of the client's name: what is installed goes first.
sys.path.append(sys.path.pop(0))


def command(base, arguments):
    """One command, in this process."""
    import importlib.util

    here = Path(__file__).resolve().parent
    specification = importlib.util.spec_from_file_location("conformance_netfoundry", here / "netfoundry.py")
    script = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(script)
    script.redirect(base)
    # The client keeps answers for half a minute by their URL alone, and would take one form of a list for the other.
    script.utility.http_cache.cache.clear()
    sys.argv = ["nfctl", *arguments]
    from netfoundry.ctl import cli

    sys.exit(cli())


class Script:
    """The commands, in order; what one makes, a later one uses."""

    def __init__(self, base, folder):
        from tally import Tally

        self.base, self.folder = base.rstrip("/"), Path(folder)
        self.tally = Tally()
        self.equal, self.true = self.tally.equal, self.tally.true
        self.environment = {
            **os.environ,
            "HOME": folder,
            "CONFORMANCE_HOME": folder,
        }

    def nfctl(self, *arguments, ends=(0,)):
        """Runs a command that has to succeed, and gives what it printed."""
        ran = subprocess.run(
            [sys.executable, __file__, "--command", self.base, "--yes", "--wait", "60", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        what = f"nfctl {' '.join(arguments)}\n{ran.stdout[-1500:]}\n{ran.stderr[-1500:]}\n"
        self.true(f"{what} ended with {ran.returncode}", ran.returncode in ends)
        return ran.stdout

    def got(self, kind, query, *more):
        """One object, as JSON."""
        return json.loads(self.nfctl("--output", "json", "get", kind, query, *more))

    def names(self, kind, *query):
        """The names in a list."""
        return [one.get("name") for one in json.loads(self.nfctl("--output", "json", "list", kind, *query) or "[]")]

    def session(self):
        with self.tally.section("login"):
            self.nfctl("login")
            self.equal("the type of who calls", len(self.names("organizations")), 1)

    def demonstration(self):
        with self.tally.section("the demonstration"):
            # It does its work and ends with 1: so the vendor's own test has it, too.
            self.nfctl("config", "general.network=Nfctl-Demo", ends=(0, 1))
            self.nfctl("demo", "--size", "medium", "--regions", "us-west-2", "us-east-1", "--provider", "AWS")
            routers = [name for name in self.names("edge-routers") if name.startswith("Hosted Router")]
            self.equal("routers in the two regions", len(routers), 2)
            self.true("no token was saved for a demonstrator", any(self.folder.glob("*.jwt")))

    def read_back(self):
        with self.tally.section("a service is made again of what was read"):
            before = self.names("services")
            self.nfctl("list", "services")
            read = self.nfctl("--output", "yaml", "get", "service", "name=echo%")
            (self.folder / "echo.yml").write_text(read)
            self.nfctl("delete", "service", "name=echo%")
            self.nfctl("create", "service", "--file", "echo.yml")
            self.equal("the services", sorted(self.names("services")), sorted(before))

    def lists(self):
        with self.tally.section("every list"):
            for kind in KINDS:
                self.nfctl("--output", "json", "list", kind)
            self.nfctl("list", "roles", "--my-roles")

    def forms(self):
        with self.tally.section("get by name and by id"):
            name = self.names("endpoints")[0]
            whole = self.got("endpoint", f"name={name}")
            self.equal("the same by its id", self.got("endpoint", f"id={whole['id']}")["name"], name)

    def ended(self):
        with self.tally.section("deletion and logout"):
            self.nfctl("delete", "network")
            self.nfctl("logout")

    def run(self):
        for part in (
            self.session,
            self.demonstration,
            self.read_back,
            self.lists,
            self.forms,
            self.ended,
        ):
            part()
        self.tally.finish()


# The collections of a network and of an account that the command line lists.
KINDS = (
    "organizations network-groups networks identities user-identities api-account-identities roles regions "
    "network-versions edge-routers endpoints services service-policies app-wans edge-router-policies "
    "service-edge-router-policies posture-checks certificate-authorities config-types configs hosts terminators "
    "network-controllers executions process-executions"
).split()


if __name__ == "__main__":
    if sys.argv[1] == "--command":
        command(sys.argv[2], sys.argv[3:])
    with tempfile.TemporaryDirectory() as folder:
        Script(sys.argv[1], folder).run()
