"""Answers that filters make in the place of a destination; a real Envoy gives the same, see `tests/cli/roads.yaml`."""

import json

import pytest
from tests.explain.shop import told
from tests.support.tokens import Issuer

from gloo.explain.lua_run import Answer

KEYS = json.dumps(Issuer().jwks())
CHANGES = """add_response_headers:
      - {key: content-type, value: own/type}
      - {key: www-authenticate, value: own}
      - {key: x-gloo-error, value: own}
      - {key: x-p, value: "%REQ(:PATH)%", format: true}"""


def _answer(
    extension: str, headers: tuple[tuple[str, str], ...] = (), *, body: bytes = b"12345", function: str = ""
) -> Answer | None:
    where = f"function: {{upstream_name: a, function_name: {function}}}" if function else "upstream: {name: a}"
    config = f"""
upstreams:
- name: a
  type: service
  spec: {{hosts: [{{addr: 127.0.0.1, port: 1}}]}}
  service_info: {{type: REST}}
  functions: [{{name: f, spec: {{path: "/x/{{{{ id }}}}"}}}}]
virtual_services:
- name: v
  jwt: {{providers: {{idp: {{issuer: a, jwks: {{inline: '{KEYS}'}}}}}}}}
  routes:
  - request_matcher: {{}}
    single_destination: {{{where}}}
    extensions:
      {CHANGES}
      cors: {{allow_origin: ["*"]}}
      {extension}
"""
    found = told("POST", "/p", headers, body=body, config=config)
    return found.answer or next((each.refused for each in found.deliveries), None)


def test_a_body_that_is_longer_than_the_route_takes_is_answered_413_before_anything_else() -> None:
    found = _answer("max_request_bytes: 4", (("origin", "http://o"),))
    assert found is not None
    assert (found.status, b"too_large" in found.body) == (413, True)
    assert found.headers == (
        ("www-authenticate", "own"),
        ("x-gloo-error", "own"),
        ("x-p", "/p"),
        ("content-type", "application/json"),
        ("x-gloo-error", "too_large"),
    )
    assert _answer("max_request_bytes: 5\n      jwt: off") is None


@pytest.mark.parametrize(
    ("faults", "status"),
    [
        ("{abort: {http_status: 418}}", 418),
        ("{abort: {http_status: 418, percentage: 99.9}}", None),
        ("{delay: {fixed_delay: 1s}}", None),
    ],
)
def test_a_fault_is_certain_where_it_is_for_all_requests(faults: str, status: int | None) -> None:
    found = _answer(f"faults: {faults}\n      jwt: off", (("origin", "http://o"),))
    assert (found.status if found else None) == status
    if found is not None:
        assert ("access-control-allow-origin", "http://o") in found.headers
        assert b"fault_injected" in found.body


def test_a_fault_for_a_call_of_grpc_is_told_in_its_form() -> None:
    fault = "faults: {abort: {http_status: 503}}\n      jwt: off"
    found = _answer(fault, (("content-type", "application/grpc+proto"),))
    assert found is not None
    told = dict(found.headers)
    assert (found.status, told["grpc-status"], told["grpc-message"]) == (200, "14", "fault filter abort")
    web = _answer(fault, (("content-type", "application/grpc-web"),))
    assert web is not None
    assert web.status == 503


def test_an_upgrade_that_the_route_does_not_allow_is_answered_403_before_any_filter() -> None:
    wish = (("connection", "Upgrade"), ("upgrade", "websocket"), ("origin", "http://o"))
    found = _answer("max_request_bytes: 1", wish)
    assert found is not None
    assert (found.status, found.body) == (403, b"")
    assert ("x-p", "/p") in found.headers
    assert "access-control-allow-origin" not in dict(found.headers)
    allowed = "upgrades: [websocket]\n      jwt: off"
    assert _answer(allowed, wish) is None
    other = _answer(allowed, (*wish[:1], ("upgrade", "websocket, foo")))
    assert other is not None
    assert other.status == 403
    assert _answer("jwt: off", (*wish[:1], ("upgrade", "h2c"))) is None


def test_what_is_said_of_a_token_comes_before_a_fault_and_behind_the_headers_of_the_route() -> None:
    found = _answer("faults: {abort: {http_status: 418}}")
    assert found is not None
    assert found.status == 401
    assert found.headers[:2] == (("x-gloo-error", "own"), ("x-p", "/p"))
    assert dict(found.headers)["www-authenticate"].startswith("Bearer realm")


def test_the_type_that_a_program_says_is_added_to_the_one_of_the_route() -> None:
    found = _answer("jwt: off", body=b"{}", function="f")
    assert found is not None
    assert dict(found.headers)["content-type"] == "own/type,application/json"
    assert [value for name, value in found.headers if name == "x-gloo-error"] == ["own", "missing_parameter"]
