"""What clients get of an upstream's answer."""

from typing import Any

from tests.explain.shop import told
from tests.support.translating import PLUGINS, config_of

from gloo.envoy.lua import LuaProgram
from gloo.explain.answer import Reply
from gloo.explain.lua_run import Answer, FunctionRuntime
from gloo.explain.responding import answered
from gloo.explain.tables import tables_of
from gloo.functions import FunctionTemplate, ResponseTemplate, compile_function

CONFIG = """
upstreams:
- name: pets
  type: service
  spec: {hosts: [{addr: a.test, port: 1, metadata: {zone: a}}, {addr: b.test, port: 1, metadata: {zone: b}}]}
  service_info: {type: REST}
  functions:
  - name: get
    spec:
      path: "/pets/{{ id }}"
      responses:
      - {when: {status: 404}, body: '{"error": "none", "path": "{{ request_header(":path") }}"}'}
      - {headers: {x-zone: '{{ host_metadata("zone") }}'}, body: '{"name": "{{ name }}"}'}
  - name: plain
    spec: {path: "/pets/{{ id }}", response: {headers: {x-a: '{{ default(header("x-up"), "none") }}'}}}
virtual_services:
- name: shop
  domains: [shop.test]
  routes:
  - request_matcher: {path_prefix: /pet/}
    single_destination: {function: {upstream_name: pets, function_name: get}}
    extensions:
      parameters: {path: "/pet/{id}"}
      add_response_headers: [{key: x-path, value: "%REQ(:PATH)%", format: true}]
      remove_response_headers: [x-powered-by]
      cors: {allow_origin: ["http://o"], allow_credentials: true, expose_headers: [x-zone]}
  - request_matcher: {path_prefix: /plain/}
    single_destination: {function: {upstream_name: pets, function_name: plain}}
    extensions: {parameters: {path: "/plain/{id}"}}
  - request_matcher: {path_prefix: /own/}
    single_destination: {function: {upstream_name: pets, function_name: plain}}
    extensions: {parameters: {path: "/own/{id}"}, response_template: {body: "own"}}
  - request_matcher: {path_prefix: /later/}
    single_destination: {upstream: {name: pets}}
    extensions: {async: true}
  - request_matcher: {path_prefix: /}
    single_destination: {upstream: {name: pets}}
"""
JSON = ("content-type", "application/json")


def _reply(path: str, answer: Answer, *, method: str = "GET", **headers: str) -> Reply:
    found = told(method, path, tuple(headers.items()), config=CONFIG)
    (delivery,) = answered(found, answer, tables_of(config_of(CONFIG), PLUGINS), FunctionRuntime()).deliveries
    assert delivery.reply is not None
    return delivery.reply


def _got(path: str, answer: Answer, **more: Any) -> Answer:
    got = _reply(path, answer, **more).answer
    assert got is not None
    return got


def test_the_first_template_that_is_for_an_answer_makes_what_the_client_gets() -> None:
    reply = _reply("/pet/7?x", Answer(404, (("x-a", "1"),), b"gone"))
    assert reply.rule == "responses[0]"
    body = b'{"error": "none", "path": "/pet/7?x"}'
    assert reply.answer == Answer(404, (("x-a", "1"), ("x-path", "/pets/7"), JSON), body)


def test_an_answer_that_no_template_is_for_passes_with_the_changes_of_the_route() -> None:
    reply = _reply("/pet/7", Answer(500, (("x-powered-by", "p"),), b"x"))
    assert (reply.rule, reply.answer) == ("", Answer(500, (("x-path", "/pets/7"),), b"x"))
    assert _got("/other", Answer(418, (), b"t")) == Answer(418, (), b"t")


def test_an_answer_that_can_not_be_made_is_replaced_as_a_whole() -> None:
    got = _got("/pet/7", Answer(200, (("x-secret", "1"),), b"{}"))
    assert (got.status, dict(got.headers)) == (
        502,
        {"content-type": "application/json", "x-gloo-error": "missing_parameter"},
    )
    assert b"'name' is missing" in got.body


def test_marks_are_those_of_the_first_host_and_it_says_so() -> None:
    reply = _reply("/pet/7", Answer(200, (), b'{"name": "x"}'))
    assert reply.answer is not None
    assert dict(reply.answer.headers)["x-zone"] == "a"
    assert "x-gloo-host-1" not in dict(reply.answer.headers)
    assert reply.note == "host_metadata() is that of a.test:1, the first of 2 hosts"


def test_a_template_of_the_route_comes_first() -> None:
    reply = _reply("/own/7", Answer(200, (), b"{}"))
    assert (reply.rule, reply.answer and reply.answer.body) == ("response_template", b"own")
    assert _reply("/plain/7", Answer(200, (("x-up", "1"),))).answer == Answer(200, (("x-up", "1"), ("x-a", "1")))


def test_what_has_no_body_by_its_nature_is_left_as_it_is() -> None:
    for reply in (_reply("/pet/7", Answer(204)), _reply("/pet/7", Answer(200, (), b"x"), method="HEAD")):
        assert (reply.rule, reply.note) == ("responses[1]", "it has no body, and is left as it is")
        assert reply.answer is not None
        assert reply.answer.body == b""


def test_a_page_that_may_see_an_answer_is_told_so() -> None:
    headers = dict(_got("/pet/7", Answer(500), origin="http://o").headers)
    assert headers["access-control-allow-origin"] == "http://o"
    assert headers["access-control-allow-credentials"] == "true"
    assert headers["access-control-expose-headers"] == "x-zone"
    assert "access-control-allow-origin" not in dict(_got("/pet/7", Answer(500), origin="http://p").headers)


def test_the_answer_of_a_platform_to_a_call_that_it_makes_later_is_the_clients() -> None:
    config = """
upstreams:
- {name: of, type: openfaas, spec: {gateway: "http://of.test"}, functions: [{name: f, spec: {function_name: f}}]}
virtual_services:
- name: shop
  domains: [shop.test]
  routes:
  - request_matcher: {}
    single_destination: {function: {upstream_name: of, function_name: f}}
    extensions: {async: true}
"""
    found = told("POST", "/", config=config)
    tables, answer = tables_of(config_of(config), PLUGINS), Answer(202, (("x-call-id", "1"),))
    (delivery,) = answered(found, answer, tables, FunctionRuntime()).deliveries
    assert delivery.reply == Reply("", answer)


def test_what_only_envoy_knows_is_told_as_such() -> None:
    assert _reply("/later/", Answer(200)) == Reply("", None, "no client waits for it")
    long = Answer(200, (), b'{"name": "%s"}' % (b"x" * 2**21))
    assert "longer than Envoy keeps" in _reply("/pet/7", long).note


def test_the_host_of_an_answer_is_a_header_as_any_other() -> None:
    program = compile_function(FunctionTemplate("u/f", responses=(ResponseTemplate(headers=(("host", "mine"),)),)))
    lua, notes = LuaProgram(program.id, program.source), program.id.encode()
    assert FunctionRuntime().run_answer(lua, notes, Answer(200)).answer.headers == (("host", "mine"),)
