"""Routes as Envoy sees them: frozen values that plugins refine, serialised at the end."""

from collections.abc import Mapping
from typing import Literal

from gloo.envoy.message import TypedConfig
from gloo.envoy.route_policy import HashPolicy, HostRewrite, Mirror, RetryPolicy
from gloo.model.base import Json, Value
from gloo.model.duration import Duration

ValueKind = Literal["exact", "regex", "present", "prefix", "suffix", "contains"]
HeaderAction = Literal["set", "append", "set_if_absent"]
Later = Literal["", "function", "gateway"]
PathKind = Literal["prefix", "segment_prefix", "exact", "regex"]
EVENT_NAMESPACE = "gloo.event"
FilterConfigs = tuple[tuple[str, TypedConfig], ...]


class PathMatch(Value, frozen=True):
    """A condition on the path, without the query."""

    kind: PathKind
    value: str
    case_sensitive: bool = True


class ValueMatch(Value, frozen=True):
    """A condition on a header, a query parameter, a cookie, or an attribute of an event."""

    name: str
    kind: ValueKind
    value: str = ""
    invert: bool = False


class RouteMatch(Value, frozen=True):
    """When a route takes a request: one of the methods, if there are any, and all of the conditions.

    Conditions of `query` and `cookies` are about one parameter or cookie each. `metadata` is about the attributes of an
    event, see `gloo.envoy.events`.
    """

    path: PathMatch
    methods: tuple[str, ...] = ()
    headers: tuple[ValueMatch, ...] = ()
    query: tuple[ValueMatch, ...] = ()
    metadata: tuple[ValueMatch, ...] = ()
    cookies: tuple[ValueMatch, ...] = ()


class HeaderChange(Value, frozen=True):
    """A header changed on the way.

    Args:
        action: ``append`` keeps what was there, ``set_if_absent`` adds nothing to it.
        format: the value holds Envoy's ``%COMMANDS%``; otherwise it is text, percent signs included.
    """

    name: str
    value: str
    action: HeaderAction = "set"
    format: bool = False


class PlainCall(Value, frozen=True):
    """How a target gets the requests that need no program of its function, see `gloo.envoy.plain_route`.

    Args:
        conditions: which requests those are, by their headers.
        filters: in place of the target's own.
        rewrite: a regular expression for the whole path, and the one for the upstream; ``\\1`` is the first group.
        made: in place of that a format for the upstream's path.
        asked: headers that must still be there when the function reads them.
    """

    conditions: tuple[ValueMatch, ...]
    filters: FilterConfigs = ()
    rewrite: tuple[str, str] | None = None
    made: str = ""
    asked: tuple[str, ...] = ()


class Target(Value, frozen=True):
    """One cluster that a route sends to, and what is special about going there.

    Args:
        plain: what becomes of requests that do not need *filters*.
        sealed: a filter has signed the request before the route would rewrite its path.
        held_bytes: how long a body may be that filters hold whole, of request or answer; 0 for what Envoy allows.
        reads_whole: a filter waits for the end of the request before it goes on.
        takes_connections: a client may switch to another protocol there.
        made_path: the template of path and query that a filter makes, whatever those of the client are.
    """

    cluster: str
    weight: int = 1
    filters: FilterConfigs = ()
    request_headers: tuple[HeaderChange, ...] = ()
    host_rewrite: str = ""
    auto_host_rewrite: bool = False
    sealed: bool = False
    held_bytes: int = 0
    reads_whole: bool = False
    takes_connections: bool = True
    made_path: str | None = None
    plain: PlainCall | None = None


class Forward(Value, frozen=True):
    """Send the request to a cluster, or to one of several by weight.

    Args:
        timeout: until the whole answer is there; zero for no limit, None for Envoy's 15 seconds.
        idle_timeout: how long a request may be silent; zero for no limit, None for the listener's own.
        path_format: what becomes of a path that has no query, as a format; the new one may have a query.
        upgrades: protocols that a client may switch to: ``websocket``.
    """

    targets: tuple[Target, ...]
    prefix_rewrite: str | None = None
    regex_rewrite: tuple[str, str] | None = None
    path_format: str = ""
    host: HostRewrite | None = None
    timeout: Duration | None = None
    idle_timeout: Duration | None = None
    retry: RetryPolicy | None = None
    mirror: Mirror | None = None
    hash_policies: tuple[HashPolicy, ...] = ()
    upgrades: tuple[str, ...] = ()

    @property
    def sealed(self) -> bool:
        """Whether one of the targets is."""
        return any(target.sealed for target in self.targets)

    @property
    def held_bytes(self) -> int:
        """The most of all targets: which one it will be is not known when the request comes."""
        if len(self.targets) == 1:
            return self.targets[0].held_bytes
        return max((target.held_bytes for target in self.targets), default=0)

    @property
    def clusters(self) -> frozenset[str]:
        """All clusters that it names."""
        named = frozenset([target.cluster for target in self.targets])
        return named | {self.mirror.cluster} if self.mirror else named


class DirectResponse(Value, frozen=True):
    """Answer from the gateway itself; at most `MOST_BODY` bytes."""

    status: int
    body: str = ""
    content_type: str = "text/plain"
    headers: tuple[HeaderChange, ...] = ()


class Redirect(Value, frozen=True):
    """Send the client elsewhere: what is empty stays as the client asked it.

    Args:
        code: 301, 302, 303, 307 or 308.
        path: the whole path; *prefix* instead changes the matched prefix alone.
        strip_query: leave the query out.
    """

    code: int = 301
    https: bool = False
    host: str = ""
    port: int = 0
    path: str = ""
    prefix: str | None = None
    strip_query: bool = False


MOST_BODY = 64 * 1024
Answer = DirectResponse | Redirect
Action = Forward | Answer


class Route(Value, frozen=True):
    """One route of a virtual host.

    Args:
        metadata: by namespace, for filters and logs.
        later: who sees to it that no client waits for the destination: nobody, the functions themselves, or the
            gateway, which writes such a route in two parts (`gloo.envoy.later`).
    """

    name: str
    match: RouteMatch
    action: Action
    filters: FilterConfigs = ()
    request_headers: tuple[HeaderChange, ...] = ()
    request_headers_removed: tuple[str, ...] = ()
    response_headers: tuple[HeaderChange, ...] = ()
    response_headers_removed: tuple[str, ...] = ()
    metadata: tuple[tuple[str, Mapping[str, Json]], ...] = ()
    later: Later = ""
