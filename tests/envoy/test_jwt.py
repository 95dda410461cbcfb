"""The filter that verifies tokens, and the resource that configures it."""

import pytest

from gloo.envoy.jwt import (
    Demand,
    demand_of,
    is_fetchable,
    jwt_resource,
    no_token,
    token_demanded,
    token_provider,
)
from gloo.envoy.readable import readable
from gloo.envoy.snapshot import ResourceType
from gloo.model.base import Json
from gloo.model.jwt import JwtProvider
from gloo.model.strict import decode_struct


def provider(**fields: Json) -> JwtProvider:
    found, problems = decode_struct({"issuer": "a", "jwks": {"inline": "{}"}, **fields}, JwtProvider)
    assert found is not None, problems
    return found


def requirement(demand: Demand) -> Json:
    return readable(jwt_resource((), (demand,)))["typed_config"]["requirement_map"][demand.name]


def test_a_demand_says_in_its_name_what_it_is() -> None:
    assert Demand("shop", ("a",)).name == "shop/a"
    assert Demand("shop", ("a", "b"), optional=True).name == "shop/a or b, or none"
    assert Demand("shop", ("a", "b"), every=True).name == "shop/a and b"
    assert demand_of(token_demanded(Demand("shop", ("a",)))) == "shop/a"
    assert demand_of(no_token()) == ""


def test_a_demand_is_what_envoy_understands() -> None:
    a, b = {"provider_name": "shop/a"}, {"provider_name": "shop/b"}
    missing: Json = {"allow_missing": {}}
    assert requirement(Demand("shop", ("a",))) == a
    assert requirement(Demand("shop", ("a",), optional=True)) == {"requires_any": {"requirements": [a, missing]}}
    assert requirement(Demand("shop", ("a", "b"))) == {"requires_any": {"requirements": [a, b]}}
    assert requirement(Demand("shop", ("a", "b"), every=True)) == {"requires_all": {"requirements": [a, b]}}
    each = [{"requires_any": {"requirements": [one, missing]}} for one in (a, b)]
    assert requirement(Demand("shop", ("a", "b"), every=True, optional=True)) == {
        "requires_all": {"requirements": each}
    }


def test_a_provider_fetches_its_keys_by_the_cluster_of_an_upstream() -> None:
    fetched = token_provider("shop/a", provider(jwks={"url": "http://a/keys", "upstream": "u", "cache": "30s"}), "")
    resource = jwt_resource((fetched,), ())
    assert resource.needs == {(ResourceType.CLUSTER, "u")}
    told = readable(resource)["typed_config"]["providers"]["shop/a"]
    assert told["remote_jwks"]["http_uri"] == {"uri": "http://a/keys", "cluster": "u", "timeout": "5s"}
    assert told["remote_jwks"]["cache_duration"] == "30s"
    assert "local_jwks" not in told


def test_claims_go_where_templates_look_and_a_token_must_expire() -> None:
    found = token_provider("shop/a", provider(require_expiry=False, clock_skew="5s", forward=True), '{"keys": []}')
    told = readable(jwt_resource((found,), ()))["typed_config"]["providers"]["shop/a"]
    assert (told["payload_in_metadata"], told["clock_skew_seconds"], told["forward"]) == ("payload", 5, True)
    assert "require_expiration" not in told
    usual = readable(jwt_resource((token_provider("shop/a", provider(), ""),), ()))["typed_config"]["providers"]
    assert usual["shop/a"]["require_expiration"]


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://idp.example/keys", True),
        ("http://127.0.0.1:80/keys?a=b", True),
        ("idp.example/keys", False),
        ("ftp://idp.example/", False),
        ("https:///keys", False),
        ("https://user@idp.example/", False),
        ("https://idp.example/#a", False),
        ("https://idp.example:99999/", False),
        ("https://[::1/", False),
        ("https://idp.example/a b", False),
        ("https://idp.example/é", False),
    ],
)
def test_only_an_http_address_can_be_fetched(url: str, good: bool) -> None:
    assert is_fetchable(url) is good
