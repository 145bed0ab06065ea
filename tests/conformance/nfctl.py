"""Drives the simulated NetFoundry platform with the vendor's command line, `nfctl`, from login to deletion.

Usage: nfctl.py URL-OF-THE-INSTALLATION TRUEUP

Each command is a process of its own, as in a shell: `nfctl.py --command URL ARGUMENTS…` is that process. The vendor's
own test of its demonstration is run beside this, by `run`: here is what it leaves out, each command for each kind that
it takes. Objects are copied and edited in an editor, as by a person at a terminal.
"""

import json
import os
import pty
import random
import sys
import tempfile
import traceback
from pathlib import Path

# This folder holds a file of the client's name: what is installed goes first.
sys.path.append(sys.path.pop(0))


def redirect(base):
    """Loads the client; what it sends to the vendor's hosts goes to the simulator."""
    import importlib.util

    here = Path(__file__).resolve().parent
    specification = importlib.util.spec_from_file_location("conformance_netfoundry", here / "netfoundry.py")
    script = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(script)
    script.redirect(base)


def command(arguments):
    """One command, in this process: its settings are read when the command line is loaded."""
    sys.argv = ["nfctl", *arguments]
    # It draws the name of a demonstration's network, which decides whether the execution that makes it can be read.
    random.seed("conformance")
    from netfoundry import utility
    from netfoundry.ctl import cli

    # The client keeps answers for half a minute by their URL alone, and would take one form of a list for the other.
    utility.http_cache.cache.clear()
    return cli()


