"""The way from a protobuf message to bytes."""

from google.protobuf.struct_pb2 import Struct

from gloo.envoy.message import duration, pack, serialize, typed
from gloo.model.duration import Duration


def test_equal_messages_are_equal_bytes_whatever_the_order_of_their_maps() -> None:
    one, other = Struct(), Struct()
    names = [f"name-{number}" for number in range(50)]
    one.update(dict.fromkeys(names, 1))
    other.update(dict.fromkeys(reversed(names), 1))
    assert serialize(one) == serialize(other)


def test_a_typed_config_tells_its_type_but_not_its_bytes() -> None:
    config = typed(Struct())
    assert config.type_url == "type.googleapis.com/google.protobuf.Struct"
    assert "value" not in repr(config)


def test_a_packed_message_unpacks_as_the_same() -> None:
    message, unpacked = Struct(), Struct()
    message["a"] = 1
    assert pack(message).Unpack(unpacked)
    assert unpacked == message


def test_a_duration_keeps_its_nanoseconds() -> None:
    span = duration(Duration(1_500_000_001))
    assert (span.seconds, span.nanos) == (1, 500_000_001)
