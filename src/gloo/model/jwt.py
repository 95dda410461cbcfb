"""Tokens that clients bring (JWT, RFC 7519): who issues them, where they stand, and which a route demands."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from msgspec import Meta

from gloo.model.base import Json, Model, Name, exactly_one
from gloo.model.duration import Duration
from gloo.model.status import Problem

_DAY = 24 * 3600
_Text = Annotated[str, Meta(min_length=1)]


class KeySource(Model, frozen=True, kw_only=True):
    """Where the issuer's public keys come from, as a JWKS (RFC 7517): exactly one of the three ways."""

    inline: Annotated[str | Mapping[str, Json] | None, Meta(description="the JWKS itself, as JSON text or YAML")] = None
    secret_ref: Annotated[_Text | None, Meta(description="the secret whose key `jwks` holds the JWKS")] = None
    url: Annotated[_Text | None, Meta(description="where Envoy fetches it; `upstream` says by which cluster")] = None
    upstream: Annotated[_Text | None, Meta(description="the upstream that answers for the host of `url`")] = None
    cache: Annotated[Duration | None, Meta(description="fetch afresh so often, from 1s to 24h; by default 10m")] = None

    def __post_init__(self) -> None:
        exactly_one("jwks", inline=self.inline, secret_ref=self.secret_ref, url=self.url)
        if (self.url is None) != (self.upstream is None):
            raise ValueError("url and upstream belong together")
        if self.cache is not None and self.url is None:
            raise ValueError("cache is for a url")
        if self.cache is not None and not 1 <= self.cache.seconds <= _DAY:
            raise ValueError(f"cache: {self.cache} is not from 1s to 24h")


class TokenHeader(Model, frozen=True, kw_only=True):
    """A header that holds a token."""

    name: Annotated[_Text, Meta(description="the header")]
    prefix: Annotated[str, Meta(description="what stands before the token, as `Bearer `")] = ""


class JwtProvider(Model, frozen=True, kw_only=True):
    """One issuer of tokens. Without a `from_...` a token stands in `authorization: Bearer` or `?access_token=`."""

    issuer: Annotated[_Text, Meta(description="what the claim `iss` must be")]
    jwks: Annotated[KeySource, Meta(description="where its public keys come from")]
    audiences: Annotated[tuple[_Text, ...], Meta(description="`aud` must hold one of these; none is any")] = ()
    from_headers: Annotated[tuple[TokenHeader, ...], Meta(description="headers that may hold the token")] = ()
    from_query: Annotated[tuple[_Text, ...], Meta(description="query parameters that may hold it")] = ()
    from_cookies: Annotated[tuple[_Text, ...], Meta(description="cookies that may hold it")] = ()
    forward: Annotated[bool, Meta(description="leave the token in the request for the upstream")] = False
    claims_to_headers: Annotated[
        Mapping[_Text, _Text], Meta(description="claim to header; what a client writes there itself never passes")
    ] = {}
    clock_skew: Annotated[Duration, Meta(description="how far clocks may differ, in whole seconds")] = Duration(
        60 * 10**9
    )
    require_expiry: Annotated[bool, Meta(description="false: a token without `exp` is good for ever")] = True

    def __post_init__(self) -> None:
        if not 1 <= self.clock_skew.seconds <= _DAY or self.clock_skew.nanoseconds % 10**9:
            raise ValueError(f"clock_skew: {self.clock_skew} is not in whole seconds from 1s to 24h")

    @property
    def token_headers(self) -> tuple[tuple[str, str], ...]:
        """Headers that may hold a token, in lower case, each with what stands before it."""
        if self.from_headers or self.from_query or self.from_cookies:
            return tuple((each.name.lower(), each.prefix) for each in self.from_headers)
        return (("authorization", "Bearer "),)

    @property
    def token_parameters(self) -> tuple[str, ...]:
        """Query parameters that may hold one."""
        return self.from_query if self.from_headers or self.from_query or self.from_cookies else ("access_token",)


class TokenRule(Model, frozen=True, kw_only=True):
    """Which tokens a route demands: of all the providers in `require`, or of one of those in `any`."""

    require: Annotated[tuple[str, ...], Meta(description="a token of each of these providers")] = ()
    any: Annotated[tuple[str, ...], Meta(description="a token of one of these providers")] = ()
    allow_missing: Annotated[bool, Meta(description="no token is good too; a bad one is not")] = False

    def __post_init__(self) -> None:
        if self.require and self.any:
            raise ValueError("takes require or any, not both")


Demanded = TokenRule | Literal["off"]


class Jwt(Model, frozen=True, kw_only=True):
    """The tokens of a virtual service. A route that says nothing demands one, of any provider."""

    providers: Annotated[Mapping[Name, JwtProvider], Meta(description="who issues tokens, by a name of your own")]
    default: Annotated[Demanded | None, Meta(description="for routes that say nothing; else one of any provider")] = (
        None
    )

    def sources(self) -> Iterator[KeySource]:
        """Yield where keys come from, in the order of the providers."""
        return (provider.jwks for provider in self.providers.values())


class SalvagedJwt(Jwt, frozen=True, kw_only=True):
    """Those providers that could be decoded, and what is wrong with each of the others."""

    broken: Mapping[str, tuple[Problem, ...]] = {}
