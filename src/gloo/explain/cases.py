"""Tests that users write beside their configuration: a request, and what is to become of it.

.. code-block:: yaml

    name: a pet by its path
    request: {path: /pet/7}
    expect:
      route: default/0
      destination: petstore/get_pet
      upstream_request: {method: GET, path: /pets/7}
"""

import json
from collections.abc import Iterator, Mapping
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from gloo.errors import ConfigError
from gloo.explain.lua_run import Answer
from gloo.explain.request import Request, request_of
from gloo.explain.upstream_answer import BODILESS, answer_of
from gloo.model.base import Json, Model, Value
from gloo.model.source import Document, Source
from gloo.model.status import Problem
from gloo.model.strict import decode_struct
from gloo.model.text import TextError, parse_text


class Asked(Model, frozen=True, kw_only=True):
    """The request of a test."""

    method: Annotated[str, Meta(description="the method")] = "GET"
    path: Annotated[str, Meta(description="path and query, or a whole address")] = "/"
    host: Annotated[str, Meta(description="the host that is asked for")] = "localhost"
    headers: Annotated[Mapping[str, str], Meta(description="headers by name")] = {}
    body: Annotated[str | None, Meta(description="the body as text")] = None
    json: Annotated[Json | UnsetType, Meta(description="the body as a value, sent as JSON")] = UNSET

    def __post_init__(self) -> None:
        if self.body is not None and self.json is not UNSET:
            raise ValueError("takes body or json, not both")


class UpstreamResponse(Model, frozen=True, kw_only=True):
    """What the upstream of a test answers."""

    status: Annotated[int, Meta(ge=200, le=599, description="the status")] = 200
    headers: Annotated[Mapping[str, str], Meta(description="headers by name")] = {}
    body: Annotated[str | None, Meta(description="the body as text")] = None
    json: Annotated[Json | UnsetType, Meta(description="the body as a value, sent as JSON")] = UNSET

    def __post_init__(self) -> None:
        if self.body is not None and self.json is not UNSET:
            raise ValueError("takes body or json, not both")
        if self.status in BODILESS and (self.body or self.json is not UNSET):
            raise ValueError(f"takes no body, as an answer with status {self.status} has none")


class ExpectedRequest(Model, frozen=True, kw_only=True):
    """What the upstream is to get; what is not given may be anything. A header that is null must be absent."""

    method: str | None = None
    path: str | None = None
    host: str | None = None
    headers: Mapping[str, str | None] = {}
    body: str | None = None
    json: Json | UnsetType = UNSET


class ExpectedResponse(Model, frozen=True, kw_only=True):
    """What the client is to get; what is not given may be anything. A header that is null must be absent."""

    status: int | None = None
    headers: Mapping[str, str | None] = {}
    body: str | None = None
    json: Json | UnsetType = UNSET


class Expected(Model, frozen=True, kw_only=True):
    """What is to become of a request."""

    virtual_service: Annotated[str | None, Meta(description="which one answers")] = None
    route: Annotated[str | None, Meta(description="virtual-service/index, or none")] = None
    destination: Annotated[str | None, Meta(description="upstream, or upstream/function")] = None
    upstream_request: Annotated[ExpectedRequest | None, Meta(description="what the upstream gets")] = None
    response: Annotated[ExpectedResponse | None, Meta(description="what the client gets")] = None


class Case(Model, frozen=True, kw_only=True):
    """One test."""

    name: Annotated[str, Meta(min_length=1, description="what it promises")]
    request: Asked = Asked()
    upstream_response: Annotated[UpstreamResponse | None, Meta(description="what the upstream answers")] = None
    expect: Expected


class PlacedCase(Value, frozen=True):
    """A test and the place where it is written."""

    case: Case
    file: str
    line: int


def read_cases(document: Document) -> tuple[tuple[PlacedCase, ...], tuple[Problem, ...]]:
    """Return the tests of a file, and what is wrong with those that are none.

    A document is a test, a list of them, or a mapping whose `tests` is a list.
    """
    try:
        parts = parse_text(document.text)
    except TextError as error:
        return (), (Problem(problem=str(error), file=document.name, line=error.line),)
    cases, problems = [], []
    for value, source in _values(parts, document):
        line = source.line_of("")
        case, faults = decode_struct(value, Case)
        problems += [_located(fault, source) for fault in faults]
        if case is not None:
            cases.append(PlacedCase(case, document.name, line))
    return tuple(cases), tuple(problems)


def _values(parts: list[Json], document: Document) -> Iterator[tuple[Json, Source]]:
    for number, part in enumerate(parts):
        nested = isinstance(part, dict) and part.keys() == {"tests"}
        listed = part["tests"] if nested else part
        prefix: tuple[str, ...] = ("tests",) if nested else ()
        if isinstance(listed, list):
            yield from ((each, Source(document, number, (*prefix, index))) for index, each in enumerate(listed))
        elif part is not None:
            yield part, Source(document, number)


def _located(fault: Problem, source: Source) -> Problem:
    return Problem(
        field=fault.field,
        problem=fault.problem,
        hint=fault.hint,
        file=source.document.name,
        line=source.line_of(fault.field),
    )


def request_in(case: Case) -> Request:
    """Return the request of *case*; raise ConfigError for one that nobody could send."""
    asked = case.request
    headers, body = _content(asked)
    if asked.path.startswith("/") and not any(name.lower() == "host" for name in asked.headers):
        headers.append(("host", asked.host))
    try:
        return request_of(asked.method, asked.path, headers, body, refused=True)
    except ConfigError as error:
        raise ConfigError("", f"request.{error.field}", error.problem, error.hint) from error


def answer_in(case: Case) -> Answer | None:
    """Return what the upstream answers in *case*; None where it does not say. Raise ConfigError if it can't be."""
    said = case.upstream_response
    if said is None:
        return None
    try:
        return answer_of(said.status, *_content(said))
    except ConfigError as error:
        raise ConfigError("", f"upstream_response.{error.field}", error.problem, error.hint) from error


def _content(message: Asked | UpstreamResponse) -> tuple[list[tuple[str, str]], bytes | None]:
    """Return headers and body of *message*; a value is sent as JSON."""
    headers = [*message.headers.items()]
    if message.json is UNSET:
        return headers, message.body.encode() if message.body is not None else None
    if not any(name.lower() == "content-type" for name in message.headers):
        headers.append(("content-type", "application/json"))
    return headers, json.dumps(message.json, ensure_ascii=False).encode()
