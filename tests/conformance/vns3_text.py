"""Makes an OpenAPI document of the text of VNS3's reference page, which is newer than the document that is published.

Usage: vns3_text.py TEXT >DOCUMENT

The page was made from such a document: it has a table of parameters, one of statuses, and one of fields for each status,
in which a field is indented below what holds it. What the page shows as an example alone has no schema here.
"""

import dataclasses
import json
import re
import sys

CALL = re.compile(r"(GET|POST|PUT|DELETE) (/\S*)")
PARAMETER = re.compile(r"([ \u00a0]*)(\S+) (path|query|header|body) (\S+) (true|false)(?: (.*))?")
FIELD = re.compile(r"([ \u00a0]*)(\S+) (\S+) (true|false) (\S+)(?: (.*))?")
STATUS = re.compile(r"(\d{3}) .* (\S+)")
PLAIN = {"string", "integer", "number", "boolean", "object", "array"}


@dataclasses.dataclass
class Row:
    """A line of a table of fields, with the lines below it."""

    depth: int
    name: str
    type: str
    is_required: bool
    where: str = ""
    rows: list = dataclasses.field(default_factory=list)
    # How its variants stand to each other, if it has any.
    word: str = "oneOf"

    def has_title(self):
        """Says whether what is below is no field, but the name of what all items or values are."""
        if len(self.rows) != 1:
            return False
        name = self.rows[0].name
        return name == "additionalProperties" or name[0].isupper()

    def schema(self):
        """The field's schema."""
        kind, is_nullable = self.type.removesuffix("¦null"), self.type.endswith("¦null")
        kind = re.sub(r"\([^)]*\)", "", kind)
        if kind.startswith("["):
            item = self.rows[0].schema() if self.has_title() else self.one(kind[1:-1])
            made = {"type": "array", "items": item}
        else:
            made = self.one(kind)
        return {**made, "nullable": True} if is_nullable else made

    def one(self, kind):
        """The schema of one value of that type."""
        if self.rows and all(row.name == "any" for row in self.rows):
            return {self.word: [row.schema() for row in self.rows]}
        if kind == "array":
            return {"type": "array", "items": self.rows[0].schema() if self.has_title() else {}}
        if not self.rows:
            return {"type": kind} if kind in PLAIN else {}
        if self.has_title():
            return {"type": "object", "additionalProperties": self.rows[0].schema()}
        return an_object(self.rows)


def an_object(rows):
    """The schema of an object with these fields."""
    made = {"type": "object", "properties": {row.name: row.schema() for row in rows}}
    required = [row.name for row in rows if row.is_required]
    return {**made, "required": required} if required else made


class Table:
    """Puts lines below each other by their indentation."""

    def __init__(self):
        self.rows = []
        self.path = []
        self.word = None

    def add(self, indent, row):
        # The first level below a table's own has two blanks, each further one more.
        row.depth = max(len(indent) - 1, 0)
        while self.path and self.path[-1].depth >= row.depth:
            self.path.pop()
        if self.path and self.word:
            self.path[-1].word = self.word
        self.word = None
        (self.path[-1].rows if self.path else self.rows).append(row)
        self.path.append(row)

    def all(self):
        """Every line of it."""
        found, rest = [], list(self.rows)
        while rest:
            row = rest.pop()
            found.append(row)
            rest.extend(row.rows)
        return found


def operation(lines):
    """What the lines behind a call's address say of it."""
    parameters, statuses, tables = Table(), {}, {}
    has_body = "Body parameter" in lines
    allowed = {"Parameter": {}, "Property": {}}
    table, mode = None, None
    for line in lines:
        if line.startswith("Name In Type"):
            table, mode = parameters, "parameters"
        elif line.startswith("Status Meaning"):
            mode = "statuses"
        elif match := re.fullmatch(r"Status Code (\d+)", line):
            table = tables.setdefault(match[1], Table())
            mode = None
        elif line.startswith("Name Type Required"):
            mode = "fields"
        elif line in ("oneOf", "allOf", "anyOf") and table is not None:
            table.word = line
        elif match := re.fullmatch(r"(Parameter|Property) Value", line):
            mode = match[1]
        elif not line.strip():
            # A table goes on behind the word that parts it.
            mode = None
        elif mode == "parameters" and (match := PARAMETER.fullmatch(line)):
            row = Row(0, match[2], match[4], match[5] == "true", match[3])
            parameters.add(match[1], row)
        elif mode == "fields" and (match := FIELD.fullmatch(line)):
            table.add(match[1], Row(0, match[2], match[3], match[4] == "true"))
        elif mode == "statuses" and (match := STATUS.fullmatch(line)):
            statuses[match[1]] = match[2]
        elif mode in allowed:
            name, _, value = line.partition(" ")
            allowed[mode].setdefault(name, []).append(value)
    return described(parameters, has_body, statuses, tables, allowed)


def described(parameters, has_body, statuses, tables, allowed):
    """An operation as OpenAPI has it."""
    made = {"parameters": [], "responses": {}}
    for row in parameters.rows:
        if row.where != "body":
            made["parameters"].append(
                {"name": row.name, "in": row.where, "required": row.is_required, "schema": row.schema()}
            )
    body = [row for row in parameters.rows if row.where == "body"]
    if [row.name for row in body] == ["body"]:
        # The one row is the whole: text, or an object of which the page has an example alone.
        made["requestBody"] = {"content": {"*/*": {}}, "required": body[0].is_required}
    elif body:
        schema = an_object(body)
        narrow(schema, allowed["Parameter"])
        made["requestBody"] = {"content": {"application/json": {"schema": schema}}, "required": "required" in schema}
    elif has_body:
        # An example is all that the page shows.
        made["requestBody"] = {"content": {"*/*": {}}}
    for status, word in statuses.items():
        response = made["responses"][status] = {"description": ""}
        if status in tables and tables[status].rows:
            rows = tables[status].rows
            # Where variants differ in the envelope, the table's one row is the whole.
            schema = rows[0].schema() if rows[0].depth == 0 else an_object(rows)
            narrow(schema, allowed["Property"])
            response["content"] = {"*/*": {"schema": schema}}
        elif word != "-":
            response["content"] = {"*/*": {}}
    return made


def narrow(schema, allowed):
    """Keeps to the values that are listed for a field of that name, wherever it stands."""
    if isinstance(schema, list):
        for one in schema:
            narrow(one, allowed)
    elif isinstance(schema, dict):
        for name, field in (schema.get("properties") or {}).items():
            if name in allowed and field.get("type") in ("string", "integer"):
                values = allowed[name]
                field["enum"] = [int(value) for value in values] if field["type"] == "integer" else values
        for one in schema.values():
            narrow(one, allowed)


def document(text):
    """The text as an OpenAPI document."""
    lines = text.split("\n")
    starts = [n for n, line in enumerate(lines) if CALL.fullmatch(line)]
    paths = {}
    for start, end in zip(starts, starts[1:] + [len(lines)]):
        verb, path = CALL.fullmatch(lines[start]).groups()
        paths.setdefault(path, {})[verb.lower()] = operation(lines[start + 1 : end])
    return {"openapi": "3.0.0", "info": {"title": "VNS3, of its reference text", "version": "6"}, "paths": paths}


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        json.dump(document(file.read()), sys.stdout, indent=1)
