"""Pages of other origins: Envoy's CORS filter answers their preflights, and marks the answers that they may see.

Source: the Fetch standard, section 4.8 (CORS-preflight fetch).
"""

from gloo.envoy.cors import CORS_FILTER
from gloo.envoy.readable import readable_config
from gloo.envoy.route import Route
from gloo.explain.lua_run import Answer
from gloo.explain.matching import fully_matches
from gloo.explain.request import Headers, Request
from gloo.model.base import Json

_TOLD = {
    "allow_methods": "access-control-allow-methods",
    "allow_headers": "access-control-allow-headers",
    "max_age": "access-control-max-age",
}


def preflight_answer(request: Request, route: Route) -> Answer | None:
    """Return the answer of the CORS filter; None for what is no preflight, or a route without the filter.

    It is 200 in any case, and says what the route allows; a page that may not ask is not named in it.
    """
    policy = _policy(route)
    origin, method = request.header("origin"), request.header("access-control-request-method")
    if policy is None or request.method != "OPTIONS" or not origin or not method:
        return None
    told = tuple((header, policy[field]) for field, header in _TOLD.items() if policy.get(field))
    credentials = (("access-control-allow-credentials", "true"),) if policy.get("allow_credentials") else ()
    return Answer(200, with_origin((*credentials, *told), request, route))


def with_origin(headers: Headers, request: Request, route: Route) -> Headers:
    """Return *headers* of an answer with what the CORS filter tells a page of another origin."""
    policy, origin = _policy(route), request.header("origin")
    if policy is None or not origin or not _is_allowed(policy, origin):
        return headers
    told = {"access-control-allow-origin": origin}
    if policy.get("allow_credentials"):
        told["access-control-allow-credentials"] = "true"
    if policy.get("expose_headers"):
        told["access-control-expose-headers"] = policy["expose_headers"]
    return (*(pair for pair in headers if pair[0] not in told), *told.items())


def _policy(route: Route) -> Json:
    return next((readable_config(config) for name, config in route.filters if name == CORS_FILTER), None)


def _is_allowed(policy: Json, origin: str) -> bool:
    return any(_allows(match, origin) for match in policy.get("allow_origin_string_match", ()))


def _allows(match: Json, origin: str) -> bool:
    if "exact" in match:
        return bool(match["exact"] in ("*", origin))
    return fully_matches(match["safe_regex"]["regex"], origin)
