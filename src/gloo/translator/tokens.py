"""Tokens that routes demand: the providers of a virtual service, and what each route wants of them.

It fails closed: a route whose demand can't be met as it is written does not work at all, and in a virtual service with
`jwt` each route says what it wants, be it nothing, so that none depends on what another one leaves out.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from gloo.envoy.jwt import (
    JWT_FILTER,
    Demand,
    TokenProvider,
    is_fetchable,
    jwt_resource,
    no_token,
    token_demanded,
    token_provider,
)
from gloo.envoy.query_tokens import QUERY_TOKENS, token_header, tokens_moved
from gloo.envoy.route import FilterConfigs, Route
from gloo.envoy.snapshot import Resource
from gloo.errors import ConfigError, MissingReference
from gloo.model.base import Value, replace
from gloo.model.codec import ConfigObject
from gloo.model.http_name import check_header_name, is_token
from gloo.model.jwt import Demanded, Jwt, JwtProvider, KeySource, SalvagedJwt, TokenRule
from gloo.model.path import format_path, join_path
from gloo.model.secret import Secret
from gloo.model.status import Problem
from gloo.model.strict import nearest
from gloo.model.virtual_service import VirtualService
from gloo.translator.lacking_secrets import SpoiltSecret, lacking_secret
from gloo.translator.refusals import Refusals, digest_of
from gloo.translator.reports import located, problem_of
from gloo.translator.upstreams import TranslatedUpstream

SECRET_KEY = "jwks"
"""The key of a secret that holds a JWKS."""

KeyOwner = Secret | SpoiltSecret | TranslatedUpstream | None
"""What a provider's keys come from, where they don't stand in the configuration; None also where it is missing."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The providers of one virtual service, and what its routes may want of them.

    Args:
        default: for routes that say nothing; None is a token of any provider.
        providers: the good ones, by name.
        faults: the first fault of each of the others.
        problems: all that is wrong with them.
        claimed: headers that get claims, in lower case.
    """

    service: str
    default: Demanded | None
    providers: Mapping[str, TokenProvider]
    faults: Mapping[str, Problem] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    claimed: frozenset[str] = frozenset()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all providers, sorted."""
        return tuple(sorted({*self.providers, *self.faults}))

    def usual_demands(self) -> Iterator[Demand]:
        """Yield what routes mostly want, so that a route that changes its mind changes nothing in the filter."""
        whole = () if self.faults or len(self.providers) < 2 else (self.names,)
        for names in (*((name,) for name in self.providers), *whole):
            yield Demand(self.service, names)
            yield Demand(self.service, names, optional=True)


def key_sources(item: ConfigObject) -> tuple[KeySource, ...]:
    """Return where the keys of a virtual service's providers come from, in their order."""
    service = item.value
    if not isinstance(service, VirtualService) or service.jwt is None:
        return ()
    return tuple(service.jwt.sources())


def secret_names(item: ConfigObject) -> tuple[str, ...]:
    """Return the names of the secrets that hold keys of a virtual service's providers."""
    return tuple(source.secret_ref for source in key_sources(item) if source.secret_ref is not None)


def translate_tokens(item: ConfigObject, jwt: Jwt, refusals: Refusals, *owners: KeyOwner) -> Tokens:
    """Translate the providers of one virtual service; *owners* belong to them in their order."""
    good: dict[str, TokenProvider] = {}
    broken = jwt.broken if isinstance(jwt, SalvagedJwt) else {}
    faults = {name: problems[0] for name, problems in broken.items()}
    problems = [problem for each in broken.values() for problem in each]
    for (name, provider), owner in zip(jwt.providers.items(), owners, strict=True):
        try:
            good[name] = _provider(f"{item.name}/{name}", provider, owner)
            refusals.check_bytes(good[name].body)
        except ConfigError as error:
            good.pop(name, None)
            faults[name] = problem_of(error, format_path(("jwt", "providers", name)))
            problems.append(faults[name])
    claimed = frozenset(into.lower() for each in jwt.providers.values() for into in each.claims_to_headers.values())
    return Tokens(item.name, jwt.default, good, faults, located(item, problems), claimed)


def _provider(name: str, provider: JwtProvider, owner: KeyOwner) -> TokenProvider:
    _check_places(provider)
    return token_provider(name, provider, _keys(provider.jwks, owner))


def _keys(source: KeySource, owner: KeyOwner) -> str:
    """Return the keys; nothing where Envoy fetches them."""
    if source.url is not None:
        _check_fetched(source.url, source.upstream or "", owner)
        return ""
    from gloo.model.jwks import read_jwks  # noqa: PLC0415 - its library costs time that few configurations need

    at, said, given = "jwks.inline", "", source.inline
    if source.secret_ref is not None:
        at, said = "jwks.secret_ref", f"secret {source.secret_ref!r}: "
        if not isinstance(owner, Secret):
            problem = owner.problem if isinstance(owner, SpoiltSecret) else ""
            raise lacking_secret(at, source.secret_ref, problem)
        given = owner.data.get(SECRET_KEY)
        if given is None:
            raise ConfigError("", at, f"{said}has no key {SECRET_KEY!r}", "the JWKS as text")
    try:
        return read_jwks(given or "")
    except ConfigError as error:
        raise ConfigError("", at, f"{said}{error.problem}", error.hint) from error


