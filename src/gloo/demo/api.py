"""The petstore's HTTP API."""

import re
from collections.abc import Awaitable, Callable
from typing import NoReturn, TypeVar

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gloo.demo.openapi import document
from gloo.demo.pets import LONGEST_LIST, STATUSES, NewPet, Pet, Pets, StoreFull, Wanted

_Endpoint = Callable[[Request], Awaitable[Response]]
_Body = TypeVar("_Body", NewPet, Wanted)
_ECHO = 200  # characters of a wrong value in the answer: enough to see what arrived


class _Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    error: str
    got: str = ""


class _Rejected(HTTPException):
    """A value is wrong; the answer shows what arrived."""

    def __init__(self, error: str, got: str) -> None:
        super().__init__(422, error)
        self.got = got[:_ECHO]


class _PetRoute(Route):
    """The route of one pet; unlike Starlette's own it matches whatever stands for the id, line breaks too."""

    def __init__(self, endpoint: _Endpoint, method: str) -> None:
        super().__init__("/pets/{id:path}", endpoint, methods=[method])
        self.path_regex = re.compile(self.path_regex.pattern, re.DOTALL)


def application() -> Starlette:
    """Return the petstore with its first pets."""
    pets = Pets()
    return Starlette(
        routes=[
            Route("/pets", _listing(pets), methods=["GET"]),
            Route("/pets", _creation(pets), methods=["POST"]),
            _PetRoute(_reading(pets), "GET"),
            _PetRoute(_replacement(pets), "PUT"),
            _PetRoute(_removal(pets), "DELETE"),
            Route("/find", _finding(pets), methods=["POST"]),
            Route("/openapi.json", _openapi, methods=["GET"]),
            Route("/healthz", _healthz, methods=["GET"]),
        ],
        exception_handlers={HTTPException: _problem},
    )


def _listing(pets: Pets) -> _Endpoint:
    async def list_pets(request: Request) -> Response:
        return _json(pets.listed(_status_of(request), _limit_of(request)))

    return list_pets


def _creation(pets: Pets) -> _Endpoint:
    async def create_pet(request: Request) -> Response:
        try:
            pet = pets.add(await _read(request, NewPet))
        except StoreFull as error:
            raise HTTPException(409, "the store is full, remove a pet first") from error
        return _json(pet, status=201, location=f"/pets/{pet.id}")

    return create_pet


def _reading(pets: Pets) -> _Endpoint:
    async def get_pet(request: Request) -> Response:
        return _json(_known(pets, _id_of(request)))

    return get_pet


def _replacement(pets: Pets) -> _Endpoint:
    async def replace_pet(request: Request) -> Response:
        pet = _known(pets, _id_of(request))
        return _json(pets.put(pet.id, await _read(request, NewPet)))

    return replace_pet


def _removal(pets: Pets) -> _Endpoint:
    async def delete_pet(request: Request) -> Response:
        pet_id = _id_of(request)
        if not pets.remove(pet_id):
            _no_pet(pet_id)
        return Response(status_code=204)

    return delete_pet


def _finding(pets: Pets) -> _Endpoint:
    async def find_pet(request: Request) -> Response:
        return _json(_known(pets, (await _read(request, Wanted)).id))

    return find_pet


async def _openapi(request: Request) -> Response:
    return _json(document(str(request.base_url).rstrip("/")))


async def _healthz(_: Request) -> Response:
    return _json({"status": "ok"})


async def _problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    got = error.got if isinstance(error, _Rejected) else ""
    return _json(_Problem(error.detail, got), status=error.status_code)


def _known(pets: Pets, pet_id: int) -> Pet:
    return pets.get(pet_id) or _no_pet(pet_id)


def _no_pet(pet_id: int) -> NoReturn:
    raise HTTPException(404, f"there is no pet {pet_id}")


def _id_of(request: Request) -> int:
    return _whole_number("id", request.path_params["id"])


def _limit_of(request: Request) -> int:
    text = request.query_params.get("limit", str(LONGEST_LIST))
    limit = _whole_number("limit", text)
    if not 1 <= limit <= LONGEST_LIST:
        raise _Rejected(f"limit must be from 1 to {LONGEST_LIST}", text)
    return limit


def _status_of(request: Request) -> str | None:
    status = request.query_params.get("status")
    if status is not None and status not in STATUSES:
        raise _Rejected(f"status must be one of {', '.join(STATUSES)}", status)
    return status


def _whole_number(field: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise _Rejected(f"{field} must be a whole number", text)
    return int(text)


async def _read(request: Request, kind: type[_Body]) -> _Body:
    """Decode the body strictly, but take ``"2"`` for 2: a template's value is often a string."""
    body = await request.body()
    try:
        return msgspec.json.decode(body, type=kind, strict=False)
    except msgspec.DecodeError as error:  # a ValidationError is one too
        raise _Rejected(str(error), body.decode(errors="replace")) from error


def _json(content: object, *, status: int = 200, location: str = "") -> Response:
    headers = {"location": location} if location else {}
    return Response(msgspec.json.encode(content), status, headers, media_type="application/json")
