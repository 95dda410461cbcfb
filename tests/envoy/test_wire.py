"""What is put together by hand reads back as if protobuf had written it."""

import pytest
from envoy.config.route.v3.route_components_pb2 import VirtualHost

from gloo.envoy.wire import framed, tag


@pytest.mark.parametrize("length", [0, 1, 127, 128, 16383, 16384, 3_000_000])
def test_a_text_of_any_length_is_written_as_protobuf_writes_it(length: int) -> None:
    text = "x" * length
    assert framed(tag(VirtualHost, "domains"), text.encode()) == VirtualHost(domains=[text]).SerializeToString()


def test_a_field_with_a_high_number_has_its_tag() -> None:
    number = VirtualHost.DESCRIPTOR.fields_by_name["matcher"].number
    assert number > 15
    host = VirtualHost()
    host.matcher.SetInParent()
    assert framed(tag(VirtualHost, "matcher"), b"") == host.SerializeToString()
