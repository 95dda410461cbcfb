"""Multipart forms: what clients send, what they should not send, and what nobody can read in two ways."""

import base64
import json
import os
import random

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.functions.gateway import Gateway, Outcome, Request
from tests.functions.reference.multipart import Field, File, RefusedError, fields_of

from gloo.errors import TemplateError
from gloo.functions import FunctionTemplate, Parameter, compile_function
from gloo.functions.body_modes import BodyMode

TYPE = "multipart/form-data; boundary=b"
_ALL = (
    "-{% for name, x in context() %}{{ base64_encode(name) }}{% if isObject(x) %}"
    "|{{ base64_encode(x.filename) }}|{{ base64_encode(x.content_type) }}|{{ x.size }}|{{ base64_encode(x.content) }}"
    "{% else %}|{{ base64_encode(x) }}{% endif %};{% endfor %}"
)
EVERYTHING = compile_function(FunctionTemplate("u/all", body=_ALL, parse_body="multipart"))
PAIRS = int(os.environ.get("FUNCTION_PAIRS", "2000"))


def sent(gateway: Gateway, template: str, body: bytes, content_type: str = TYPE) -> Outcome:
    program = compile_function(FunctionTemplate("u/f", body=template, parse_body="multipart"))
    return gateway.send(program, Request(headers={"content-type": content_type}, body=body))


def part(name: str, content: bytes, more: str = "", headers: str = "") -> bytes:
    return f'--b\r\nContent-Disposition: form-data; name="{name}"{more}\r\n{headers}\r\n'.encode() + content + b"\r\n"


END = b"--b--\r\n"


def test_fields_are_text_and_files_have_a_name_a_type_and_a_size(gateway: Gateway) -> None:
    content = bytes(range(256)) * 4
    body = (
        part("title", b"My cat")
        + part("count", b"7")
        + part("photo", content, '; filename="cat.png"', "Content-Type: image/png\r\n")
        + END
    )
    template = (
        '{"title": "{{ title }}", "count": {{ count }}, "file": {{ photo.filename }},'
        ' "type": "{{ photo.content_type }}", "size": {{ photo.size }},'
        ' "data": "{{ base64_encode(photo.content) }}", "none": {{ default(other, null) }}}'
    )
    made = json.loads(sent(gateway, template, body).request.body or b"")
    assert base64.b64decode(made.pop("data")) == content
    assert made == {
        "title": "My cat", "count": 7, "file": "cat.png", "type": "image/png", "size": 1024, "none": None,
    }  # fmt: skip


def test_a_parameter_can_come_from_a_part(gateway: Gateway) -> None:
    template = FunctionTemplate("u/f", "/{{ stem }}/{{ photo.size }}", parse_body="multipart")
    program = compile_function(template, [Parameter("body", "photo.filename", "{stem}.png")])
    body = part("photo", b"x", '; filename="cat.png"') + END
    assert gateway.send(program, Request(headers={"content-type": TYPE}, body=body)).request.path == "/cat/1"


@pytest.mark.parametrize("parse_body", ["form", "multipart"])
def test_all_values_of_a_name_are_a_list_and_the_first_is_the_field(gateway: Gateway, parse_body: str) -> None:
    body = part("tag", b"a b") + part("tag", b"c") + END if parse_body == "multipart" else b"tag=a+b&x=1&tag=%63"
    kind = TYPE if parse_body == "multipart" else "application/x-www-form-urlencoded"
    text = '{"first": "{{ tag }}", "all": {{ values("tag") }}, "none": {{ values("q") }}}'
    program = compile_function(FunctionTemplate("u/f", body=text, parse_body=parse_body))  # type: ignore[arg-type]
    outcome = gateway.send(program, Request(headers={"content-type": kind}, body=body))
    assert json.loads(outcome.request.body or b"") == {"first": "a b", "all": ["a b", "c"], "none": []}


def test_values_needs_a_form() -> None:
    with pytest.raises(TemplateError, match=r"values\(\) needs a form") as caught:
        compile_function(FunctionTemplate("u/f", body='{\n "a": {{ values("tag") }}}'))
    assert (caught.value.line, caught.value.column) == (2, 10)


