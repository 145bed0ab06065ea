"""Asks the YAML language server, which editors use, what it makes of the schema: completion, hover and diagnostics.

Usage: editor.py LANGUAGE-SERVER SCHEMA EXAMPLES

LANGUAGE-SERVER is the program `yaml-language-server` of the npm package of that name, SCHEMA what `trueup schema
workspace` prints, EXAMPLES the folder of examples, of which nothing may be said. `|` in a document below is the cursor.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
from itertools import count

VNS3 = """vns3:
  site:
    at: https://203.0.113.30:8000/api
    credentials: { username: api, password: "${secret.api}" }
"""

NETFOUNDRY = """netfoundry:
  cloud:
    environment: production
    credentials: { client_id: "${secret.id}", client_secret: "${secret.key}" }
    networks:
      acme:
        location: us-east-1
"""

# What is completed at the cursor: the document, some of what is offered, and some of what must not be.
COMPLETIONS = [
    ("|", ["workspace", "vns3", "netfoundry", "cloudify", "f5-vnfm", "secrets", "policy"], ["routes"]),
    (VNS3 + "    |", ["routes", "ipsec-endpoints", "firewall-fwsets"], ["networks", "blueprints"]),
    (VNS3 + "    routes:\n      office:\n        |", ["cidr", "gateway", "advertise"], ["remote_subnet"]),
    (VNS3 + "    ipsec-endpoints:\n      office:\n        tunnels:\n          lan:\n            |",
     ["local_subnet", "remote_subnet"], ["cidr"]),
    (VNS3 + "    ipsec-endpoints:\n      office:\n        vpn_type: |", ["vti", "gre"], []),
    (NETFOUNDRY + "        services:\n          crm:\n            modelType: |", ["TunnelerToEndpoint"], []),
    (NETFOUNDRY + "        posture-checks:\n          os:\n            typeId: |", ["OS", "MAC"], []),
]

# What is told of a word under the cursor: the document, and part of what is said.
HOVERS = [
    (VNS3 + "    rou|tes:\n      office: { cidr: 10.0.0.0/8 }\n", "oute"),
    (VNS3 + "    routes:\n      office: { ci|dr: 10.0.0.0/8 }\n", "etwork"),
    (VNS3 + "    ipsec-endpoints:\n      office: { psk: a, ike_ver|sion: 2 }\n", "IKE"),
    (NETFOUNDRY + "        services:\n          crm: { modelT|ype: TunnelerToEndpoint }\n", "TunnelerToSdk"),
]

# What is wrong, and part of what is said of it.
MISTAKES = [
    (VNS3 + "    routes:\n      office: { cidr: 10.0.0.0/8, cidrs: 1 }\n", "cidrs"),
    (VNS3 + "    ipsec-endpoints:\n      office: { ipaddress: 192.0.2.1, ike_version: 7 }\n", ""),
    ("vns3:\n  site:\n    rules: {}\n", "rules"),
    # What one sort of model can't be without, and another does not have.
    (NETFOUNDRY + "        services:\n          crm: { modelType: TunnelerToEndpoint, model: { clientIngress: { host: a, port: 1 } } }\n",
     "serverEgress"),
]


class Server:
    """A language server, spoken to by JSON-RPC over its standard input and output."""

    def __init__(self, program, schema):
        self.process = subprocess.Popen([program, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.numbers, self.diagnostics = count(1), {}
        self.settings = {
            "yaml": {
                "schemas": {schema.as_uri(): "*.yaml"},
                "schemaStore": {"enable": False},
                "completion": True,
                "hover": True,
                "validate": True,
            },
        }
        self.ask("initialize", {
            "processId": None,
            "rootUri": None,
            "capabilities": {"workspace": {"configuration": True, "didChangeConfiguration": {}},
                             "textDocument": {"hover": {"contentFormat": ["markdown"]}}},
        })
        self.tell("initialized", {})
        self.tell("workspace/didChangeConfiguration", {"settings": self.settings})

    def send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def tell(self, method, params):
        self.send({"method": method, "params": params})

    def receive(self):
        length = 0
        while line := self.process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if not length:
            raise SystemExit("the language server ended")
        return json.loads(self.process.stdout.read(length))

    def step(self):
        """Takes one message: an answer is given back, a question answered, a diagnosis kept."""
        message = self.receive()
        method = message.get("method")
        if method == "textDocument/publishDiagnostics":
            self.diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif method == "workspace/configuration":
            sections = [item.get("section") for item in message["params"]["items"]]
            self.send({"id": message["id"], "result": [self.settings.get(section) for section in sections]})
        elif method and "id" in message:
            self.send({"id": message["id"], "result": None})
        return None if method else message

    def ask(self, method, params):
        number = next(self.numbers)
        self.send({"id": number, "method": method, "params": params})
        while True:
            answer = self.step()
            if answer and answer.get("id") == number:
                if "error" in answer:
                    raise SystemExit(f"{method}: {answer['error']}")
                return answer["result"]

    def open(self, name, text):
        """Opens a document, and gives its address once it has been diagnosed."""
        uri = pathlib.Path(tempfile.gettempdir(), f"{next(self.numbers)}-{name}").as_uri()
        self.tell("textDocument/didOpen", {
            "textDocument": {"uri": uri, "languageId": "yaml", "version": 1, "text": text},
        })
        while uri not in self.diagnostics:
            self.step()
        return uri

    def at_cursor(self, method, text):
        before, after = text.split("|", 1)
        uri = self.open("w.yaml", before + after)
        lines = before.split("\n")
        return self.ask(f"textDocument/{method}", {
            "textDocument": {"uri": uri},
            "position": {"line": len(lines) - 1, "character": len(lines[-1])},
        })


def main(program, schema, examples):
    server, failed = Server(program, pathlib.Path(schema).resolve()), []

    def check(is_right, told):
        if not is_right:
            failed.append(told)
            print(f"FAILED: {told}")

    for text, offered, not_offered in COMPLETIONS:
        place = text.rstrip("|").rstrip().rsplit("\n", 1)[-1].strip() or "the top"
        labels = {item["label"] for item in server.at_cursor("completion", text)["items"]}
        check(set(offered) <= labels, f"completion at `{place}` lacks {sorted(set(offered) - labels)}: {sorted(labels)}")
        check(not set(not_offered) & labels, f"completion at `{place}` offers {sorted(set(not_offered) & labels)}")
    for text, words in HOVERS:
        answer = server.at_cursor("hover", text)
        told = answer and answer["contents"]["value"] or ""
        check(words in told, f"hover says nothing of `{words}`: {told!r}")
    for text, words in MISTAKES:
        found = [each["message"] for each in server.diagnostics[server.open("w.yaml", text)]]
        check(any(words in message for message in found), f"nothing is said of `{words}` in\n{text}: {found}")
    files = sorted(pathlib.Path(examples).glob("**/*.yaml"))
    declared = [path for path in files if "blueprints" not in path.parts and "content" not in path.parts]
    for path in declared:
        found = server.diagnostics[server.open(path.name, path.read_text())]
        check(not found, f"{path}: {[each['message'] for each in found]}")
    server.process.terminate()
    asked = len(COMPLETIONS) + len(HOVERS) + len(MISTAKES)
    print(f"editor: {asked} questions and {len(declared)} files of examples, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
