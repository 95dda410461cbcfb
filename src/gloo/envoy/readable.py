"""Envoy's resources as plain values, to be read by people; what is sensitive is not in them."""

from google.protobuf import descriptor_pool, json_format, message_factory
from google.protobuf.any_pb2 import Any as PackedMessage
from google.protobuf.descriptor import FieldDescriptor
from udpa.annotations import sensitive_pb2

from gloo.envoy.cookie_match import cookie_descriptors
from gloo.envoy.message import Message, TypedConfig, packed
from gloo.envoy.snapshot import Resource, ResourceType
from gloo.model.base import Json

HIDDEN = "(not shown)"
_CREDENTIALS = "envoy.extensions.filters.http.aws_lambda.v3.Credentials"
_UNMARKED = frozenset([f"{_CREDENTIALS}.secret_access_key", f"{_CREDENTIALS}.session_token"])
"""Fields that hold secrets, though Envoy's API does not mark them."""

_SHOWN = cookie_descriptors()
_FIRST = frozenset(["@type", "name"])


def readable(resource: Resource) -> Json:
    """Return *resource* by the field names of Envoy's API; of a secret only its name and kind.

    A message whose type is not known here, as one that a foreign plugin brings, is told by its type alone.
    """
    message = _class_of(resource.type.type_url)()
    message.ParseFromString(resource.body)
    if resource.type is ResourceType.SECRET:
        return {"name": resource.name, str(message.WhichOneof("type")): HIDDEN}
    _redact(message)
    return _as_dict(message)


def readable_config(config: TypedConfig) -> Json:
    """Return an extension's configuration likewise."""
    wrapped = packed(config)
    _redact(wrapped)
    plain = _as_dict(wrapped)
    return {name: value for name, value in plain.items() if name != "@type"}


def _as_dict(message: Message) -> Json:
    """Return *message*, which holds nothing sensitive any more, as plain values."""
    kind = message_factory.GetMessageClass(_SHOWN.FindMessageTypeByName(message.DESCRIPTOR.full_name))
    shown = kind.FromString(message.SerializeToString())
    return _plain(json_format.MessageToDict(shown, preserving_proto_field_name=True, descriptor_pool=_SHOWN))


def _plain(value: Json) -> Json:
    """Return *value* in dicts and lists alone, name and type first: protobuf's maps come in another order each time."""
    if isinstance(value, dict):
        return {name: _plain(value[name]) for name in sorted(value, key=lambda name: (name not in _FIRST, name))}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _class_of(type_url: str) -> Message:
    pool = descriptor_pool.Default()
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(type_url.rpartition("/")[2]))


def _redact(message: Message) -> None:
    """Overwrite each sensitive field below *message*, inside packed messages too."""
    if isinstance(message, PackedMessage):
        _redact_packed(message)
        return
    for field, value in message.ListFields():
        if field.full_name in _UNMARKED or field.GetOptions().Extensions[sensitive_pb2.sensitive]:
            _hide(message, field)
        elif field.type == FieldDescriptor.TYPE_MESSAGE:
            for each in _messages(field, value):
                _redact(each)


def _redact_packed(wrapped: Message) -> None:
    try:
        inner = _class_of(wrapped.type_url)()
    except KeyError:
        wrapped.CopyFrom(_untold(wrapped.type_url))
        return
    inner.ParseFromString(wrapped.value)
    _redact(inner)
    wrapped.value = inner.SerializeToString(deterministic=True)


def _untold(type_url: str) -> Message:
    """Return what stands for a message of an unknown type."""
    struct = _class_of("google.protobuf.Struct")()
    struct["unknown_type"], struct["value"] = type_url, HIDDEN
    wrapped = PackedMessage()
    wrapped.Pack(struct)
    return wrapped


def _hide(message: Message, field: Message) -> None:
    message.ClearField(field.name)
    if field.type == FieldDescriptor.TYPE_STRING and not field.is_repeated:
        setattr(message, field.name, HIDDEN)


def _messages(field: Message, value: Message) -> list[Message]:
    """Return the messages that a field holds: one, a list of them, or the values of a map."""
    if not field.is_repeated:
        return [value]
    if field.message_type.GetOptions().map_entry:
        is_message = field.message_type.fields_by_name["value"].type == FieldDescriptor.TYPE_MESSAGE
        return list(value.values()) if is_message else []
    return list(value)
