"""Types of the model to JSON Schema (draft 2020-12): each structure once, by reference, with its descriptions."""

from collections.abc import Mapping
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from gloo.model.base import Json
from gloo.model.duration import Duration
from gloo.model.strict import to_builtins

Schema = dict[str, Json]

_SIMPLE: Mapping[object, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    Any: {},
}
_DURATION: Schema = {
    "description": "a duration such as 3s, 250ms, 1m30s; a whole number is nanoseconds",
    "anyOf": [
        {"type": "string", "pattern": r"^(0|((\d+(\.\d+)?)(ns|us|µs|ms|s|m|h))+)$"},
        {"type": "integer", "minimum": 0},
    ],
}
_RULES = {
    "gt": "exclusiveMinimum",
    "ge": "minimum",
    "lt": "exclusiveMaximum",
    "le": "maximum",
    "multiple_of": "multipleOf",
    "pattern": "pattern",
    "description": "description",
}
_LENGTHS = {"string": "Length", "array": "Items", "object": "Properties"}


class Definitions:
    """Collects the schema of each structure that is referred to."""

    def __init__(self) -> None:
        self.schemas: dict[str, Schema] = {}
        self._names: dict[type[msgspec.Struct], str] = {}

    def reference(self, struct: type[msgspec.Struct]) -> Schema:
        """Return a reference to *struct*, which is defined if it was not yet."""
        if struct not in self._names:
            name = self._names[struct] = self._free_name(struct)
            self.schemas[name] = {}  # stops the walk where a structure holds itself
            self.schemas[name] = self._struct(struct)
        return {"$ref": f"#/$defs/{self._names[struct]}"}

    def schema(self, struct: type[msgspec.Struct]) -> Schema:
        """Return the definition of *struct*."""
        self.reference(struct)
        return self.schemas[self._names[struct]]

    def _free_name(self, struct: type[msgspec.Struct]) -> str:
        """Return the structure's name, or its full one where two plugins use the same."""
        name = struct.__name__
        return name if name not in self.schemas else f"{struct.__module__}.{struct.__qualname__}"

    def of(self, hint: Any) -> Schema:
        """Return the schema of a type."""
        if isinstance(hint, type):
            if issubclass(hint, msgspec.Struct):
                return self.reference(hint)
            if issubclass(hint, Enum):
                return {"enum": [member.value for member in hint]}
        if hint is Duration:
            return dict(_DURATION)
        if hint in _SIMPLE:
            return dict(_SIMPLE[hint])
        return self._generic(hint)

    def _generic(self, hint: Any) -> Schema:
        origin, parts = get_origin(hint), get_args(hint)
        if origin is Annotated:
            return _annotated(self.of(parts[0]), hint.__metadata__)
        if origin is Literal:
            return {"enum": list(parts)}
        if origin in {Union, UnionType}:
            kept = [self.of(part) for part in parts if part is not type(None)]
            return kept[0] if len(kept) == 1 else {"anyOf": kept}
        if origin is tuple:
            return {"type": "array", "items": self.of(parts[0])}
        if origin is Mapping:
            return {"type": "object", "additionalProperties": self.of(parts[1])}
        raise TypeError(f"{hint!r} has no JSON Schema")

    def fields(self, struct: type[msgspec.Struct]) -> dict[str, Schema]:
        """Return the schema of each field of *struct* by the name that users write."""
        hints = get_type_hints(struct, include_extras=True)
        return {
            field.encode_name: self.of(hints[field.name]) | _default(field) for field in msgspec.structs.fields(struct)
        }

    def _struct(self, struct: type[msgspec.Struct]) -> Schema:
        required = [field.encode_name for field in msgspec.structs.fields(struct) if field.required]
        return {
            "type": "object",
            "description": (struct.__doc__ or "").partition("\n")[0],
            "properties": self.fields(struct),
            **({"required": required} if required else {}),
            "additionalProperties": False,
        }


def _default(field: msgspec.structs.FieldInfo) -> Schema:
    if field.default in (msgspec.NODEFAULT, None, ""):
        return {}
    plain = to_builtins(field.default) if isinstance(field.default, msgspec.Struct) else field.default
    plain = str(plain) if isinstance(plain, Duration) else list(plain) if isinstance(plain, tuple) else plain
    return {"default": plain} if plain not in ([], {}) else {}


def _annotated(schema: Schema, metadata: tuple[Any, ...]) -> Schema:
    """Return *schema* with the rules and the description of an annotation."""
    result = dict(schema)
    for meta in metadata:
        if not isinstance(meta, Meta):
            continue
        for name, keyword in _RULES.items():
            if (value := getattr(meta, name)) is not None:
                result[keyword] = value
        for bound in ("min", "max"):
            if (value := getattr(meta, f"{bound}_length")) is not None:
                result[bound + _LENGTHS[result.get("type", "string")]] = value
    return result
