"""Marks of the host that answered, in response templates."""

import json

import pytest
from tests.functions.exchange import Exchange, Reply

from gloo.errors import TemplateError
from gloo.functions import Condition, FunctionTemplate, ResponseTemplate, compile_function

ZONE = ResponseTemplate(
    body='{"zone": {{ default(host_metadata("zone"), null) }}, "also": "{{ host_metadata("a-b") }}"}'
)


def test_what_the_filter_before_noted_is_taken_out_of_the_answer() -> None:
    exchange = Exchange(FunctionTemplate("u/f", responses=(ZONE,)))
    exchange.send()
    reply = exchange.answer(Reply(200, {"x-gloo-host-1": "west", "x-gloo-host-2": "x", "x-gloo-host-3": "theirs"}))
    assert json.loads(reply.body) == {"zone": "west", "also": "x"}
    assert reply.headers == {"content-type": "application/json", "x-gloo-host-3": "theirs"}


def test_a_mark_that_is_missing_is_named() -> None:
    exchange = Exchange(FunctionTemplate("u/f", responses=(ZONE,)))
    exchange.send()
    reply = exchange.answer(Reply(200))
    assert (reply.status, reply.headers["x-gloo-error"]) == (502, "missing_parameter")


def test_no_client_sees_the_notes_of_an_answer_that_no_template_is_for() -> None:
    only_errors = ResponseTemplate(when=Condition(("500",)), body='{"z": "{{ host_metadata("zone") }}"}')
    exchange = Exchange(FunctionTemplate("u/f", responses=(only_errors,)))
    exchange.send()
    assert exchange.answer(Reply(200, {"x-gloo-host-1": "west"}, b"x")) == Reply(200, {}, b"x")


def test_a_request_can_not_know_its_host() -> None:
    with pytest.raises(TemplateError, match="the host is chosen after the request is made") as caught:
        compile_function(FunctionTemplate("u/f", body='{"a": 1,\n "b": "{{ host_metadata("zone") }}"}'))
    assert (caught.value.field, caught.value.line, caught.value.column) == ("body", 2, 11)


@pytest.mark.parametrize("key", ["", "a:b", "a)%", "é"])
def test_a_mark_has_a_plain_name(key: str) -> None:
    template = ResponseTemplate(body=f"-{{{{ host_metadata('{key}') }}}}")
    with pytest.raises(TemplateError, match="can't be the name of a mark"):
        compile_function(FunctionTemplate("u/f", responses=(template,)))
