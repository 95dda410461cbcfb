"""Retries say when and how often; what contradicts itself is refused."""

import pytest
from tests.support.extended_routes import extended, problems_of, written

from gloo.errors import ConfigError
from gloo.model.base import Json
from gloo.plugins.retries import Retry


def _policy(extensions: dict[str, Json]) -> Json:
    return written(extended(Retry(), extensions))["route"]["retry_policy"]


def test_max_retries_is_after_any_failure() -> None:
    assert _policy({"max_retries": 3}) == {"retry_on": "5xx", "num_retries": 3}


@pytest.mark.parametrize("conditions", ["reset, connect-failure", ["reset", "connect-failure"]])
def test_conditions_are_a_list_or_joined_by_commas(conditions: Json) -> None:
    assert _policy({"retries": {"retry_on": conditions}}) == {"retry_on": "reset,connect-failure", "num_retries": 1}


def test_status_codes_are_a_condition_by_themselves() -> None:
    policy = _policy({"retries": {"retriable_status_codes": [429, 503]}})
    assert (policy["retry_on"], policy["retriable_status_codes"]) == ("retriable-status-codes", [429, 503])


def test_all_of_a_policy_is_written() -> None:
    given = {
        "num_retries": 2,
        "per_try_timeout": "500ms",
        "per_try_idle_timeout": "1s",
        "back_off": {"base": "50ms"},
        "hedge": True,
        "other_hosts": True,
    }
    forward = written(extended(Retry(), {"retries": given}))["route"]
    policy = forward["retry_policy"]
    assert (policy["per_try_timeout"], policy["per_try_idle_timeout"]) == ("0.500s", "1s")
    assert policy["retry_back_off"] == {"base_interval": "0.050s", "max_interval": "0.500s"}
    assert policy["retry_host_predicate"][0]["name"] == "envoy.retry_host_predicates.previous_hosts"
    assert forward["hedge_policy"] == {"hedge_on_per_try_timeout": True}


@pytest.mark.parametrize(
    ("extensions", "field", "hint"),
    [
        ({"max_retries": 1, "retries": {}}, "max_retries", "retries.num_retries"),
        ({"retries": {"hedge": True}}, "retries.hedge", "per_try_timeout"),
        ({"retries": {"retry_on": "connect-failures"}}, "retries.retry_on", "'connect-failure'"),
        ({"retries": {"retry_on": "retriable-status-codes"}}, "retries.retry_on", "503"),
        ({"retries": {"back_off": {"base": "1s", "max": "1ms"}}}, "retries.back_off.max", ""),
        ({"retries": {"back_off": {"base": "1us"}}}, "retries.back_off.base", "1ms"),
        ({"retries": {"per_try_timeout": 3}}, "retries.per_try_timeout", "1ms"),
        ({"retries": {"per_try_idle_timeout": "999us"}}, "retries.per_try_idle_timeout", "1ms"),
    ],
)
def test_what_contradicts_itself_is_refused(extensions: dict[str, Json], field: str, hint: str) -> None:
    with pytest.raises(ConfigError) as raised:
        extended(Retry(), extensions)
    assert raised.value.field == field
    assert hint in raised.value.hint


@pytest.mark.parametrize("count", [0, -1, 2**32, "3"])
def test_a_count_is_a_whole_number_above_zero(count: object) -> None:
    assert [field for field, _ in problems_of(Retry(), {"max_retries": count})] == ["extensions.max_retries"]
