"""Vault's HTTP interface: one question, one reply. Knows TLS, namespaces and what is worth asking again later.

No error of this file tells what was sent: requests carry tokens and the secrets of logins, replies carry secrets.
"""

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import quote, urljoin, urlsplit

import httpx
import msgspec

from gloo.errors import StorageError
from gloo.model.base import Json, Value

_PATIENCE = httpx.Timeout(5.0, connect=3.0)
_LATER = frozenset([412, 429, 472, 473])  # not up to date yet, too many requests, a standby that does not pass it on
_LONGEST_ERROR = 200
_SILENT = {"ConnectTimeout": "no answer", "ReadTimeout": "no answer in time"}


class VaultServer(Value, frozen=True):
    """Where Vault answers.

    Args:
        address: its URL, ``https://vault.example.org:8200``.
        namespace: the namespace that everything is in; empty for the root.
        ca_file: the authorities that its certificate is checked by; empty for those of the machine.
    """

    address: str
    namespace: str = ""
    ca_file: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What Vault said; `repr` shows the status alone."""

    status: int
    body: Mapping[str, Json] = field(repr=False)

    @property
    def data(self) -> Mapping[str, Json]:
        return mapping(self.body.get("data"))

    @property
    def auth(self) -> Mapping[str, Json]:
        """What a login or a renewal gives."""
        return mapping(self.body.get("auth"))

    @property
    def lease(self) -> float:
        """The seconds that a token lasts which a login or a renewal gave; 0 for no end that is known."""
        return seconds(self.auth.get("lease_duration"))

    @property
    def reason(self) -> str:
        """Vault's own words for a refusal, on one line."""
        errors = self.body.get("errors")
        words = " ".join(str(each) for each in errors) if isinstance(errors, list) else ""
        return " ".join(words.replace("1 error occurred:", "").replace("*", "").split())[:_LONGEST_ERROR]


class VaultClient:
    """Asks one server; see `connected`."""

    def __init__(self, server: VaultServer, http: httpx.AsyncClient) -> None:
        self.server = server
        self._http = http

    async def ask(self, method: str, path: str, *, token: str = "", body: Mapping[str, Json] | None = None) -> Reply:
        """Send one request to *path* below ``/v1`` and return the reply, a refusal too.

        Raises:
            StorageError: there is no answer, or none that will last: asking again later may help.
        """
        headers = {"X-Vault-Token": token} if token else {}
        url = f"{self.server.address.rstrip('/')}/v1/{quote(path)}"
        try:
            answer = await self._http.request(method, url, headers=headers, json=body)
            if answer.status_code in {307, 308}:
                answer = await self._http.request(method, self._next(url, answer), headers=headers, json=body)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self.error(f"can't be reached: {_named(error)}") from error
        reply = Reply(answer.status_code, _decoded(answer.content))
        if reply.status in _LATER or reply.status >= 500 or 300 <= reply.status < 400:
            raise self.error(f"answers {reply.status}{f', {reply.reason}' if reply.reason else ''}")
        return reply

    def error(self, problem: str) -> StorageError:
        """Return the error that says *problem* of this server."""
        return StorageError(f"Vault at {self.server.address} {problem}")

    def _next(self, url: str, answer: httpx.Response) -> str:
        """Return where a standby sends us; the token goes no way that is less safe."""
        try:
            target: str = urljoin(url, answer.headers.get("location", ""))
            scheme, _port = urlsplit(target).scheme, urlsplit(target).port
        except ValueError:
            raise self.error(f"answers {answer.status_code} with a location that is no URL") from None
        if urlsplit(url).scheme == "https" and scheme != "https":
            raise self.error("sends us to a server without TLS, which is refused")
        return target


@asynccontextmanager
async def connected(server: VaultServer) -> AsyncIterator[VaultClient]:
    """Yield a client of *server*; no connection is made before it is asked.

    Raises:
        StorageError: the authorities can't be read, or the address is none.
    """
    try:
        _port = urlsplit(server.address).port
    except ValueError as error:
        raise StorageError(f"Vault at {server.address}: this is no URL") from error
    headers = {"X-Vault-Request": "true"}
    if server.namespace:
        headers["X-Vault-Namespace"] = server.namespace
    async with httpx.AsyncClient(
        verify=_trusted(server), timeout=_PATIENCE, headers=headers, trust_env=False, follow_redirects=False
    ) as http:
        yield VaultClient(server, http)


def _trusted(server: VaultServer) -> ssl.SSLContext | bool:
    if not server.address.startswith("https"):
        return False
    try:
        return ssl.create_default_context(cafile=server.ca_file or None)
    except OSError as error:  # what is no certificate is one too
        raise StorageError(f"{server.ca_file}: the authorities of Vault can't be read: {error.strerror}") from error


def _decoded(content: bytes) -> Mapping[str, Json]:
    try:
        return mapping(msgspec.json.decode(content))
    except (ValueError, RecursionError):  # an error page of something in between, or what is no text
        return {}


def mapping(value: Json) -> Mapping[str, Json]:
    """Return *value* if it is an object of JSON, else an empty one: what Vault says is not ours to vouch for."""
    return value if isinstance(value, dict) else {}


def seconds(value: Json) -> float:
    """Return *value* if it is a number of seconds, else 0."""
    return float(value) if isinstance(value, int | float) else 0.0


def _named(error: Exception) -> str:
    """Say what went wrong. An error about our own request is named only: its words may repeat a header."""
    own = isinstance(error, httpx.LocalProtocolError)
    return type(error).__name__ if own else str(error) or _SILENT.get(type(error).__name__, type(error).__name__)
