"""The way from a protobuf message to bytes; the message classes have no type stubs, so they stay in this package."""

from dataclasses import dataclass, field
from typing import Any as Message

from google.protobuf.any_pb2 import Any as PackedMessage
from google.protobuf.duration_pb2 import Duration as ProtoDuration

from gloo.model.duration import Duration

__all__ = ["Message", "TypedConfig", "duration", "pack", "packed", "serialize", "typed"]


@dataclass(frozen=True, slots=True)
class TypedConfig:
    """An extension's configuration: its type and its serialised message."""

    type_url: str
    value: bytes = field(repr=False)


def serialize(message: Message) -> bytes:
    """Return the same bytes for equal messages, so that bytes tell whether something changed."""
    text: bytes = message.SerializeToString(deterministic=True)
    return text


def typed(message: Message) -> TypedConfig:
    """Wrap *message* as an extension's configuration."""
    return TypedConfig(f"type.googleapis.com/{message.DESCRIPTOR.full_name}", serialize(message))


def packed(config: TypedConfig) -> Message:
    """Return *config* as a `google.protobuf.Any`."""
    return PackedMessage(type_url=config.type_url, value=config.value)


def pack(message: Message) -> Message:
    """Return *message* inside a `google.protobuf.Any`."""
    return packed(typed(message))


def duration(span: Duration) -> Message:
    """Return *span* as a `google.protobuf.Duration`."""
    seconds, nanos = divmod(span.nanoseconds, 10**9)
    return ProtoDuration(seconds=seconds, nanos=nanos)
