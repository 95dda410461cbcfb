"""Multipart forms (RFC 7578) read in another way: the whole is cut at its boundaries, and the pieces are looked at."""

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

MOST_PARTS = 1000
MOST_HEADERS = 8192

_VALUE = rb'("(?:[^"\\]|\\.)*"|[^ \t;,"]+)'
_PARAMETER = re.compile(rb';[ \t]*([^ \t;,="]+)=' + _VALUE + rb"[ \t]*", re.DOTALL)
_HEADER = re.compile(rb"([A-Za-z0-9!#$%&'*+.^_`|~-]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)")
_EXTENDED = re.compile(rb"utf-8'[A-Za-z0-9-]*'(.*)", re.IGNORECASE | re.DOTALL)


class RefusedError(Exception):
    """It is no such form."""


@dataclass(frozen=True, slots=True)
class File:
    """A file of a form."""

    filename: bytes
    content_type: bytes
    content: bytes


Field = tuple[bytes, bytes | File]


def fields_of(content_type: bytes, body: bytes) -> list[Field]:
    """Return the fields in their order; raise `RefusedError` for what is no such form."""
    kind, values = _worded(content_type)
    boundary = values.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not re.fullmatch(rb"[ -~]{0,69}[!-~]", boundary):
        raise RefusedError
    _, *pieces = (b"\r\n" + body).split(b"\r\n--" + boundary)
    parts: list[bytes] = []
    for piece in pieces:
        if piece.startswith(b"--"):
            if not re.match(rb"--[ \t]*(\r\n|\Z)", piece):
                raise RefusedError
            return [field for part in parts if (field := _field(part)) is not None]
        line = re.match(rb"[ \t]*\r\n", piece)
        if line is None or len(parts) == MOST_PARTS:
            raise RefusedError
        parts.append(piece[line.end() :])
    raise RefusedError


def _worded(text: bytes) -> tuple[bytes, dict[bytes, bytes]]:
    word = re.match(rb"([^ \t;,]+)[ \t]*", text)
    if word is None:
        raise RefusedError
    values: dict[bytes, bytes] = {}
    at = word.end()
    while at < len(text) and not re.fullmatch(rb";[ \t]*", text[at:]):
        found = _PARAMETER.match(text, at)
        if found is None or found[1].lower() in values:
            raise RefusedError
        value = found[2]
        quoted = value.startswith(b'"')
        values[found[1].lower()] = re.sub(rb'\\(["\\])', rb"\1", value[1:-1]) if quoted else value
        at = found.end()
    return word[1].lower(), values


def _field(part: bytes) -> Field | None:
    head, blank, content = (b"\r\n" + part).partition(b"\r\n\r\n")
    if not blank:
        if not head.endswith(b"\r\n"):
            raise RefusedError
        head = head[:-2]  # nothing but headers: their last line end is the one before the boundary
    headers: dict[bytes, bytes] = {}
    for line in head.split(b"\r\n")[1:]:
        found = _HEADER.fullmatch(line)
        if found is None or found[1].startswith(b"--") or found[1].lower() in headers:
            raise RefusedError
        headers[found[1].lower()] = found[2]
    if len(head) > MOST_HEADERS:
        raise RefusedError
    return _read(headers, content)


def _read(headers: dict[bytes, bytes], content: bytes) -> Field | None:
    kind, values = _worded(headers.get(b"content-disposition", b""))
    encoding = headers.get(b"content-transfer-encoding", b"binary").lower()
    if kind != b"form-data" or b"name" not in values or encoding not in (b"7bit", b"8bit", b"binary"):
        raise RefusedError
    filename = values.get(b"filename")
    if filename is None and b"filename*" in values:
        extended = _EXTENDED.fullmatch(values[b"filename*"])
        if extended is None:
            raise RefusedError
        filename = unquote_to_bytes(extended[1])
    if filename is None:
        return values[b"name"], content
    name = re.split(rb"[/\\]", filename)[-1]
    if not name and not content:
        return None
    return values[b"name"], File(name, headers.get(b"content-type", b"text/plain"), content)