def _check_fetched(url: str, upstream: str, owner: KeyOwner) -> None:
    if not is_fetchable(url):
        raise ConfigError("", "jwks.url", "is no URL that begins with http:// or https:// and a host")
    if not isinstance(owner, TranslatedUpstream):
        raise MissingReference("", "jwks.upstream", f"there is no upstream {upstream!r}")
    if owner.is_pending:
        raise MissingReference("", "jwks.upstream", f"upstream {upstream!r} is Pending", "see the upstream")
    if owner.accepted is None:
        raise ConfigError("", "jwks.upstream", f"upstream {upstream!r} has errors", "see the upstream")
    if owner.accepted.plugin.functions_only:
        raise ConfigError("", "jwks.upstream", f"upstream {upstream!r} is reached by its functions alone")


def _check_places(provider: JwtProvider) -> None:
    """Raise ConfigError for a place of tokens or claims that is none."""
    for index, header in enumerate(provider.from_headers):
        if not is_token(header.name):
            raise ConfigError("", f"from_headers[{index}].name", f"{header.name!r} is no header name")
    taken = {name: "holds the token" for name, _ in provider.token_headers}
    for claim, into in provider.claims_to_headers.items():
        at = join_path("claims_to_headers", format_path((claim,)))
        name = check_header_name(into, at)
        if name in taken:
            raise ConfigError("", at, f"header {into!r} {taken[name]} already")
        taken[name] = f"gets the claim {claim!r}"


def demand_of_route(rule: Demanded | None, tokens: Tokens | None) -> Demand | None:
    """Return what a route that says *rule* demands; raise ConfigError, its field below the route."""
    if tokens is None:
        if isinstance(rule, TokenRule):
            raise ConfigError("", "extensions.jwt", "the virtual service has no jwt.providers", "name them there")
        return None
    said = rule if rule is not None else tokens.default if tokens.default is not None else TokenRule()
    if not isinstance(said, TokenRule):
        return None
    key, names = ("require", said.require) if said.require else ("any", said.any)
    at = "extensions.jwt" if rule is not None else ""
    for name in names or tokens.names:
        _check_good(name, key if names else "", at, tokens)
    if not tokens.names:
        raise ConfigError("", at, "the virtual service has no jwt.providers", "name them there, or say jwt: off")
    wanted = tuple(sorted({*(names or tokens.names)}))
    return Demand(tokens.service, wanted, every=bool(said.require) and len(wanted) > 1, optional=said.allow_missing)


def _check_good(name: str, key: str, at: str, tokens: Tokens) -> None:
    place = join_path(at, key) if at else ""
    where = f"jwt.default.{key}: " if key and not at else ""
    fault = tokens.faults.get(name)
    if fault is not None:
        error = MissingReference if fault.pending else ConfigError
        raise error("", place, f"{where}provider {name!r} of tokens has errors", f"see jwt.providers.{name}")
    if name not in tokens.providers:
        hint = nearest(name, list(tokens.names)) if tokens.names else "the virtual service has no jwt.providers"
        raise ConfigError("", place, f"{where}there is no provider {name!r} of tokens", hint)


def guarded(route: Route, demand: Demand | None, tokens: Tokens | None) -> Route:
    """Return *route* with its demand; without `jwt` in the virtual service it stays as it is."""
    if tokens is None:
        return route
    if demand is None:
        return replace(route, filters=(*route.filters, (JWT_FILTER, no_token())))
    filters: FilterConfigs = (*route.filters, (JWT_FILTER, token_demanded(demand)))
    moved = {name: token_header(name) for each in demand.providers for name in tokens.providers[each].moved}
    if not moved:
        return replace(route, filters=filters)
    removed = (*route.request_headers_removed, *moved.values())  # one that was not needed stays in its header
    return replace(route, filters=(*filters, (QUERY_TOKENS, tokens_moved(moved))), request_headers_removed=removed)


class KnownTokens(Value, frozen=True):
    """What the Envoys of one role know of tokens: providers, and what routes may want of them."""

    providers: tuple[TokenProvider, ...] = ()
    demands: frozenset[Demand] = frozenset()

    def joined(self, earlier: "KnownTokens") -> "KnownTokens":
        """Return this with what *earlier* knew besides."""
        names = {provider.name for provider in self.providers}
        others = (provider for provider in earlier.providers if provider.name not in names)
        return KnownTokens((*self.providers, *others), self.demands | earlier.demands)


def known_tokens(found: Iterable[tuple[Tokens, frozenset[Demand]]]) -> KnownTokens:
    """Return what Envoys have to know of *found*: the providers of virtual services, and what their routes want."""
    providers: list[TokenProvider] = []
    demands: set[Demand] = set()
    for tokens, used in found:
        providers += tokens.providers.values()
        demands.update((*tokens.usual_demands(), *used))
    return KnownTokens(tuple(providers), frozenset(demands))


def tokens_resource(now: KnownTokens, before: KnownTokens, refusals: Refusals) -> Resource:
    """Return what the filter gets: all that is known *now*, and of *before* what went.

    Envoy has this before it has the routes: for a moment, those of before meet it, and they must find what they name.
    """
    names = {provider.name for provider in now.providers}
    gone = [
        each for each in before.providers if each.name not in names and digest_of(each.body) not in refusals.reasons
    ]
    names.update(each.name for each in gone)
    kept = {each for each in before.demands if names.issuperset(f"{each.service}/{name}" for name in each.providers)}
    # The cluster that fetched the keys of one that went may go too.
    providers = (*now.providers, *(replace(each, cluster="") for each in gone))
    return jwt_resource(providers, sorted(kept | now.demands, key=lambda each: each.name))
