"""The petstore's OpenAPI 3.1 document, from the constants that the server checks by."""

from collections.abc import Mapping

from gloo.demo.pets import LONGEST_LIST, LONGEST_NAME, STATUSES

_Json = Mapping[str, object]

_STATUS: _Json = {"type": "string", "enum": list(STATUSES)}
_ID: _Json = {"type": "integer", "format": "int64"}
_NAME: _Json = {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME}
_PET: _Json = {"$ref": "#/components/schemas/Pet"}
_NEW_PET: _Json = {"$ref": "#/components/schemas/NewPet"}

_SCHEMAS: _Json = {
    "NewPet": {
        "type": "object",
        "required": ["name"],
        "additionalProperties": False,
        "properties": {"name": _NAME, "status": {**_STATUS, "default": STATUSES[0]}},
    },
    "Pet": {
        "type": "object",
        "required": ["id", "name", "status"],
        "properties": {"id": _ID, "name": _NAME, "status": _STATUS},
    },
    "Wanted": {
        "type": "object",
        "required": ["id"],
        "additionalProperties": False,
        "properties": {"id": _ID},
    },
    "Error": {
        "type": "object",
        "required": ["error"],
        "properties": {"error": {"type": "string"}, "got": {"type": "string"}},
    },
}


def document(server: str) -> _Json:
    """Return the document for a petstore at the URL *server*."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Petstore", "version": "1.0.0", "description": "A few pets, kept in memory."},
        "servers": [{"url": server}],
        "paths": {
            "/pets": {"get": _list_pets(), "post": _create_pet()},
            "/pets/{id}": {
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": _ID}],
                "get": _operation("getPet", "Return one pet.", {"200": _answer("The pet.", _PET), "404": _error()}),
                "put": _replace_pet(),
                "delete": _operation("deletePet", "Remove a pet.", {"204": _answer("Removed."), "404": _error()}),
            },
            "/find": {"post": _find_pet()},
        },
        "components": {"schemas": _SCHEMAS},
    }


def _list_pets() -> _Json:
    limit = {"type": "integer", "minimum": 1, "maximum": LONGEST_LIST, "default": LONGEST_LIST}
    parameters = [
        {"name": "limit", "in": "query", "description": "How many at most.", "schema": limit},
        {"name": "status", "in": "query", "description": "Those of one status only.", "schema": _STATUS},
    ]
    pets = {"type": "array", "items": _PET}
    return {**_operation("listPets", "List pets by id.", {"200": _answer("Pets.", pets)}), "parameters": parameters}


def _create_pet() -> _Json:
    return _operation("createPet", "Add a pet.", {"201": _answer("The new pet.", _PET), "409": _error()}, _NEW_PET)


def _replace_pet() -> _Json:
    return _operation("replacePet", "Change a pet.", {"200": _answer("The pet.", _PET), "404": _error()}, _NEW_PET)


def _find_pet() -> _Json:
    wanted = {"$ref": "#/components/schemas/Wanted"}
    return _operation("findPet", "Find a pet.", {"200": _answer("The pet.", _PET), "404": _error()}, wanted)


def _operation(name: str, summary: str, answers: _Json, body: _Json | None = None) -> _Json:
    request = {} if body is None else {"requestBody": {"required": True, "content": _content(body)}}
    return {"operationId": name, "summary": summary, **request, "responses": {**answers, "422": _error()}}


def _answer(description: str, schema: _Json | None = None) -> _Json:
    return {"description": description} if schema is None else {"description": description, "content": _content(schema)}


def _error() -> _Json:
    return _answer("What is wrong.", {"$ref": "#/components/schemas/Error"})


def _content(schema: _Json) -> _Json:
    return {"application/json": {"schema": schema}}
