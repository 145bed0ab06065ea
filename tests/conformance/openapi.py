"""Holds recorded requests and replies to an OpenAPI document (2.0, 3.0 or 3.1).

Usage: openapi.py [--under REGEX] [--known FILE] [--side request|reply] [--all] DOCUMENT RECORDING...

A recording has one exchange a line, as JSON: `method`, `url`, `request_headers`, `request_body`, `status`,
`response_headers`, `response_body`; a body is text, empty where there is none, `null` where it is no text. The tests
record what goes between the program and the simulators, `record.py` what a client sends through it:

    TRUEUP_TEST_EVERY_LINE=1 TRUEUP_TEST_RECORD=/tmp/drill.jsonl cargo test -p trueup --test it -- drill::vns3
    openapi.py --under '/vns3/[^/]+/api' --known vns3-openapi.yaml vns3.yaml /tmp/drill.jsonl

DOCUMENT is the vendor's, as YAML or JSON; none is kept here. `--under` says what stands before the document's paths in
a URL's path; what stands below something else is left out. `--known` names a YAML file with disagreements in which the
document is wrong, each with the reason, as `Known` reads it; one that nothing met is told. `--side` looks at one side
alone, where the other is somebody else's. `--all` shows what is known and which operations were not called.

Ends with 0 if everything agrees.
"""

import argparse
import collections
import dataclasses
import fnmatch
import json
import re
import sys
import urllib.parse

import jsonschema
import yaml

METHODS = ("get", "put", "post", "delete", "patch", "head", "options")


@dataclasses.dataclass(frozen=True)
class Disagreement:
    """One sort of disagreement, wherever it is met."""

    side: str  # `request` or `reply`
    call: str  # verb and path, as the document spells them
    place: str  # `body/a/*/b`, `query/name`, `status`, …
    what: str  # the rule that is broken: `type`, `enum`, `undocumented`, …


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """Reads YAML as JSON is meant: what looks like a date is text."""


Loader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for letter, resolvers in Loader.yaml_implicit_resolvers.items()
}


def nullable(check):
    """The check of a keyword, where OpenAPI's own word may say that `null` does as well."""

    def checked(validator, wanted, value, schema):
        if value is None and (schema.get("nullable") is True or schema.get("x-nullable") is True):
            return ()
        return check(validator, wanted, value, schema) or ()

    return checked


