"""What the functions and operators of the language give, as plain text."""

import json
import re

import pytest
from tests.functions.gateway import Gateway, Request, call

from gloo.errors import TemplateError
from gloo.functions import Parameter
from gloo.functions.catalogue import FUNCTIONS

FIELDS = {
    "s": "hello World é",
    "xs": [3, 1, 2.5],
    "o": {"k": 1, "z": None},
    "n": -7,
    "f": 2.456,
    "b": True,
    "e": [],
    "big": 12345678901234567890,
}
RESULTS = [
    ("upper(s)", "HELLO WORLD é"), ("lower(s)", "hello world é"), ("capitalize(s)", "Hello world é"),
    ("trim('  a b ')", "a b"), ("trim('   ')", ""), ("length(s)", "13"), ("length(xs)", "3"), ("length(o)", "2"),
    ("substring(s, 6)", "World é"), ("substring(s, 0, 5)", "hello"), ("substring(s, 12, 1)", "é"),
    ("substring(s, 99)", ""), ("substring(s, -1)", ""), ("substring(s, 0, 0)", "hello World é"),
    ("substring(s, 'x')", ""), ("substring(s, 1.5)", ""), ("replace(s, 'l', 'LL')", "heLLLLo WorLLd é"),
    ("split('a,b,,c', ',')", '["a","b","","c"]'), ("split(',', ',')", '["",""]'), ("split('', ',')", "[]"),
    ("split(s, ' ')", '["hello","World","é"]'), ("split(s, '')", '["hello World é"]'), ("split(n, 7)", '["-",""]'),
    ("split('a::b', '::') | last", "b"), ("length(split(big, '0'))", "3"), ("split(s, 'q')", '["hello World é"]'),
    ("replace(s, '', 'x')", "hello World é"), ("word_count(s)", "3"), ("first(xs)", "3"), ("last(xs)", "2.5"),
    ("at(xs, 1)", "1"), ("at(o, 'k')", "1"), ("xs[2]", "2.5"), ("xs.1", "1"), ("o['k']", "1"),
    ("join(xs, ', ')", "3, 1, 2.5"), ("range(3)", "[0,1,2]"), ("range(0)", "[]"), ("range(-1)", "[]"),
    ("sort(xs)", "[1,2.5,3]"), ("sort(['b', 'a', 'B'])", '["B","a","b"]'), ("min(xs)", "1"), ("max(xs)", "3"),
    ("existsIn(o, 'z')", "true"), ("existsIn(o, 'q')", "false"), ("existsIn(xs, 2)", "true"),
    ("exists(o.k)", "true"), ("exists('o.k')", "true"), ("exists(o.q)", "false"), ("q is defined", "false"),
    ("exists('xs.2')", "true"), ("exists('xs.9')", "false"), ("exists('q.0.a')", "false"),
    ("q is undefined", "true"), ("round(f, 1)", "2.5"), ("round(n / 2)", "-4"), ("round(2.5)", "3"),
    ("int('12.9')", "12"), ("int(-1.5)", "-1"), ("float('1.5') + 1", "2.5"), ("odd(n)", "true"), ("even(n)", "false"),
    ("divisibleBy(9, 3)", "true"), ("isString(s)", "true"), ("isInteger(n)", "true"), ("isFloat(f)", "true"),
    ("isInteger(big)", "true"), ("isNumber(big)", "true"), ("isArray(xs)", "true"), ("isObject(o)", "true"),
    ("isArray(o)", "false"), ("isObject(o.z)", "false"), ("isBoolean(b)", "true"), ("s is string", "true"),
    ("base64_encode(s)", "aGVsbG8gV29ybGQgw6k="), ("base64_decode(base64_encode(s))", "hello World é"),
    ("base64url_encode('a??>')", "YT8_Pg"), ("base64_decode('YT8_Pg')", "a??>"), ("base64_encode('')", ""),
    ("json(o)", '{"k":1,"z":null}'), ("url_encode('a b/é')", "a%20b%2F%C3%A9"), ("header('x-h')", "H"),
    ("request_header('X-H')", "H"), ("header('x-none')", ""), ("3 in xs", "true"), ("4 not in xs", "true"),
    ("'k' in o", "true"), ("'lo' in s", "true"), ("n < 0 and b", "true"), ("n > 0 or not b", "false"),
    ("s ~ n ~ b", "hello World é-7true"), ("b if n else s", "true"), ("s if e", ""), ("2 ** 10", "1024"),
    ("7 // 2", "3"), ("7 % 4", "3"), ("1 / 3", "0.3333333333333333"), ("0.1 + 0.2", "0.30000000000000004"),
    ("1 + 2 * 3 - 4", "3"), ("-n", "7"), ("- 2", "-2"), ("xs | sort | join('-')", "1-2.5-3"),
    ("big", "12345678901234567890"),
    ("12345678901234567890", "12345678901234567890"), ("1e3", "1000.0"), ("xs == [3, 1, 2.5]", "true"),
    ("o == {'k': 1, 'z': null}", "true"),
    ("o != {'k': 1}", "true"), ("s > 'a'", "true"), ("1 < 2 <= 2", "true"), ("'3' == 3", "true"),
    ("o.z == none", "true"),
    ("q == 1", "false"), ("[1, [2, s]]", '[1,[2,"hello World é"]]'), ("{'a': n, 'b': [b]}", '{"a":-7,"b":[true]}'),
    ("default(first(e), 1)", "1"), ("default(last(q), 1)", "1"), ("default(at(xs, 9), 'x')", "x"),
    ("default(first(xs), 9)", "3"),
    ("default(first(q).a, 'x')", "x"), ("exists(first(e))", "false"), ("default(first([false]), 1)", "false"),
    ("1700000000000 * 1000", "1700000000000000"), ("2 ** 53", "9007199254740992"), ("0 - 2 ** 53", "-9007199254740992"),
    ("int('12345678901234567890')", "12345678901234567890"), ("int(1e3)", "1000"), ("round(0 - 0.4)", "0"),
    ("0 * -1", "0"),
    ("now('*t')", "*t"), ("now('')", ""),
    ("default(q, n)", "-7"), ("default(o.z, 'x')", "x"), ("q | default('x') | upper", "X"), ("default(q.r.s, 1)", "1"),
]  # fmt: skip
FAILURES = [
    ("upper(q)", "missing_parameter", "q"), ("q.r", "missing_parameter", "q.r"), ("o.z", "missing_parameter", "o.z"),
    ("xs[9]", "missing_parameter", "xs[9]"), ("q < 1", "missing_parameter", "q"),
    ("default(q, r)", "missing_parameter", "r"),
    ("first(e)", "bad_value", "e"), ("at(xs, 9)", "bad_value", "xs"), ("s + 1", "bad_value", "s"),
    ("1 / (n - n)", "bad_value", "n - n"), ("length(xs) ** 99999", "bad_value", "length(xs) ** 99999"),
    ("n / length(e)", "bad_value", "length(e)"),
    ("divisibleBy(1, n - n)", "bad_value", "n"),
    ("n + s", "bad_value", "s"),
    ('"a" ~ n ~ null', "missing_parameter", "null"), ("int(s)", "bad_value", "s"),
    ("1 < s", "bad_value", "s"),
    ("sort(o)", "bad_value", "o"), ("sort([s, 1])", "bad_value", "s"), ("s < 1", "bad_value", "s"),
    ("base64_decode(s ~ '!')", "bad_value", "s"), ("range(10 ** 9 + n)", "too_long", None),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "result"), RESULTS, ids=[expression for expression, _ in RESULTS])
