"""Azure: functions of a function app."""

import pytest
from tests.support.translating import GATEWAY, PLUGINS, config_of, routes, translated

from gloo.envoy.readable import readable
from gloo.envoy.snapshot import ResourceType
from gloo.model.base import Json
from gloo.model.secret import Secret
from gloo.model.status import State
from gloo.translator import Translation, translate

SHOP = """\
name: shop
type: azure
spec: {function_app_name: example-shop, secret_ref: keys}
functions:
- name: price
- name: order
  spec: {function_name: Order, auth_level: function}
- name: refund
  spec: {auth_level: function, pass_path: true}
- name: close
  spec: {auth_level: admin}
"""
ROUTE = """\
name: default
routes:
- request_matcher: {path_prefix: /}
  single_destination: {function: {upstream_name: shop, function_name: %s}}
"""
KEYS = {"Order": "canary-1", "_master": "canary-2", "elsewhere": "canary-3"}


def with_keys(function: str = "price", shop: str = SHOP, keys: dict[str, str] | None = None) -> Translation:
    secret = Secret("keys", KEYS if keys is None else keys)
    translation = translate(config_of(shop, ROUTE % function, secrets=(secret,)), PLUGINS, gateway=GATEWAY)
    for snapshot in translation.snapshots.values():
        snapshot.check()
    return translation


def added(translation: Translation) -> Json:
    """Return the headers that a call adds."""
    (found,) = routes(translation, "default")
    return {each["header"]["key"]: each["header"]["value"] for each in found["request_headers_to_add"]}


@pytest.mark.parametrize(
    ("function", "path", "key"),
    [
        ("price", "=/api/price", "none"),
        ("order", "=/api/Order", "x-gloo-key-order"),
        ("refund", "+/api/refund", "x-gloo-key-_master"),
        ("close", "=/api/close", "x-gloo-key-_master"),
    ],
)
def test_a_call_goes_to_the_functions_path_and_chooses_its_key(function: str, path: str, key: str) -> None:
    assert added(with_keys(function)) == {"x-gloo-path": path, "x-gloo-key": key}


def test_an_app_without_a_secret_needs_none_for_functions_that_anybody_may_call() -> None:
    shop = SHOP.replace(", secret_ref: keys", ', url: "http://10.0.0.1/app", route_prefix: ""')
    assert added(with_keys("price", shop)) == {"x-gloo-path": "=/app/price"}
    assert with_keys("order", shop).reports["VirtualService/default"].state is State.REJECTED


def test_keys_that_may_be_needed_are_secrets_of_their_own_and_in_no_other_resource() -> None:
    snapshot = with_keys("order").snapshots["ingress"]
    secrets = snapshot.of_type(ResourceType.SECRET)
    assert {name for name in secrets if name.startswith("azure/")} == {"azure/shop/Order", "azure/shop/_master"}
    others = [
        each for kind in ResourceType if kind is not ResourceType.SECRET for each in snapshot.of_type(kind).values()
    ]
    assert not [each for each in others if b"canary" in each.body]
    assert "canary" not in "".join(str(readable(each)) for each in secrets.values())


@pytest.mark.parametrize(
    ("function", "keys", "problem"),
    [
        ("order", {}, "the secret 'keys' has no 'Order' or '_master', which function 'Order' wants"),
        ("close", {"close": "k"}, "the secret 'keys' has no '_master', which function 'close' wants"),
    ],
)
def test_a_key_that_is_missing_is_told_on_the_route(function: str, keys: dict[str, str], problem: str) -> None:
    (found,) = with_keys(function, keys=keys).reports["VirtualService/default"].problems
    assert found.problem == problem


def test_a_key_that_no_header_can_hold_is_told_without_its_value() -> None:
    (found,) = with_keys(keys={"_master": "canary\r\nx: y"}).reports["Upstream/shop"].problems
    assert found.problem == "the key '_master' in the secret 'keys' holds what no header can"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("example-shop", "a_b"),
        ("secret_ref: keys", "url: nowhere"),
        ("function_name: Order", "function_name: a/b"),
        ("name: close", "name: 1-close"),
    ],
)
def test_what_azure_would_not_take_is_told(before: str, after: str) -> None:
    assert translated(SHOP.replace(before, after)).reports["Upstream/shop"].problems
