"""Response templates: what becomes of an upstream's answer, in LuaJIT without Envoy."""

import json

import pytest
from tests.functions.exchange import Exchange, Reply, exchange

from gloo.errors import TemplateError
from gloo.functions import Condition, FunctionTemplate, Parameter, ResponseTemplate, compile_function

JSON = {"content-type": "application/json"}


def answered(
    reply: Reply, *rules: ResponseTemplate, method: str = "GET", headers: dict[str, str] | None = None
) -> Reply:
    return exchange(FunctionTemplate("pets/find", responses=rules), reply, method=method, headers=headers)


def refused(rule: ResponseTemplate) -> str:
    with pytest.raises(TemplateError) as error:
        compile_function(FunctionTemplate("pets/find", responses=(rule,)))
    return str(error.value)


def test_the_upstreams_json_gives_the_values() -> None:
    reply = Reply(200, JSON, b'{"id": 12345678901234567890, "tags": ["a"], "name": "a\\"b"}')
    rule = ResponseTemplate(body='{"n": "{{ name }}", "i": {{ id }}, "t": {{ tags }}}')
    assert answered(reply, rule).body == b'{"n": "a\\"b", "i": 12345678901234567890, "t": ["a"]}'


def test_an_answer_that_is_a_list_is_the_context() -> None:
    rule = ResponseTemplate(body='{"pets": {{ context() }}, "first": "{{ first(context()).name }}"}')
    after = answered(Reply(200, JSON, b'[{"name": "Momo"}, 2]'), rule)
    assert after.body == b'{"pets": [{"name":"Momo"},2], "first": "Momo"}'


def test_status_and_headers_are_templates() -> None:
    reply = Reply(200, {"x-old": "1", "x-drop": "1"}, b'{"code": 201, "id": 7}')
    rule = ResponseTemplate(
        status="{{ code }}",
        headers=(("location", "/pets/{{ id }}"), ("x-drop", ""), ("x-was", '{{ header(":status") }}')),
    )
    after = answered(reply, rule)
    assert (after.status, after.body) == (201, reply.body)
    assert after.headers == {"x-old": "1", "location": "/pets/7", "x-was": "200"}


def test_the_request_is_seen_as_the_client_sent_it() -> None:
    template = FunctionTemplate(
        "pets/find",
        "/new",
        (("x-user", "changed"),),
        responses=(
            ResponseTemplate(headers=(("x-a", '{{ request_header("X-User") }} {{ request_header(":path") }}'),)),
        ),
    )
    after = exchange(template, Reply(200, {}, b"{}"), headers={"x-user": "ann"})
    assert after.headers["x-a"] == "ann /"


def test_a_request_header_that_is_missing_is_empty() -> None:
    rule = ResponseTemplate(headers=(("x-a", '<{{ request_header("x-user") }}>'),))
    assert answered(Reply(200), rule).headers["x-a"] == "<>"


def test_parameters_take_values_from_headers_of_the_response() -> None:
    parameters = (Parameter("header", "location", "/pets/{id}"),)
    rule = ResponseTemplate(body='{"id": {{ id }}}', parameters=parameters)
    assert answered(Reply(200, {"location": "/pets/7"}, b""), rule).body == b'{"id": 7}'


@pytest.mark.parametrize(("status", "taken"), [(200, True), (299, True), (301, False), (404, False), (503, False)])
def test_without_a_condition_a_template_is_for_successful_answers(status: int, taken: bool) -> None:
    assert (answered(Reply(status, {}, b"x"), ResponseTemplate(body="y")).body == b"y") is taken


@pytest.mark.parametrize(
    ("statuses", "status", "taken"),
    [(("404",), 404, True), (("404",), 400, False), (("5xx",), 503, True), (("4xx",), 503, False),
     (("400-404",), 404, True), (("400-404",), 405, False), (("200", "4xx"), 418, True), (("any",), 302, True)],
)  # fmt: skip
def test_a_condition_names_statuses(statuses: tuple[str, ...], status: int, taken: bool) -> None:
    rule = ResponseTemplate(when=Condition(statuses), body="y")
    assert (answered(Reply(status, {}, b"x"), rule).body == b"y") is taken


