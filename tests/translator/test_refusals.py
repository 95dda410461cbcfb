"""What Envoy itself rejected."""

import pytest

from gloo.envoy.route import DirectResponse, PathMatch, Route, RouteMatch
from gloo.envoy.route_message import route_bytes
from gloo.envoy.snapshot import Resource, ResourceType
from gloo.errors import ConfigError
from gloo.translator.refusals import Refusals, digest_of


def test_what_envoy_refused_is_refused_until_its_bytes_change() -> None:
    refusals = Refusals({digest_of(b"bad"): "no such thing"})
    with pytest.raises(ConfigError, match="Envoy refuses it: no such thing"):
        refusals.check_bytes(b"bad")
    refusals.check_bytes(b"better")


def test_a_digest_is_a_resource_s_version() -> None:
    assert digest_of(b"x") == Resource(ResourceType.CLUSTER, "a", b"x").version


def test_without_an_envoy_its_rules_are_asked() -> None:
    empty = route_bytes(Route("r", RouteMatch(PathMatch("regex", "")), DirectResponse(200)))
    assert not Refusals().refuses_route(empty)
    assert Refusals(by_rules=True).refuses_route(empty)
    with pytest.raises(ConfigError, match="Envoy refuses it: RegexMatcher"):
        Refusals(by_rules=True).check_routes((empty,))
