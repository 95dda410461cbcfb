"""The request that a Google function gets, under the names that Flask gives its parts.

Functions for Google's framework are written against Flask's request; this one has what they read of it, without Flask.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from starlette.datastructures import Headers, ImmutableMultiDict
from starlette.requests import Request

from gloo.model.base import Json


class Values(ImmutableMultiDict[str, str]):
    """Values by name, where a name may have several: the first one counts."""

    def __getitem__(self, key: str) -> str:
        return self.getlist(key)[0] if key in self else super().__getitem__(key)

    def get(self, key: str, default: Json = None, type: Json = None) -> Json:  # noqa: A002 - the caller's name for it
        """Return the first value of *key*, made a *type*; *default* when there is none or it can't be made one."""
        found = self.getlist(key)
        if not found:
            return default
        try:
            return found[0] if type is None else type(found[0])
        except ValueError:
            return default

    def getlist(self, key: str) -> list[str]:
        """Return all values of *key*."""
        return list(super().getlist(key))


@dataclass(frozen=True)
class GoogleRequest:
    """One request, its body read whole."""

    method: str
    url: str
    path: str
    host: str
    headers: Headers
    args: Values
    form: Values
    cookies: Mapping[str, str]
    remote_addr: str | None
    data: bytes = field(repr=False)

    @property
    def content_type(self) -> str | None:
        return self.headers.get("content-type")

    @property
    def mimetype(self) -> str:
        """The content type without its parameters, in lower case."""
        return (self.content_type or "").partition(";")[0].strip().lower()

    @property
    def is_json(self) -> bool:
        """Whether the content type is JSON."""
        return self.mimetype == "application/json" or self.mimetype.endswith("+json")

    @property
    def query_string(self) -> bytes:
        return self.url.partition("?")[2].encode()

    @property
    def full_path(self) -> str:
        """The path with its query; a question mark in any case."""
        return f"{self.path}?{self.query_string.decode()}"

    @property
    def base_url(self) -> str:
        return self.url.partition("?")[0]

    def get_data(self, cache: bool = True, as_text: bool = False) -> bytes | str:
        """Return the body, as text if asked."""
        return self.data.decode(errors="replace") if as_text else self.data

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Json:
        """Return the JSON value of the body.

        None when the content type is another one, unless *force*. Raises ValueError when the body is no JSON, unless
        *silent*.
        """
        if not (force or self.is_json):
            return None
        try:
            return json.loads(self.data)
        except ValueError:
            if silent:
                return None
            raise

    @cached_property
    def json(self) -> Json:
        """The JSON value of the body."""
        return self.get_json()


def google_request(request: Request, body: bytes, form: list[tuple[str, str]]) -> GoogleRequest:
    """Return *request* as a function gets it."""
    return GoogleRequest(
        method=request.method,
        url=str(request.url),
        path=request.url.path,
        host=request.headers.get("host", ""),
        headers=request.headers,
        args=Values(request.query_params.multi_items()),
        form=Values(form),
        cookies=request.cookies,
        remote_addr=request.client.host if request.client else None,
        data=body,
    )