@pytest.mark.parametrize(
    ("value", "taken"), [("application/json*", True), ("application/json", False), ("*", True), ("text/*", False)]
)
def test_a_condition_names_headers(value: str, taken: bool) -> None:
    rule = ResponseTemplate(when=Condition(headers=(("Content-Type", value),)), body="y")
    assert (answered(Reply(200, {"content-type": "application/json; charset=utf-8"}, b"x"), rule).body == b"y") is taken
    assert answered(Reply(200, {}, b"x"), rule).body == b"x"


def test_the_first_template_that_is_for_an_answer_is_taken() -> None:
    rules = [ResponseTemplate(when=Condition((status,)), body=status) for status in ("404", "4xx", "any")]
    assert [answered(Reply(status), *rules).body for status in (404, 403, 200)] == [b"404", b"4xx", b"any"]


def test_an_error_page_that_is_no_json_has_no_fields() -> None:
    rule = ResponseTemplate(when=Condition(("5xx",)), status="502", body='{"why": "{{ default(error, "unknown") }}"}')
    assert answered(Reply(503, {}, b"<h1>no"), rule).body == b'{"why": "unknown"}'
    assert answered(Reply(503, {}, b'{"error": "x"}'), rule) == Reply(502, JSON, b'{"why": "x"}')


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({"x-gloo-error": "upstream_unreachable"}, "unknown"),
        ({"x-gloo-error": "missing_parameter", "x-envoy-upstream-service-time": "1"}, "x"),  # of a gateway behind ours
        ({"x-envoy-upstream-service-time": "1"}, "x"),
    ],
)
def test_an_error_of_the_gateway_itself_has_no_fields(headers: dict[str, str], why: str) -> None:
    rule = ResponseTemplate(when=Condition(("5xx",)), body='{"why": "{{ default(error, "unknown") }}"}')
    assert answered(Reply(503, headers, b'{"error": "x"}'), rule).body == f'{{"why": "{why}"}}'.encode()


@pytest.mark.parametrize(("status", "method"), [(204, "GET"), (304, "GET"), (200, "HEAD"), (101, "GET")])
def test_an_answer_without_a_body_passes_a_template_that_needs_one(status: int, method: str) -> None:
    reply = Reply(status, {"etag": "1"})
    assert answered(reply, ResponseTemplate(when=Condition(("any",)), body="y"), method=method) == reply


def test_a_template_of_headers_works_without_a_body() -> None:
    rule = ResponseTemplate(headers=(("x-a", "1"),))
    assert answered(Reply(204), rule).headers == {"x-a": "1"}
    assert answered(Reply(200), rule, method="HEAD").headers == {"x-a": "1"}


@pytest.mark.parametrize(
    ("reply", "code", "rule"),
    [
        (Reply(200, {}, b"<html>"), "bad_body", ResponseTemplate(body="{{ id }}")),
        (Reply(200, {}, b"{}"), "missing_parameter", ResponseTemplate(body="{{ id }}")),
        (Reply(200, {}, b'{"id": 204}'), "bad_value", ResponseTemplate(status="{{ id }}")),
        (Reply(200, {"content-encoding": "gzip"}, b"\x1f"), "encoded_body", ResponseTemplate(body="{{ id }}")),
    ],
)
def test_a_failure_leaves_nothing_of_the_answer(reply: Reply, code: str, rule: ResponseTemplate) -> None:
    cached = Reply(reply.status, {**reply.headers, "cache-control": "max-age=60", "set-cookie": "a=b"}, reply.body)
    after = answered(cached, rule)
    error = json.loads(after.body)["error"]
    assert (after.status, error["status"], error["reason"]) == (502, 502, code)
    assert not error["message"].startswith("the body")  # which would be one of the client's
    assert after.headers == {"content-type": "application/json", "x-gloo-error": code}


