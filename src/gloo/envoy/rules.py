"""Envoy's own rules for its messages, as its API states them: what breaks one, Envoy refuses.

They stand beside the fields (`validate.rules`, of protoc-gen-validate). A running Envoy applies them itself; this is
for those who have none to ask. The words are Envoy's.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache

from envoy.config.cluster.v3 import cluster_pb2
from envoy.config.route.v3 import route_components_pb2
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.message import DecodeError
from validate import validate_pb2

from gloo.envoy.message import Message
from gloo.envoy.snapshot import Resource, ResourceType

Rule = Callable[[Message], str | None]
"""Says what is wrong with a value; None if nothing is."""

_ANY = "google.protobuf.Any"
_WRAPPER = re.compile(r"google\.protobuf\.(\w+)Value\Z")
_KNOWN_REGEXES = {
    (1, True): r":?[0-9a-zA-Z!#$%&'*+\-.^_|~`]+",
    (1, False): r"[^\x00\r\n]*",
    (2, True): r"[^\x00-\x08\x0a-\x1f\x7f]*",
    (2, False): r"[^\x00\r\n]*",
}
"""By number of the regex (a header's name, its value), and whether it is meant strictly."""


def route_fault(body: bytes) -> str | None:
    """Return which rule a serialised route breaks; None if none."""
    return fault_of(route_components_pb2.Route.FromString(body))


def host_fault(body: bytes) -> str | None:
    """Return which rule a serialised virtual host breaks; None if none."""
    return fault_of(route_components_pb2.VirtualHost.FromString(body))


def resource_fault(resource: Resource) -> str | None:
    """Return which rule a cluster breaks; None if none, and for resources of other types."""
    if resource.type is not ResourceType.CLUSTER:
        return None
    return fault_of(cluster_pb2.Cluster.FromString(resource.body))


def fault_of(message: Message) -> str | None:
    """Return which rule *message*, or a message inside, breaks; None if none."""
    return next(_faults(message), None)


def _faults(message: Message) -> Iterator[str]:
    descriptor = message.DESCRIPTOR
    for name in _required_oneofs(descriptor):
        if message.WhichOneof(name) is None:
            yield f"{descriptor.name}.{name}: value is required"
    for field, rule in _rules(descriptor):
        if (said := rule(message)) is not None:
            yield f"{descriptor.name}.{field}: {said}"
    for field, value in message.ListFields():
        if field.message_type is not None and not _rules_of(field).message.skip:
            for inner in _messages(field, value):
                yield from _faults(inner)


def _messages(field: Message, value: Message) -> Iterator[Message]:
    """Yield the messages in the *value* of a field; what a `google.protobuf.Any` holds, in its place."""
    if field.message_type.GetOptions().map_entry:
        if field.message_type.fields_by_name["value"].message_type is None:
            return
        value = value.values()
    for each in value if field.is_repeated or field.message_type.GetOptions().map_entry else (value,):
        inner = _unpacked(each) if each.DESCRIPTOR.full_name == _ANY else each
        if inner is not None:
            yield inner


def _unpacked(packed: Message) -> Message | None:
    """Return what *packed* holds; None for a type that gloo does not write."""
    try:
        descriptor = descriptor_pool.Default().FindMessageTypeByName(packed.TypeName())
        return message_factory.GetMessageClass(descriptor).FromString(packed.value)
    except (KeyError, DecodeError):
        return None


@cache
def _required_oneofs(descriptor: Message) -> tuple[str, ...]:
    return tuple(each.name for each in descriptor.oneofs if each.GetOptions().Extensions[validate_pb2.required])


def _rules_of(field: Message) -> Message:
    return field.GetOptions().Extensions[validate_pb2.rules]


@cache
def _rules(descriptor: Message) -> tuple[tuple[str, Rule], ...]:
    """Return the rules of a message's own fields: each is asked about the message as a whole."""
    ruled = ((field, _rules_of(field)) for field in descriptor.fields)
    return tuple((field.name, _of_field(field, rules)) for field, rules in ruled if rules.ByteSize())


def _of_field(field: Message, rules: Message) -> Rule:
    kind = rules.WhichOneof("type")
    alone = field.containing_oneof is None
    required = alone and (
        rules.message.required or (kind in {"any", "duration", "timestamp"} and getattr(rules, kind).required)
    )
    rule = _of_value(rules) if kind is not None else _nothing
    wrapped = field.message_type is not None and _WRAPPER.match(field.message_type.full_name)

    def judge(message: Message) -> str | None:
        if field.has_presence and not message.HasField(field.name):
            return "value is required" if required else None
        value = getattr(message, field.name)
        return rule(value.value if wrapped and not field.is_repeated else value)

    return judge


def _nothing(value: Message) -> None:
    return None


def _of_value(rules: Message) -> Rule:
    kind = rules.WhichOneof("type")
    own = getattr(rules, kind)
    makers: dict[str, Callable[[Message], Rule]] = {
        "string": _of_text,
        "bytes": _of_text,
        "repeated": _of_list,
        "map": _of_map,
        "duration": _of_duration,
        "enum": _of_choice,
        "bool": _of_choice,
        "any": lambda _: _nothing,
        "timestamp": lambda _: _nothing,
    }
    return makers.get(kind, _of_number)(own)


def _of_choice(own: Message) -> Rule:
    among, never = frozenset(getattr(own, "in", ())), frozenset(getattr(own, "not_in", ()))

    def judge(value: Message) -> str | None:
        if own.HasField("const") and value != own.const:
            return f"value must equal {own.const}"
        if among and value not in among:
            return "value must be in list"
        return "value must not be in list" if value in never else None

    return judge


def _of_number(own: Message) -> Rule:
    choice = _of_choice(own)

    def judge(value: Message) -> str | None:
        return choice(value) or _bounds(own, value, lambda bound: bound)

    return judge


def _bounds(own: Message, value: float, number: Callable[[Message], float]) -> str | None:
    if own.HasField("gt") and not value > number(own.gt):
        return f"value must be greater than {_shown(own.gt)}"
    if own.HasField("gte") and not value >= number(own.gte):
        return f"value must be greater than or equal to {_shown(own.gte)}"
    if own.HasField("lt") and not value < number(own.lt):
        return f"value must be less than {_shown(own.lt)}"
    if own.HasField("lte") and not value <= number(own.lte):
        return f"value must be less than or equal to {_shown(own.lte)}"
    return None


def _shown(bound: Message) -> str:
    return f"{bound.ToNanoseconds() / 10**9:g}s" if hasattr(bound, "ToNanoseconds") else str(bound)


def _of_duration(own: Message) -> Rule:
    return lambda value: _bounds(own, value.ToNanoseconds(), lambda bound: bound.ToNanoseconds())


def _of_text(own: Message) -> Rule:
    choice, pattern = _of_choice(own), _pattern(own)

    def judge(value: str) -> str | None:
        if own.ignore_empty and not value:
            return None
        size = len(value.encode() if isinstance(value, str) else value)
        if len(value) < own.min_len or size < getattr(own, "min_bytes", 0):
            return f"value length must be at least {own.min_len or own.min_bytes} characters"
        if (own.HasField("max_len") and len(value) > own.max_len) or (
            hasattr(own, "max_bytes") and own.HasField("max_bytes") and size > own.max_bytes
        ):
            return f"value length must be at most {own.max_len or own.max_bytes} bytes"
        if own.prefix and not value.startswith(own.prefix):
            return f"value must begin with {own.prefix}"
        if pattern is not None and not pattern.search(value):
            return "value does not match regex pattern"
        return choice(value)

    return judge


def _pattern(own: Message) -> re.Pattern[str] | None:
    known = getattr(own, "well_known_regex", 0)
    if known:
        strict = own.strict if own.HasField("strict") else True
        return re.compile(rf"\A(?:{_KNOWN_REGEXES[known, strict]})\Z")
    return re.compile(own.pattern) if own.pattern and isinstance(own.pattern, str) else None


def _of_list(own: Message) -> Rule:
    item = _item(own.items)

    def judge(values: Message) -> str | None:
        if own.ignore_empty and not values:
            return None
        if len(values) < own.min_items:
            return f"value must contain at least {own.min_items} item(s)"
        if own.HasField("max_items") and len(values) > own.max_items:
            return f"value must contain no more than {own.max_items} item(s)"
        if own.unique and any(value in values[:index] for index, value in enumerate(values)):
            return "repeated value must contain unique items"
        return next((said for value in values if (said := item(value)) is not None), None)

    return judge


def _of_map(own: Message) -> Rule:
    keys, values = _item(own.keys), _item(own.values)

    def judge(found: Message) -> str | None:
        if len(found) < own.min_pairs:
            return f"value must contain at least {own.min_pairs} pair(s)"
        said = (keys(key) or values(found[key]) for key in found)
        return next((each for each in said if each is not None), None)

    return judge


def _item(rules: Message) -> Rule:
    return _of_value(rules) if rules.WhichOneof("type") is not None else _nothing
