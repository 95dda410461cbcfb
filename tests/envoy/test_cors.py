"""The CORS filter is off where no route has a policy."""

from envoy.extensions.filters.http.cors.v3.cors_pb2 import CorsPolicy as Message

from gloo.envoy.cors import CORS_FILTER, CorsPolicy, cors_filter, cors_policy
from gloo.envoy.stage import Stage


def test_the_filter_stands_before_authentication_and_is_off() -> None:
    found = cors_filter()
    assert (found.name, found.disabled) == (CORS_FILTER, True)
    assert found.stage < Stage.AUTHENTICATION


def test_a_policy_keeps_preflights_from_the_upstream_and_leaves_ages_to_the_browser() -> None:
    message = Message.FromString(cors_policy(CorsPolicy(origins=("*",))).value)
    assert message.forward_not_matching_preflights.value is False
    assert message.HasField("forward_not_matching_preflights")
    assert message.max_age == ""


def test_an_age_of_zero_is_said() -> None:
    assert Message.FromString(cors_policy(CorsPolicy(origins=("*",), max_age=0)).value).max_age == "0"
