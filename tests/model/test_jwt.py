"""What users write about tokens."""

import pytest

from gloo.model.base import Json
from gloo.model.codec import decode_value
from gloo.model.jwt import Jwt, JwtProvider, SalvagedJwt
from gloo.model.source import Document, Source
from gloo.model.strict import decode_struct
from gloo.model.virtual_service import VirtualService

KEYS: Json = {"inline": {"keys": []}}
SOURCE = Source(Document("a.yaml", ""), 0)


def provider(**fields: Json) -> JwtProvider:
    found, problems = decode_struct({"issuer": "a", "jwks": KEYS, **fields}, JwtProvider)
    assert found is not None, problems
    return found


def test_a_token_stands_where_it_is_said_or_else_where_it_usually_does() -> None:
    usual = provider()
    assert (usual.token_headers, usual.token_parameters) == ((("authorization", "Bearer "),), ("access_token",))
    own = provider(from_headers=[{"name": "X-Token"}], from_query=["t"])
    assert (own.token_headers, own.token_parameters) == ((("x-token", ""),), ("t",))
    assert provider(from_cookies=["c"]).token_headers == ()


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"issuer": ""}, "length >= 1"),
        ({"jwks": {}}, "exactly one of inline, secret_ref, url"),
        ({"jwks": {"url": "http://a/"}}, "url and upstream belong together"),
        ({"jwks": {"secret_ref": "a", "upstream": "b"}}, "url and upstream belong together"),
        ({"jwks": {**KEYS, "cache": "5s"}}, "cache is for a url"),
        ({"jwks": {"url": "http://a/", "upstream": "b", "cache": "10ms"}}, "is not from 1s to 24h"),
        ({"jwks": {"url": "http://a/", "upstream": "b", "cache": "25h"}}, "is not from 1s to 24h"),
        ({"clock_skew": "0s"}, "whole seconds from 1s"),
        ({"clock_skew": "1500ms"}, "whole seconds from 1s"),
        ({"clock_skew": "25h"}, "whole seconds from 1s to 24h"),
    ],
)
def test_what_makes_no_provider_is_told(fields: Json, problem: str) -> None:
    found, problems = decode_struct({"issuer": "a", "jwks": KEYS, **fields}, JwtProvider)
    assert found is None
    assert problem in problems[0].problem


def test_a_rule_is_about_all_or_about_any_and_off_is_a_word() -> None:
    def problems(default: Json) -> list[str]:
        _, found = decode_struct({"providers": {}, "default": default}, Jwt)
        return [each.problem for each in found]

    assert problems("off") == problems({"require": ["a"]}) == problems({"any": ["a"], "allow_missing": True}) == []
    assert problems({"require": ["a"], "any": ["b"]}) == ["takes require or any, not both"]
    assert problems("on")
    assert problems({"off": True})


def test_a_provider_that_cant_be_decoded_spoils_neither_the_others_nor_the_routes() -> None:
    raw = {"name": "shop", "jwt": {"providers": {"good": {"issuer": "a", "jwks": KEYS}, "bad": {}, "No_Name": {}}}}
    item = decode_value(raw, kind="VirtualService", source=SOURCE)
    assert isinstance(item.value, VirtualService)
    assert isinstance(item.value.jwt, SalvagedJwt)
    assert list(item.value.jwt.providers) == ["good"]
    assert {name: each[0].field for name, each in item.value.jwt.broken.items()} == {
        "bad": "jwt.providers.bad.issuer",
        "No_Name": "jwt.providers.No_Name.issuer",
    }


def test_a_name_that_is_none_is_refused() -> None:
    for name in ("a/b", "A", ""):
        found, problems = decode_struct({"providers": {name: {"issuer": "a", "jwks": KEYS}}}, Jwt)
        assert found is None
        assert problems


def test_a_fault_beside_the_providers_leaves_nothing_of_the_virtual_service() -> None:
    raw = {"name": "shop", "jwt": {"providers": {"bad": {}}, "defualt": "off"}, "routes": []}
    assert decode_value(raw, kind="VirtualService", source=SOURCE).value is None
