"""Tests that users write."""

import pytest
from msgspec import convert

from gloo.errors import ConfigError
from gloo.explain.cases import Case, answer_in, read_cases, request_in
from gloo.explain.lua_run import Answer
from gloo.model.source import Document

ONE = "name: one\nrequest: {path: /a}\nexpect: {route: default/0}\n"


def _read(text: str) -> tuple[list[tuple[str, int]], list[str]]:
    cases, problems = read_cases(Document("t.yaml", text))
    return [(each.case.name, each.line) for each in cases], [str(each) for each in problems]


def test_a_document_is_a_test_or_a_list_of_them() -> None:
    assert _read(f"{ONE}---\n- {{name: two, expect: {{}}}}\n---\ntests:\n- name: three\n  expect: {{}}\n") == (
        [("one", 1), ("two", 5), ("three", 8)],
        [],
    )


def test_a_test_that_is_none_is_told_with_its_line_and_the_others_run() -> None:
    cases, problems = _read(f"{ONE}---\nname: two\nexpect: {{rout: a}}\n")
    assert cases == [("one", 1)]
    assert problems[0].startswith("t.yaml:6: expect.rout: unknown field")


def test_text_that_is_no_yaml_is_told() -> None:
    assert _read("a: [")[1][0].startswith("t.yaml:")


def _case(**request: object) -> Case:
    return convert({"name": "x", "request": request, "expect": {}}, Case)


def test_a_body_as_a_value_is_sent_as_json() -> None:
    request = request_in(_case(method="POST", json={"é": 1}, host="a.test"))
    assert (request.method, request.host, request.body) == ("POST", "a.test", '{"é": 1}'.encode())
    assert request.header("content-type") == "application/json"


def test_a_request_that_nobody_can_send_is_told_by_its_field() -> None:
    with pytest.raises(ConfigError, match=r"request\.method"):
        request_in(_case(method="G T"))


def test_body_and_json_are_one_too_many() -> None:
    problems = _read("name: x\nrequest: {body: a, json: 1}\nexpect: {}\n")[1]
    assert "takes body or json, not both" in problems[0]


def _answer(**said: object) -> Answer | None:
    return answer_in(convert({"name": "x", "upstream_response": said, "expect": {}}, Case))


def test_an_answer_as_a_value_is_json() -> None:
    assert _answer(json=[1], headers={"X-A": "1"}) == Answer(
        200, (("x-a", "1"), ("content-type", "application/json")), b"[1]"
    )
    assert _answer(status=404, body="t") == Answer(404, (), b"t")
    assert answer_in(convert({"name": "x", "expect": {}}, Case)) is None


def test_what_no_upstream_could_answer_is_told_by_its_field() -> None:
    problems = _read("name: x\nupstream_response: {status: 204, body: a}\nexpect: {}\n")[1]
    assert "takes no body, as an answer with status 204 has none" in problems[0]
    assert "upstream_response.status" in _read("name: x\nupstream_response: {status: 99}\nexpect: {}\n")[1][0]
    with pytest.raises(ConfigError, match=r"upstream_response\.headers"):
        _answer(headers={"a b": "1"})


def test_a_request_that_envoy_answers_400_may_be_asked_as_it_is() -> None:
    assert request_in(_case(path="/a/../%00")).path == "/a/../%00"
