"""CORS: which pages of other origins may use a route, and how.

.. code-block:: yaml

    extensions:
      cors:
        allow_origin: [https://shop.example.org]
        allow_origin_regex: ['https://[a-z]+\\.example\\.org']
        allow_methods: GET, POST
        allow_headers: content-type, x-token
        max_age: 24h
        allow_credentials: true

The gateway answers preflights itself, for a route with `verbs` or header conditions too: by the method that the page
means to use. A page of another origin gets no permission, and its preflight never reaches the upstream.
"""

import re
from collections.abc import Sequence
from typing import Annotated, ClassVar

import re2
from msgspec import Meta

from gloo.envoy.cors import CORS_FILTER, CorsPolicy, cors_filter, cors_policy
from gloo.envoy.route import Forward, Route, RouteMatch, Target, ValueMatch
from gloo.envoy.stage import HttpFilter
from gloo.errors import ConfigError
from gloo.model.base import Model, replace
from gloo.model.duration import Duration, check_seconds
from gloo.model.http_name import is_token
from gloo.model.regex import check_regex
from gloo.plugins.base import RoutePlugin, forward_of

_SENT = re.compile(r"[a-z][a-z0-9+.-]*://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?P<port>:\d+)?")
_NEVER_SENT_PORTS = ("http::80", "https::443")  # scheme and port that browsers leave out
_STRANGERS = ("https://any-page.invalid", "https://x1.invalid", "http://any-page.invalid", "http://x1.invalid:8080")
_ORIGIN, _METHOD = "origin", "access-control-request-method"
_List = tuple[str, ...] | str


class CorsRules(Model, frozen=True, kw_only=True):
    """Who may do what."""

    allow_origin: Annotated[tuple[str, ...], Meta(description="origins that may; * for any")] = ()
    allow_origin_regex: Annotated[tuple[str, ...], Meta(description="RE2 over the whole origin")] = ()
    allow_methods: Annotated[_List, Meta(description="methods that pages may use: GET, POST")] = ()
    allow_headers: Annotated[_List, Meta(description="request headers that pages may set")] = ()
    expose_headers: Annotated[_List, Meta(description="headers of answers that pages may read")] = ()
    max_age: Annotated[Duration | None, Meta(description="how long browsers may remember a preflight's answer")] = None
    allow_credentials: Annotated[bool, Meta(description="pages may send cookies")] = False


class CorsExtension(Model, frozen=True, kw_only=True):
    """What a route says to pages of other origins."""

    cors: Annotated[CorsRules | None, Meta(description="which pages of other origins may use the route")] = None


class Cors(RoutePlugin[CorsExtension]):
    """Lets pages of other origins use a route."""

    extension_model: ClassVar[type[Model]] = CorsExtension

    def filters(self) -> tuple[HttpFilter, ...]:
        return (cors_filter(),)

    def route(self, route: Route, extension: CorsExtension) -> Route:
        if extension.cors is None:
            return route
        forward_of(route, "cors")  # Envoy's filter lets pass what has no destination
        return replace(route, filters=(*route.filters, (CORS_FILTER, cors_policy(_policy(extension.cors)))))

    def warnings(self, route: Route, extension: CorsExtension) -> tuple[ConfigError, ...]:
        origins = extension.cors.allow_origin if extension.cors is not None else ()
        return tuple(
            ConfigError("", f"cors.allow_origin[{index}]", f"{origin!r} is never sent by a browser", _ORIGIN_HINT)
            for index, origin in enumerate(origins)
            if not _is_sent(origin)
        )

    def before(self, route: Route, extension: CorsExtension) -> tuple[Route, ...]:
        """Return the route of preflights: they come by OPTIONS, and without headers and cookies of the real request.

        It names a destination because the filter asks for one, but the filter answers them all.
        """
        if extension.cors is None or not (route.match.methods or route.match.headers or route.match.cookies):
            return ()
        own = tuple(each for each in route.filters if each[0] == CORS_FILTER)
        nominal = Forward((Target(forward_of(route, "cors").targets[0].cluster),))
        return (Route(f"{route.name}/preflight", _preflight(route.match), nominal, own),)


def _preflight(match: RouteMatch) -> RouteMatch:
    asked = (ValueMatch(_ORIGIN, "present"), _asked_method(match.methods))
    return RouteMatch(match.path, ("OPTIONS",), headers=asked, query=match.query)


def _asked_method(methods: tuple[str, ...]) -> ValueMatch:
    if not methods:
        return ValueMatch(_METHOD, "present")
    return ValueMatch(_METHOD, "regex", "|".join(re.escape(method) for method in methods))


def _policy(rules: CorsRules) -> CorsPolicy:
    if not (rules.allow_origin or rules.allow_origin_regex):
        raise ConfigError("", "cors", "must name origins", "allow_origin: ['*'] is any page")
    if rules.allow_credentials and "*" in rules.allow_origin:
        raise ConfigError("", "cors.allow_origin", _ANY_PAGE, _NAME_THEM)
    for index, pattern in enumerate(rules.allow_origin_regex):
        _check_pattern(pattern, f"cors.allow_origin_regex[{index}]", credentials=rules.allow_credentials)
    check_seconds(rules.max_age, "cors.max_age", zero="to ask each time")
    return CorsPolicy(
        rules.allow_origin,
        rules.allow_origin_regex,
        methods=_joined(rules.allow_methods, "allow_methods"),
        headers=_joined(rules.allow_headers, "allow_headers"),
        exposed=_joined(rules.expose_headers, "expose_headers"),
        max_age=int(rules.max_age.seconds) if rules.max_age is not None else None,
        credentials=rules.allow_credentials,
    )


_ANY_PAGE = "with allow_credentials, any page could act as its visitor"
_NAME_THEM = "name the origins, or leave allow_credentials out"
_ORIGIN_HINT = "scheme://host or scheme://host:port in small letters, nothing more; see allow_origin_regex"


def _check_pattern(pattern: str, field: str, *, credentials: bool) -> None:
    """Raise ConfigError for what is no expression, or takes pages of strangers that could act as their visitors."""
    check_regex(pattern, field)
    if credentials and any(re2.fullmatch(pattern, stranger) is not None for stranger in _STRANGERS):
        raise ConfigError("", field, f"{pattern!r} takes origins of strangers: {_ANY_PAGE}", _NAME_THEM)


def _is_sent(origin: str) -> bool:
    """Say whether a browser can send *origin* (RFC 6454, section 6.2; HTML, serialization of an origin)."""
    if origin in ("*", "null"):
        return True
    found = _SENT.fullmatch(origin)
    return found is not None and f"{origin.partition('/')[0]}{found['port']}" not in _NEVER_SENT_PORTS


def _joined(given: Sequence[str] | str, field: str) -> str:
    """Return a list as one header value; raise ConfigError for what can be neither a method nor a header's name."""
    names = given.split(",") if isinstance(given, str) else given
    stripped = [text for name in names if (text := name.strip())]
    for name in stripped:
        if not is_token(name):
            raise ConfigError("", f"cors.{field}", f"{name!r} is no name", "names joined by commas")
    return ", ".join(stripped)
