"""What functions a function app of Azure has, as the app itself says it, or Azure's management.

The app is asked at ``/admin/functions`` with its master key, which the upstream's secret may hold already; the
management (`Web Apps - List Functions`) as a service principal. Both describe a function in the same words.
"""

import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote, urlencode, urlsplit

from msgspec import Meta, Struct

from gloo.errors import ConfigError, DiscoveryError
from gloo.model.base import Json, Model
from gloo.model.secret import Secret
from gloo.model.upstream import Function
from gloo.plugins.asking import Ask, ask, ask_list
from gloo.plugins.discovery import Discovered, Question
from gloo.plugins.origin import parse_origin

if TYPE_CHECKING:
    import httpx

_VERSION = "2022-03-01"
_LEVELS = frozenset(["anonymous", "function", "admin"])
_PRINCIPAL = ("tenant_id", "client_id", "client_secret")
_WHERE = ("endpoint", "login")
_SEGMENT = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,127}\Z")


class AzureDiscovery(Model, frozen=True, kw_only=True):
    """Who is asked for the functions of an app: the app, or with a subscription Azure's management."""

    subscription_id: Annotated[str, Meta(description="ask the management, for an app of this subscription")] = ""
    resource_group: Annotated[str, Meta(description="the app's resource group")] = ""
    secret_ref: Annotated[
        str,
        Meta(description="who asks: `tenant_id`, `client_id`, `client_secret`, or for the app itself `_master`"),
    ] = ""
    endpoint: Annotated[str, Meta(description="another address of the management")] = "https://management.azure.com"
    login: Annotated[str, Meta(description="another address of who gives out its tokens")] = (
        "https://login.microsoftonline.com"
    )

    def __post_init__(self) -> None:
        if bool(self.subscription_id) != bool(self.resource_group):
            raise ValueError("takes subscription_id and resource_group, or neither")
        if self.subscription_id and not self.secret_ref:
            raise ValueError("with subscription_id it takes secret_ref")
        for name in _WHERE:
            try:
                parse_origin(getattr(self, name))
            except ValueError as error:
                raise ValueError(f"{name} {error}") from error


class _Binding(Struct, rename="camel"):
    type: str = ""
    auth_level: str | None = None
    route: str | None = None


class _Config(Struct):
    bindings: list[_Binding] | None = None


class _Properties(Struct, rename="camel"):
    name: str | None = None
    config: _Config | None = None
    is_disabled: bool | None = None


class _Envelope(Struct):
    name: str | None = None
    properties: _Properties | None = None


class _Page(Struct, rename="camel"):
    value: list[_Envelope] = []
    next_link: str | None = None


class _Token(Struct):
    access_token: str


async def functions_of_app(http: "httpx.AsyncClient", *, address: str, secret: Secret) -> Discovered:
    """Ask the app at *address*; raises ConfigError when *secret* has no master key."""
    key = secret.data.get("_master", "").strip()
    if not key:
        raise ConfigError(
            "", "spec.secret_ref", f"the secret {secret.name!r} has no '_master', with which an app is asked"
        )
    request = Ask(f"{address.rstrip('/')}/admin/functions", headers={"x-functions-key": key})
    return _discovered(await ask_list(http, request, _Properties))


async def functions_by_management(question: Question[Model], http: "httpx.AsyncClient", *, app: str) -> Discovered:
    """Ask Azure's management for the functions of *app*; raises ConfigError for a secret that lacks something."""
    options = question.options
    assert isinstance(options, AzureDiscovery)
    token = await _token(options, question.secrets[options.secret_ref], http)
    group = f"/subscriptions/{quote(options.subscription_id, '')}/resourceGroups/{quote(options.resource_group, '')}"
    url = f"{options.endpoint.rstrip('/')}{group}/providers/Microsoft.Web/sites/{quote(app, '')}/functions"
    found: list[_Properties] = []
    async for page in _pages(url, token, http):
        found += (_named(each) for each in page.value)
        if question.enough(len(found)):
            break
    return _discovered(found)


async def _pages(url: str, token: str, http: "httpx.AsyncClient") -> AsyncIterator[_Page]:
    """Yield the pages; the token goes to no other host than the one that was asked first."""
    headers, query = {"authorization": f"Bearer {token}"}, f"api-version={_VERSION}"
    first, seen = urlsplit(url), {query}
    while True:
        page = await ask(http, Ask(url, query, headers=headers), _Page)
        yield page
        following = urlsplit(page.next_link or "")
        if not page.next_link or following.query in seen:
            return
        if (following.scheme, following.netloc) != (first.scheme, first.netloc):
            raise DiscoveryError(f"GET {url} names a next page on another host, {following.hostname}")
        url, query = f"{first.scheme}://{first.netloc}{following.path}", following.query
        seen.add(query)


async def _token(options: AzureDiscovery, secret: Secret, http: "httpx.AsyncClient") -> str:
    data = {key: secret.data.get(key, "").strip() for key in _PRINCIPAL}
    for key, value in data.items():
        if not value:
            raise ConfigError("", "spec.secret_ref", f"the secret {secret.name!r} has no {key}")
    url = f"{options.login.rstrip('/')}/{quote(data['tenant_id'], '')}/oauth2/v2.0/token"
    form = {
        "grant_type": "client_credentials",
        "client_id": data["client_id"],
        "client_secret": data["client_secret"],
        "scope": f"{options.endpoint.rstrip('/')}/.default",
    }
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return (await ask(http, Ask(url, "", "POST", headers, urlencode(form).encode()), _Token)).access_token


def _named(envelope: _Envelope) -> _Properties:
    properties = envelope.properties or _Properties()
    properties.name = properties.name or (envelope.name or "").rpartition("/")[2]
    return properties


def _discovered(found: list[_Properties]) -> Discovered:
    functions, left_out = [], []
    for each in found:
        bindings = (each.config.bindings if each.config else None) or ()
        binding = next((found for found in bindings if found.type.lower() == "httptrigger"), None)
        if binding is None or each.is_disabled or not each.name:
            continue
        spec = _spec(each.name, binding)
        if isinstance(spec, str):
            left_out.append(f"{each.name}: {spec}")
        else:
            functions.append(Function(name=each.name, spec=spec))
    return Discovered(tuple(functions), left_out=tuple(left_out))


def _spec(name: str, binding: _Binding) -> dict[str, Json] | str:
    """Return how a function with an HTTP trigger is called, or why it can't be."""
    level = (binding.auth_level or "function").lower()
    if level not in _LEVELS:
        return f"wants to be called as {level!r}"
    first, slash, rest = (binding.route or name).strip("/").partition("/")
    if not _SEGMENT.match(first) or (slash and not rest.startswith("{")):
        return f"its route {binding.route!r} is no name with parameters after it"
    spec: dict[str, Json] = {"function_name": first} if first != name else {}
    if level != "anonymous":
        spec["auth_level"] = level
    return {**spec, "pass_path": True} if slash else spec
