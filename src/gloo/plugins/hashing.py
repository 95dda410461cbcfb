"""Hashing: what of a request decides which host gets it, so that alike requests meet the same host.

.. code-block:: yaml

    extensions:
      hash_policy:
      - header: x-user
        terminal: true
      - cookie: {name: session, ttl: 1h, path: /}
      - source_ip: true

It needs an upstream that balances by `ring_hash` or `maglev`. All policies together make the hash; after a `terminal`
one that gives a hash, the later ones are not asked.
"""

from typing import Annotated, ClassVar

from msgspec import Meta

from gloo.envoy.route import Route
from gloo.envoy.route_policy import HashPolicy
from gloo.errors import ConfigError
from gloo.model.base import Model, exactly_one, replace
from gloo.model.duration import Duration, check_seconds
from gloo.model.http_name import is_token
from gloo.plugins.base import RoutePlugin, forward_of

_Text = Annotated[str, Meta(min_length=1)]


class HashCookie(Model, frozen=True, kw_only=True):
    """A cookie; with a `ttl` Envoy gives one to clients that have none."""

    name: Annotated[str, Meta(min_length=1, description="the cookie's name")]
    ttl: Annotated[Duration | None, Meta(description="how long a new cookie lives; 0s until the browser closes")] = None
    path: Annotated[str, Meta(description="the path of a new cookie")] = ""


class HashRule(Model, frozen=True, kw_only=True):
    """One thing that counts: exactly one of header, cookie, query and source_ip."""

    header: Annotated[_Text | None, Meta(description="the value of this header")] = None
    cookie: Annotated[HashCookie | None, Meta(description="the value of a cookie")] = None
    query: Annotated[_Text | None, Meta(description="the value of this query parameter")] = None
    source_ip: Annotated[bool | None, Meta(description="true: the client's address")] = None
    terminal: Annotated[bool, Meta(description="when this gives a hash, ask no other")] = False

    def __post_init__(self) -> None:
        exactly_one("a policy", header=self.header, cookie=self.cookie, query=self.query, source_ip=self.source_ip)
        if self.source_ip is False:
            raise ValueError("source_ip is true or left out")


class HashingExtension(Model, frozen=True, kw_only=True):
    """What of a route's requests is hashed."""

    hash_policy: Annotated[tuple[HashRule, ...], Meta(description="what decides which host gets a request")] = ()


class Hashing(RoutePlugin[HashingExtension]):
    """Chooses hosts by a hash of the request."""

    extension_model: ClassVar[type[Model]] = HashingExtension

    def route(self, route: Route, extension: HashingExtension) -> Route:
        forward = forward_of(route, "hash_policy")
        policies = tuple(_policy(rule, f"hash_policy[{index}]") for index, rule in enumerate(extension.hash_policy))
        return replace(route, action=replace(forward, hash_policies=policies))


def _policy(rule: HashRule, field: str) -> HashPolicy:
    if rule.header is not None:
        return HashPolicy("header", _token(rule.header, f"{field}.header"), terminal=rule.terminal)
    if rule.query is not None:
        return HashPolicy("query", rule.query, terminal=rule.terminal)
    if rule.cookie is None:
        return HashPolicy("source_ip", terminal=rule.terminal)
    cookie = rule.cookie
    name = _token(cookie.name, f"{field}.cookie.name")
    check_seconds(cookie.ttl, f"{field}.cookie.ttl", zero="until the browser closes")
    return HashPolicy("cookie", name, ttl=cookie.ttl, path=cookie.path, terminal=rule.terminal)


def _token(name: str, field: str) -> str:
    if not is_token(name):
        raise ConfigError("", field, f"{name!r} is no name", "letters, digits and -")
    return name
