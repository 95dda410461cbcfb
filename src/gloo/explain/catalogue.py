"""All functions of a configuration: what each needs to know, and which routes call it and where they find that."""

from collections.abc import Iterator
from typing import Literal

from gloo.errors import TemplateError
from gloo.explain.delivery import names_from_body, parameters_of_route, template_of_function
from gloo.explain.needs import needed_names
from gloo.explain.parameters import bound_by, source_text
from gloo.explain.tables import Tables
from gloo.functions import Parameter
from gloo.functions.parameters import named
from gloo.model.base import Value
from gloo.model.codec import ConfigObject
from gloo.model.duration import Duration
from gloo.model.route import Route
from gloo.model.upstream import Upstream
from gloo.model.virtual_service import VirtualService
from gloo.translator.upstream_functions import AcceptedFunction


class Need(Value, frozen=True):
    """A name that a function's templates use, and which of them."""

    name: str
    templates: tuple[str, ...]


class Caller(Value, frozen=True):
    """A route that calls a function, and where it finds each name; ``body field`` where nothing else is said."""

    route: str
    sources: tuple[tuple[str, str], ...]


class CataloguedFunction(Value, frozen=True):
    """One function.

    Args:
        name: ``upstream/function``.
        kind: what it is called by: REST, ...
        works: False when it has errors, which `gloo check` lists.
        source: whether somebody wrote it, or it was discovered.
        timeout: how long a call may take, as it says itself.
        idempotent: whether a call may arrive twice; None where it does not say.
    """

    name: str
    kind: str
    needs: tuple[Need, ...] = ()
    callers: tuple[Caller, ...] = ()
    works: bool = True
    source: Literal["written", "discovered"] = "written"
    timeout: Duration | None = None
    idempotent: bool | None = None


def catalogue(tables: Tables) -> tuple[CataloguedFunction, ...]:
    """Return all functions, by the name of their upstream and in its order."""
    return tuple(
        each
        for _, item in sorted(tables.config.upstreams.items())
        if isinstance(item.value, Upstream)
        for each in _functions(item, item.value, tables)
    )


def _functions(item: ConfigObject, upstream: Upstream, tables: Tables) -> Iterator[CataloguedFunction]:
    accepted = tables.upstreams[item.name].accepted
    kind = upstream.service_info.type if upstream.service_info is not None else upstream.type
    for function in upstream.functions:
        name = f"{upstream.name}/{function.name}"
        known = accepted.functions.get(function.name) if accepted is not None else None
        source: Literal["written", "discovered"] = "discovered" if function.name in item.discovered else "written"
        if known is None:
            yield CataloguedFunction(name, kind, works=False, source=source)
        else:
            needs, callers = _needs(name, known), tuple(_callers(name, known, tables))
            yield CataloguedFunction(
                name,
                kind,
                needs,
                callers,
                source=source,
                timeout=function.timeout,
                idempotent=function.idempotent,
            )


def _needs(name: str, function: AcceptedFunction) -> tuple[Need, ...]:
    template = template_of_function(name, function)
    return tuple(Need(*each) for each in needed_names(template).items()) if template is not None else ()


def _callers(name: str, function: AcceptedFunction, tables: Tables) -> Iterator[Caller]:
    for service, item in sorted(tables.config.virtual_services.items()):
        for index, route in enumerate(item.value.routes if isinstance(item.value, VirtualService) else ()):
            if any(f"{each.upstream_name}/{each.function_name}" == name for each in route.destinations):
                yield Caller(f"{service}/{index}", tuple(_sources(name, function, route)))


def _sources(name: str, function: AcceptedFunction, route: Route) -> Iterator[tuple[str, str]]:
    template = template_of_function(name, function)
    parameters = parameters_of_route(route, function)
    extractors = template.extractors if template is not None else ()
    try:
        yield from (found for parameter in (*extractors, *parameters) for found in _bound(parameter))
        if template is not None:
            yield from ((each, "body field") for each in names_from_body(template, parameters))
    except TemplateError:
        return  # a parameter that can't be read: the route has errors, and `gloo check` says which


def _bound(parameter: Parameter) -> Iterator[tuple[str, str]]:
    complete = named(parameter)
    return ((name, source_text(complete)) for name in bound_by(complete))
