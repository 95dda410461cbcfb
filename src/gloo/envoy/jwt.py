"""The filter that verifies tokens. Its providers are a resource of their own, so that they change without the listener.

A route names a requirement of that resource, and Envoy answers with an error where there is none of that name.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from envoy.config.core.v3 import base_pb2, extension_pb2, http_uri_pb2
from envoy.extensions.filters.http.jwt_authn.v3 import config_pb2 as jwt_pb2

from gloo.envoy.message import Message, TypedConfig, duration, pack, serialize, typed
from gloo.envoy.query_tokens import token_header
from gloo.envoy.snapshot import Resource, ResourceType
from gloo.envoy.stage import HttpFilter, Stage
from gloo.model.base import Value
from gloo.model.duration import Duration
from gloo.model.jwt import JwtProvider

JWT_FILTER = "gloo.jwt"
"""Name of the filter, and of the resource that holds its providers."""

PAYLOAD = "payload"
"""Where the claims of a token stand in the metadata of the filter, for templates."""

_SENT = re.compile(r"[!-~]+")
_FETCH_WITHIN = Duration(5 * 10**9)
_CACHED = Duration(600 * 10**9)


@dataclass(frozen=True, slots=True)
class TokenProvider:
    """One issuer as Envoy gets it.

    Args:
        name: unique in Envoy: ``virtual-service/provider``.
        cluster: the cluster that its keys are fetched by, if they are fetched.
        moved: query parameters whose tokens `gloo.envoy.query_tokens` moves into headers.
    """

    name: str
    body: bytes = field(repr=False)
    cluster: str = ""
    moved: tuple[str, ...] = ()


class Demand(Value, frozen=True):
    """Which tokens a request must bring: of one of the providers, or of *every* one.

    Args:
        service: the virtual service whose providers these are.
        optional: a token may be missing, not bad.
    """

    service: str
    providers: tuple[str, ...]
    every: bool = False
    optional: bool = False

    @property
    def name(self) -> str:
        """What routes call it: ``shop/idp or partner, or none``."""
        return f"{self.service}/{self.words}"

    @property
    def words(self) -> str:
        """The same without the virtual service."""
        return (" and " if self.every else " or ").join(self.providers) + (", or none" if self.optional else "")


def jwt_filter() -> HttpFilter:
    """Return the filter; its providers come by themselves."""
    return HttpFilter(JWT_FILTER, Stage.AUTHENTICATION, typed(jwt_pb2.JwtAuthentication()), discovered=True)


def token_demanded(demand: Demand) -> TypedConfig:
    """Return the part of a route that demands tokens."""
    return typed(jwt_pb2.PerRouteConfig(requirement_name=demand.name))


def no_token() -> TypedConfig:
    """Return the part of a route that demands none; headers that hold claims elsewhere are taken away all the same."""
    return typed(jwt_pb2.PerRouteConfig(disabled=True))


def demand_of(config: TypedConfig) -> str:
    """Return the name of the demand in a route's part; empty for none."""
    name: str = jwt_pb2.PerRouteConfig.FromString(config.value).requirement_name
    return name


def token_provider(name: str, provider: JwtProvider, jwks: str) -> TokenProvider:
    """Return *provider*; *jwks* holds its keys, unless they are fetched."""
    message = jwt_pb2.JwtProvider(
        issuer=provider.issuer,
        audiences=provider.audiences,
        require_expiration=provider.require_expiry,
        forward=provider.forward,
        from_params=provider.token_parameters if provider.forward else (),
        from_cookies=provider.from_cookies,
        payload_in_metadata=PAYLOAD,
        clock_skew_seconds=int(provider.clock_skew.seconds),
    )
    for header, prefix in provider.token_headers:
        message.from_headers.add(name=header, value_prefix=prefix)
    for parameter in provider.token_parameters:
        message.from_headers.add(name=token_header(parameter))
    for claim, into in provider.claims_to_headers.items():
        message.claim_to_headers.add(claim_name=claim, header_name=into)
    source = provider.jwks
    if source.url is None:
        message.local_jwks.CopyFrom(base_pb2.DataSource(inline_string=jwks))
    else:
        message.remote_jwks.CopyFrom(_fetched(source.url, source.upstream or "", source.cache or _CACHED))
    moved = () if provider.forward else provider.token_parameters
    return TokenProvider(name, serialize(message), source.upstream or "", moved)


def _fetched(url: str, cluster: str, cache: Duration) -> Message:
    uri = http_uri_pb2.HttpUri(uri=url, cluster=cluster, timeout=duration(_FETCH_WITHIN))
    message = jwt_pb2.RemoteJwks(http_uri=uri, cache_duration=duration(cache))
    message.async_fetch.SetInParent()
    return message


def jwt_resource(providers: Iterable[TokenProvider], demands: Iterable[Demand]) -> Resource:
    """Return the resource of the filter: all providers of a role, and all that its routes may demand."""
    message = jwt_pb2.JwtAuthentication()
    needs = set()
    for provider in providers:
        message.providers[provider.name].ParseFromString(provider.body)
        if provider.cluster:
            needs.add((ResourceType.CLUSTER, provider.cluster))
    for demand in demands:
        message.requirement_map[demand.name].CopyFrom(_requirement(demand))
    extension = extension_pb2.TypedExtensionConfig(name=JWT_FILTER, typed_config=pack(message))
    return Resource(ResourceType.EXTENSION, JWT_FILTER, serialize(extension), frozenset(needs))


def _requirement(demand: Demand) -> Message:
    named = [jwt_pb2.JwtRequirement(provider_name=f"{demand.service}/{name}") for name in demand.providers]
    if demand.every:
        return _all([_any([each], optional=demand.optional) for each in named])
    return _any(named, optional=demand.optional)


def _any(requirements: list[Message], *, optional: bool) -> Message:
    if len(requirements) == 1 and not optional:
        return requirements[0]
    message = jwt_pb2.JwtRequirement()
    message.requires_any.requirements.extend(requirements)
    if optional:
        message.requires_any.requirements.add().allow_missing.SetInParent()
    return message


def _all(requirements: list[Message]) -> Message:
    message = jwt_pb2.JwtRequirement()
    message.requires_all.requirements.extend(requirements)
    return message


def is_fetchable(url: str) -> bool:
    """Tell whether keys can be fetched from *url*."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    named = parts.scheme in ("http", "https") and bool(parts.hostname) and port != 0
    return named and not parts.fragment and parts.username is None and bool(_SENT.fullmatch(url))
