"""Tokens without Envoy: which a route demands, and what the one in a request says. Nothing is verified here."""

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, unquote

from gloo.envoy.jwt import Demand
from gloo.explain.lua_run import Answer
from gloo.explain.request import Request
from gloo.model.base import Json, replace
from gloo.model.jwt import Jwt, JwtProvider

_SECTIONS = "Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections"


@dataclass(frozen=True, slots=True)
class FoundToken:
    """What the token of a request says, if it is good.

    Args:
        demand: what the route wants, in words.
        provider: the one that the token seems to be of; empty without a token.
        claims: what it says, not verified.
    """

    demand: str
    provider: str = ""
    claims: Mapping[str, Json] = field(default_factory=dict)


def found_token(request: Request, demand: Demand, jwt: Jwt) -> FoundToken | Answer:
    """Return the token in *request*, or what the gateway answers where there is none, or none that can be read."""
    tokens = {name: token_in(request, jwt.providers[name]) for name in demand.providers}
    given = {name: token for name, token in tokens.items() if token is not None}
    if not demand.optional and (not given or (demand.every and len(given) < len(tokens))):
        return _denied(request, "Jwt is missing", "token_missing")
    read = {name: claims_of(token) for name, token in given.items()}
    if not read:
        return FoundToken(demand.words)
    fitting = (name for name, claims in read.items() if claims and claims.get("iss") == jwt.providers[name].issuer)
    provider = next(fitting, next(iter(read)))
    claims = read[provider]
    return (
        _denied(request, _SECTIONS, "token_refused") if claims is None else FoundToken(demand.words, provider, claims)
    )


def token_in(request: Request, provider: JwtProvider) -> str | None:
    """Return the token of *provider* in *request*, wherever it may stand; None without one."""
    for name, prefix in provider.token_headers:
        value = request.header(name)
        if value is not None and value.startswith(prefix):
            return value.removeprefix(prefix)
    query = dict(parse_qsl(request.path.partition("?")[2]))
    places = [query.get(name) for name in provider.token_parameters]
    cookies = _cookies(request)
    places += [cookies.get(name) for name in provider.from_cookies]
    return next((token for token in places if token), None)


def _cookies(request: Request) -> Mapping[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(request.header("cookie") or "").items()}
    except CookieError:
        return {}


def claims_of(token: str) -> Mapping[str, Json] | None:
    """Return what *token* says; None for what is none. Nobody has looked whether it is true."""
    sections = token.split(".")
    if len(sections) != 3 or not all(sections):
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(sections[1] + "=" * (-len(sections[1]) % 4)))
    except (ValueError, RecursionError):
        return None
    return claims if isinstance(claims, dict) else None


def verified(request: Request, token: FoundToken | None, jwt: Jwt) -> Request:
    """Return *request* as the filters behind the one that verifies see it; without a *token*, it had none."""
    into = {header.lower() for each in jwt.providers.values() for header in each.claims_to_headers.values()}
    provider = jwt.providers[token.provider] if token is not None and token.provider else None
    taken = {name for name, _ in provider.token_headers} if provider and not provider.forward else set[str]()
    kept = tuple((name, value) for name, value in request.headers if name not in into | taken)
    if provider is None or token is None:
        return replace(request, headers=kept)
    request = replace(request, claims=token.claims)
    claims = ((header.lower(), _claim(token.claims, path)) for path, header in provider.claims_to_headers.items())
    told = tuple((name, text) for name, text in claims if text is not None)
    path = request.path if provider.forward else _without(request.path, provider.token_parameters)
    return replace(request, path=path, headers=(*kept, *told))


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
    if isinstance(value, float) and not value.is_integer():
        return f"{value:f}"
    if isinstance(value, dict | list):
        return base64.b64encode(json.dumps(value, separators=(",", ":")).encode()).decode()
    return None if value is None else str(value)


def _denied(request: Request, message: str, reason: str) -> Answer:
    body = {"error": {"message": message, "reason": reason, "status": 401}}
    realm = f'Bearer realm="{request.scheme}://{request.host}{request.path}"'
    refused = realm if reason == "token_missing" else f'{realm}, error="invalid_token"'
    headers = (("content-type", "application/json"), ("www-authenticate", refused), ("x-gloo-error", reason))
    return Answer(401, headers, f"{json.dumps(body, separators=(',', ':'))}\n".encode())
