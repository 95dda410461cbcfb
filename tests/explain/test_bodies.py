"""Bodies that clients make of values are what functions read."""

import json
from email import message_from_bytes
from urllib.parse import parse_qs

import pytest
from tests.support.translating import PLUGINS, config_of

from gloo.explain.answer import explain
from gloo.explain.bodies import body_with
from gloo.explain.calling import Given, Prepared, find_function, rendered
from gloo.explain.client_call import client_request
from gloo.explain.lua_run import FunctionRuntime
from gloo.explain.tables import Tables, tables_of
from gloo.functions.names import BodyFormat
from gloo.model.base import Json

FIELDS: dict[str, Json] = {"title": 'a "b" &=é', "tag": ["1", "x y"], "n": 7}
FILE: Json = {"content": "x\r\ny", "filename": 'a"\\b.txt', "content_type": "text/plain"}

CONFIG = """
name: box
type: service
spec: {hosts: [{addr: 127.0.0.1, port: 9}]}
service_info: {type: REST}
functions:
- name: form
  spec:
    path: /f
    parse_body: form
    headers: {":method": POST}
    body: '{"t": "{{ title }}", "tags": {{ values("tag") }}}'
- name: parts
  spec:
    path: /p
    headers: {":method": POST}
    parse_body: multipart
    body: '{"t": "{{ title }}", "f": "{{ file.filename }}", "c": "{{ file.content }}", "s": {{ file.size }}}'
- name: none
  spec: {path: "/n/{{ id }}", parse_body: none}
---
name: default
routes:
- request_matcher: {path_exact: /form}
  single_destination: {function: {upstream_name: box, function_name: form}}
- request_matcher: {path_exact: /parts}
  single_destination: {function: {upstream_name: box, function_name: parts}}
- request_matcher: {path_prefix: /n/}
  single_destination: {function: {upstream_name: box, function_name: none}}
  extensions: {parameters: [{from: path, match: "/n/{id}"}]}
"""


def test_json_is_json() -> None:
    assert body_with(FIELDS, "json") == ("application/json", json.dumps(FIELDS, ensure_ascii=False).encode())


def test_a_form_has_a_list_as_several_values() -> None:
    kind, body = body_with(FIELDS, "form")
    assert kind == "application/x-www-form-urlencoded"
    assert parse_qs(body.decode()) == {"title": ['a "b" &=é'], "tag": ["1", "x y"], "n": ["7"]}


def test_a_form_of_parts_has_files() -> None:
    kind, body = body_with({**FIELDS, "file": FILE}, "multipart")
    message = message_from_bytes(b"content-type: " + kind.encode() + b"\r\n\r\n" + body)
    parts = message.get_payload()
    assert isinstance(parts, list)
    assert [part.get_param("name", header="content-disposition") for part in parts] == [  # type: ignore[union-attr]
        *("title", "tag", "tag", "n", "file")
    ]
    assert parts[4].get_filename() == 'a"\\b.txt'  # type: ignore[union-attr]


def _tables() -> Tables:
    return tables_of(config_of(CONFIG), PLUGINS)


MADE: list[tuple[str, list[tuple[str, Json]], BodyFormat, Json]] = [
    ("box/form", [("title", "x&y"), ("tag", ["a", "b"])], "form", {"t": "x&y", "tags": ["a", "b"]}),
    ("box/parts", [("title", "x"), ("file", FILE)], "multipart", {"t": "x", "f": "b.txt", "c": "x\r\ny", "s": 4}),
]


@pytest.mark.parametrize(("name", "arguments", "form", "expected"), MADE)
def test_a_call_by_hand_has_the_body_that_the_function_reads(
    name: str, arguments: list[tuple[str, Json]], form: BodyFormat, expected: Json
) -> None:
    tables = _tables()
    direct = rendered(find_function(name, tables), Given(arguments), "h", tables)
    assert isinstance(direct, Prepared)
    assert json.loads(direct.request.body or b"") == expected
    request = client_request(find_function(name, tables), Given(arguments), tables)
    assert (request.header("content-type") or "").startswith(body_with({}, form)[0].partition(";")[0])
    (delivery,) = explain(request, tables, FunctionRuntime()).deliveries
    assert delivery.sent is not None
    assert json.loads(delivery.sent.body or b"") == expected
    assert delivery.function is not None
    assert {each.name: each.value for each in delivery.function.values}["title"] == f'"{arguments[0][1]}"'


def test_a_function_that_reads_no_body_takes_values_too() -> None:
    direct = rendered(find_function("box/none", _tables()), Given([("id", 7)]), "h", _tables())
    assert isinstance(direct, Prepared)
    assert (direct.request.path, direct.request.body) == ("/n/7", None)