def test_an_expression_gives(gateway: Gateway, expression: str, result: str) -> None:
    request = Request(headers={"x-h": "H"}, body=json.dumps(FIELDS).encode())
    outcome = call(gateway, request, body=f"{{{{ {expression} }}}}")
    assert (outcome.request.body, outcome.answer) == (result.encode(), b"")


@pytest.mark.parametrize(("expression", "code", "name"), FAILURES, ids=[expression for expression, _, _ in FAILURES])
def test_an_expression_fails_with(gateway: Gateway, expression: str, code: str, name: str | None) -> None:
    outcome = call(gateway, Request(body=json.dumps(FIELDS).encode()), body=f"{{{{ {expression} }}}}")
    assert (outcome.code, outcome.log) == (code, None)
    assert json.loads(outcome.answer)["error"].get("parameter") == name


OTHER_SETTINGS = {"cluster_metadata", "clusterMetadata", "data_source", "host_metadata", "replace", "values"}
"""Functions that need more than a JSON body; their tests are elsewhere."""
ELSEWHERE = {"env", "dynamic_metadata", "jwt_claim"}
"""Functions whose values are not there in these tests."""


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name not in OTHER_SETTINGS])
def test_every_function_of_the_catalogue_runs_as_its_usage_says(gateway: Gateway, name: str) -> None:
    usage = FUNCTIONS[name].usage
    fields = {"x": "12", "xs": [1, 2], "html": "<b>", "key": "k"}
    parameters = [Parameter("query", "id")]
    outcome = call(gateway, Request(body=json.dumps(fields).encode()), body=f"{{{{ {usage} }}}}", parameters=parameters)
    assert outcome.log is None
    assert outcome.code in (None, "bad_value") or name in ELSEWHERE


