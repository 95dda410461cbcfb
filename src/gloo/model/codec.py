"""Documents to typed objects: every fault is found, named with its path, and stays with the object that has it."""

from collections.abc import Iterator, Mapping

import msgspec

from gloo.model.base import Json, Value
from gloo.model.path import Path
from gloo.model.rest import RestOfUpstream, rest_of_upstream
from gloo.model.route import Route
from gloo.model.salvage import salvage_jwt, salvage_route, without_providers
from gloo.model.source import Document, Source
from gloo.model.status import Problem
from gloo.model.strict import decode_struct, nearest, snake_case
from gloo.model.text import TextError, parse_text
from gloo.model.upstream import Upstream
from gloo.model.virtual_service import VirtualService

UPSTREAM = "Upstream"
VIRTUAL_SERVICE = "VirtualService"
BUNDLE_KEYS = {"upstreams": UPSTREAM, "virtual_services": VIRTUAL_SERVICE}


class ConfigObject(Value, frozen=True):
    """One object that a user wrote: its value, or what is wrong with it.

    Args:
        kind: `UPSTREAM` or `VIRTUAL_SERVICE`.
        name: its name, or where it stands when it has none that can be read.
        value: None when it can't be decoded; a virtual service may still hold broken routes.
        source: where it was written.
        problems: what is wrong with it, without file and line.
        discovered: the names of those functions in its value that nobody wrote.
        rest: what can be read of an upstream that can't be decoded.
    """

    kind: str
    name: str
    value: Upstream | VirtualService | None
    source: Source
    problems: tuple[Problem, ...] = ()
    discovered: frozenset[str] = frozenset()
    rest: RestOfUpstream | None = None

    @property
    def ref(self) -> str:
        return f"{self.kind}/{self.name}"


def decode(document: Document) -> tuple[ConfigObject, ...]:
    """Read every object of *document*.

    Raises:
        TextError: the text can't be read at all, or a part of it is no object; carries the line.
    """
    parts = parse_text(document.text)
    return tuple(
        decode_value(raw, kind=kind, source=source)
        for part, value in enumerate(parts)
        if value is not None
        for raw, kind, source in _split(value, document, part)
    )


def written(item: ConfigObject) -> Mapping[str, Json]:
    """Return the plain value that *item* was decoded from, every spelling kept."""
    value: Json = parse_text(item.source.document.text)[item.source.part]
    for step in item.source.prefix:
        value = value[step]
    return value if isinstance(value, dict) else {"name": item.name}


def _split(value: Json, document: Document, part: int) -> Iterator[tuple[Json, str, Source]]:
    """Yield each object of one part of a document: the part itself, or the members of a bundle."""
    if not isinstance(value, dict):
        raise TextError("holds no object", "a mapping with a name is expected", line=Source(document, part).line_of(""))
    bundle = {key: BUNDLE_KEYS[snake_case(key)] for key in value if snake_case(key) in BUNDLE_KEYS}
    if not bundle or document.kind:
        yield value, document.kind or kind_of(value, Source(document, part)), Source(document, part)
        return
    for key, members in value.items():
        source = Source(document, part, (key,))
        if key not in bundle:
            raise TextError(f"{key}: unknown field", nearest(key, list(BUNDLE_KEYS)), line=source.line_of(""))
        if not isinstance(members, list | None):
            raise TextError(f"{key}: expected a list", line=source.line_of(""))
        for index, member in enumerate(members or ()):
            yield member, bundle[key], Source(document, part, (key, index))


def kind_of(value: dict[str, Json], source: Source) -> str:
    """Tell the kind of an object that stands alone by the fields that only one kind has."""
    keys = {snake_case(key) for key in value}
    if "kind" in keys:
        raise TextError(
            "kind: unknown field", "an object's kind follows from its fields or folder", line=source.line_of("kind")
        )
    if keys & {"routes", "domains", "roles", "jwt"}:
        return VIRTUAL_SERVICE
    if keys & {"type", "spec", "functions", "service_info", "connection_timeout"}:
        return UPSTREAM
    if "ssl_config" in keys:  # both kinds have one
        return VIRTUAL_SERVICE
    raise TextError(
        "is neither an upstream nor a virtual service",
        "an upstream has a type, a virtual service has routes; a file may also hold lists named "
        "upstreams and virtual_services",
        line=source.line_of(""),
    )


def decode_value(raw: Json, *, kind: str, source: Source) -> ConfigObject:
    """Decode one object; a virtual service keeps its good routes when others are broken."""
    value: Upstream | VirtualService | None
    rest: RestOfUpstream | None = None
    if kind == UPSTREAM:
        value, problems = decode_struct(raw, Upstream)
        rest = rest_of_upstream(raw) if value is None else None
    else:
        value, problems = decode_struct(raw, VirtualService)
        if value is None:
            value, problems = _salvaged(raw, problems)
    return ConfigObject(kind, value.name if value else _name(raw, source), value, source, problems, rest=rest)


def _name(raw: Json, source: Source) -> str:
    name = raw.get("name") if isinstance(raw, dict) else None
    if isinstance(name, str) and name:
        return name
    return place_of(source)


def place_of(source: Source) -> str:
    """Return what an object is called that has no name of its own; it is never the name of another."""
    place: Path = (source.document.name, source.part, *source.prefix[1:])
    return "#".join(str(step) for step in place)


def _salvaged(raw: Json, problems: tuple[Problem, ...]) -> tuple[VirtualService | None, tuple[Problem, ...]]:
    """Decode routes and providers of tokens one by one, if the virtual service around them is sound."""
    routes = raw.get("routes", []) if isinstance(raw, dict) else None
    if not isinstance(routes, list):
        return None, problems
    shell, _ = decode_struct({**raw, **without_providers(raw), "routes": []}, VirtualService)
    if shell is None:
        return None, problems
    decoded = tuple(_route(route, f"routes[{index}]") for index, route in enumerate(routes))
    jwt = shell.jwt and salvage_jwt(shell.jwt, raw["jwt"])
    return msgspec.structs.replace(shell, routes=decoded, jwt=jwt), ()


def _route(raw: Json, at: str) -> Route:
    route, problems = decode_struct(raw, Route, at=at)
    return salvage_route(raw, problems) if route is None else route
