"""Write a virtual host's routes, as the plain list or as a match tree.

Routes come in and go out serialised: protobuf messages concatenate, so a route that has not changed is never built or
serialised again, however many leaves hold it.
"""

from collections.abc import Sequence

from envoy.config.route.v3.route_components_pb2 import RouteList, VirtualHost
from envoy.type.matcher.v3.http_inputs_pb2 import HttpRequestHeaderMatchInput
from xds.core.v3.extension_pb2 import TypedExtensionConfig
from xds.type.matcher.v3.matcher_pb2 import Matcher

from gloo.envoy.wire import framed, tag
from gloo.model.base import Value

_TYPE_PREFIX = "type.googleapis.com/"


class Leaf(Value, frozen=True):
    """The routes to try, in order, for paths whose longest prefix among all leaves is *prefix*."""

    prefix: str
    routes: tuple[int, ...]


class RouteTree(Value, frozen=True):
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
        return b"".join([framed(_HOST_ROUTES, route) for route in routes])
    listed = [framed(_LISTED_ROUTES, route) for route in routes]
    return framed(_HOST_MATCHER, _matcher(listed, tree))


def route_choices(choices: Sequence[tuple[str, Sequence[tuple[str, bytes]]]], *, otherwise: bytes) -> bytes:
    """Return the ``matcher`` of a VirtualHost: the value of a header names the route, else *otherwise* is tried.

    Args:
        choices: headers, and the routes by their values; the first header with a value that has a route counts.
    """
    found = _action([framed(_LISTED_ROUTES, otherwise)], (0,))
    for header, routes in reversed(choices):
        by_name = _map([(name, _action([framed(_LISTED_ROUTES, route)], (0,))) for name, route in routes])
        by_header = _by_header(header) + framed(tag(Matcher.MatcherTree, "exact_match_map"), by_name)
        matcher = framed(tag(Matcher, "matcher_tree"), by_header) + framed(tag(Matcher, "on_no_match"), found)
        found = framed(tag(Matcher.OnMatch, "matcher"), matcher)
    return framed(_HOST_MATCHER, matcher)


def _by_header(name: str) -> bytes:
    given = TypedExtensionConfig(name="path" if name == ":path" else "header")
    given.typed_config.Pack(HttpRequestHeaderMatchInput(header_name=name))
    text: bytes = Matcher.MatcherTree(input=given).SerializeToString(deterministic=True)
    return text


def _map(entries: Sequence[tuple[str, bytes]]) -> bytes:
    map_tag = tag(Matcher.MatcherTree.MatchMap, "map")
    key_tag, value_tag = b"\x0a", b"\x12"  # the fields of every map entry are numbered 1 and 2
    return b"".join(
        [framed(map_tag, framed(key_tag, key.encode()) + framed(value_tag, value)) for key, value in entries]
    )


def _matcher(listed: Sequence[bytes], tree: RouteTree) -> bytes:
    by_prefix = _map([(leaf.prefix, _action(listed, leaf.routes)) for leaf in tree.leaves])
    by_path = _by_header(":path") + framed(tag(Matcher.MatcherTree, "prefix_match_map"), by_prefix)
    matcher = framed(tag(Matcher, "matcher_tree"), by_path)
    if tree.otherwise:
        matcher += framed(tag(Matcher, "on_no_match"), _action(listed, tree.otherwise))
    return matcher


def _action(listed: Sequence[bytes], routes: tuple[int, ...]) -> bytes:
    """Return an ``OnMatch`` that tries *routes* in order."""
    packed = _ANY_TYPE + framed(_ANY_VALUE, b"".join([listed[index] for index in routes]))
    return framed(_ACTION, _ACTION_NAME + framed(_ACTION_CONFIG, packed))


_HOST_ROUTES, _HOST_MATCHER = tag(VirtualHost, "routes"), tag(VirtualHost, "matcher")
_LISTED_ROUTES = tag(RouteList, "routes")
_ACTION = tag(Matcher.OnMatch, "action")
_ACTION_NAME = TypedExtensionConfig(name="routes").SerializeToString()
_ACTION_CONFIG = tag(TypedExtensionConfig, "typed_config")
_ANY_TYPE = framed(b"\x0a", (_TYPE_PREFIX + RouteList.DESCRIPTOR.full_name).encode())
_ANY_VALUE = b"\x12"
