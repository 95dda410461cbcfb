"""Plain values to typed structures, strictly: every fault with its path, its fact and the nearest valid name.

The straight way is one call of msgspec. Only when that fails the value is walked once more beside its type: keys in
camelCase are renamed, nulls of optional fields left out, and all faults collected, not just the first.
"""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, TypeGuard, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from gloo.model.base import Json
from gloo.model.duration import Duration
from gloo.model.path import Path, format_path, join_path, parse_path
from gloo.model.status import Problem

T = TypeVar("T", bound=msgspec.Struct)

_NO_CHOICE = "Invalid enum value"
_CAMEL = re.compile(r"(?<=[a-z0-9])([A-Z])")
_KINDS = re.compile(r"`([^`]*)`")
_WORDS = {
    "object": "a mapping",
    "array": "a list",
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "null": "nothing",
}
_PLACE = re.compile(r" - at `\$(.*?)`\Z", re.DOTALL)


def decode_struct(value: Json, struct: type[T], *, at: str = "") -> tuple[T | None, tuple[Problem, ...]]:
    """Convert *value* to *struct*; return it, or None and what is wrong, with paths below *at*."""
    try:
        return convert(value, struct), ()
    except msgspec.ValidationError:
        renamed = in_snake_case(value, struct)
    try:
        return convert(renamed, struct), ()
    except msgspec.ValidationError as error:
        found = tuple(_faults(renamed, struct, ())) or (_fault_of(error, ()),)
        return None, tuple(
            msgspec.structs.replace(problem, field=join_path(at, problem.field)) for problem in dict.fromkeys(found)
        )


def convert(value: Json, struct: type[T]) -> T:
    """Convert *value* by the one set of rules; raises msgspec.ValidationError."""
    return msgspec.convert(value, struct, dec_hook=_decode_custom)


def rest_of(value: Json, struct: type[T]) -> T | None:
    """Convert what can be read of *value*: fields that can't be, or are unknown, are left out.

    None where that is no *struct*: a field that it needs is left out, or a rule of the whole is broken.
    """
    if not isinstance(value, dict):
        return None
    lost = left_out(value, struct)
    kept = {name: item for name, item in in_snake_case(value, struct).items() if name not in lost}
    with suppress(msgspec.ValidationError):
        return convert(kept, struct)
    return None


def left_out(value: dict[str, Json], struct: type[msgspec.Struct]) -> frozenset[str]:
    """Return the keys of *value* that `rest_of` leaves out."""
    hints, fields = _hints(struct), in_snake_case(value, struct)
    return frozenset(name for name, item in fields.items() if name not in hints or not _is(item, hints[name]))


def _is(value: Json, hint: Any) -> bool:
    try:
        msgspec.convert(value, hint, dec_hook=_decode_custom)
    except msgspec.ValidationError:
        return False
    return True


def field_names(struct: type[msgspec.Struct]) -> tuple[str, ...]:
    """Return the fields of *struct* by the names that users write."""
    return tuple(_hints(struct))


def to_builtins(value: msgspec.Struct) -> Json:
    """Write a structure as plain values, defaults left out; `decode_struct` reads it back as the same."""
    return msgspec.to_builtins(value, enc_hook=_encode_custom)


def _decode_custom(kind: type, value: Json) -> object:
    if kind is Duration:
        return Duration.parse(value)
    raise NotImplementedError(kind)


def _encode_custom(value: object) -> Json:
    if isinstance(value, Duration):
        return str(value)
    raise NotImplementedError(type(value))


def snake_case(name: str) -> str:
    """Write ``virtualService`` as ``virtual_service``."""
    return _CAMEL.sub(lambda match: f"_{match[1].lower()}", name)


def near_names(name: str, names: Sequence[str]) -> list[str]:
    """Return the one of *names* nearest to *name*, if one is near."""
    return difflib.get_close_matches(snake_case(name), names, n=1, cutoff=0.6)


def nearest(name: str, names: list[str]) -> str:
    """Return a hint with the valid name nearest to *name*, or with all of them where none is near."""
    close = near_names(name, names)
    return f"did you mean {close[0]!r}?" if close else f"valid: {', '.join(sorted(names))}"


def in_snake_case(value: Json, hint: Any) -> Json:
    """Return *value* with camelCase keys of structures in snake_case and nulls of optional fields left out."""
    kind = _kind_for(value, hint)
    if isinstance(value, list) and get_origin(kind) is tuple:
        return [in_snake_case(item, get_args(kind)[0]) for item in value]
    if isinstance(value, dict) and get_origin(kind) is Mapping:
        return {name: in_snake_case(item, get_args(kind)[1]) for name, item in value.items()}
    if isinstance(value, dict) and _is_struct(kind):
        return dict(_renamed_fields(value, kind))
    return value


