"""What a vendor's client made, taken over by Trueup: without a write, and from then on a change of a field is one call."""

import json
import os
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import Request, urlopen


def take_over(tally, trueup, base, names, change):
    """Exports the installation at `base`, adopts what the files say, and changes a word of them.

    `names` are in the export; `change` are the word, another one, and verb and collection of the one call that it takes.
    """
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "trueup.yaml").write_text("workspace: conformance\n")
        Path(folder, "nf.yaml").write_text(f"netfoundry: {{ nf: {{ at: '{base}' }} }}\n")
        environment = {**os.environ, "NETFOUNDRY_OAUTH_URL": f"{base}/oauth2/token"}

        def run(*arguments, within=folder):
            ran = subprocess.run([trueup, *arguments], cwd=within, env=environment, capture_output=True, text=True)
            tally.equal(f"trueup {arguments[0]}\n{ran.stdout}\n{ran.stderr}\n", ran.returncode, 0)

        def written():
            log = [one for one in requests(base) if one["method"] != "GET" and one["path"] != "/oauth2/token"]
            requests(base, "DELETE")
            return [f"{one['method']} {one['path']}" for one in log]

        requests(base, "DELETE")
        run("export", "nf", "--out", "exported")
        exported = Path(folder, "exported")
        file = exported / "nf.yaml"
        for name in names:
            tally.true(f"`{name}` is not exported", f" {name}:" in file.read_text())
        run("adopt", "--all", within=exported)
        run("plan", "--exit-code", within=exported)
        run("apply", "--yes", within=exported)
        run("drift", within=exported)
        tally.equal("what was written", written(), [])
        before, after, call = change
        text = file.read_text()
        tally.equal(f"how often `{before}` is exported", text.count(before), 1)
        file.write_text(text.replace(before, after))
        run("apply", "--yes", within=exported)
        calls = written()
        tally.true(f"a change of one field is {calls}", len(calls) == 1 and calls[0].startswith(call))
        run("plan", "--exit-code", within=exported)
        file.write_text(text)
        run("apply", "--yes", within=exported)
        return text


def requests(base, method="GET"):
    """The requests that the simulator has answered, by its own account; `DELETE` forgets them."""
    parts = urlsplit(base)
    with urlopen(Request(f"{parts.scheme}://{parts.netloc}/_sim/requests", method=method)) as answer:
        return json.load(answer)
