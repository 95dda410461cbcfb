"""Asking the interfaces of platforms: one request, its JSON, and a clear error for everything else.

No message holds a query, a header or the text of an answer: a platform may repeat in it what it was asked with. Only
the name of its error is told, as ``AccessDeniedException``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from gloo.errors import DiscoveryError
from gloo.model.base import Json

if TYPE_CHECKING:  # what only asks for a configuration does not wait for an HTTP client
    import httpx

T = TypeVar("T")
MOST_BYTES = 16 * 2**20
_NAMED = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{1,79}\Z")
_HINTS = {
    401: "the upstream does not know who asks: look at the secret",
    403: "who asks may not list functions",
    404: "is the address right?",
}


@dataclass(frozen=True, slots=True)
class Ask:
    """One request.

    Args:
        query: the whole query string, escaped, without a question mark.
    """

    url: str
    query: str = ""
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)

    @property
    def target(self) -> str:
        return f"{self.url}?{self.query}" if self.query else self.url

    def __str__(self) -> str:
        parts = urlsplit(self.url)
        return f"{self.method} {parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


async def ask(http: "httpx.AsyncClient", request: Ask, form: type[T]) -> T:
    """Return the answer to *request* as *form*.

    Raises:
        DiscoveryError: the answer is no 200, too long, or of another form.
    """
    found: T = await _asked(http, request, form)
    return found


async def ask_list(http: "httpx.AsyncClient", request: Ask, member: type[T]) -> list[T]:
    """Return the answer to *request* as a list, which some write as null when it is empty; raises as `ask`."""
    found: list[T] | None = await _asked(http, request, list[member] | None)  # type: ignore[valid-type]
    return found or []


async def _asked(http: "httpx.AsyncClient", request: Ask, form: Any) -> Any:
    content = request.body or None
    async with http.stream(request.method, request.target, headers=dict(request.headers), content=content) as answer:
        body = await _read(request, answer)
    if answer.status_code != 200:
        raise _refusal(request, answer, body)
    try:
        return msgspec.json.decode(body, type=form)
    except msgspec.ValidationError as error:
        raise DiscoveryError(f"{request} was answered with JSON of another form: {_place(error)}") from error
    except msgspec.DecodeError as error:
        raise DiscoveryError(f"{request} was answered with something that is no JSON") from error


async def _read(request: Ask, answer: "httpx.Response") -> bytes:
    """Return the body of *answer*, however it is compressed; raise DiscoveryError for one that has no end."""
    read = bytearray()
    async for chunk in answer.aiter_bytes():
        read += chunk
        if len(read) > MOST_BYTES:
            raise DiscoveryError(f"{request} was answered with more than {MOST_BYTES >> 20} MiB")
    return bytes(read)


def _refusal(request: Ask, answer: "httpx.Response", body: bytes) -> DiscoveryError:
    status = answer.status_code
    name = _name_of(answer.headers.get("x-amzn-errortype", ""), body)
    told = f"{request} was answered {status}{f' {name}' if name else ''}"
    return DiscoveryError(told, _HINTS.get(status, ""), wait=wait_of(answer))


def wait_of(answer: "httpx.Response") -> float:
    """Return the seconds that *answer* asks to wait by `Retry-After` (RFC 9110, 10.2.3); 0 when it says nothing."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
        date = parsedate_to_datetime(answer.headers.get("date", ""))
        return max(0.0, (moment - date).total_seconds())
    except (ValueError, TypeError):
        return 0.0


def _name_of(header: str, body: bytes) -> str:
    """Return the name of a platform's error, where it stands in one of the usual places."""
    candidates: list[Json] = [header.partition(":")[0]]
    try:
        told = msgspec.json.decode(body)
    except msgspec.DecodeError:
        told = None
    if isinstance(told, dict):
        error = told.get("error")
        inner = [error.get("status"), error.get("code")] if isinstance(error, dict) else [error]
        candidates += [*inner, told.get("Code"), told.get("__type"), told.get("reason")]
    return next((each for each in candidates if isinstance(each, str) and _NAMED.match(each)), "")


def _place(error: msgspec.ValidationError) -> str:
    """Return what msgspec says, which names types and places but no values."""
    return str(error).replace("`", "")
