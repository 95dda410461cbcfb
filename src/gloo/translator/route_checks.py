"""What the parts of a route can't have together, once all of them are known."""

import re
from collections.abc import Iterator
from typing import NoReturn
from urllib.parse import quote

from gloo.envoy.function_headers import FUNCTION_HEADERS, read_function_headers
from gloo.envoy.header_format import commands_in
from gloo.envoy.lua import ANSWERS_FILTER, LUA_FILTER, read_program
from gloo.envoy.route import Action, Forward, HeaderChange, Route, Target
from gloo.errors import ConfigError
from gloo.model.route import Route as ModelRoute

_UNSENT = re.compile(r"[^!-~]")


def no_destination() -> NoReturn:
    """Raise the ConfigError of a route that neither sends its requests anywhere nor answers them."""
    raise ConfigError("", "", "must have single_destination or multiple_destinations")


def check_answer(route: ModelRoute, field: str, *, has_destinations: bool) -> None:
    """Raise ConfigError where the extension at *field* answers the requests of a route that sends them on too."""
    if has_destinations:
        raise ConfigError("", field, "answers the requests, and so they have no destination", "leave one of them out")
    if route.prefix_rewrite is not None:
        raise ConfigError("", "prefix_rewrite", f"{field} answers the requests, and so no path is rewritten")


def check_prefix_rewrite(text: str | None) -> None:
    """Raise ConfigError for what would make no request target of a path."""
    if not text:
        return
    if "?" in text or "#" in text:
        raise ConfigError("", "prefix_rewrite", f"{text!r} is more than a path", "the query of the client stays")
    if not text.startswith("/"):
        raise ConfigError("", "prefix_rewrite", f"{text!r} is no path", f"write /{text}")
    if found := _UNSENT.search(text):
        raise ConfigError("", "prefix_rewrite", f"{text!r} holds {found[0]!r}", f"write {quote(found[0])} for it")


def check_sealed(action: Action) -> None:
    """Raise ConfigError where a route would change, or send to others too, what is signed for its destination."""
    if not isinstance(action, Forward) or not action.sealed:
        return
    changes = {
        "prefix_rewrite": action.prefix_rewrite,
        "extensions.regex_rewrite": action.regex_rewrite,
        "extensions.mirror": action.mirror,
    }
    for at, change in changes.items():
        if change is not None:
            hint = "leave it out; the function sees the path that the client asked for"
            raise ConfigError("", at, "calls of the function are signed and can't be changed or copied", hint)


def check_copied(action: Action) -> None:
    """Raise ConfigError where copies would lack what filters of the destination's own cluster make of a request."""
    if not isinstance(action, Forward) or action.mirror is None:
        return
    from gloo.envoy.upstream_filters import FOR_FILTERS  # noqa: PLC0415 - rare, and start-up counts

    for target in action.targets:
        if not FOR_FILTERS.isdisjoint(change.name for change in target.request_headers):
            problem = f"a call gets its path, method or key on the way to {target.cluster!r}, and copies would lack it"
            hint = "leave it out; functions whose templates write the request can be copied"
            raise ConfigError("", "extensions.mirror", problem, hint)


def check_later(route: Route) -> None:
    """Raise ConfigError where a client would have to wait after all, or a call would lack what its parts need."""
    if not route.later or not isinstance(route.action, Forward):
        return
    if route.action.upgrades:
        raise ConfigError("", "extensions.upgrades", "needs a client that waits, and this route is async")
    if route.later == "gateway":
        _check_own_request(route, route.action.targets)


def _check_own_request(route: Route, targets: tuple[Target, ...]) -> None:
    """Raise ConfigError for what reads what filters left for the request; a later call is a request of its own."""
    for change in filter(_reads_filters, route.request_headers):
        problem = f"%DYNAMIC_METADATA% in {change.name!r}: what filters found out is not there in a later call"
        raise ConfigError("", "extensions.add_request_headers", problem, _BY_HEADER)
    for target in targets:
        if any(map(_reads_filters, _headers_of(target))) or any(map(_mentions_filters, _sources_of(target))):
            problem = "what filters found out (jwt_claim, dynamic_metadata) is not there in templates of a later call"
            raise ConfigError("", "extensions.async", problem, _BY_HEADER)


_BY_HEADER = "pass claims by claims_to_headers, and read the header"
_FROM_FILTERS = ("gloo.jwt_claim(", "gloo.metadata(")
"""Calls in programs that read what other filters left for the request."""


def _reads_filters(change: HeaderChange) -> bool:
    return change.format and "DYNAMIC_METADATA" in commands_in(change.value)


def _mentions_filters(source: str) -> bool:
    return any(name in source for name in _FROM_FILTERS)


def _headers_of(target: Target) -> Iterator[HeaderChange]:
    """Yield the headers that the way to *target* sets natively."""
    yield from target.request_headers
    for name, config in target.filters:
        if name == FUNCTION_HEADERS:
            yield from read_function_headers(config)


def _sources_of(target: Target) -> Iterator[str]:
    """Yield the programs that run on the way to *target*."""
    for name, config in target.filters:
        if name in (LUA_FILTER, ANSWERS_FILTER) and (program := read_program(config)) is not None:
            yield program.source
