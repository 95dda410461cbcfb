"""What functions a project of Google Cloud has: the list of Cloud Functions, of both generations.

Reference: `projects.locations.functions.list` of the Cloud Functions API v2, and "Using OAuth 2.0 for server to server
applications" for the token.
"""

import base64
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Meta, Struct

from gloo.errors import ConfigError
from gloo.model.base import Json, Model
from gloo.model.secret import Secret
from gloo.model.upstream import Function, Upstream
from gloo.plugins.asking import Ask, ask
from gloo.plugins.discovery import Discovered, Question
from gloo.plugins.origin import Origin, parse_origin

if TYPE_CHECKING:
    import httpx

ANNOTATION = "gloo.solo.io/google_secret_ref"
"""Where the first gloo had the name of the secret."""

_KEY = "json_key_file"
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class GoogleDiscovery(Model, frozen=True, kw_only=True):
    """Who asks for the functions of a project."""

    secret_ref: Annotated[
        str,
        Meta(description="the secret whose `json_key_file` is the key of a service account that may list functions"),
    ] = ""
    project_id: Annotated[
        str, Meta(pattern=r"^([a-z][a-z0-9-]{4,28}[a-z0-9])?$", description="whose functions, where spec has a url")
    ] = ""
    endpoint: Annotated[str, Meta(description="another address of the Cloud Functions API")] = (
        "https://cloudfunctions.googleapis.com"
    )

    def __post_init__(self) -> None:
        try:
            parse_origin(self.endpoint)
        except ValueError as error:
            raise ValueError(f"endpoint {error}") from error

    def secret_of(self, upstream: Upstream) -> str:
        """Return the name of the secret; raise ConfigError where none is said."""
        name = self.secret_ref or upstream.metadata.annotations.get(ANNOTATION, "")
        if not name:
            raise ConfigError("", "spec.secret_ref", "is needed to ask for functions", "who asks must be known")
        return name


class _Account(Struct):
    client_email: str
    private_key: str
    token_uri: str = "https://oauth2.googleapis.com/token"
    private_key_id: str = ""


class _Token(Struct):
    access_token: str


class _Service(Struct):
    uri: str = ""


class _Listed(Struct, rename="camel"):
    name: str
    state: str = ""
    url: str = ""
    service_config: _Service | None = None
    event_trigger: Json = None


class _Page(Struct, rename="camel"):
    functions: list[_Listed] = []
    next_page_token: str = ""
    unreachable: list[str] = []


async def list_functions(
    question: Question[Model], http: "httpx.AsyncClient", *, project: str, region: str, origin: Origin
) -> Discovered:
    """Return the functions of *project* that requests to *origin* reach, in *region* or with an empty one anywhere.

    Raises:
        ConfigError: the secret holds no key of a service account.
        DiscoveryError: as `gloo.plugins.asking.ask`.
    """
    options = question.options
    assert isinstance(options, GoogleDiscovery)
    token = await _token(question.secrets[options.secret_of(question.upstream)], http, now=question.clock())
    url = f"{options.endpoint.rstrip('/')}/v2/projects/{quote(project)}/locations/{region or '-'}/functions"
    found: dict[str, Function] = {}
    silent: set[str] = set()
    async for page in _pages(url, token, http):
        silent.update(page.unreachable)
        for each in page.functions:
            function = _function(each, region, origin)
            if function is not None:
                found[function.name] = function
        if question.enough(len(found)):
            break
    return Discovered(tuple(found.values()), silent=tuple(sorted(silent)))


async def _pages(url: str, token: str, http: "httpx.AsyncClient") -> AsyncIterator[_Page]:
    headers, at = {"authorization": f"Bearer {token}"}, ""
    while True:
        query = urlencode({"pageSize": 200, "pageToken": at} if at else {"pageSize": 200})
        page = await ask(http, Ask(url, query, headers=headers), _Page)
        yield page
        if page.next_page_token in {"", at}:
            return
        at = page.next_page_token


def _function(listed: _Listed, region: str, origin: Origin) -> Function | None:
    """Return how *listed* is called by requests to *origin*; None where that can't be.

    A function whose last change failed, or is under way, still serves what it was before.
    """
    urls = [url for url in (listed.url, listed.service_config.uri if listed.service_config else "") if url]
    if listed.state == "DELETING" or listed.event_trigger is not None or not urls:
        return None
    name = listed.name.rpartition("/")[2]
    if region:
        return Function(name=name) if f"/locations/{region}/" in listed.name else None
    own = (origin.scheme, origin.host, origin.port)
    for url in urls:
        try:
            other = parse_origin(url)
        except ValueError:
            continue
        if (other.scheme, other.host, other.port) == own:
            return Function(name=name, spec={"url": url})
    return None


async def _token(secret: Secret, http: "httpx.AsyncClient", *, now: float) -> str:
    """Return an access token for the service account in *secret*."""
    account = _account(secret)
    form = urlencode({"grant_type": _GRANT, "assertion": _assertion(secret, account, now)})
    headers = {"content-type": "application/x-www-form-urlencoded"}
    asked = Ask(account.token_uri, method="POST", headers=headers, body=form.encode())
    return (await ask(http, asked, _Token)).access_token


def _account(secret: Secret) -> _Account:
    if not secret.data.get(_KEY, "").strip():
        raise ConfigError("", "spec.secret_ref", f"the secret {secret.name!r} has no {_KEY}")
    try:
        account = msgspec.json.decode(secret.data[_KEY], type=_Account)
        origin = parse_origin(account.token_uri)
    except (msgspec.DecodeError, ValueError):
        raise _no_key(secret) from None  # the reason may quote the key
    if origin.scheme != "https" and origin.host not in {"localhost", "127.0.0.1", "::1"}:
        raise ConfigError("", "spec.secret_ref", f"the secret {secret.name!r} has a token_uri without https")
    return account


def _no_key(secret: Secret) -> ConfigError:
    hint = "the JSON file that Google gives out for a service account"
    return ConfigError("", "spec.secret_ref", f"{_KEY} in the secret {secret.name!r} is no service account key", hint)


def _assertion(secret: Secret, account: _Account, now: float) -> str:
    """Return a signed claim to be *account* (RFC 7523), good for an hour."""
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - only who asks Google needs it
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    try:
        key = load_pem_private_key(account.private_key.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise _no_key(secret) from None
    if not isinstance(key, RSAPrivateKey):
        raise _no_key(secret)
    claims = {"iss": account.client_email, "scope": _SCOPE, "aud": account.token_uri}
    times = {"iat": int(now), "exp": int(now) + 3600}
    text = f"{_part({'alg': 'RS256', 'typ': 'JWT', 'kid': account.private_key_id})}.{_part({**claims, **times})}"
    return f"{text}.{_base64(key.sign(text.encode(), PKCS1v15(), SHA256()))}"


def _part(value: Mapping[str, object]) -> str:
    return _base64(msgspec.json.encode({name: each for name, each in value.items() if each != ""}))


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")
