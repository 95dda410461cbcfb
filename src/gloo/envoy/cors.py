"""The CORS filter: answers preflights and marks answers, where a route has a policy."""

from envoy.extensions.filters.http.cors.v3 import cors_pb2
from envoy.type.matcher.v3 import regex_pb2, string_pb2

from gloo.envoy.message import TypedConfig, typed
from gloo.envoy.stage import HttpFilter, Stage
from gloo.model.base import Value

CORS_FILTER = "envoy.filters.http.cors"


class CorsPolicy(Value, frozen=True):
    """Which pages of other origins may use a route, and how.

    Args:
        origins: exact origins; ``*`` is any.
        origin_patterns: RE2 over the whole origin.
        methods: the value of `access-control-allow-methods`; the like for the next two.
        max_age: whole seconds that a browser may remember the answer to a preflight; None leaves it to the browser.
        credentials: pages may send cookies.
    """

    origins: tuple[str, ...] = ()
    origin_patterns: tuple[str, ...] = ()
    methods: str = ""
    headers: str = ""
    exposed: str = ""
    max_age: int | None = None
    credentials: bool = False


def cors_filter() -> HttpFilter:
    """Return the filter; it does nothing by itself."""
    return HttpFilter(CORS_FILTER, Stage.CORS, typed(cors_pb2.Cors()))


def cors_policy(policy: CorsPolicy) -> TypedConfig:
    """Return a route's part. A preflight never goes to the upstream: a page that may not ask gets no permission."""
    message = cors_pb2.CorsPolicy(
        allow_methods=policy.methods, allow_headers=policy.headers, expose_headers=policy.exposed
    )
    message.allow_origin_string_match.extend(string_pb2.StringMatcher(exact=origin) for origin in policy.origins)
    message.allow_origin_string_match.extend(
        string_pb2.StringMatcher(safe_regex=regex_pb2.RegexMatcher(regex=pattern)) for pattern in policy.origin_patterns
    )
    if policy.max_age is not None:
        message.max_age = str(policy.max_age)
    message.allow_credentials.value = policy.credentials
    message.forward_not_matching_preflights.value = False
    return typed(message)
