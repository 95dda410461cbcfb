"""Tokens without Envoy: which a route demands, and what the one in a request says. Nothing is verified here."""

import base64
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from gloo.envoy.jwt import Demand
from gloo.explain.lua_run import Answer
from gloo.explain.matching import cookies_of
from gloo.explain.refusing import error_body
from gloo.explain.request import Request
from gloo.explain.token_form import Fault, claims_in
from gloo.model.base import Json, replace
from gloo.model.jwt import Jwt, JwtProvider

_MISSING = ("Jwt is missing", "token_missing")
_STRANGE = ("Jwt issuer is not configured", "token_refused")

_MAY_BE_TOKEN = re.compile("[A-Za-z0-9._~+/=-]+")
_LONGEST_PATH = 256
"""Characters of the path in a realm; Envoy cuts the rest off."""


@dataclass(frozen=True, slots=True)
class FoundToken:
    """What the token of a request says, if it is good.

    Args:
        demand: what the route wants, in words.
        provider: the one that the token seems to be of; empty without a token.
        claims: what it says, not verified.
        others: the same of the tokens beside it, where one of each provider is demanded.
    """

    demand: str
    provider: str = ""
    claims: Mapping[str, Json] = field(default_factory=dict)
    others: tuple[tuple[str, Mapping[str, Json]], ...] = ()

    @property
    def all(self) -> tuple[tuple[str, Mapping[str, Json]], ...]:
        """Providers and claims of all the tokens; templates get the last one's."""
        return (*self.others, (self.provider, self.claims)) if self.provider else ()


def found_token(request: Request, demand: Demand, jwt: Jwt) -> FoundToken | Answer:
    """Return the token in *request*, or what the gateway answers where there is none, or none that can be read."""
    found: list[tuple[str, Mapping[str, Json]]] = []
    faults: list[tuple[str, str]] = []
    for name in demand.providers:
        fault, claims = _judged(token_in(request, jwt.providers[name]), jwt.providers[name])
        if fault is None:
            found.append((name, claims))
        elif fault != _MISSING or not demand.optional:
            faults.append(fault)
    if faults and (demand.every or not found):
        present = [fault for fault in faults if fault != _MISSING]
        message, reason = faults[0] if demand.every else (present or faults)[-1]
        carried = [each for name in demand.providers for each in jwt.providers[name].token_parameters]
        return _denied(replace(request, path=_without(request.path, carried)), message, reason)
    if not found:
        return FoundToken(demand.words)
    *others, (provider, claims) = found if demand.every else found[:1]
    return FoundToken(demand.words, provider, claims, tuple(others))


def _judged(token: str | None, provider: JwtProvider) -> tuple[tuple[str, str] | None, Mapping[str, Json]]:
    """Return what is wrong with *token* before anybody verifies it, as message and reason, and else its claims."""
    if token is None:
        return _MISSING, {}
    try:
        claims = claims_in(token)
    except Fault as fault:
        return (str(fault), "token_refused"), {}
    return (None, claims) if claims.get("iss") == provider.issuer else (_STRANGE, {})


def token_in(request: Request, provider: JwtProvider) -> str | None:
    """Return the token of *provider* in *request*, wherever it may stand; None without one."""
    name, prefix = _token_header(request, provider)
    if name:
        return (request.header(name) or "").partition(prefix)[2] if prefix else request.header(name)
    query = _query(request.path)
    places = [_moved(query[name]) for name in provider.token_parameters if name in query]
    cookies = cookies_of(request) if provider.from_cookies else {}
    places += [cookies[name] for name in provider.from_cookies if name in cookies]
    return places[0] if places else None


def _token_header(request: Request, provider: JwtProvider) -> tuple[str, str]:
    """Return the header of *request* that holds a token for *provider*, and what stands before it; empty for none.

    Something else may stand before that, as Envoy joins several of these headers; all that follows is the token.
    """
    for name, prefix in provider.token_headers:
        if prefix in (request.header(name) or "") and request.values(name):
            return name, prefix
    return "", ""


def _moved(text: str) -> str:
    """Return a token of the query as the header has it that our filter moves it to."""
    return text if _MAY_BE_TOKEN.fullmatch(text) else "-"


def _query(path: str) -> Mapping[str, str]:
    """Return the first value of each query parameter, decoded as our filter does it, to which a plus is a plus."""
    found: dict[str, str] = {}
    for pair in path.partition("?")[2].split("&"):
        name, _, value = pair.partition("=")
        found.setdefault(unquote(name), unquote(value))
    return found


def verified(request: Request, token: FoundToken | None, jwt: Jwt) -> Request:
    """Return *request* as the filters behind the one that verifies see it; without a *token*, it had none."""
    into = {header.lower() for each in jwt.providers.values() for header in each.claims_to_headers.values()}
    kept = tuple((name, value) for name, value in request.headers if name not in into)
    request = replace(request, headers=kept, claims=token.claims if token is not None else {})
    for name, claims in token.all if token is not None else ():
        request = _with_claims(request, jwt.providers[name], claims)
    return request


def _with_claims(request: Request, provider: JwtProvider, claims: Mapping[str, Json]) -> Request:
    """Return *request* without the token of *provider*, and with the *claims* in it that go into headers."""
    said = ((header.lower(), _claim(claims, path)) for path, header in provider.claims_to_headers.items())
    told = tuple((name, text) for name, text in said if text is not None)
    if provider.forward:
        return replace(request, headers=(*request.headers, *told))
    taken, _ = _token_header(request, provider)
    kept = tuple(pair for pair in request.headers if pair[0] != taken)
    return replace(request, path=_without(request.path, provider.token_parameters), headers=(*kept, *told))


def _without(path: str, parameters: Iterable[str]) -> str:
    bare, _, query = path.partition("?")
    pairs, names = query.split("&"), frozenset(parameters)
    kept = [pair for pair in pairs if unquote(pair.partition("=")[0]) not in names]
    if len(kept) == len(pairs):
        return path
    query = "&".join(kept)
    return f"{bare}?{query}" if query else bare


def _claim(claims: Mapping[str, Json], path: str) -> str | None:
    """Return a claim as Envoy writes it into a header; a dot in its name goes down into an object."""
    value: Json = claims
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        number = float(str(value))  # infinite where it is too large, and no error
        return str(int(number)) if 0 <= number < 2**64 and number.is_integer() else f"{number:f}"
    if isinstance(value, dict | list):
        text = json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
        return base64.b64encode(text.encode("utf-8", "surrogatepass")).decode()
    return None if value is None else str(value)


def _denied(request: Request, message: str, reason: str) -> Answer:
    realm = f'Bearer realm="{request.scheme}://{request.host}{request.path[:_LONGEST_PATH]}"'
    refused = realm if reason == "token_missing" else f'{realm}, error="invalid_token"'
    headers = (("content-type", "application/json"), ("www-authenticate", refused), ("x-gloo-error", reason))
    return Answer(401, headers, error_body(401, message, reason))
