"""Write a virtual host's routes, as the plain list or as a match tree.

Routes come in and go out serialised: protobuf messages concatenate, so a route that has not changed is never built or
serialised again, however many leaves hold it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from envoy.config.route.v3.route_components_pb2 import RouteList, VirtualHost
from envoy.type.matcher.v3.http_inputs_pb2 import HttpRequestHeaderMatchInput
from xds.core.v3.extension_pb2 import TypedExtensionConfig
from xds.type.matcher.v3.matcher_pb2 import Matcher

_TYPE_PREFIX = "type.googleapis.com/"
_LENGTH_DELIMITED = 2


@dataclass(frozen=True, slots=True)
class Leaf:
    """The routes to try, in order, for paths whose longest prefix among all leaves is *prefix*."""

    prefix: str
    routes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RouteTree:
    """A route table by path prefix.

    Args:
        leaves: sorted by prefix, no prefix twice, none of them empty.
        otherwise: the routes to try for a path that has none of the prefixes.
    """

    leaves: tuple[Leaf, ...]
    otherwise: tuple[int, ...] = ()

    @property
    def size(self) -> int:
        """The number of routes that Envoy has to keep, copies counted."""
        return len(self.otherwise) + sum(len(leaf.routes) for leaf in self.leaves)


def route_fields(routes: Sequence[bytes], tree: RouteTree | None = None) -> bytes:
    """Return the ``routes`` or, with a *tree*, the ``matcher`` of a VirtualHost, to be appended to its other fields.

    Args:
        routes: serialised ``envoy.config.route.v3.Route`` messages, in the order of the table.
        tree: what the numbers in it mean are positions in *routes*.

    What no leaf's routes match gets no route: Envoy does not go on to another leaf or to `RouteTree.otherwise`.
    """
    if tree is None:
        tag = _tag(VirtualHost, "routes")
        return b"".join(_framed(tag, route) for route in routes)
    tag = _tag(RouteList, "routes")
    framed = [_framed(tag, route) for route in routes]
    return _framed(_tag(VirtualHost, "matcher"), _matcher(framed, tree))


def _matcher(framed: Sequence[bytes], tree: RouteTree) -> bytes:
    map_tag = _tag(Matcher.MatcherTree.MatchMap, "map")
    key_tag, value_tag = b"\x0a", b"\x12"  # the fields of every map entry are numbered 1 and 2
    entries = b"".join(
        _framed(map_tag, _framed(key_tag, leaf.prefix.encode()) + _framed(value_tag, _action(framed, leaf.routes)))
        for leaf in tree.leaves
    )
    path = TypedExtensionConfig(name="path")
    path.typed_config.Pack(HttpRequestHeaderMatchInput(header_name=":path"))
    by_path = Matcher.MatcherTree(input=path).SerializeToString(deterministic=True)
    by_path += _framed(_tag(Matcher.MatcherTree, "prefix_match_map"), entries)
    matcher = _framed(_tag(Matcher, "matcher_tree"), by_path)
    if tree.otherwise:
        matcher += _framed(_tag(Matcher, "on_no_match"), _action(framed, tree.otherwise))
    return matcher


def _action(framed: Sequence[bytes], routes: tuple[int, ...]) -> bytes:
    """Return an ``OnMatch`` that tries *routes* in order."""
    listed = b"".join([framed[index] for index in routes])
    packed = _ANY_TYPE + _framed(_ANY_VALUE, listed)
    return _framed(_ACTION, _ACTION_NAME + _framed(_ACTION_CONFIG, packed))


def _tag(message: type, field: str) -> bytes:
    number: int = message.DESCRIPTOR.fields_by_name[field].number  # type: ignore[attr-defined]  # untyped protobuf class
    return _varint(number << 3 | _LENGTH_DELIMITED)


def _framed(tag: bytes, body: bytes) -> bytes:
    return tag + _varint(len(body)) + body


def _varint(number: int) -> bytes:
    """Encode *number* as protobuf does (base 128, low bits first)."""
    if number < 0x80:
        return bytes((number,))
    encoded = bytearray()
    while number >= 0x80:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


_ACTION = _tag(Matcher.OnMatch, "action")
_ACTION_NAME = TypedExtensionConfig(name="routes").SerializeToString()
_ACTION_CONFIG = _tag(TypedExtensionConfig, "typed_config")
_ANY_TYPE = _framed(b"\x0a", (_TYPE_PREFIX + RouteList.DESCRIPTOR.full_name).encode())
_ANY_VALUE = b"\x12"
