from google.protobuf import json_format, struct_pb2

from gloo.envoy.connection_manager import ConnectionManager
from gloo.envoy.message import typed
from gloo.envoy.stage import HttpFilter, Stage
from gloo.model.base import Json


def written(manager: ConnectionManager) -> Json:
    return json_format.MessageToDict(manager.network_filter(), preserving_proto_field_name=True)["typed_config"]


def test_filters_stand_by_stage_then_name_and_the_router_is_last() -> None:
    config = typed(struct_pb2.Struct())
    filters = tuple(
        HttpFilter(name, stage, config)
        for name, stage in (("b", Stage.TRANSFORMATION), ("c", Stage.FAULT), ("a", Stage.TRANSFORMATION))
    )
    found = written(ConnectionManager("table", filters))["http_filters"]
    assert [each["name"] for each in found] == ["c", "a", "b", "envoy.filters.http.router"]
    assert [each.get("disabled", False) for each in found] == [True, True, True, False]


def test_what_a_client_says_about_its_certificate_never_passes() -> None:
    assert "forward_client_cert_details" not in written(ConnectionManager("table"))  # SANITIZE, the default
    assert written(ConnectionManager("table", tell_client=True))["forward_client_cert_details"] == "SANITIZE_SET"


def test_what_envoy_itself_says_about_it_passes_on_the_inside() -> None:
    inner = written(ConnectionManager("table", inner=True))
    assert inner["forward_client_cert_details"] == "ALWAYS_FORWARD_ONLY"


def test_what_may_come_in_from_clients_passes_on_the_inside_with_what_was_added() -> None:
    outer, inner = written(ConnectionManager("table")), written(ConnectionManager("table", inner=True))
    assert outer["common_http_protocol_options"] == {"max_headers_count": 1000}
    assert inner["common_http_protocol_options"] == {"max_headers_count": 1100, "max_requests_per_connection": 1}
    assert inner["max_request_headers_kb"] == 256
    assert inner["http_protocol_options"]["enable_trailers"] is True


def test_quic_has_its_codec_and_the_limits_of_http_2() -> None:
    manager = written(ConnectionManager("table", http3=True))
    limits = {"initial_stream_window_size": 2**20, "max_concurrent_streams": 100}
    alone = {"override_stream_error_on_invalid_http_message": True}
    assert manager["codec_type"] == "HTTP3"
    assert manager["http2_protocol_options"] == {**limits, **alone}
    assert manager["http3_protocol_options"] == {"quic_protocol_options": limits, **alone}


def test_the_final_dot_of_a_host_is_taken_away() -> None:
    assert written(ConnectionManager("table"))["strip_trailing_host_dot"] is True


def test_http_1_0_is_answered() -> None:
    assert written(ConnectionManager("table"))["http_protocol_options"]["accept_http_10"] is True
