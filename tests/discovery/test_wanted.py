"""Only those upstreams are asked whose user says so."""

import pytest
from tests.support.translating import PLUGINS, config_of

from gloo.discovery.wanted import Wanted, wanted_of
from gloo.model.secret import Secret

FAAS = 'name: faas\ntype: openfaas\nspec: {gateway: "http://h", secret_ref: keys}\n'
KEYS = Secret("keys", {"username": "u", "password": "p"})


def found(text: str, *secrets: Secret) -> dict[str, Wanted]:
    return wanted_of(config_of(text, secrets=secrets), PLUGINS)


@pytest.mark.parametrize(
    "discovery",
    [
        "",
        "discovery: {}",
        "discovery: {functions: false}",
        "discovery: {every: 1s}",
        "discovery: {functions: true, spec: {nope: 1}}",
        "discovery: {functions: true}\nservice_info: {type: REST}",
        "discovery: {functions: true, every: 10ms}",
    ],
)
def test_nobody_is_asked_whose_user_does_not_say_so_or_can_not(discovery: str) -> None:
    assert found(f"{FAAS}{discovery}\n", KEYS) == {}


def test_a_type_that_can_not_be_asked_is_not() -> None:
    service = "name: a\ntype: service\nspec: {hosts: [{addr: h, port: 1}]}\ndiscovery: {functions: true}\n"
    assert found(service) == {}


def test_an_upstream_is_asked_with_its_secrets_or_knows_which_it_lacks() -> None:
    text = f"{FAAS}discovery: {{functions: true, every: 1m}}\n"
    assert found(text, KEYS)["faas"].secrets == {"keys": KEYS}
    assert found(text)["faas"].lacking == ("keys",)
    assert found(text)["faas"].discovery.every.seconds == 60


def test_two_are_equal_when_the_same_is_asked_in_the_same_way() -> None:
    text = f"{FAAS}discovery: {{functions: true}}\n"
    (first,) = found(text, KEYS).values()
    assert found(f"{text}functions: [{{name: mine}}]\n", KEYS)["faas"] == first
    other_key = found(text, Secret("keys", {"username": "u", "password": "q"}))["faas"]
    assert (other_key == first, other_key.question == first.question) == (False, True)
    elsewhere = found(text.replace("http://h", "http://i"), KEYS)["faas"]
    assert elsewhere.question != first.question


def test_no_secret_shows() -> None:
    assert "canary" not in repr(
        found(f"{FAAS}discovery: {{functions: true}}\n", Secret("keys", {"password": "canary"}))
    )
