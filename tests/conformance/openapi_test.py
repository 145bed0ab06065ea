"""Tests of `openapi.py` over small documents: each disagreement that it knows is told, and what agrees is not.

Usage: openapi_test.py
"""

import json
import unittest

from openapi import Checker, Disagreement, Document, Known

THIRD = """
openapi: 3.0.0
paths:
  /things:
    get:
      parameters:
        - { in: query, name: size, required: true, schema: { type: integer, minimum: 1 } }
      responses:
        "200": { content: { application/json: { schema: { type: array, items: { $ref: "#/components/schemas/Thing" } } } } }
    post:
      requestBody:
        required: true
        content: { application/json: { schema: { $ref: "#/components/schemas/Thing" } } }
      responses: { "201": { content: { application/json: { schema: { $ref: "#/components/schemas/Thing" } } } } }
  /things/{id}:
    delete: { responses: { "204": { description: gone } } }
  /things/all:
    delete: { responses: { "202": { description: soon } } }
components:
  schemas:
    Thing:
      type: object
      required: [id, name, secret]
      properties:
        id: { type: integer, readOnly: true }
        name: { type: string }
        secret: { type: string, writeOnly: true }
        note: { type: string, nullable: true }
        kind: { oneOf: [{ type: string, enum: [a, b] }, { type: object, properties: { deep: { type: boolean } } }] }
        labels: { type: object, additionalProperties: { type: string } }
"""

SECOND = """
swagger: "2.0"
consumes: [application/json]
produces: [application/json]
paths:
  /things:
    post:
      parameters:
        - { in: query, name: hard, type: boolean }
        - { in: body, name: thing, required: true, schema: { $ref: "#/definitions/Thing" } }
      responses: { 200: { schema: { $ref: "#/definitions/Thing" } } }
definitions:
  Thing: { type: object, required: [name], properties: { name: { type: string }, note: { type: string, x-nullable: true } } }
"""


def exchange(method, path, body, status, answer, kind="application/json"):
    """One line of a recording."""
    as_text = lambda value: "" if value is None else json.dumps(value)
    headers = [["Content-Type", kind]]
    return {
        "method": method, "url": f"http://server/v1{path}", "request_headers": headers, "request_body": as_text(body),
        "status": status, "response_headers": headers, "response_body": as_text(answer),
    }


def found(document, *exchanges, under="/v1"):
    """The disagreements in short."""
    checker = Checker(Document(document), under)
    for one in exchanges:
        checker.check(one)
    return sorted((sort.side, sort.place, sort.what) for sort in checker.found)


GOOD = {"name": "n", "secret": "s", "note": None, "kind": "a", "labels": {"x": "y"}}
SHOWN = {"id": 1, "name": "n", "kind": {"deep": True}}


class Checks(unittest.TestCase):
    def test_what_agrees_is_not_told(self):
        agreeing = [
            exchange("POST", "/things", GOOD, 201, SHOWN),
            exchange("GET", "/things?size=3", None, 200, [SHOWN, SHOWN]),
            exchange("DELETE", "/things/7", None, 204, None),
            exchange("DELETE", "/things/all", None, 202, None),
        ]
        self.assertEqual(found(THIRD, *agreeing), [])
        self.assertEqual(found(SECOND, exchange("POST", "/things?hard=true", {"name": "n", "note": None}, 200, {"name": "n"})), [])

    def test_each_side_of_a_body(self):
        cases = [
            ({**GOOD, "name": 1}, SHOWN, ("request", "body/name", "type")),
            ({**GOOD, "name": None}, SHOWN, ("request", "body/name", "type")),
            ({**GOOD, "kind": "c"}, SHOWN, ("request", "body/kind", "enum")),
            ({**GOOD, "kind": {"deep": 1}}, SHOWN, ("request", "body/kind/deep", "type")),
            ({**GOOD, "kind": {"other": 1}}, SHOWN, ("request", "body/kind/other", "undocumented")),
            ({**GOOD, "labels": {"x": 1}}, SHOWN, ("request", "body/labels/x", "type")),
            ({**GOOD, "more": 1}, SHOWN, ("request", "body/more", "undocumented")),
            ({"name": "n"}, SHOWN, ("request", "body/secret", "required")),
            (None, SHOWN, ("request", "body", "required")),
            (GOOD, {"id": 1}, ("reply", "201/body/name", "required")),
            (GOOD, {**SHOWN, "id": "1"}, ("reply", "201/body/id", "type")),
            (GOOD, None, ("reply", "201/body", "required")),
        ]
        for body, answer, wanted in cases:
            with self.subTest(wanted):
                self.assertEqual(found(THIRD, exchange("POST", "/things", body, 201, answer)), [wanted])

    def test_queries_paths_verbs_statuses_and_types(self):
        cases = [
            (exchange("GET", "/things", None, 200, []), ("request", "query/size", "required")),
            (exchange("GET", "/things?size=x", None, 200, []), ("request", "query/size", "type")),
            (exchange("GET", "/things?size=0", None, 200, []), ("request", "query/size", "minimum")),
            (exchange("GET", "/things?size=1&page=2", None, 200, []), ("request", "query/page", "undocumented")),
            (exchange("GET", "/others", None, 200, []), ("request", "path", "undocumented")),
            (exchange("PATCH", "/things", {}, 200, {}), ("request", "verb", "undocumented")),
            (exchange("DELETE", "/things/7", None, 202, None), ("reply", "status/202", "undocumented")),
            (exchange("DELETE", "/things/7", {}, 204, None), ("request", "body", "undocumented")),
            (exchange("GET", "/things?size=1", None, 200, [], kind="text/html"), ("reply", "200/body", "content-type")),
        ]
        for one, wanted in cases:
            with self.subTest(wanted):
                self.assertEqual(found(THIRD, one), [wanted])

    def test_the_second_version_of_openapi(self):
        body = exchange("POST", "/things?hard=maybe", {"note": 1}, 200, {})
        self.assertEqual(found(SECOND, body), [
            ("reply", "200/body/name", "required"),
            ("request", "body/name", "required"),
            ("request", "body/note", "type"),
            ("request", "query/hard", "type"),
        ])

    def test_what_was_refused_is_no_request_of_ours(self):
        self.assertEqual(found(THIRD, exchange("POST", "/things", {}, 400, {})), [("reply", "status/400", "undocumented")])

    def test_what_is_elsewhere_is_not_looked_at(self):
        self.assertEqual(found(THIRD, exchange("GET", "/others", None, 200, []), under="/v2"), [])


class Knows(unittest.TestCase):
    def test_what_is_known_has_a_reason_and_is_met(self):
        known = Known("- { side: request, call: 'POST /things/{id}', place: 'body/*', why: a slip }\n- { why: all, side: reply }")
        sort = Disagreement("request", "POST /things/{id}", "body/a/b", "type")
        self.assertEqual(known.why(sort), "a slip")
        self.assertIsNone(known.why(Disagreement("request", "POST /things", "body/a", "type")))
        self.assertEqual([row["why"] for row in known.stale()], ["all"])
        with self.assertRaises(ValueError):
            Known("- { side: request }")


if __name__ == "__main__":
    unittest.main()
