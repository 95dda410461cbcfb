"""What `gloo get` prints of each kind: rows for people, plain values for programs."""

from collections.abc import Iterator, Sequence

from gloo.cli.discovered import discovered_text, discovery_json, source_of
from gloo.cli.matcher_text import describe
from gloo.cli.view import View
from gloo.cli.written import canonical, has_broken_routes
from gloo.discovery.known import Known
from gloo.model.base import Json, Value
from gloo.model.codec import ConfigObject, written
from gloo.model.route import Route
from gloo.model.status import Status
from gloo.model.strict import to_builtins
from gloo.model.upstream import Upstream
from gloo.model.virtual_service import VirtualService


class Entry(Value, frozen=True):
    """One thing as it is printed.

    Args:
        name: what a user calls it by.
        row: its line in a table.
        value: the same for programs, with nothing left out.
        group: the object that it is a part of; a user may name that instead.
        below: lines that say more, for people.
    """

    name: str
    row: Sequence[object]
    value: Json
    group: str = ""
    below: Sequence[str] = ()


UPSTREAM_HEADERS = ("NAME", "TYPE", "STATE", "FUNCTIONS", "DISCOVERED", "REASON")
VIRTUAL_SERVICE_HEADERS = ("NAME", "DOMAINS", "SSL", "STATE", "ROUTES", "REASON")
FUNCTION_HEADERS = ("FUNCTION", "UPSTREAM", "SOURCE", "STATE", "REASON")
ROUTE_HEADERS = (
    "VIRTUAL SERVICE",
    "INDEX",
    "TYPE",
    "MATCHER",
    "VERB",
    "CONDITION",
    "DESTINATION",
    "STATE",
    "REASON",
)


def upstreams(view: View) -> Iterator[Entry]:
    """Yield the upstreams by name."""
    for name, item in sorted(view.offline.config.upstreams.items()):
        status = view.status(item)
        upstream = item.value if isinstance(item.value, Upstream) else None
        kind = upstream.type if upstream else ""
        functions = len(upstream.functions) if upstream else ""
        row = (name, kind, status.state, functions, discovered_text(view.offline, name, view.now), status.reason)
        yield Entry(name, row, _with_discovery(_object(item, status), view.offline.known.get(name)))


def virtual_services(view: View) -> Iterator[Entry]:
    """Yield the virtual services by name."""
    for name, item in sorted(view.offline.config.virtual_services.items()):
        status = view.status(item)
        service = item.value if isinstance(item.value, VirtualService) else None
        domains = ",".join(service.effective_domains) if service else ""
        ssl = service.ssl_config.secret_ref if service and service.ssl_config else ""
        routes = len(service.routes) if service else ""
        row = (name, domains, ssl, status.state, routes, status.reason)
        yield Entry(name, row, _object(item, status))


def functions(view: View) -> Iterator[Entry]:
    """Yield the functions of all upstreams; each is called ``upstream/function``."""
    for upstream_name, item in sorted(view.offline.config.upstreams.items()):
        for index, function in enumerate(item.value.functions if isinstance(item.value, Upstream) else ()):
            status = view.part(item, ("functions", index))
            source = source_of(item, function.name)
            value = {"upstream": upstream_name, **to_builtins(function), "source": source, **_verdict(status)}
            row = (function.name, upstream_name, source, status.state, status.reason)
            yield Entry(f"{upstream_name}/{function.name}", row, value, upstream_name)


def routes(view: View) -> Iterator[Entry]:
    """Yield the routes of all virtual services in their order; each is called ``virtual-service/index``."""
    for name, item in sorted(view.offline.config.virtual_services.items()):
        if not isinstance(item.value, VirtualService):
            continue
        raw = written(item).get("routes") if has_broken_routes(item) else None
        for index, route in enumerate(item.value.routes):
            status = view.part(item, ("routes", index))
            plain = raw[index] if raw else to_builtins(route)
            value = {"virtual_service": name, "index": index, "route": plain, **_verdict(status)}
            yield Entry(f"{name}/{index}", _route_row(name, index, route, status), value, name)


def _route_row(name: str, index: int, route: Route, status: Status) -> tuple[object, ...]:
    told = describe(route)
    cells = (told.type, told.path, told.verbs, told.conditions, told.destination)
    return (name, index, *cells, status.state, status.reason)


def _with_discovery(value: Json, known: Known | None) -> Json:
    """Add to the status of an upstream what is known of its functions, if it was asked for them."""
    if known is None:
        return value
    return {**value, "status": {**value["status"], "discovery": discovery_json(known)}}


def _object(item: ConfigObject, status: Status) -> Json:
    return {**canonical(item), "name": item.name, "status": {"state": status.state.value, **to_builtins(status)}}


def _verdict(status: Status) -> dict[str, Json]:
    return {"state": status.state.value, "reason": status.reason, "problems": [to_builtins(p) for p in status.problems]}
