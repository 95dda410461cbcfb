"""Conditions on cookies: a field of Envoy 1.40's `RouteMatch` that the Python classes of its API lack so far.

Measured: each cookie is compared by itself, of several with one name the first, without the quotes around its value.
"""

from envoy.type.matcher.v3 import regex_pb2, string_pb2
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor_pb2 import FieldDescriptorProto

from gloo.envoy.message import Message, serialize
from gloo.envoy.route import ValueMatch
from gloo.envoy.wire import framed

_FILE = "envoy/config/route/v3/route_components.proto"
_MATCHER = "CookieMatcher"
_COOKIES = b"\x8a\x01"  # field 17 of RouteMatch, a message
_NAME, _STRING_MATCH, _INVERTED = b"\x0a", b"\x12", b"\x18\x01"  # fields 1, 2, and 3 with true in it
_ANY = ".*"


def cookie_field(match: ValueMatch) -> bytes:
    """Return the field of a `RouteMatch` that holds the condition *match*, serialised."""
    inverted = _INVERTED if match.invert else b""
    compared = framed(_STRING_MATCH, serialize(_string_match(match)))
    return framed(_COOKIES, framed(_NAME, match.name.encode()) + compared + inverted)


def _string_match(match: ValueMatch) -> Message:
    if match.kind in ("regex", "present"):
        pattern = match.value if match.kind == "regex" else _ANY
        return string_pb2.StringMatcher(safe_regex=regex_pb2.RegexMatcher(regex=pattern))
    return string_pb2.StringMatcher(**{match.kind: match.value})


class _WithCookies:
    """The descriptors of the default pool, with those of cookies."""

    def __init__(self) -> None:
        self._known = descriptor_pool.Default()

    def FindFileByName(self, name: str) -> Message:
        return _extended(self._known.FindFileByName(name))

    def FindFileContainingSymbol(self, symbol: str) -> Message:
        return _extended(self._known.FindFileContainingSymbol(symbol))


def cookie_descriptors() -> Message:
    """Return a descriptor pool whose messages show conditions on cookies, for people to read."""
    return descriptor_pool.DescriptorPool(_WithCookies())


def _extended(file: Message) -> Message:
    copy = descriptor_pb2.FileDescriptorProto()
    file.CopyToProto(copy)
    if file.name == _FILE and _MATCHER not in file.message_types_by_name:
        _add_cookies(copy)
    return copy


def _add_cookies(file: Message) -> None:
    package = f".{file.package}"
    kinds = FieldDescriptorProto
    matcher = file.message_type.add(name=_MATCHER)
    matcher.field.add(name="name", number=1, type=kinds.TYPE_STRING, label=kinds.LABEL_OPTIONAL)
    matcher.field.add(
        name="string_match",
        number=2,
        type=kinds.TYPE_MESSAGE,
        label=kinds.LABEL_OPTIONAL,
        type_name=".envoy.type.matcher.v3.StringMatcher",
    )
    matcher.field.add(name="invert_match", number=3, type=kinds.TYPE_BOOL, label=kinds.LABEL_OPTIONAL)
    match = next(message for message in file.message_type if message.name == "RouteMatch")
    match.field.add(
        name="cookies",
        number=17,
        type=kinds.TYPE_MESSAGE,
        label=kinds.LABEL_REPEATED,
        type_name=f"{package}.{_MATCHER}",
    )
