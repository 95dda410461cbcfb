"""Preflights of pages of other origins: Envoy's CORS filter answers them before anything else on the route.

Source: the Fetch standard, section 4.8 (CORS-preflight fetch).
"""

from gloo.envoy.cors import CORS_FILTER
from gloo.envoy.readable import readable_config
from gloo.envoy.route import Route
from gloo.explain.lua_run import Answer
from gloo.explain.matching import fully_matches
from gloo.explain.request import Request
from gloo.model.base import Json

_TOLD = {
    "allow_methods": "access-control-allow-methods",
    "allow_headers": "access-control-allow-headers",
    "max_age": "access-control-max-age",
}


def preflight_answer(request: Request, route: Route) -> Answer | None:
    """Return the answer of the CORS filter; None for what is no preflight, or a route without the filter.

    It is 200 in any case; a page that may not ask is not told that it may.
    """
    policy = next((readable_config(config) for name, config in route.filters if name == CORS_FILTER), None)
    origin, method = request.header("origin"), request.header("access-control-request-method")
    if policy is None or request.method != "OPTIONS" or not origin or not method:
        return None
    if not any(_allows(match, origin) for match in policy.get("allow_origin_string_match", ())):
        return Answer(200)
    told = tuple((header, policy[field]) for field, header in _TOLD.items() if policy.get(field))
    credentials = (("access-control-allow-credentials", "true"),) if policy.get("allow_credentials") else ()
    return Answer(200, (("access-control-allow-origin", origin), *credentials, *told))


def _allows(match: Json, origin: str) -> bool:
    if "exact" in match:
        return bool(match["exact"] in ("*", origin))
    return fully_matches(match["safe_regex"]["regex"], origin)