class Document:
    """An OpenAPI document, ready to be asked."""

    def __init__(self, text):
        self.raw = yaml.load(text, Loader=Loader)
        self.version = str(self.raw.get("openapi") or self.raw.get("swagger"))
        draft = jsonschema.Draft202012Validator if self.version.startswith("3.1") else jsonschema.Draft4Validator
        # Documents are careless about variants that overlap: one of them has to fit, whatever others do.
        variants = {**draft.VALIDATORS, "oneOf": draft.VALIDATORS["anyOf"]}
        checks = {word: nullable(check) for word, check in variants.items()}
        self.validator = jsonschema.validators.extend(draft, checks)
        self.dangling = set()
        # What only one side may hold is required of that side alone.
        self.sides = {"request": self.prepared(self.raw, "readOnly"), "reply": self.prepared(self.raw, "writeOnly")}
        self.templates = []
        for path, item in self.raw["paths"].items():
            pieces = re.split(r"(\{[^}]*\})", path.rstrip("/"))
            pattern = "".join("[^/]+" if piece.startswith("{") else re.escape(piece) for piece in pieces)
            self.templates.append((path, re.compile(pattern + "/?"), item))
        # The most literal one first: `/a/b` before `/a/{id}`.
        self.templates.sort(key=lambda one: one[0].count("{"))
        self.validators = {}

    def prepared(self, node, others):
        """The document without what is required although the other side alone may hold it, and without references that
        lead nowhere, which say nothing."""
        if isinstance(node, list):
            return [self.prepared(one, others) for one in node]
        if not isinstance(node, dict):
            return node
        if isinstance(node.get("$ref"), str):
            place, found = target(self.raw, node["$ref"])
            if found is None:
                self.dangling.add(node["$ref"])
                return {}
            return {"$ref": place}
        made = {key: self.prepared(value, others) for key, value in node.items()}
        properties = node.get("properties")
        if isinstance(properties, dict) and isinstance(made.get("required"), list):
            hidden = {name for name, one in properties.items() if isinstance(one, dict) and one.get(others)}
            made["required"] = [name for name in made["required"] if name not in hidden]
        return made

    def resolved(self, side, node):
        """A node without a reference at its top."""
        while isinstance(node, dict) and isinstance(node.get("$ref"), str):
            _, node = target(self.sides[side], node["$ref"])
        return node

    def find(self, method, path):
        """The path and the operation that a request is for: the path alone where it has no such verb."""
        known = None
        for template, pattern, item in self.templates:
            if pattern.fullmatch(path):
                if method.lower() in item:
                    return template, method.lower()
                known = known or template
        return known, None

    def operation(self, side, template, verb):
        """An operation, and the parameters that it shares with its neighbours."""
        item = self.sides[side]["paths"][template]
        operation = item[verb]
        parameters = {}
        for one in item.get("parameters", []) + operation.get("parameters", []):
            one = self.resolved(side, one)
            parameters[one["in"], one["name"]] = one
        return operation, parameters

    def errors(self, side, schema, value):
        """What is wrong with a value: place, rule and words of each."""
        if not schema:
            return
        key = (side, id(schema))
        if key not in self.validators:
            # The schema goes into the document, so that its references lead somewhere.
            self.validators[key] = self.validator({**self.sides[side], "allOf": [schema]})
        for error in self.validators[key].iter_errors(value):
            yield from told(error)
        yield from self.undocumented(side, schema, value, ())

    def undocumented(self, side, schema, value, place):
        """The properties that no variant of a schema knows, where it names any."""
        variants = list(self.variants(side, schema))
        if isinstance(value, list):
            items = [one["items"] for one in variants if isinstance(one.get("items"), dict)]
            for n, item in enumerate(value):
                if items:
                    yield from self.undocumented(side, {"anyOf": items}, item, place + (str(n),))
        elif isinstance(value, dict):
            takes_others = [one.get("additionalProperties") for one in variants]
            others = [one for one in takes_others if isinstance(one, dict) and one]
            named = collections.defaultdict(list)
            for one in variants:
                for name, property_ in (one.get("properties") or {}).items():
                    named[name].append(property_)
            is_open = not named or any(one is True or isinstance(one, dict) for one in takes_others)
            for name, item in value.items():
                if name in named:
                    yield from self.undocumented(side, {"anyOf": named[name]}, item, place + (name,))
                elif others:
                    yield from self.undocumented(side, {"anyOf": others}, item, place + ("*",))
                elif not is_open:
                    yield place + (name,), "undocumented", f"{shown(item)} has no place in the document"

    def variants(self, side, schema):
        """All schemas that a value may be of, at once or in turn."""
        schema = self.resolved(side, schema)
        if not isinstance(schema, dict):
            return
        yield schema
        for word in ("allOf", "anyOf", "oneOf"):
            for one in schema.get(word) or []:
                yield from self.variants(side, one)


def target(root, reference):
    """Where a reference leads to in a document, and what stands there, if anything.

    It may lead through other references, where a generator has moved what it points into.
    """
    place, node = "#", root
    for key in reference.removeprefix("#/").split("/"):
        while isinstance(node, dict) and isinstance(node.get("$ref"), str):
            place, node = target(root, node["$ref"])
        plain = urllib.parse.unquote(key).replace("~1", "/").replace("~0", "~")
        if isinstance(node, list) and plain.isdigit() and int(plain) < len(node):
            node = node[int(plain)]
        elif isinstance(node, dict) and plain in node:
            node = node[plain]
        else:
            return place, None
        place += "/" + key
    return place, node


def told(error):
    """The errors in an error: of alternatives, those of the one that comes closest."""
    if error.validator in ("anyOf", "oneOf") and error.context:
        branches = collections.defaultdict(list)
        for one in error.context:
            branches[one.schema_path[0]].append(one)
        if len(branches) > 0:
            # The one in which the mistakes lie deepest, and are fewest.
            def closeness(found):
                is_null = any(one.validator == "type" and one.validator_value == "null" for one in found)
                return (is_null, -max(len(one.absolute_path) for one in found), len(found))

            for one in min(branches.values(), key=closeness):
                yield from told(one)
            return
    place = tuple(str(part) for part in error.absolute_path)
    if error.validator == "required":
        missing = [name for name in error.validator_value if name not in error.instance]
        if error.message.split("'")[1:2] and error.message.split("'")[1] in missing:
            missing = [error.message.split("'")[1]]
        for name in missing:
            yield place + (name,), "required", "missing"
        return
    wanted = error.validator_value if error.validator in ("type", "enum", "pattern", "minimum", "maximum") else ""
    yield place, error.validator, f"{shown(error.instance)} is not of {error.validator} {wanted}".rstrip()


