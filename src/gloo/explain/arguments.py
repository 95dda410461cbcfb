"""What a function can be given by hand: which names it has a use for, and whether it wants a body."""

from collections.abc import Iterator, Sequence

from gloo.errors import ConfigError, TemplateError
from gloo.explain.delivery import parameters_of_route
from gloo.explain.needs import called_in, needed_names
from gloo.explain.parameters import bound_by
from gloo.explain.tables import Tables
from gloo.functions import FunctionTemplate, Parameter
from gloo.functions.body_modes import TEMPLATE
from gloo.functions.names import FREE
from gloo.functions.parameters import bindings, named
from gloo.model.base import Json, Value
from gloo.model.route import Destination, Route
from gloo.model.strict import nearest
from gloo.model.virtual_service import VirtualService
from gloo.translator.upstream_functions import AcceptedFunction


class CallingRoute(Value, frozen=True):
    """A route that calls a function, and a host that its virtual service answers for.

    Args:
        domains: of its virtual service.
        others: where else the route sends requests, by weight.
    """

    route: Route
    host: str
    domains: tuple[str, ...]
    others: tuple[str, ...] = ()


class Wants(Value, frozen=True):
    """What a function has a use for.

    Args:
        names: dotted names.
        texts: those that parameters find, as text, elsewhere than in the fields of a body.
        anything: it reads the body as a whole, so that a body may have any fields.
    """

    names: frozenset[str]
    texts: tuple[str, ...]
    anything: bool


def calling_route(name: str, tables: Tables) -> CallingRoute | None:
    """Return the first route in the clear that calls the function *name*; one that calls nothing else goes first."""
    callers = tuple(_callers(name, tables))
    return next((each for each in callers if not each.others), callers[0] if callers else None)


def _callers(name: str, tables: Tables) -> Iterator[CallingRoute]:
    for _, item in sorted(tables.config.virtual_services.items()):
        service = item.value
        if not isinstance(service, VirtualService) or service.ssl_config is not None:
            continue
        for route in service.routes:
            names = tuple(dict.fromkeys(map(_name, route.destinations)))
            if name in names:
                domain, *_ = domains = tuple(service.effective_domains)
                host = "localhost" if domain == "*" else domain.replace("*", "x")
                yield CallingRoute(route, host, domains, tuple(each for each in names if each != name))


def _name(destination: Destination) -> str:
    """Return ``upstream/function``, or ``upstream``."""
    function = destination.function_name
    return f"{destination.upstream_name}/{function}" if function else destination.upstream_name


def wants(template: FunctionTemplate, function: AcceptedFunction, caller: CallingRoute | None) -> Wants:
    """Return what *function* has a use for, as *caller* calls it."""
    sources = (*template.extractors, *(_readable(caller, function) if caller is not None else ()))
    texts = tuple(dict.fromkeys(name for each in sources if not _is_field(each) for name in bound_by(each)))
    bound = frozenset(name for each in sources for name in bound_by(each))
    free = FREE if sources else ()
    return Wants(bound | (needed_names(template).keys() - free), texts, reads_whole_body(template))


def _readable(caller: CallingRoute, function: AcceptedFunction) -> tuple[Parameter, ...]:
    """Return the parameters of the calling route; none where one can't be read, as `gloo check` says."""
    found = tuple(map(named, parameters_of_route(caller.route, function)))
    try:
        bindings(found)
    except TemplateError:
        return ()
    return found


def reads_whole_body(template: FunctionTemplate) -> bool:
    """Tell whether *template* has a use for any field of a body."""
    return template.mode != TEMPLATE or not called_in(template).isdisjoint(["body", "context"])


def check_arguments(found: Wants, arguments: Sequence[tuple[str, Json]]) -> None:
    """Raise ConfigError for an argument that the function has no use for."""
    for name, _ in arguments:
        if not found.anything and not any(_nest(name, known) for known in found.names):
            hint = nearest(name, list(found.names)) if found.names else "it takes none"
            raise ConfigError("", "--arg", f"the function has no use for {name!r}", hint)


def _nest(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


def _is_field(parameter: Parameter) -> bool:
    return parameter.source == "body" and parameter.extractor is None and not parameter.pattern
