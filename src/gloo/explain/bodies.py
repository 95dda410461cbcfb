"""The body that a client sends with values: JSON, a form, or a form of parts."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from urllib.parse import quote_plus

from gloo.functions.names import BodyFormat
from gloo.model.base import Json


class Number(float):
    """A number of JSON that keeps the digits it is written with: ``1.10``, ``1e400``."""

    def __new__(cls, written: str) -> "Number":
        """Take the number *written* as JSON has it."""
        number = super().__new__(cls, written)
        number.written = written
        return number

    written: str


def body_with(fields: Mapping[str, Json], form: BodyFormat) -> tuple[str, bytes]:
    """Return the content type and the text of a body with *fields*.

    In a form a list stands for several values of one name. In a form of parts an object with `content` is a file, with
    its `filename` and `content_type`.
    """
    if form == "form":
        pairs = (f"{quote_plus(name)}={quote_plus(text_of(value))}" for name, value in _each(fields))
        return "application/x-www-form-urlencoded", "&".join(pairs).encode()
    if form == "multipart":
        boundary = hashlib.blake2b(json.dumps(fields).encode(), digest_size=15).hexdigest()
        parts = b"".join(_part(boundary, name, value) for name, value in _each(fields))
        return f"multipart/form-data; boundary={boundary}", parts + f"--{boundary}--\r\n".encode()
    return "application/json", json_of(fields).encode()


def text_of(value: Json) -> str:
    """Return *value* as it stands where there is only text."""
    return value if isinstance(value, str) else json_of(value)


def json_of(value: Json) -> str:
    """Return *value* as JSON, with each `Number` in its own digits."""
    if isinstance(value, Number):
        return value.written
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{json_of(key)}: {json_of(each)}' for key, each in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(json_of, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _each(fields: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    for name, value in fields.items():
        yield from ((name, each) for each in (value if isinstance(value, list | tuple) else (value,)))


def _part(boundary: str, name: str, value: Json) -> bytes:
    more, kind, content = "", "", text_of(value)
    if isinstance(value, Mapping) and "content" in value:
        more = f"; filename={_quoted(text_of(value.get('filename', name)))}"
        kind = f"Content-Type: {text_of(value.get('content_type', 'application/octet-stream'))}\r\n"
        content = text_of(value["content"])
    head = f"--{boundary}\r\nContent-Disposition: form-data; name={_quoted(name)}{more}\r\n{kind}\r\n"
    return f"{head}{content}\r\n".encode()


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
