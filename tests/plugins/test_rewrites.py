"""Host and path are rewritten from one source each."""

import pytest
from tests.support.extended_routes import FORWARD, extended, problems_of, route_of, written

from gloo.envoy.route import Forward, Target
from gloo.errors import ConfigError
from gloo.model.base import Json, replace
from gloo.plugins.rewrites import Rewrites


@pytest.mark.parametrize(
    ("given", "field", "value"),
    [
        ("other.example.org", "host_rewrite_literal", "other.example.org"),
        ({"literal": "other.example.org"}, "host_rewrite_literal", "other.example.org"),
        ({"auto": True}, "auto_host_rewrite", True),
        ({"from_header": "X-Host"}, "host_rewrite_header", "x-host"),
    ],
)
def test_a_host_is_a_text_the_endpoints_own_or_in_a_header(given: Json, field: str, value: Json) -> None:
    assert written(extended(Rewrites(), {"host_rewrite": given}))["route"][field] == value


def test_a_host_of_the_user_takes_the_place_of_the_endpoints_own() -> None:
    route = route_of(Forward((Target("main", auto_host_rewrite=True),)))
    forward = written(extended(Rewrites(), {"host_rewrite": "a"}, route))["route"]
    assert (forward["host_rewrite_literal"], "auto_host_rewrite" in forward) == ("a", False)


def test_a_destination_that_needs_its_host_keeps_it() -> None:
    with pytest.raises(ConfigError) as raised:
        extended(Rewrites(), {"host_rewrite": "a"}, route_of(Forward((Target("main", host_rewrite="b"),))))
    assert raised.value.field == "host_rewrite"


@pytest.mark.parametrize("given", ["bad host", {"literal": "http://a"}])
def test_a_host_that_no_request_can_name_is_refused(given: Json) -> None:
    with pytest.raises(ConfigError, match="is no host"):
        extended(Rewrites(), {"host_rewrite": given})


def test_two_sources_of_a_host_are_too_much() -> None:
    found = problems_of(Rewrites(), {"host_rewrite": {"literal": "a", "auto": True}})
    assert [field for field, _ in found] == ["extensions.host_rewrite"]


def test_a_pattern_rewrites_the_path() -> None:
    given = {"regex_rewrite": {"pattern": "^/v1/(.*)$", "substitution": r"/\1"}}
    rewrite = written(extended(Rewrites(), given))["route"]["regex_rewrite"]
    assert rewrite == {"pattern": {"regex": "^/v1/(.*)$"}, "substitution": r"/\1"}


@pytest.mark.parametrize(
    ("pattern", "substitution", "field"),
    [
        ("(", "/", "regex_rewrite.pattern"),
        ("(?!a)", "/", "regex_rewrite.pattern"),
        ("/(a)", r"/\2", "regex_rewrite.substitution"),
        ("/a", "/b\\", "regex_rewrite.substitution"),
        ("/a", "/b\n", "regex_rewrite.substitution"),
    ],
)
def test_a_pattern_that_can_not_work_is_refused(pattern: str, substitution: str, field: str) -> None:
    with pytest.raises(ConfigError) as raised:
        extended(Rewrites(), {"regex_rewrite": {"pattern": pattern, "substitution": substitution}})
    assert raised.value.field == field


def test_a_pattern_and_a_prefix_are_too_much() -> None:
    with pytest.raises(ConfigError, match="prefix_rewrite"):
        extended(Rewrites(), {"regex_rewrite": {"pattern": "a"}}, route_of(replace(FORWARD, prefix_rewrite="/b")))
