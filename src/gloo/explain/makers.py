"""Who makes the request of a function: Envoy itself, a Lua program, or both (docs/decisions/0002-lowering.md)."""

from gloo.envoy.function_headers import FUNCTION_HEADERS, read_function_headers
from gloo.envoy.lua import ANSWERS_FILTER, LUA_FILTER
from gloo.envoy.plain_route import plain_route
from gloo.envoy.route import Route, Target
from gloo.explain.matching import refusal
from gloo.explain.request import Request


def maker(route: Route, target: Target, request: Request) -> str:
    """Say who makes what *target* of *route* gets for *request*; empty where no function of templates is called."""
    plain = plain_route(route)
    if plain is not None and refusal(plain.match, request) is None:
        return "Envoy itself, since the request is plain"
    filters = {name for name, _ in target.filters}
    headers = [
        change.name
        for name, config in target.filters
        if name == FUNCTION_HEADERS
        for change in read_function_headers(config)
    ]
    if LUA_FILTER in filters:
        return f"a Lua program, but {', '.join(headers)} by Envoy itself" if headers else "a Lua program"
    return "Envoy itself" if headers or ANSWERS_FILTER in filters else ""