@pytest.mark.parametrize(
    ("status", "body", "made"),
    [
        (200, b'[{"a": 1}, {"a": 2.0}]', b"1;2.0;"),
        (500, b'[{"a": 1}]', b"1;"),
        (500, b"<html>", b""),
        (200, b"{}", b""),
    ],
)
def test_an_answer_may_be_a_list(status: int, body: bytes, made: bytes) -> None:
    listed = "{% if isArray(context()) %}{% for x in context() %}{{ x.a }};{% endfor %}{% endif %}"
    assert answered(Reply(status, {}, body), ResponseTemplate(when=Condition(("any",)), body=listed)).body == made


def test_a_failure_names_the_template() -> None:
    error = json.loads(answered(Reply(200, {}, b"{}"), ResponseTemplate("responses[1]", body="a {{ id }}")).body)[
        "error"
    ]
    assert (error["function"], error["field"], error["parameter"]) == ("pets/find", "responses[1].body", "id")


def test_what_the_function_refused_itself_is_no_answer_of_the_upstream() -> None:
    template = FunctionTemplate(
        "pets/find", "/{{ id }}", responses=(ResponseTemplate(when=Condition(("any",)), body="y"),)
    )
    assert exchange(template, Reply(400, {}, b"why")).body == b"why"


def test_a_body_that_will_be_read_or_replaced_is_asked_for_whole_and_plain() -> None:
    sent = {"accept-encoding": "gzip", "range": "bytes=0-1", "x-a": "1"}
    reads, writes = ResponseTemplate(body="{{ id }}"), ResponseTemplate(body="y")
    assert Exchange(FunctionTemplate("a/b", responses=(reads,))).send(headers=sent) == {"x-a": "1"}
    assert Exchange(FunctionTemplate("a/b", responses=(writes,))).send(headers=sent) == {"x-a": "1"}
    leaves = ResponseTemplate(headers=(("x-b", "1"),))
    assert Exchange(FunctionTemplate("a/b", responses=(leaves,))).send(headers=sent) == sent


def test_a_new_body_is_not_compressed_and_an_empty_one_has_no_type() -> None:
    reply = Reply(200, {"content-encoding": "gzip", "content-type": "text/plain"}, b"\x1f")
    assert answered(reply, ResponseTemplate(body="y")) == Reply(200, {"content-type": "text/plain"}, b"y")
    assert answered(reply, ResponseTemplate(body="")) == Reply(200, {}, b"")


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        (ResponseTemplate(status="99"), "response.status: line 1, column 1: '99' is not a status"),
        (ResponseTemplate(status="204"), "has no body"),
        (ResponseTemplate(headers=((":status", "1"),)), "set the status in 'status'"),
        (ResponseTemplate(headers=((":path", "1"),)), "no pseudo headers"),
        (ResponseTemplate(headers=(("content-length", "1"),)), "belongs to the connection"),
        (ResponseTemplate(body='{"a": }'), "response.body: line 1, column 7"),
        (ResponseTemplate(when=Condition(("6xx",))), "response.when.status: '6xx' is not a status"),
        (ResponseTemplate(when=Condition(("500-400",))), "is not a status"),
        (ResponseTemplate(headers=(("a", "{{ request_header(x) }}"),)), "takes a name in quotes"),
    ],
)
def test_what_is_wrong_with_a_response_template_is_told_when_it_is_loaded(rule: ResponseTemplate, problem: str) -> None:
    assert problem in refused(rule)


def test_only_a_function_with_response_templates_sees_answers() -> None:
    assert compile_function(FunctionTemplate("a/b", responses=(ResponseTemplate(body="y"),))).answers
    plain = compile_function(FunctionTemplate("a/b", "/x"))
    assert not plain.answers
    assert "responses" not in plain.source
