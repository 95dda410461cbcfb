"""Timeouts are durations, and the numbers of 2018 are still nanoseconds."""

import pytest
from tests.support.extended_routes import FORWARD, extended, route_of, written

from gloo.envoy.route import DirectResponse
from gloo.errors import ConfigError
from gloo.model.base import replace
from gloo.model.duration import Duration
from gloo.plugins.timeouts import Timeouts


@pytest.mark.parametrize(("given", "seconds"), [("3s", "3s"), (3_000_000_000, "3s"), ("250ms", "0.250s"), ("0s", "0s")])
def test_a_timeout_is_a_duration_or_nanoseconds(given: object, seconds: str) -> None:
    forward = written(extended(Timeouts(), {"timeout": given}))["route"]
    assert forward["timeout"] == seconds
    assert "idle_timeout" not in forward


def test_an_idle_timeout_leaves_the_timeout_alone() -> None:
    forward = written(extended(Timeouts(), {"idle_timeout": "1m"}))["route"]
    assert (forward["idle_timeout"], "timeout" in forward) == ("60s", False)


def test_an_idle_timeout_leaves_a_functions_own_time() -> None:
    forward = replace(FORWARD, timeout=Duration(10**9))
    assert written(extended(Timeouts(), {"idle_timeout": "1m"}, route_of(forward)))["route"]["timeout"] == "1s"


@pytest.mark.parametrize("field", ["timeout", "idle_timeout"])
def test_an_answer_of_the_gateway_itself_has_no_timeout(field: str) -> None:
    with pytest.raises(ConfigError) as raised:
        extended(Timeouts(), {field: "3s"}, route_of(DirectResponse(200)))
    assert raised.value.field == field


@pytest.mark.parametrize("field", ["timeout", "idle_timeout"])
@pytest.mark.parametrize("given", [3, "400us"])
def test_a_time_that_would_come_out_as_none_is_refused(field: str, given: object) -> None:
    with pytest.raises(ConfigError, match="at least 1ms, or 0s for no limit; a number without a unit is nanoseconds"):
        extended(Timeouts(), {field: given})
