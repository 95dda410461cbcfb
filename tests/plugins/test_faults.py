"""Faults are for a share of requests, and never by accident."""

import pytest
from envoy.extensions.filters.http.fault.v3.fault_pb2 import HTTPFault
from google.protobuf.json_format import MessageToDict
from tests.support.extended_routes import extended, problems_of, route_of

from gloo.envoy.route import DirectResponse
from gloo.errors import ConfigError
from gloo.plugins.faults import Faults


def test_abort_and_delay_are_written_with_their_shares() -> None:
    given = {"abort": {"http_status": 503, "percentage": 0.01}, "delay": {"fixed_delay": "2s"}}
    ((name, config),) = extended(Faults(), {"faults": given}).filters
    assert name == "envoy.filters.http.fault"
    assert MessageToDict(HTTPFault.FromString(config.value), preserving_proto_field_name=True) == {
        "abort": {"http_status": 503, "percentage": {"numerator": 100, "denominator": "MILLION"}},
        "delay": {"fixed_delay": "2s", "percentage": {"numerator": 1_000_000, "denominator": "MILLION"}},
    }


def test_no_fault_is_no_rule() -> None:
    assert problems_of(Faults(), {"faults": {}}) == [("extensions.faults", "must have abort or delay")]


def test_a_delay_of_nothing_is_refused() -> None:
    with pytest.raises(ConfigError) as raised:
        extended(Faults(), {"faults": {"delay": {"fixed_delay": 0}}})
    assert raised.value.field == "faults.delay.fixed_delay"


def test_an_answer_of_the_gateway_itself_has_no_faults() -> None:
    with pytest.raises(ConfigError, match="destination"):
        extended(Faults(), {"faults": {"abort": {"http_status": 503}}}, route_of(DirectResponse(200)))