class Script:
    """The commands, in order; what one makes, a later one uses."""

    def __init__(self, base, trueup, folder):
        from tally import Tally

        self.base, self.trueup, self.folder = base.rstrip("/"), trueup, Path(folder)
        self.tally = Tally()
        self.equal, self.true = self.tally.equal, self.tally.true
        os.environ.update(HOME=folder, CONFORMANCE_HOME=folder)
        redirect(self.base)

    def started(self, arguments, stdin, stdout, stderr, environment):
        """Starts a command in a process of its own. It is forked, since to load the client takes longer than what it does."""
        sys.stdout.flush()
        process = os.fork()
        if process:
            return process
        status = 1
        try:
            os.chdir(self.folder)
            os.environ.update(environment)
            for ours, theirs in ((0, stdin), (1, stdout), (2, stderr)):
                os.dup2(theirs, ours)
            status = command(arguments)
        except SystemExit as end:
            status = end.code
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit({True: 0, None: 0}.get(status, status) if isinstance(status, (bool, int, type(None))) else 1)

    def ended(self, process, arguments, told, ends=(0,)):
        """The command ends as it should."""
        _, status = os.waitpid(process, 0)
        code = os.waitstatus_to_exitcode(status)
        self.true(f"nfctl {' '.join(arguments)}\n{told()[-3000:]}\n ended with {code}", code in ends)

    def nfctl(self, *arguments, ends=(0,)):
        """Runs a command that has to succeed, and gives what it printed."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, open(os.devnull) as nothing:
            files = [nothing.fileno(), out.fileno(), err.fileno()]
            process = self.started(["--yes", "--wait", "60", *arguments], *files, {})

            def text(file):
                file.seek(0)
                return file.read().decode()

            self.ended(process, arguments, lambda: text(out) + text(err), ends)
            return text(out)

    def in_editor(self, change, *arguments):
        """Runs a command at a terminal, and makes a change in the editor that it opens: words of the text, and others."""
        editor = self.folder / "editor.py"
        editor.write_text(EDITOR)
        opens = f"{sys.executable} {editor} {json.dumps(change).encode().hex()}"
        ours, theirs = pty.openpty()
        process = self.started(["--wait", "60", *arguments], theirs, theirs, theirs, {"NETFOUNDRY_EDITOR": opens})
        os.close(theirs)
        told = bytearray()
        try:
            while part := os.read(ours, 4096):
                told += part
        except OSError:
            # So it ends where nobody writes any more.
            pass
        os.close(ours)
        self.ended(process, arguments, told.decode)

    def got(self, kind, query, *more):
        """One object, as JSON."""
        return json.loads(self.nfctl("--output", "json", "get", kind, query, *more))

    def names(self, kind, *query):
        """The names in a list."""
        return [one.get("name") for one in json.loads(self.nfctl("--output", "json", "list", kind, *query) or "[]")]

    def session(self):
        with self.tally.section("login"):
            self.nfctl()
            self.nfctl("login")
            self.equal("the type of who calls", len(self.names("organizations")), 1)

    def demonstration(self):
        with self.tally.section("the demonstration"):
            name = self.nfctl("demo", "--echo-name", "--prefix", "conformance").strip()
            self.true(f"`{name}` is no name for a demonstration", name.startswith("conformance-"))
            # It does its work and ends with 1: so the vendor's own test has it, too.
            self.nfctl("config", f"general.network={name}", ends=(0, 1))
            self.nfctl("demo", "--size", "medium", "--regions", "us-west-2", "us-east-1", "--provider", "AWS")
            routers = [router for router in self.names("edge-routers") if router.startswith("Hosted Router")]
            self.equal("routers in the two regions", len(routers), 2)
            self.true("no token was saved for a demonstrator", any(self.folder.glob("*.jwt")))

    def creation(self):
        with self.tally.section("an object of every kind, made of a file"):
            for kind, body in MADE.items():
                (self.folder / "made.json").write_text(json.dumps({"name": f"made {kind}", **body}))
                self.nfctl("create", kind, "--file", "made.json")
                self.equal(f"the new {kind}", self.got(kind, f"name=made {kind}")["name"], f"made {kind}")

    def copies(self):
        with self.tally.section("a copy of each, under another name"):
            for kind in MADE:
                self.in_editor({f"made {kind}": f"copied {kind}", **COPIED.get(kind, {})}, "copy", kind, f"name=made {kind}")
                self.equal(f"the copy of the {kind}", self.got(kind, f"name=copied {kind}")["name"], f"copied {kind}")
            # One that a router hosts says which by its name.
            self.in_editor({"Echo Service": "Echo Copy"}, "copy", "service", "name=Echo Service")
            copied, first = (self.got("service", f"name={name}")["model"] for name in ("Echo Copy", "Echo Service"))
            self.equal("the model of a copied service", copied, first)

    def edits(self):
        with self.tally.section("a change of each, and one of nothing"):
            for kind, (field, before, after) in EDITED.items():
                self.nfctl("edit", kind, f"name=copied {kind}")
                self.in_editor({before: after}, "edit", kind, f"name=copied {kind}")
                told = json.dumps(self.got(kind, f"name=copied {kind}")[field])
                self.true(f"`{after}` is not in `{field}` of the {kind}: {told}", after.replace("level", '"level"') in told)
            self.nfctl("edit", "edge-router", "name=Hosted Router us-west-2%")

    def taken_over(self):
        with self.tally.section("Trueup takes it over"):
            from takeover import take_over

            names = [f"made {kind}" for kind in MADE]
            change = ("host: edited.example", "host: other.example", "PATCH /core/v2/services/")
            take_over(self.tally, self.trueup, self.base, [*names, "Echo Service"], change)

    def removal(self):
        with self.tally.section("deletion of each"):
            for kind in reversed(MADE):
                for name in (f"copied {kind}", f"made {kind}"):
                    self.nfctl("delete", kind, f"name={name}")
                left = [name for name in self.names(f"{kind}s" if not kind.endswith("y") else f"{kind[:-1]}ies") if name]
                self.true(f"a {kind} is left: {left}", not any(name.endswith(f" {kind}") for name in left))

    def read_back(self):
        with self.tally.section("a service is made again of what was read"):
            before = self.names("services")
            self.nfctl("list", "services")
            read = self.nfctl("--output", "yaml", "get", "service", "name=echo s%")
            (self.folder / "echo.yml").write_text(read)
            self.nfctl("delete", "service", "name=echo s%")
            self.nfctl("create", "service", "--file", "echo.yml")
            self.equal("the services", sorted(self.names("services")), sorted(before))

    def lists(self):
        with self.tally.section("every list"):
            for kind in KINDS:
                self.nfctl("--output", "json", "list", kind)
            self.nfctl("list", "roles", "--my-roles")
            self.nfctl("list", "endpoints", "--as", "create")
            self.nfctl("list", "endpoints", "--keys", "name,id")

    def forms(self):
        with self.tally.section("get by name and by id, and in other forms"):
            name = self.names("endpoints")[0]
            whole = self.got("endpoint", f"name={name}")
            self.equal("the same by its id", self.got("endpoint", f"id={whole['id']}")["name"], name)
            self.equal("its keys", list(self.got("endpoint", f"id={whole['id']}", "--keys", "name")), ["name"])
            # By its id the client can't get it: it looks for the network's in what has none.
            for kind in MADE:
                one = self.got(kind, f"name=made {kind}", "--as", "create")
                self.true(f"the create form of a {kind} has an id", "id" not in one)
            network = self.some("network")
            embedded = self.got("network", f"id={network['id']}", "--embed", "endpoints", "services")
            self.true("no services came along with the network", embedded["_embedded"]["serviceList"])
            for kind in ("organization", "identity", "network-group"):
                self.got(kind, f"id={self.some(kind)['id']}")
            self.nfctl("get", "region", "provider=AWS,location_code=us-west-2")

    def some(self, kind):
        """The id of an object of a kind."""
        plural = {"identity": "identities"}.get(kind, f"{kind}s")
        return json.loads(self.nfctl("--output", "json", "list", plural, "--keys", "id"))[0]

    def last(self):
        with self.tally.section("deletion and logout"):
            self.nfctl("delete", "network")
            self.nfctl("logout")

    def run(self):
        for part in (
            self.session,
            self.demonstration,
            self.creation,
            self.copies,
            self.edits,
            self.lists,
            self.forms,
            self.taken_over,
            self.removal,
            self.read_back,
            self.last,
        ):
            part()
        self.tally.finish()


# What a person does in an editor: replaces words, and saves.
EDITOR = """
import json, pathlib, sys
change, path = json.loads(bytes.fromhex(sys.argv[1])), pathlib.Path(sys.argv[2])
text = path.read_text()
for before, after in change.items():
    assert before in text, f"{before!r} is not in what is to be edited: {text}"
    text = text.replace(before, after)
