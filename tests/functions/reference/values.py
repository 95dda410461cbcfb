"""The values of the language, in Python: what the reference interpreter computes with.

Text is bytes, null is None, true and false are bool, lists are list, objects are dict. A number of a body or a template
is `Digits`, which keeps its text; a computed number is a float.
"""

import json
import math
import re
from dataclasses import dataclass
from enum import Enum


class Missing(Enum):
    """A value that is not there."""

    MISSING = "missing"


MISSING = Missing.MISSING


@dataclass(frozen=True, slots=True)
class Digits:
    """A number as it is written."""

    text: str


Value = Missing | None | bool | bytes | float | Digits | list["Value"] | dict[bytes, "Value"]

_NUMBER = re.compile(rb"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,13}")
MOST_WORK = 20_000  # elements that one example may make; the gateway's own bound is tested elsewhere


class Failure(Exception):
    """The rendering ends here; *code* is what a client would see."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class TooMuch(Exception):
    """The example is too large to be compared."""


def missing() -> Failure:
    return Failure("missing_parameter")


def bad() -> Failure:
    return Failure("bad_value")


def is_number_text(text: bytes) -> bool:
    return _NUMBER.fullmatch(text) is not None


def parse(body: bytes) -> Value:
    """Parse a JSON text that is known to be right."""
    parsed = json.loads(body, parse_int=Digits, parse_float=Digits)
    return _bytes_of(parsed)


def _bytes_of(value: object) -> Value:
    match value:
        case str():
            return value.encode()
        case list():
            return [_bytes_of(item) for item in value]
        case dict():
            return {key.encode(): _bytes_of(item) for key, item in value.items()}
        case None | bool() | Digits():
            return value
    raise TypeError(value)


def number_of(value: Value) -> float | None:
    """The number that *value* is, or that its text is; None for any other."""
    match value:
        case bool():
            return None
        case float():
            return value
        case Digits(text):
            return float(text)
        case bytes() if is_number_text(value):
            return float(value)
    return None


def number(value: Value) -> float:
    found = number_of(value)
    if found is None:
        raise bad()
    return found


def number_text(value: float) -> bytes:
    """The digits of a computed number: as few as say just this one."""
    if not math.isfinite(value):
        raise bad()
    if value == math.floor(value) and abs(value) <= 2**53:
        return b"%d" % value
    for digits in (15, 16):
        if float(short := f"{value:.{digits}g}") == value:
            return short.encode()
    return f"{value:.17g}".encode()


def text(value: Value) -> bytes:
    """The plain text of a value."""
    match value:
        case bytes():
            return value
        case bool():
            return b"true" if value else b"false"
        case float():
            return number_text(value)
        case Digits(digits):
            return digits.encode()
        case list() | dict():
            return json_text(value)
    raise missing()


def json_text(value: Value) -> bytes:
    """A value as JSON, without blanks."""
    match value:
        case None:
            return b"null"
        case bytes():
            return b'"' + escaped(value) + b'"'
        case list():
            return b"[" + b",".join(map(json_text, value)) + b"]"
        case dict():
            pairs = (b'"' + escaped(key) + b'":' + json_text(item) for key, item in value.items())
            return b"{" + b",".join(pairs) + b"}"
    return text(value)


def escaped(value: bytes) -> bytes:
    """Text as it stands inside a JSON string."""
    try:
        return json.dumps(value.decode(), ensure_ascii=False)[1:-1].encode()
    except UnicodeDecodeError as error:
        raise bad() from error


def truth(value: Value) -> bool:
    match value:
        case Digits() | float():
            return number_of(value) != 0
        case Missing():
            return False
    return bool(value)


def equal(left: Value, right: Value) -> bool:
    """Equality: text that is a number equals that number, all else only its like."""
    if isinstance(left, Missing) or isinstance(right, Missing):
        return left is right
    if isinstance(left, float | Digits) or isinstance(right, float | Digits):
        first, second = number_of(left), number_of(right)
        return first is not None and first == second
    match left, right:
        case list(), list():
            return len(left) == len(right) and all(map(equal, left, right))
        case dict(), dict():
            return left.keys() == right.keys() and all(equal(item, right[key]) for key, item in left.items())
    return type(left) is type(right) and left == right


def field(value: Value, key: bytes) -> Value:
    return value.get(key, MISSING) if isinstance(value, dict) else MISSING


def item(base: Value, key: Value) -> Value:
    """An element, counted from 0, or a field."""
    if isinstance(base, dict):
        return base.get(text(key), MISSING)
    if isinstance(base, list) and (index := _index(key)) is not None and 0 <= index < len(base):
        return base[index]
    return MISSING


def _index(key: Value) -> int | None:
    """A whole number of at most 14 digits; ``1.0`` is no index."""
    match key:
        case float() if key == math.floor(key):
            return int(key)
        case Digits(digits) if _WHOLE.fullmatch(digits):
            return int(digits)
    return None
