"""Paths as users write them, against the paths that requests can have when Envoy compares them.

Envoy refuses a target with blanks, control characters, `#` or signs beyond ASCII; it decodes escapes of letters,
digits and ``-._~``, escapes some signs itself, turns a backslash into a slash and resolves dot segments.
`gloo.explain.request.normalised` does the same; a real Envoy is asked for both.
"""

import re
from typing import Literal
from urllib.parse import quote

from gloo.envoy.route import ValueMatch
from gloo.errors import ConfigError
from gloo.translator.route_path import PathMatch, literal_head

Kind = Literal["prefix", "segment_prefix", "exact"]

_QUERY = re.compile(r"[?#]")
_NEVER = re.compile(r"[^!-~]|[\"<>^`{|}\\]")
_DECODED = re.compile(r"%(?:2[DdEe]|3[0-9]|4[1-9A-Fa-f]|5[0-9AaFf]|6[1-9A-Fa-f]|7[0-9AaEe])")
_DOTS = re.compile(r"/\.\.?(?=/)")
_SENT_NAME = re.compile(r"[!\"$%'-<>-~]+")
_SENT_VALUE = re.compile(r"[!\"$%'-~]*")
_LAST_DOTS = re.compile(r"/\.\.?\Z")


def written_path(path: str, field: str, kind: Kind = "exact") -> str:
    """Return *path* if a request's path can be or begin so; raise ConfigError for *field* otherwise."""
    if _QUERY.search(path):
        raise ConfigError("", field, "a path without its query is compared", "use query_params")
    if not path.startswith("/"):
        raise ConfigError("", field, f"{path!r} never matches", "a path starts with /")
    if found := _NEVER.search(path):
        problem = f"{path!r} never matches: {found[0]!r} comes percent-encoded"
        raise ConfigError("", field, problem, f"write {_NEVER.sub(_encoded, path)}")
    if found := _DECODED.search(path):
        problem = f"{path!r} never matches: {found[0]} is decoded before paths are compared"
        raise ConfigError("", field, problem, f"write {_DECODED.sub(_sign, path)}")
    if found := _DOTS.search(path) or (_LAST_DOTS.search(path) if kind != "prefix" else None):
        problem = f"{path!r} never matches: {found[0][1:]!r} is resolved before paths are compared"
        raise ConfigError("", field, problem, "write the path that it leads to")
    return path


def unsent_path(regex: str) -> str:
    """Return why no path matches *regex*, which RE2 takes: how all that matches begins; empty if one may."""
    head, _ = literal_head(PathMatch("regex", regex))
    if head and head[0] not in "/*":  # the path of OPTIONS for the whole server is a star
        return f"{regex!r} never matches: a path starts with /"
    found = _QUERY.search(head) or _NEVER.search(head) or _DECODED.search(head) or _DOTS.search(head)
    return f"{regex!r} never matches: when paths are compared, none holds {found[0]!r}" if found else ""


def unsent_query(match: ValueMatch) -> str:
    """Return why no query has the name or the value of *match*; empty if one may."""
    if not _SENT_NAME.fullmatch(match.name):
        return f"{match.name!r} is never sent as a name: it comes percent-encoded, and is compared so"
    if match.kind != "regex" and not _SENT_VALUE.fullmatch(match.value):
        return f"{match.value!r} is never sent as a value: it comes percent-encoded, and is compared so"
    return ""


def _encoded(found: re.Match[str]) -> str:
    return "/" if found[0] == "\\" else quote(found[0], safe="")


def _sign(found: re.Match[str]) -> str:
    return chr(int(found[0][1:], 16))