def test_the_whole_body_and_all_its_fields(gateway: Gateway) -> None:
    request = Request("/?q=1", body=b'{"a": 1.0, "b": {"c": 2}}')
    parameters = [Parameter("query", "q", "{b.q}")]
    outcome = call(gateway, request, body='{"all": {{ context() }}, "text": {{ body() }}}', parameters=parameters)
    assert outcome.request.body == (
        b'{"all": {"a":1.0,"b":{"c":2,"q":"1"}}, "text": "{\\"a\\": 1.0, \\"b\\": {\\"c\\": 2}}"}'
    )


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        (b'[1.0, {"a": 2}]', b'[[1.0,{"a":2}],1.0]'),
        (b"[]", b"[[],7]"),
        (b'"x"', b'["x",7]'),
        (b"1.50", b"[1.50,7]"),
        (b"null", b"[null,7]"),
        (b"", b'[{"q":"1"},7]'),
        (b'{"a": 1}', b'[{"a":1,"q":"1"},7]'),
    ],
)
def test_the_whole_body_may_be_any_json(gateway: Gateway, body: bytes, sent: bytes) -> None:
    template = "[{{ context() }},{{ default(context()[0], 7) }}]"
    outcome = call(gateway, Request("/?q=1", body=body), body=template, parameters=[Parameter("query", "q")])
    assert outcome.request.body == sent


def test_a_body_that_is_a_list_has_no_fields(gateway: Gateway) -> None:
    template = "{% for x in context() %}{{ x.a }}{{ default(a, '-') }}{% endfor %}"
    assert call(gateway, Request(body=b'[{"a": 1}, {"a": 2}]'), body=template).request.body == b"1-2-"


def test_extraction_takes_parameters_only(gateway: Gateway) -> None:
    parameters = [Parameter("query", "a", "{x.y}"), Parameter("query", "b")]
    outcome = call(
        gateway, Request("/?a=7"), body='[{{ extraction("x.y") }}, {{ extraction("b") }}]', parameters=parameters
    )
    assert outcome.request.body == b'[7, ""]'
    with pytest.raises(TemplateError, match="no parameter is called 'c'"):
        call(gateway, Request(), body='{{ extraction("c") }}', parameters=parameters)


def test_a_uuid_is_new_each_time(gateway: Gateway) -> None:
    bodies = {call(gateway, Request(), body="{{ uuid() }}").request.body for _ in range(20)}
    assert len(bodies) == 20
    for body in bodies:
        assert re.fullmatch(rb"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", body or b"")


def test_the_time_stands_still_during_one_rendering(gateway: Gateway) -> None:
    program_text = "{{ now() }}{% for i in range(20000) %}{% endfor %}{{ now() }}"
    body = call(gateway, Request(), body=program_text).request.body or b""
    assert body[: len(body) // 2] == body[len(body) // 2 :]


def test_now_is_rfc_3339(gateway: Gateway) -> None:
    body = call(gateway, Request(), body="{{ now() }}").request.body
    assert re.fullmatch(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", body or b"")