def _renamed_fields(value: dict[str, Json], struct: type[msgspec.Struct]) -> Iterator[tuple[str, Json]]:
    hints = _hints(struct)
    required = {field.encode_name for field in msgspec.structs.fields(struct) if field.required}
    for name, item in value.items():
        snake = name if name in hints else snake_case(name)
        if snake not in hints or (snake != name and snake in value):
            yield name, item
        elif item is not None or snake in required:
            yield snake, in_snake_case(item, hints[snake])


def _faults(value: Json, hint: Any, path: Path) -> Iterator[Problem]:
    """Walk *value* beside its type and yield every fault."""
    kind = _kind_for(value, hint)
    if isinstance(value, list) and get_origin(kind) is tuple:
        for index, item in enumerate(value):
            yield from _faults(item, get_args(kind)[0], (*path, index))
    elif isinstance(value, dict) and get_origin(kind) is Mapping:
        for name, item in value.items():
            yield from _faults(item, get_args(kind)[1], (*path, name))
    elif isinstance(value, dict) and _is_struct(kind):
        yield from _struct_faults(value, kind, path)
    else:
        yield from _own_fault(value, hint, path)


def _struct_faults(value: dict[str, Json], struct: type[msgspec.Struct], path: Path) -> Iterator[Problem]:
    hints = _hints(struct)
    faults = [
        Problem(field=format_path((*path, name)), problem="unknown field", hint=_hint(name, struct))
        for name in value
        if name not in hints
    ]
    faults += [
        fault for name, item in value.items() if name in hints for fault in _faults(item, hints[name], (*path, name))
    ]
    faults += [
        Problem(field=format_path((*path, field.encode_name)), problem="is required but missing")
        for field in msgspec.structs.fields(struct)
        if field.required and field.encode_name not in value
    ]
    yield from faults or _own_fault(value, struct, path)  # the parts are right: a rule of the whole is left


def _own_fault(value: Json, hint: Any, path: Path) -> Iterator[Problem]:
    try:
        msgspec.convert(value, hint, dec_hook=_decode_custom)
    except msgspec.ValidationError as error:
        rule = next((meta for meta in getattr(hint, "__metadata__", ()) if meta.pattern and meta.description), None)
        if rule is not None and isinstance(value, str):
            yield Problem(field=format_path(path), problem=f"{value!r} is not allowed", hint=rule.description)
        elif choices := tuple(_choices(hint)):
            said = f"{value!r} is not allowed" if _NO_CHOICE in str(error) else _fault_of(error, path).problem
            yield Problem(field=format_path(path), problem=said, hint=f"valid: {', '.join(choices)}")
        else:
            yield _fault_of(error, path)


def _hint(name: str, struct: type[msgspec.Struct]) -> str:
    """Say what to write in the place of the unknown field *name*; *struct* may know, in its `elsewhere`."""
    elsewhere: Mapping[str, str] = getattr(struct, "elsewhere", {})
    return elsewhere.get(name) or nearest(name, list(_hints(struct)))


def _choices(hint: Any) -> Iterator[str]:
    """Yield the values of those parts of *hint* that are a list of values, as they are written."""
    if get_origin(hint) is Literal:
        yield from map(str, get_args(hint))
    elif get_origin(hint) in {Annotated, Union, UnionType}:
        parts = get_args(hint)
        for part in parts[:1] if get_origin(hint) is Annotated else parts:
            yield from _choices(part)


@cache
def _hints(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the type of each field by the name that users write."""
    types = get_type_hints(struct, include_extras=True)
    return {field.encode_name: types[field.name] for field in msgspec.structs.fields(struct)}


def _kind_for(value: Json, hint: Any) -> Any:
    """Strip annotations from *hint*; of a union return the part that has the shape of *value*."""
    if get_origin(hint) is Annotated:
        return _kind_for(value, get_args(hint)[0])
    if get_origin(hint) in {Union, UnionType}:
        parts = [_kind_for(value, part) for part in get_args(hint)]
        return next((part for part in parts if _has_shape(value, part)), hint)
    return hint


def _has_shape(value: Json, kind: Any) -> bool:
    if isinstance(value, dict):
        return _is_struct(kind) or get_origin(kind) is Mapping
    return isinstance(value, list) and get_origin(kind) is tuple


def _is_struct(kind: Any) -> TypeGuard[type[msgspec.Struct]]:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _fault_of(error: msgspec.ValidationError, path: Path) -> Problem:
    """Turn a message of msgspec into ours: its place becomes a path, its `object` and `array` YAML's words."""
    text = str(error)
    place = _PLACE.search(text)
    below = parse_path(place[1].lstrip(".")) if place else ()
    said = text[: place.start()] if place else text
    said = said.replace("Expected", "expected", 1).replace("Invalid", "invalid", 1)
    said = _KINDS.sub(lambda found: _in_words(found[1]), said)
    return Problem(field=format_path((*path, *below)), problem=said)


def _in_words(kinds: str) -> str:
    """Name kinds as YAML does: ``str | object | null`` is text or a mapping, and that null is left out is no news."""
    names = [_WORDS.get(kind, f"`{kind}`") for kind in kinds.split(" | ")]
    return " or ".join(name for name in names if name != "nothing" or len(names) == 1)