def test_parts_are_merged_into_json(gateway: Gateway) -> None:
    mode = BodyMode(keys=(("size", "{{ photo.size }}"), ("photo", "null")))
    program = compile_function(FunctionTemplate("u/f", mode=mode, parse_body="multipart"))
    body = part("title", b"x") + part("photo", b"\xff", '; filename="a"') + END
    outcome = gateway.send(program, Request(headers={"content-type": TYPE}, body=body))
    assert json.loads(outcome.request.body or b"") == {"title": "x", "photo": None, "size": 1}


def test_bytes_that_are_no_text_stand_in_no_json(gateway: Gateway) -> None:
    outcome = sent(gateway, '{"a": "{{ photo.content }}"}', part("photo", b"\xff", '; filename="a"') + END)
    assert (outcome.code, json.loads(outcome.answer)["error"]["message"]) == (
        "bad_value",
        "'photo.content' is not valid UTF-8",
    )


def test_without_a_body_there_are_no_fields(gateway: Gateway) -> None:
    program = compile_function(FunctionTemplate("u/f", body='{"a": {{ default(a, null) }}}', parse_body="multipart"))
    assert gateway.send(program, Request()).request.body == b'{"a": null}'


GOOD = {
    "quoted boundary": ('Multipart/Form-Data; charset=utf-8; boundary="b"', part("a", b"1") + END, b"1"),
    "preamble": (TYPE, b"read me\r\n--bb\r\n"[:9] + part("a", b"1") + END, b"1"),
    "epilogue": (TYPE, part("a", b"1") + END + b"--b\r\nwhatever", b"1"),
    "no last line end": (TYPE, part("a", b"1") + b"--b--", b"1"),
    "blanks after the boundary": (TYPE, part("a", b"1").replace(b"--b", b"--b \t") + b"--b-- ", b"1"),
    "an empty value": (TYPE, part("a", b"") + END, b""),
    "no empty line for an empty value": (TYPE, b"--b\r\nContent-Disposition: form-data; name=a\r\n\r\n--b--", b""),
    "line ends in a value": (TYPE, part("a", b"\r\n1\r\n-b\n--b\r\r\n") + END, b"\r\n1\r\n-b\n--b\r\r\n"),
    "an unquoted name": (TYPE, b"--b\r\ncontent-disposition:form-data;name=a\r\n\r\n1\r\n--b--", b"1"),
    "other headers": (TYPE, part("a", b"1", "", "X-Y: z\r\nContent-Transfer-Encoding: BINARY\r\n") + END, b"1"),
}


@pytest.mark.parametrize("case", GOOD)
def test_a_form_may_have(gateway: Gateway, case: str) -> None:
    kind, body, value = GOOD[case]
    outcome = sent(gateway, "-{{ a }}", body, kind)
    assert (outcome.request.body, outcome.answer) == (b"-" + value, b"")


NAMES = {
    '; filename="C:\\dir\\cat.png"': "cat.png",
    '; filename="/etc/passwd"': "passwd",
    '; filename="a \\"b\\" \\\\c"': "c",
    '; filename="\xe9"': "\xe9",
    "; filename=cat.png": "cat.png",
    "; filename*=UTF-8''%e2%82%ac%20x.png": "€ x.png",
    "; filename*=UTF-8''%41; filename=b": "b",
    "; filename=\"b\"; FILENAME*=utf-8'en'%41": "b",
    '; filename=""': "",
}


@pytest.mark.parametrize("given_as", NAMES)
def test_a_file_may_be_named(gateway: Gateway, given_as: str) -> None:
    assert (
        sent(gateway, "-{{ a.filename }}", part("a", b"1", given_as) + END).request.body
        == f"-{NAMES[given_as]}".encode()
    )


def test_a_file_that_was_not_chosen_is_missing(gateway: Gateway) -> None:
    body = part("a", b"", '; filename=""', "Content-Type: application/octet-stream\r\n") + END
    assert sent(gateway, "-{{ exists(a) }}", body).request.body == b"-false"