path.write_text(text)
"""

# What is made of a file, by kind, in an order in which each names what is there.
MADE = {
    "endpoint": {"attributes": ["#made"], "enrollmentMethod": {"ott": True}},
    "edge-router": {"attributes": ["#made"], "tunnelerEnabled": False, "linkListener": False},
    "edge-router-policy": {"edgeRouterAttributes": ["#made"], "endpointAttributes": ["@made endpoint"]},
    "posture-check": {"attributes": ["#made"], "typeId": "MAC", "macAddresses": ["0c9d92a1b2c3"]},
    "certificate-authority": {
        "certPem": "-----BEGIN CERTIFICATE-----\nMIIBmade\n-----END CERTIFICATE-----\n",
        "authEnabled": False,
        "autoCaEnrollmentEnabled": False,
        "ottCaEnrollmentEnabled": True,
        "identityNameFormat": "[caName]-[commonName]",
        "endpointAttributes": ["#made"],
    },
    "config-type": {"schema": {"type": "object", "properties": {"level": {"type": "integer"}}}},
    "config": {"configTypeName": "made config-type", "data": {"level": 1}},
    "service": {
        "attributes": ["#made"],
        "encryptionRequired": True,
        "modelType": "TunnelerToEndpoint",
        "model": {
            "clientIngress": {"host": "made.example", "port": 80},
            "serverEgress": {"protocol": "tcp", "host": "10.0.0.9", "port": 80},
            "bindEndpointAttributes": ["@made endpoint"],
            "edgeRouterAttributes": ["#all"],
        },
    },
    "service-policy": {
        "type": "Bind",
        "semantic": "AnyOf",
        "serviceAttributes": ["#made"],
        "endpointAttributes": ["#made"],
    },
    "app-wan": {"serviceAttributes": ["#made"], "endpointAttributes": ["#made"], "postureCheckAttributes": []},
    "service-edge-router-policy": {
        "semantic": "AnyOf",
        "serviceAttributes": ["#made"],
        "edgeRouterAttributes": ["#made"],
    },
}

# What is changed in a copy besides its name.
COPIED = {"certificate-authority": {"MIIBmade": "MIIBcopied"}}

# What is edited: the field, and words in it.
EDITED = {
    "endpoint": ("attributes", "#made", "#edited"),
    "edge-router": ("attributes", "#made", "#edited"),
    "edge-router-policy": ("edgeRouterAttributes", "#made", "#edited"),
    "posture-check": ("macAddresses", "0c9d92a1b2c3", "0c9d92a1b2c4"),
    "certificate-authority": ("endpointAttributes", "#made", "#edited"),
    "config-type": ("schema", "integer", "number"),
    "config": ("data", "level: 1", "level: 2"),
    "service": ("model", "made.example", "edited.example"),
    "service-policy": ("endpointAttributes", "#made", "#edited"),
    "app-wan": ("serviceAttributes", "#made", "#edited"),
    "service-edge-router-policy": ("edgeRouterAttributes", "#made", "#edited"),
}

# The collections of a network and of an account that the command line lists.
KINDS = (
    "organizations network-groups networks identities user-identities api-account-identities roles regions "
    "network-versions edge-routers endpoints services service-policies app-wans edge-router-policies "
    "service-edge-router-policies posture-checks certificate-authorities config-types configs hosts terminators "
    "network-controllers executions process-executions"
).split()


if __name__ == "__main__":
    if sys.argv[1] == "--command":
        redirect(sys.argv[2])
        sys.exit(command(sys.argv[3:]))
    with tempfile.TemporaryDirectory() as folder:
        Script(*sys.argv[1:], folder).run()
