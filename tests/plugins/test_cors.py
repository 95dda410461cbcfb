"""CORS names who may; preflights find the route that the real request will take."""

from typing import Any

import pytest
from envoy.extensions.filters.http.cors.v3.cors_pb2 import CorsPolicy
from google.protobuf.json_format import MessageToDict
from tests.support.extended_routes import decoded, extended, route_of, written

from gloo.envoy.route import DirectResponse, PathMatch, Route, RouteMatch, ValueMatch
from gloo.errors import ConfigError
from gloo.model.base import Json
from gloo.plugins.cors import Cors

ORIGIN = ["https://shop.example.org"]


def _policy(route: Route) -> dict[str, Any]:
    ((name, config),) = route.filters
    assert name == "envoy.filters.http.cors"
    message: dict[str, Any] = MessageToDict(CorsPolicy.FromString(config.value), preserving_proto_field_name=True)
    return message


def _before(rules: dict[str, Json], match: RouteMatch) -> tuple[Route, ...]:
    extension = decoded(Cors(), {"cors": rules})
    plugin: Cors = Cors()
    return plugin.before(plugin.route(route_of(match=match), extension), extension)  # type: ignore[arg-type]  # decoded


def test_all_of_a_policy_is_written_and_ages_are_whole_seconds() -> None:
    rules = {
        "allow_origin": ORIGIN,
        "allow_origin_regex": [r"https://.*\.org"],
        "allow_methods": "GET, POST",
        "allow_headers": ["x-a", "x-b"],
        "expose_headers": "x-c,x-d",
        "max_age": 86_400_000_000_000,
        "allow_credentials": True,
    }
    assert _policy(extended(Cors(), {"cors": rules})) == {
        "allow_origin_string_match": [{"exact": ORIGIN[0]}, {"safe_regex": {"regex": r"https://.*\.org"}}],
        "allow_methods": "GET, POST",
        "allow_headers": "x-a, x-b",
        "expose_headers": "x-c, x-d",
        "max_age": "86400",
        "allow_credentials": True,
        "forward_not_matching_preflights": False,
    }


def test_a_route_for_all_methods_answers_its_preflights_itself() -> None:
    assert _before({"allow_origin": ORIGIN}, RouteMatch(PathMatch("prefix", "/"))) == ()


def test_a_route_of_some_methods_has_a_route_of_preflights_before_it() -> None:
    match = RouteMatch(PathMatch("exact", "/a"), ("PUT", "M-SEARCH"), headers=(ValueMatch("x-a", "present"),))
    (preflight,) = _before({"allow_origin": ORIGIN}, match)
    message = written(preflight)
    assert message["match"]["path"] == "/a"
    assert [(header["name"], header.get("string_match")) for header in message["match"]["headers"]] == [
        (":method", {"exact": "OPTIONS"}),
        ("origin", None),
        ("access-control-request-method", {"safe_regex": {"regex": r"PUT|M\-SEARCH"}}),
    ]
    assert list(message["typed_per_filter_config"]) == ["envoy.filters.http.cors"]


def test_header_conditions_alone_ask_for_a_route_of_preflights_too() -> None:
    match = RouteMatch(PathMatch("prefix", "/"), headers=(ValueMatch("x-a", "present"),))
    assert len(_before({"allow_origin": ORIGIN}, match)) == 1


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        ({}, "cors"),
        ({"allow_origin": ["*"], "allow_credentials": True}, "cors.allow_origin"),
        ({"allow_origin_regex": ["a", "("]}, "cors.allow_origin_regex[1]"),
        ({"allow_origin_regex": [".*"], "allow_credentials": True}, "cors.allow_origin_regex[0]"),
        ({"allow_origin_regex": ["https?://.+"], "allow_credentials": True}, "cors.allow_origin_regex[0]"),
        ({"allow_origin": ORIGIN, "max_age": "400ms"}, "cors.max_age"),
        ({"allow_origin": ORIGIN, "allow_methods": "GET POST"}, "cors.allow_methods"),
        ({"allow_origin": ORIGIN, "expose_headers": ["a\r\nb"]}, "cors.expose_headers"),
    ],
)
def test_what_can_not_be_meant_is_refused_by_field(rules: dict[str, Json], field: str) -> None:
    with pytest.raises(ConfigError) as raised:
        extended(Cors(), {"cors": rules})
    assert raised.value.field == field


def test_cookie_conditions_alone_ask_for_a_route_of_preflights_too() -> None:
    match = RouteMatch(PathMatch("prefix", "/"), cookies=(ValueMatch("a", "present"),))
    (preflight,) = _before({"allow_origin": ORIGIN}, match)
    assert preflight.match.cookies == ()


@pytest.mark.parametrize("pattern", [r"https://[a-z]+\.example\.org", "https://(a|b)[.]org(:[0-9]+)?"])
def test_an_expression_for_known_pages_may_let_them_send_cookies(pattern: str) -> None:
    assert extended(Cors(), {"cors": {"allow_origin_regex": [pattern], "allow_credentials": True}})


def test_an_answer_of_the_gateway_itself_can_not_have_it() -> None:
    with pytest.raises(ConfigError, match="destination"):
        extended(Cors(), {"cors": {"allow_origin": ORIGIN}}, route_of(DirectResponse(200)))