def shown(value):
    """A value in short."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:77] + "..."


class Checker:
    """Reads exchanges and keeps what disagrees: how often, and one example of each."""

    def __init__(self, document, under):
        self.document = document
        self.under = re.compile(under)
        self.checked = 0
        self.calls = set()
        self.found = {}

    def check(self, exchange):
        """Checks one exchange, if it is below what is asked for."""
        url = urllib.parse.urlsplit(exchange["url"])
        match = self.under.match(url.path)
        if match is None:
            return
        self.checked += 1
        path = url.path[match.end() :] or "/"
        template, verb = self.document.find(exchange["method"], path)
        if verb is None:
            call = f"{exchange['method']} {template or re.sub(r'/[0-9]+(?=/|$)', '/*', path)}"
            self.tell("request", call, "path" if template is None else "verb", "undocumented", "", exchange)
            return
        call = f"{exchange['method']} {template}"
        self.calls.add(call)
        operation, parameters = self.document.operation("request", template, verb)
        # What was refused may well be wrong: that is then what the refusal says.
        if exchange["status"] not in (400, 404, 422):
            self.query(call, parameters, url.query, exchange)
            self.request_body(call, operation, parameters, exchange)
        operation, _ = self.document.operation("reply", template, verb)
        self.reply(call, operation, exchange)

    def query(self, call, parameters, query, exchange):
        """Checks the query: names, and values as far as they have a type."""
        given = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        for (where, name), parameter in parameters.items():
            if where == "query" and parameter.get("required") and name not in given:
                self.tell("request", call, f"query/{name}", "required", "missing", exchange)
        for name, text in given.items():
            parameter = parameters.get(("query", name))
            if parameter is None:
                self.tell("request", call, f"query/{name}", "undocumented", shown(text), exchange)
                continue
            schema = parameter.get("schema") or {key: parameter[key] for key in ("type", "enum") if key in parameter}
            self.values("request", call, f"query/{name}", schema, typed(schema, text), exchange)

    def request_body(self, call, operation, parameters, exchange):
        """Checks what is sent."""
        body, kind = exchange["request_body"], content_type(exchange["request_headers"])
        if "requestBody" in operation:
            described = self.document.resolved("request", operation["requestBody"])
            content, required = described.get("content", {}), described.get("required", False)
        else:
            # The second version of OpenAPI has a parameter for the body, or one for each field of a form.
            whole = next((one for (where, _), one in parameters.items() if where == "body"), None)
            fields = {name: one for (where, name), one in parameters.items() if where == "formData"}
            kinds = operation.get("consumes") or self.document.raw.get("consumes") or ["application/json"]
            schema = whole.get("schema", {}) if whole else {"type": "object", "properties": fields}
            content = {one: {"schema": schema} for one in kinds} if whole or fields else {}
            required = bool(whole and whole.get("required"))
        if body == "":
            if required:
                self.tell("request", call, "body", "required", "missing", exchange)
            return
        if not content:
            self.tell("request", call, "body", "undocumented", shown(body), exchange)
            return
        media = described_as(content, kind)
        if media is None:
            self.tell("request", call, "body", "content-type", f"{kind} is not among {list(content)}", exchange)
            return
        if "json" in kind and body is not None:
            self.json("request", call, media.get("schema"), body, exchange)

    def reply(self, call, operation, exchange):
        """Checks what is answered."""
        status = str(exchange["status"])
        responses = {str(key): one for key, one in operation.get("responses", {}).items()}
        response = responses.get(status) or responses.get(status[0] + "XX") or responses.get("default")
        if response is None:
            words = f"{status} is not among {sorted(responses)}"
            self.tell("reply", call, f"status/{status}", "undocumented", words, exchange)
            return
        response = self.document.resolved("reply", response)
        if "schema" in response:
            kinds = operation.get("produces") or self.document.raw.get("produces") or ["application/json"]
            content = {one: {"schema": response["schema"]} for one in kinds}
        else:
            content = response.get("content") or {}
        body, kind = exchange["response_body"], content_type(exchange["response_headers"])
        if not content:
            return
        if body == "":
            if exchange["method"] != "HEAD" and status not in ("204", "304"):
                self.tell("reply", call, f"{status}/body", "required", "missing", exchange)
            return
        media = described_as(content, kind)
        if media is None:
            self.tell("reply", call, f"{status}/body", "content-type", f"{kind} is not among {list(content)}", exchange)
        elif "json" in kind and body is not None:
            self.json("reply", call, media.get("schema"), body, exchange, f"{status}/")

    def json(self, side, call, schema, body, exchange, before=""):
        """Checks a body of JSON."""
        try:
            value = json.loads(body)
        except ValueError as error:
            self.tell(side, call, f"{before}body", "json", str(error), exchange)
            return
        self.values(side, call, f"{before}body", schema, value, exchange)

    def values(self, side, call, where, schema, value, exchange):
        """Checks a value against its schema."""
        for place, what, words in self.document.errors(side, schema, value):
            # Whatever is numbered is one sort.
            parts = ["*" if re.fullmatch(r"[0-9]+", part) else part for part in place]
            self.tell(side, call, "/".join([where, *parts]), what, words, exchange)

    def tell(self, side, call, place, what, words, exchange):
        """Keeps a disagreement."""
        sort = Disagreement(side, call, place, what)
        count, example = self.found.get(sort, (0, None))
        self.found[sort] = (count + 1, example or f"{words} ({exchange['method']} {exchange['url']})".strip())


def content_type(headers):
    """What a message says its body is."""
    found = [value for name, value in headers if name.lower() == "content-type"]
    return found[0].split(";")[0].strip().lower() if found else "application/octet-stream"


def described_as(content, kind):
    """The description of a body of that type."""
    for pattern in (kind, kind.split("/")[0] + "/*", "*/*"):
        for known, media in content.items():
            if known.split(";")[0].strip().lower() == pattern:
                return media
    return None


def typed(schema, text):
    """A query's text as the type that its schema asks for."""
    try:
        if schema.get("type") == "integer":
            return int(text)
        if schema.get("type") == "number":
            return float(text)
    except ValueError:
        return text
    if schema.get("type") == "boolean":
        return {"true": True, "false": False}.get(text.lower(), text)
    if schema.get("type") == "array":
        return text.split(",")
    return text


