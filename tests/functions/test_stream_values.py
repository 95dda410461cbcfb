"""Values that are not of the message: the environment, other filters' metadata, chance."""

import re

import pytest
from tests.functions.exchange import Exchange
from tests.functions.gateway import Gateway, Outcome, Request, call

from gloo.errors import TemplateError
from gloo.functions import FunctionTemplate, compile_function

JWT = "envoy.filters.http.jwt_authn"


def rendered(gateway: Gateway, expression: str) -> Outcome:
    return call(gateway, Request(body=b'{"s": "a-b-a"}'), body=f"v: {{{{ {expression} }}}}")


def test_a_variable_of_the_environment_is_read_when_it_is_needed(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUNCTION_KEY", "k")
    assert rendered(gateway, "env('FUNCTION_KEY')").request.body == b"v: k"
    monkeypatch.setenv("FUNCTION_KEY", "l")
    assert rendered(gateway, "env('FUNCTION_KEY') | upper").request.body == b"v: L"


def test_a_variable_that_is_not_set_is_a_fault_of_the_gateway(gateway: Gateway) -> None:
    for expression in ("env('FUNCTION_NONE')", "upper(env('FUNCTION_NONE'))"):
        outcome = rendered(gateway, expression)
        assert (outcome.status, outcome.code) == (500, "missing_env")
    assert rendered(gateway, "default(env('FUNCTION_NONE'), 'x')").request.body == b"v: x"
    assert rendered(gateway, "exists(env('FUNCTION_NONE'))").request.body == b"v: false"


@pytest.mark.parametrize("name", ["'PATH'", "'HOME'", "s"])
def test_no_other_variable_can_be_read(name: str) -> None:
    with pytest.raises(TemplateError, match=r"start with FUNCTION_|in quotes"):
        compile_function(FunctionTemplate("a/b", body=f"v: {{{{ env({name}) }}}}"))


def noted(body: str, namespace: str, **fields: object) -> Exchange:
    exchange = Exchange(FunctionTemplate("a/b", body=body))
    exchange.note(namespace, fields)
    exchange.send("POST", "/")
    return exchange


def test_metadata_of_other_filters_is_seen() -> None:
    assert noted("v: {{ dynamic_metadata('k', 'n.s') }}", "n.s", k="x").sent_body == b"v: x"
    body = '{"v": {{ dynamic_metadata("k", "n.s") }}}'
    assert noted(body, "n.s", k={"b": [1, "x"], "a": True}).sent_body == b'{"v": {"a":true,"b":[1,"x"]}}'


def test_metadata_that_is_not_there_is_missing() -> None:
    for namespace in ("n.s", "other"):
        assert noted("v: {{ dynamic_metadata('k', 'n.s') | upper }}", namespace, x=1).refused == "missing_parameter"
        assert noted("v: {{ dynamic_metadata('k', 'n.s') | default(1) }}", namespace, x=1).sent_body == b"v: 1"


def test_claims_are_those_of_the_verified_token() -> None:
    body = '{"sub": "{{ jwt_claim("sub") }}", "roles": {{ jwt_claim("roles") }}}'
    sent = noted(body, JWT, payload={"sub": "ann", "roles": ["a"]}).sent_body
    assert sent == b'{"sub": "ann", "roles": ["a"]}'
    assert noted(body, "other", x=1).refused == "missing_parameter"


def test_what_is_made_random_is_the_same_all_over_one_rendering(gateway: Gateway) -> None:
    body = rendered(gateway, "replace_with_random(s, 'a') ~ replace_with_random('b', 'b')").request.body
    assert body is not None
    found = re.fullmatch(r"v: ([A-Za-z0-9+/]{22})-b-([A-Za-z0-9+/]{22})([A-Za-z0-9+/]{22})", body.decode())
    assert found is not None
    assert found[1] == found[2] != found[3]
    assert rendered(gateway, "replace_with_random(s, 'a')").request.body != body[: 3 + 22 + 3 + 22]
