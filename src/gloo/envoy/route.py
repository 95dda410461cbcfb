"""Routes as Envoy sees them: frozen values that plugins refine, serialised at the end."""

from dataclasses import dataclass
from typing import Literal

from gloo.envoy.message import TypedConfig
from gloo.model.duration import Duration

ValueKind = Literal["exact", "regex", "present", "prefix", "suffix", "contains"]
PathKind = Literal["prefix", "segment_prefix", "exact", "regex"]
FilterConfigs = tuple[tuple[str, TypedConfig], ...]


@dataclass(frozen=True, slots=True)
class PathMatch:
    """A condition on the path, without the query (a prefix that holds `?` sees the query too)."""

    kind: PathKind
    value: str
    case_sensitive: bool = True


@dataclass(frozen=True, slots=True)
class ValueMatch:
    """A condition on a header or a query parameter."""

    name: str
    kind: ValueKind
    value: str = ""
    invert: bool = False


@dataclass(frozen=True, slots=True)
class RouteMatch:
    """When a route takes a request: one of the methods, if there are any, and all of the conditions."""

    path: PathMatch
    methods: tuple[str, ...] = ()
    headers: tuple[ValueMatch, ...] = ()
    query: tuple[ValueMatch, ...] = ()


@dataclass(frozen=True, slots=True)
class HeaderChange:
    """A header set on the way; `append` keeps what was there."""

    name: str
    value: str
    append: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """One cluster that a route sends to, and what is special about going there."""

    cluster: str
    weight: int = 1
    filters: FilterConfigs = ()
    request_headers: tuple[HeaderChange, ...] = ()
    host_rewrite: str = ""
    auto_host_rewrite: bool = False


@dataclass(frozen=True, slots=True)
class Forward:
    """Send the request to a cluster, or to one of several by weight."""

    targets: tuple[Target, ...]
    prefix_rewrite: str | None = None
    regex_rewrite: tuple[str, str] | None = None
    timeout: Duration | None = None


@dataclass(frozen=True, slots=True)
class DirectResponse:
    """Answer from the gateway itself."""

    status: int
    body: str = ""
    content_type: str = "text/plain"


@dataclass(frozen=True, slots=True)
class Route:
    """One route of a virtual host."""

    name: str
    match: RouteMatch
    action: Forward | DirectResponse
    filters: FilterConfigs = ()
    response_headers: tuple[HeaderChange, ...] = ()
