"""Property tests: whatever the values, they stay in the place where the template put them."""

import json
from typing import Any
from urllib.parse import parse_qs, quote, unquote_to_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.functions.gateway import Gateway, Outcome, Request, call

from gloo.functions import Parameter

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
NUMBER = st.integers(-(10**25), 10**25) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**25), 10**25)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
HEADER = st.text(st.characters(codec="latin-1"), max_size=30)
RUN = settings(max_examples=300, deadline=None)


def parameter(source: str, key: str = "") -> Parameter:
    return Parameter(source, key)  # type: ignore[arg-type]  # the callers pass literals


def sent(outcome: Outcome) -> Any:
    assert outcome.log is None, outcome.log
    assert outcome.request.body is not None
    return json.loads(outcome.request.body)


@RUN
@given(text=TEXT, value=JSON)
def test_a_json_body_parses_and_holds_exactly_the_values(gateway: Gateway, text: str, value: Any) -> None:
    template = '{"text": "{{ text }}", "value": {{ value }}, "both": ["<{{ text }}>", {{ text }}], {{ text }}: 1}'
    body = json.dumps({"text": text, "value": value}).encode()
    expected = {"text": text, "value": value, "both": [f"<{text}>", text]} | {text: 1}
    assert sent(call(gateway, Request(body=body), body=template)) == expected


@RUN
@given(value=JSON)
def test_a_value_keeps_its_digits_and_the_order_of_its_keys(gateway: Gateway, value: Any) -> None:
    compact = json.dumps({"value": value}, separators=(",", ":"), ensure_ascii=False)
    outcome = call(gateway, Request(body=compact.encode()), body='{"value":{{ value }}}')
    assert outcome.request.body == compact.encode()


@RUN
@given(text=TEXT)
def test_a_query_parameter_is_data_in_every_place(gateway: Gateway, text: str) -> None:
    request = Request(path=f"/x?first=1&id={quote(text, safe='')}")
    outcome = call(
        gateway,
        request,
        path="/pets?id={{ id }}&end=1",
        headers=[("x-id", "{{ id }}")],
        body='{"text": "{{ id }}", "value": {{ id }}}',
        parameters=[parameter("query", "id")],
    )
    body = sent(outcome)
    assert body["text"] == text
    assert body["value"] == text or json.dumps(body["value"]) == json.dumps(json.loads(text))
    path, _, query = outcome.request.path.partition("?")
    assert path == "/pets"
    assert parse_qs(query, keep_blank_values=True, strict_parsing=True) == {"id": [text], "end": ["1"]}
    assert not set("\r\n\0") & set(outcome.request.headers.get("x-id", ""))


@RUN
@given(text=TEXT)
def test_the_path_has_exactly_the_segments_of_the_template(gateway: Gateway, text: str) -> None:
    body = json.dumps({"id": text}).encode()
    outcome = call(gateway, Request(body=body), path="/a/{{ id }}/b/x{{ id }}")
    if text in ("", ".", ".."):
        assert (outcome.status, outcome.code) == (400, "bad_value")
        return
    segments = [unquote_to_bytes(segment) for segment in outcome.request.path.split("/")]
    assert segments == [b"", b"a", text.encode(), b"b", b"x" + text.encode()]
    assert outcome.request.path.isascii()
    assert "?" not in outcome.request.path


@RUN
@given(value=HEADER)
def test_no_value_breaks_a_line(gateway: Gateway, value: str) -> None:
    outcome = call(
        gateway,
        Request(headers={"x-in": value, "cookie": f"c={value}"}),
        headers=[("x-out", "a{{ default(x-in, '') }}{{ default(c, '') | raw }}b")],
        parameters=[parameter("header", "x-in"), parameter("cookie", "c")],
    )
    out = outcome.request.headers["x-out"]
    assert not any(ord(character) < 32 and character != "\t" for character in out)
    assert len(out) >= 2 + len(value)


@RUN
@given(value=st.binary(max_size=20))
def test_text_that_is_not_utf8_is_refused_in_json(gateway: Gateway, value: bytes) -> None:
    request = Request(path="/x?id=" + "".join(f"%{byte:02x}" for byte in value))
    outcome = call(gateway, request, body='{"id": "{{ id }}"}', parameters=[parameter("query", "id")])
    try:
        text = value.decode()
    except UnicodeDecodeError:
        assert (outcome.status, outcome.code) == (400, "bad_value")
    else:
        assert sent(outcome) == {"id": text}


@RUN
@given(body=st.binary(max_size=40) | st.text('{}[]",:0123456789.eE+-truefalsn\\u "', max_size=30).map(str.encode))
def test_a_body_is_read_if_python_reads_it_and_never_breaks_the_gateway(gateway: Gateway, body: bytes) -> None:
    outcome = call(gateway, Request(body=body), body="{{ default(a, 1) }}")
    assert outcome.log is None
    if body and not _is_json(body):
        assert (outcome.status, outcome.code) == (400, "bad_body")
    else:
        assert outcome.code in (None, "bad_value")


def _is_json(body: bytes) -> bool:
    def refuse(_: str) -> None:
        raise ValueError

    try:
        json.dumps(json.loads(body.decode(), parse_constant=refuse)).encode()
        decoded: str = json.dumps(json.loads(body.decode()), ensure_ascii=False)
        decoded.encode()  # a lone surrogate can't be
    except (ValueError, UnicodeError):
        return False
    return True


@RUN
@given(path=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40))
def test_no_path_breaks_the_gateway(gateway: Gateway, path: str) -> None:
    outcome = call(
        gateway,
        Request(path=f"/{path}"),
        path="/a/{{ default(id, 'none') }}?q={{ default(q, '') }}&w={{ path }}",
        parameters=[Parameter("path", pattern="/{id}/{x}-{y}?{q}"), parameter("query", "q")],
    )
    assert outcome.log is None
    assert outcome.code in (None, "bad_value")


@pytest.mark.parametrize("literal", ["0", "-0", "12", "1.50", "1e5", "-1E-5", "true", "false", "null"])
def test_text_that_is_one_json_literal_stands_as_it_is(gateway: Gateway, literal: str) -> None:
    outcome = call(gateway, Request(path=f"/?v={literal}"), body='{"v": {{ v }}}', parameters=[parameter("query", "v")])
    assert outcome.request.body == f'{{"v": {literal}}}'.encode()


@pytest.mark.parametrize(
    "text", ["", "01", "1.", ".5", "1e", "+1", "--1", "0x1", "nan", "True", "1 ", "1,2", '1","a":"x', "{}"]
)
def test_other_text_is_a_json_string(gateway: Gateway, text: str) -> None:
    outcome = call(
        gateway, Request(path=f"/?v={quote(text)}"), body='{"v": {{ v }}}', parameters=[parameter("query", "v")]
    )
    assert sent(outcome) == {"v": text}


def test_a_text_field_of_the_body_stays_text(gateway: Gateway) -> None:
    assert sent(call(gateway, Request(body=b'{"v": "12"}'), body='{"v": {{ v }}}')) == {"v": "12"}
