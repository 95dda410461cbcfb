"""The functions of the language, in Python, one each."""

import base64
import binascii
import math
import re
from collections.abc import Callable, Mapping
from urllib.parse import quote

from tests.functions.reference.values import (
    MISSING,
    MOST_WORK,
    Digits,
    TooMuch,
    Value,
    bad,
    item,
    json_text,
    number,
    number_of,
    text,
)

_BLANKS = b" \t\r\n"


def _characters(value: Value) -> list[bytes]:
    return [each.encode() for each in _decoded(text(value))]


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise TooMuch from error  # what a character is in text that is none, the language does not say


def _substring(value: Value, start: Value, count: Value = 0.0) -> Value:
    characters, first, length = _characters(value), number_of(start), number_of(count)
    if first is None or length is None or first < 0 or first != math.floor(first) or length != math.floor(length):
        return b""
    if not (math.isfinite(first) and math.isfinite(length)):
        raise TooMuch
    rest = characters[int(first) :]
    return b"".join(rest if length <= 0 else rest[: int(length)])


def _replace(value: Value, old: Value, new: Value) -> Value:
    whole, before, after = text(value), text(old), text(new)
    return whole.replace(before, after) if before else whole


def _split(value: Value, between: Value) -> Value:
    whole, piece = text(value), text(between)
    return list(whole.split(piece) if piece else [whole]) if whole else []


def _capitalize(value: Value) -> Value:
    whole = text(value)
    return whole[:1].upper() + whole[1:].lower()


def _length(value: Value) -> Value:
    if isinstance(value, list | dict):
        return float(len(value))
    return float(len(_characters(value)))


def _list(value: Value) -> list[Value]:
    if not isinstance(value, list):
        raise bad()
    return value


def _end(position: int) -> Callable[[Value], Value]:
    def end(value: Value) -> Value:
        elements = _list(value)
        if not elements:
            raise bad()
        return elements[position]

    return end


def _at(value: Value, index: Value) -> Value:
    found = item(value, index)
    if not _is_there(found):
        raise bad()
    return found


def _is_there(value: Value) -> bool:
    return value is not MISSING


def _join(value: Value, separator: Value) -> Value:
    between = text(separator)
    return between.join(map(text, _list(value)))


def _range(value: Value) -> Value:
    count = number(value)
    if count > MOST_WORK:
        raise TooMuch
    return [float(index) for index in range(max(0, math.floor(count)))] if count > 0 else []


def less(left: Value, right: Value, *, or_equal: bool = False) -> bool:
    """Order: texts by their bytes, all else by its number."""
    if isinstance(left, bytes) and isinstance(right, bytes):
        return left <= right if or_equal else left < right
    first = number(left)
    second = number(right)
    return first <= second if or_equal else first < second


def _sort(value: Value) -> list[Value]:
    """A stable merge sort: where an order is none (texts among numbers), the steps of the sorting decide."""
    elements = _list(value)
    if len(elements) <= 1:
        return elements
    middle = (1 + len(elements)) // 2
    left, right = _sort(elements[:middle]), _sort(elements[middle:])
    merged: list[Value] = []
    while left or right:
        from_left = not right or (bool(left) and not less(right[0], left[0]))
        merged.append((left if from_left else right)[0])
        left, right = (left[1:], right) if from_left else (left, right[1:])
    return merged


def _round(value: Value, digits: Value = 0.0) -> Value:
    places = number(digits)
    if not 0 <= places <= 15 or places != _floor(places):
        raise TooMuch
    factor = math.pow(10.0, places)
    scaled = number(value) * factor
    return (-_floor(-scaled + 0.5) if scaled < 0 else _floor(scaled + 0.5)) / factor


def _floor(value: float) -> float:
    return float(math.floor(value)) if math.isfinite(value) else value


def _int(value: Value) -> Value:
    digits = value.text.encode() if isinstance(value, Digits) else value
    if isinstance(digits, bytes) and len(digits) > 14 and re.fullmatch(rb"-?(0|[1-9][0-9]*)", digits):
        return Digits(digits.decode())
    found = number(value)
    return -_floor(-found) if found < 0 else _floor(found)


def modulo(left: float, right: float) -> float:
    """The remainder with the sign of the divisor, as C doubles give it."""
    return left - _quotient(left, right) * right


def _quotient(left: float, right: float) -> float:
    return _floor(left / right)


def _divisible(value: Value, by: Value) -> Value:
    divisor = number(by)
    if divisor == 0:
        raise bad()
    return modulo(number(value), divisor) == 0


def _is_number(value: Value) -> bool:
    return isinstance(value, float | Digits)


def _is_integer(value: Value) -> bool:
    if isinstance(value, Digits):
        return not re.search("[.eE]", value.text)
    return isinstance(value, float) and value == _floor(value)


def _base64_decode(value: Value) -> Value:
    raw = text(value)
    stripped = raw[:-2] if raw.endswith(b"==") else raw.removesuffix(b"=")
    standard = stripped.replace(b"-", b"+").replace(b"_", b"/")
    if not re.fullmatch(rb"[A-Za-z0-9+/]*", standard):
        raise bad()
    try:
        decoded = base64.b64decode(standard + b"=" * (-len(standard) % 4), validate=True)
    except binascii.Error as error:
        raise bad() from error
    if base64.b64encode(decoded).rstrip(b"=") != standard:
        raise bad()  # bits are left over
    return decoded


CALLS: Mapping[str, Callable[..., Value]] = {
    "at": _at,
    "base64_decode": _base64_decode,
    "base64_encode": lambda x: base64.b64encode(text(x)),
    "base64url_decode": _base64_decode,
    "base64url_encode": lambda x: base64.urlsafe_b64encode(text(x)).rstrip(b"="),
    "capitalize": _capitalize,
    "divisibleBy": _divisible,
    "even": lambda x: modulo(number(x), 2) == 0,
    "existsIn": lambda x, key: _is_there(item(x, key)),
    "first": _end(0),
    "float": number,
    "int": _int,
    "isArray": lambda x: isinstance(x, list),
    "isBoolean": lambda x: isinstance(x, bool),
    "isFloat": lambda x: _is_number(x) and not _is_integer(x),
    "isInteger": _is_integer,
    "isNumber": _is_number,
    "isObject": lambda x: isinstance(x, dict),
    "isString": lambda x: isinstance(x, bytes),
    "join": _join,
    "json": json_text,
    "last": _end(-1),
    "length": _length,
    "lower": lambda x: text(x).lower(),
    "max": lambda x: _end(-1)(_sort(x)),
    "min": lambda x: _end(0)(_sort(x)),
    "odd": lambda x: modulo(number(x), 2) == 1,
    "range": _range,
    "replace": _replace,
    "round": _round,
    "sort": _sort,
    "split": _split,
    "substring": _substring,
    "trim": lambda x: text(x).strip(_BLANKS),
    "upper": lambda x: text(x).upper(),
    "url_encode": lambda x: quote(text(x), safe="").encode(),
    "word_count": lambda x: float(len(re.findall(rb"[^ \t\r\n]+", text(x)))),
}
