"""The pieces of a message: what can be set on a request, and what on an answer."""

import json

import pytest
from tests.functions.gateway import Gateway, Request, call

from gloo.errors import TemplateError
from gloo.functions import FunctionTemplate, Program, ResponseTemplate, compile_function


def answering(**parts: object) -> Program:
    return compile_function(FunctionTemplate("a/b", responses=(ResponseTemplate(**parts),)))  # type: ignore[arg-type]  # as given


@pytest.mark.parametrize("status", ["99", "600", "2OO", "", "204", "304"])
def test_a_status_that_no_answer_with_a_body_can_have_is_refused(status: str) -> None:
    with pytest.raises(TemplateError) as error:
        answering(status=status)
    assert error.value.field == "response.status"


def test_a_status_without_a_body_goes_with_an_empty_body() -> None:
    assert answering(status="204", body="").answers


@pytest.mark.parametrize("name", ["x-sig", ":authority", "host", "content-type"])
def test_the_line_break_at_the_end_of_a_header_is_none_of_its_text(gateway: Gateway, name: str) -> None:
    for end in ("\n", "\r\n"):
        outcome = call(gateway, Request(body=b'{"x": 1}'), headers=((name, "v1.{{ x }}" + end),))
        assert outcome.request.headers[":authority" if name == "host" else name] == "v1.1"


@pytest.mark.parametrize(
    ("text", "place"),
    [("a\nb", (1, 2)), ("{{ x }}\n\n", (1, 8)), ("\n{{ x }}", (1, 1)), ("a\x01", (1, 2)),
      ("{% if x %}\n\x7f{% endif %}", (1, 11)),
      ("{{ x }}\rb", (1, 8)), ("{{ x }}\0", (1, 8))],
)  # fmt: skip
@pytest.mark.parametrize("name", ["x-sig", ":authority", "host", ":method"])
def test_a_header_is_one_line_without_control_characters(name: str, text: str, place: tuple[int, int]) -> None:
    with pytest.raises(TemplateError, match="this is not a header") as error:
        compile_function(FunctionTemplate("a/b", headers=((name, text),)))
    assert (error.value.field, (error.value.line, error.value.column)) == (f"headers.{name}", place)
    if not name.startswith(":"):
        with pytest.raises(TemplateError, match="this is not a header") as error:
            answering(headers=((name, text),))
        assert error.value.field == f"response.headers.{name}"


def test_a_header_of_lines_that_are_stripped_is_one_line(gateway: Gateway) -> None:
    text = "{%- if x %}\n  yes\n{%- else %}\n  no\n{%- endif %}\n".replace("%}\n  ", "-%}\n  ")
    outcome = call(gateway, Request(body=b'{"x": 1}'), headers=(("x-a", text), ("x-b", "\ta\tb")))
    assert (outcome.request.headers["x-a"], outcome.request.headers["x-b"]) == ("yes", "a\tb")


@pytest.mark.parametrize(("value", "sent"), [(" a b ", "a b"), ("a\n", "a"), ("\ta", "a"), (" \t ", None), ("", None)])
def test_blanks_at_the_ends_are_no_part_of_a_header(gateway: Gateway, value: str, sent: str | None) -> None:
    request = Request(headers={"x-a": "old"}, body=json.dumps({"x": value}).encode())
    outcome = call(gateway, request, headers=(("x-a", "{{ x }}"),))
    assert outcome.request.headers.get("x-a") == sent


def test_a_method_status_and_path_may_end_in_a_line_break(gateway: Gateway) -> None:
    outcome = call(gateway, Request(), path="/a\n", headers=((":method", "PUT\n"),))
    assert (outcome.request.path, outcome.request.method) == ("/a", "PUT")
    assert answering(status="201\n").answers


def test_host_is_a_plain_header_of_an_answer() -> None:
    assert 'gloo.set(headers, "host", h1)' in answering(headers=(("Host", "x"),)).source
    assert '":authority"' in compile_function(FunctionTemplate("a/b", headers=(("Host", "x"),))).source


@pytest.mark.parametrize(("method", "meant"), [("get", "GET"), ("Post\n", "POST")])
def test_a_method_in_small_letters_is_told(method: str, meant: str) -> None:
    with pytest.raises(TemplateError, match="is not a method") as error:
        compile_function(FunctionTemplate("a/b", headers=((":method", method),)))
    assert error.value.hint == f"did you mean {meant}?"


def test_the_method_is_set_on_requests_only() -> None:
    with pytest.raises(TemplateError, match="no pseudo headers"):
        answering(headers=((":method", "GET"),))


def test_a_request_has_no_status_to_set() -> None:
    with pytest.raises(TemplateError, match=":method and :authority can be set"):
        compile_function(FunctionTemplate("a/b", headers=((":status", "200"),)))
