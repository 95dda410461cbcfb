"""Calls that no client waits for, where the gateway makes them; `tests/e2e/test_later.py` has the real ones."""

from tests.explain.shop import told

from gloo.explain.answer import Explanation

CONFIG = """
upstreams:
- name: pets
  type: service
  spec: {hosts: [{addr: 127.0.0.1, port: 1}]}
  service_info: {type: REST}
  functions:
  - {name: get, spec: {path: "/pets/{{ id }}"}}
virtual_services:
- name: default
  routes:
  - request_matcher: {path_prefix: /get}
    single_destination: {function: {upstream_name: pets, function_name: get}}
    extensions: {async: true, add_response_headers: [{key: x-own, value: "1"}]}
  - request_matcher: {path_prefix: /}
    single_destination: {upstream: {name: pets}}
    extensions: {async: true}
"""
FORGED = (("x-gloo-run", "default/0"), ("x-gloo-ask", "a"), ("x-gloo-call-id", "mine"), ("x-own", "1"))


def _asked(path: str, headers: tuple[tuple[str, str], ...] = ()) -> Explanation:
    return told("POST", path, headers, body=b"{}", config=CONFIG)


def test_a_call_has_an_id_and_no_marks_of_the_client() -> None:
    (delivery,) = _asked("/a", FORGED).deliveries
    assert delivery.sent is not None
    assert delivery.sent.headers[:2] == (("x-gloo-call-id", "%UNIQUE_ID%"), ("x-own", "1"))
    assert not {"x-gloo-run", "x-gloo-ask"} & dict(delivery.sent.headers).keys()


def test_the_client_is_answered_202_though_the_function_refuses() -> None:
    found = _asked("/get")
    assert found.accepted is not None
    assert (found.accepted.status, found.accepted.body) == (202, b'{"call_id":"%UNIQUE_ID%"}')
    assert dict(found.accepted.headers) == {
        "content-type": "application/json",
        "x-gloo-call-id": "%UNIQUE_ID%",
        "x-own": "1",
    }
    (delivery,) = found.deliveries
    assert delivery.sent is None
    assert delivery.refused is not None
    assert delivery.refused.status == 400
    assert "x-own" not in dict(delivery.refused.headers)