BAD = {
    "another type": ("application/json", part("a", b"1") + END, "the content-type is not multipart/form-data"),
    "mixed": ("multipart/mixed; boundary=b", part("a", b"1") + END, "the content-type is not multipart/form-data"),
    "no type": ("", part("a", b"1") + END, "the content-type is not multipart/form-data"),
    "two types": (TYPE + "," + TYPE, part("a", b"1") + END, "the content-type is not multipart/form-data"),
    "no boundary": ("multipart/form-data", part("a", b"1") + END, "the content-type has no boundary"),
    "two boundaries": (TYPE + "; boundary=c", part("a", b"1") + END, "the content-type is not multipart/form-data"),
    "a long boundary": ("multipart/form-data; boundary=" + "b" * 71, b"x", "the boundary can't be one"),
    "another boundary": ("multipart/form-data; boundary=c", part("a", b"1") + END, "the boundary is not in it"),
    "no last boundary": (TYPE, part("a", b"1"), "the last boundary is missing at byte 53"),
    "only a boundary": (TYPE, b"--b", "the last boundary is missing at byte 4"),
    "only the line of a boundary": (TYPE, b"--b \r\n", "the headers of a part have no end at byte 7"),
    "half the line of a boundary": (TYPE, b"--b \r", "the last boundary is missing at byte 6"),
    "half of the last boundary": (TYPE, b"--b-", "text follows a boundary at byte 4"),
    "a longer boundary": (TYPE, part("a", b"1\r\n--bc") + END, "text follows a boundary at byte 56"),
    "text after the end": (TYPE, part("a", b"1") + b"--b--x", "text follows the last boundary at byte 58"),
    "bare line feeds": (
        TYPE, (part("a", b"1") + END).replace(b"\r", b""), "a line ends without a carriage return at byte 4",
    ),
    "text behind a boundary": (
        TYPE, (part("a", b"1") + END).replace(b"--b", b"--bx"), "text follows a boundary at byte 4",
    ),
    "no name": (TYPE, b"--b\r\nContent-Disposition: form-data\r\n\r\n1\r\n--b--", "a part has no name at byte 6"),
    "no disposition": (TYPE, b"--b\r\n\r\n1\r\n--b--", "a part has no name at byte 6"),
    "an attachment": (TYPE, part("a", b"1").replace(b"form-data", b"attachment") + END, "a part has no name at byte 6"),
    "two names": (TYPE, part("a", b"1", "; name=b") + END, "a part has two names at byte 6"),
    "two file names": (
        TYPE, part("a", b"1", "; filename=a; filename=b") + END, "a part has a parameter twice at byte 6",
    ),
    "an open quote": (TYPE, part("a\\", b"1") + END, "a part has no name at byte 6"),
    "a folded header": (TYPE, part("a", b"1", ";\r\n filename=x") + END, "a header is due at byte 49"),
    "a blank before the colon": (TYPE, part("a", b"1", "", "X : y\r\n") + END, "a header is due at byte 48"),
    "a control character": (TYPE, part("a", b"1", "", "X: \0\r\n") + END, "a header is due at byte 48"),
    "long headers": (
        TYPE, part("a", b"1", "", "X: " + "y" * 9000 + "\r\n") + END,
        "the headers of a part are longer than 8192 bytes at byte 6",
    ),
    "long headers without end": (TYPE, b"--b\r\nX: " + b"y" * 9000, "are longer than 8192 bytes at byte 6"),
    "headers without end": (TYPE, b"--b\r\nX: y\r\n", "the headers of a part have no end at byte 6"),
    "two dispositions": (
        TYPE, part("a", b"1", "", "content-disposition: form-data; name=b\r\n") + END,
        "a part has the header content-disposition twice at byte 48",
    ),
    "base64": (TYPE, part("a", b"1", "", "Content-Transfer-Encoding: base64\r\n") + END, "a part is encoded at byte 6"),
    "a latin file name": (TYPE, part("a", b"1", "; filename*=iso-8859-1''%e9") + END, "a file name is not in UTF-8"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_refused_is(gateway: Gateway, case: str) -> None:
    kind, body, problem = BAD[case]
    outcome = sent(gateway, "-{{ default(a, '') }}", body, kind)
    assert (outcome.status, outcome.code, outcome.log) == (400, "bad_body", None)
    assert problem in json.loads(outcome.answer)["error"]["message"]


def test_the_number_of_parts_is_bounded(gateway: Gateway) -> None:
    assert sent(gateway, "-{{ default(a, '') }}", part("a", b"") * 1000 + END).code is None
    outcome = sent(gateway, "-{{ default(a, '') }}", part("a", b"") * 1001 + END)
    assert (outcome.status, outcome.code) == (413, "too_large")


_BYTES = st.one_of(
    st.sampled_from([b"", b"x", b"\r\n", b"--b", b"\r\n--", b"--b--", b"\xff\0", b"\r", b"-", b"\r\n\r\n"]),
    st.binary(max_size=20),
)
_WORDS = st.sampled_from(["a", "b", "", "\xe9", 'a\\"b', "a\\\\b", "a\\b", "%22", "a/b.c", "x y", "a;b", "a=b"])
_MORE = st.one_of(
    st.just(""),
    _WORDS.map('; filename="{}"'.format),
    _WORDS.map("; filename={}".format),
    _WORDS.map("; filename*=UTF-8''{}".format),
    st.sampled_from(["; x=y", ";", " ;  ", "; name=b", '; filename="', ", z", "; filename*=utf-8'%41"]),
)
_HEADERS = st.sampled_from(
    ["", "Content-Type: image/png\r\n", "X-Y:\r\n", "content-type:a\r\nX: y\r\n", "bad\r\n", "--b: x\r\n", " f: x\r\n",
     "Content-Transfer-Encoding: 8bit\r\n", "Content-Transfer-Encoding: quoted-printable\r\n"]
)  # fmt: skip
_PARTS = st.lists(st.builds(part, _WORDS, st.lists(_BYTES, max_size=4).map(b"".join), _MORE, _HEADERS), max_size=4).map(
    b"".join
)
_WHOLE = st.builds(
    lambda *pieces: b"".join(pieces), _BYTES | st.just(b""), _PARTS, st.sampled_from([END, b"--b--"]), _BYTES
)


@st.composite
def _broken(draw: st.DrawFn) -> bytes:
    """Draw a form that is right, or has been cut, doubled or overwritten at a place or two."""
    body = bytearray(draw(_WHOLE))
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        at = draw(st.integers(0, len(body)))
        body[at : at + draw(st.integers(0, 3))] = draw(_BYTES)
    return bytes(body)


_TYPES = st.sampled_from(
    [
        *[TYPE] * 12,
        *('multipart/form-data; boundary="b"', "multipart/form-data;boundary=-", "text/x; boundary=b"),
        *('multipart/form-data; boundary="b', "multipart/form-data ; boundary=b ;"),
    ]
)


@settings(max_examples=PAIRS, deadline=None, database=None, derandomize="FUNCTION_PAIRS" not in os.environ)
@given(_TYPES, _broken())
def test_forms_are_read_as_the_reference_reads_them(content_type: str, body: bytes) -> None:
    outcome = _GATEWAY.send(EVERYTHING, Request(headers={"content-type": content_type}, body=body or b" "))
    assert outcome.log is None
    try:
        expected = _printed(fields_of(content_type.encode(), body or b" "))
    except RefusedError:
        assert outcome.code == "bad_body", outcome.request.body
    else:
        assert (outcome.request.body, outcome.answer) == (expected, b"")


_GATEWAY = Gateway()


def _printed(fields: list[Field]) -> bytes:
    first: dict[bytes, bytes | File] = {}
    for name, value in fields:
        first.setdefault(name, value)
    encode = base64.b64encode
    return b"-" + b"".join(
        encode(name)
        + (
            b"|%b|%b|%d|%b" % (encode(x.filename), encode(x.content_type), len(x.content), encode(x.content))
            if isinstance(x, File)
            else b"|" + encode(x)
        )
        + b";"
        for name, x in first.items()
    )


def test_what_httpx_sends_is_what_templates_see(gateway: Gateway) -> None:
    content = random.Random(7).randbytes(5000) + b"\r\n--x\r\n"
    files = {"photo": ('c"a\\t é.png', content, "image/png")}
    request = httpx.Request("POST", "http://x/", data={"title": "Ä \r\n b", "tag": ["1", "2"]}, files=files)
    template = '{"title": {{ title }}, "name": "{{ photo.filename }}", "data": "{{ base64_encode(photo.content) }}"}'
    outcome = sent(gateway, template, request.read(), request.headers["content-type"])
    made = json.loads(outcome.request.body or b"")
    assert base64.b64decode(made["data"]) == content
    assert (made["title"], made["name"]) == ("Ä \r\n b", "t é.png")
