"""Envoy's own answers in our words; that they come so is tested in a real Envoy."""

from google.protobuf import json_format

from gloo.envoy.local_replies import local_replies


def test_the_particular_comes_before_the_general_and_what_is_not_the_clients_fault_is_no_401() -> None:
    mappers = json_format.MessageToDict(local_replies(), preserving_proto_field_name=True)["mappers"]
    told = [
        (each.get("status_code"), each["body_format_override"]["json_format"]["error"]["reason"]) for each in mappers
    ]
    assert told == [
        (None, "no_route"),
        (503, "not_ready"),
        (503, "keys_unavailable"),
        (401, "token_missing"),
        (401, "token_expired"),
        (401, "token_refused"),
        (413, "too_large"),
        (504, "upstream_timeout"),
        (503, "overloaded"),
        (None, "upstream_unreachable"),
        (None, "upstream_unhealthy"),
        (None, "upstream_overloaded"),
        (None, "upstream_reset"),
        (None, "upstream_unknown"),
        (None, "fault_injected"),
    ]
    assert all(
        each["headers_to_add"][0]["header"]["value"] == reason
        for each, (_, reason) in zip(mappers[1:], told[1:], strict=True)
    )
