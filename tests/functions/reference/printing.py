"""How a value stands in each place of a template, in Python."""

from urllib.parse import quote

from tests.functions.reference.values import Value, bad, escaped, is_number_text, json_text, text

from gloo.functions.tree import Place

_CONTROLS = {code: 32 for code in (*range(32), 127) if code != 9}
_LINE = bytes(_CONTROLS.get(code, code) for code in range(256))
_IN_TARGETS = "".join(chr(code) for code in range(33, 127) if chr(code) not in '"#<>\\^`{|}')


def printed(value: Value, place: Place, *, is_text: bool, may_be_empty: bool) -> bytes:
    """Return *value* as it stands in *place*; *is_text* if it has no JSON type of its own."""
    match place:
        case Place.JSON_VALUE if is_text and isinstance(value, bytes):
            return value if is_number_text(value) or value in (b"true", b"false", b"null") else json_text(value)
        case Place.JSON_VALUE:
            return json_text(value)
        case Place.JSON_STRING:
            return escaped(text(value))
        case Place.JSON_KEY:
            return b'"' + escaped(text(value)) + b'"'
        case Place.SEGMENT | Place.QUERY:
            plain = text(value)
            if place is Place.SEGMENT and not plain and not may_be_empty:
                raise bad()
            return quote(plain, safe="").encode()
        case Place.HEADER:
            return text(value).translate(_LINE)
    return text(value)


def printed_raw(value: Value, place: Place) -> bytes:
    """Return *value* as it stands there behind a ``raw``."""
    match place:
        case Place.TARGET | Place.SEGMENT | Place.QUERY:
            return quote(text(value), safe=_IN_TARGETS).encode()
        case Place.HEADER:
            return text(value).translate(_LINE)
    return text(value)