class Known:
    """Disagreements in which the document is wrong.

    A list of `side`, `call`, `place`, `what` and `why`; all but `why` are patterns with `*`, and stand for anything if
    they are left out.
    """

    WORDS = ("side", "call", "place", "what")

    def __init__(self, text):
        self.rows = yaml.safe_load(text) or []
        self.met = [False] * len(self.rows)
        for row in self.rows:
            unknown = set(row) - {*self.WORDS, "why"}
            if unknown or not row.get("why"):
                raise ValueError(f"a known disagreement has {sorted(unknown) or 'no `why`'}: {row}")

    def why(self, sort):
        """Why a disagreement is none of ours."""
        for n, row in enumerate(self.rows):
            patterns = [(getattr(sort, word), row.get(word, "*")) for word in self.WORDS]
            if all(fits(value, pattern) for value, pattern in patterns):
                self.met[n] = True
                return row["why"]
        return None

    def stale(self, side=None):
        """Those of a side that nothing met."""
        of_side = lambda row: side is None or row.get("side", side) == side
        return [row for row, met in zip(self.rows, self.met) if not met and of_side(row)]


def fits(value, pattern):
    """A pattern may be a list of them. Brackets mean themselves."""
    patterns = pattern if isinstance(pattern, list) else [pattern]
    return any(fnmatch.fnmatchcase(value, one.replace("[", "[[]")) for one in patterns)


def main(arguments):
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].removeprefix("Usage: "))
    parser.add_argument("--under", default="")
    parser.add_argument("--known")
    parser.add_argument("--side", choices=["request", "reply"])
    parser.add_argument("--all", action="store_true")
    parser.add_argument("document")
    parser.add_argument("recordings", nargs="+")
    asked = parser.parse_args(arguments)
    with open(asked.document, encoding="utf-8") as file:
        checker = Checker(Document(file.read()), asked.under)
    known = Known("")
    if asked.known:
        with open(asked.known, encoding="utf-8") as file:
            known = Known(file.read())
    for path in asked.recordings:
        with open(path, encoding="utf-8") as file:
            for line in file:
                checker.check(json.loads(line))
    found = {sort: seen for sort, seen in checker.found.items() if asked.side in (None, sort.side)}
    open_ = 0
    for sort, (count, example) in sorted(found.items(), key=lambda one: dataclasses.astuple(one[0])):
        why = known.why(sort)
        open_ += why is None
        if why is None or asked.all:
            print(f"{sort.side} {sort.call} {sort.place}: {sort.what}, {count}x: {example}")
            if why is not None:
                print(f"    known: {why}")
    for path, item in checker.document.raw["paths"].items() if asked.all else ():
        for call in (f"{verb.upper()} {path}" for verb in item if verb in METHODS):
            if call not in checker.calls:
                print(f"not called: {call}")
    for row in known.stale(asked.side):
        print(f"known, and not met: {row}")
    for reference in sorted(checker.document.dangling):
        print(f"the document refers to what it does not have: {reference}")
    total = sum(len([verb for verb in item if verb in METHODS]) for item in checker.document.raw["paths"].values())
    print(f"{checker.checked} exchanges of {len(checker.calls)} of {total} operations; {len(found)} sorts of "
          f"disagreement, {open_} of them not known")
    return 0 if checker.checked and not open_ else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
