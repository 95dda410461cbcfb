"""A request target, path and query (RFC 3986), as an automaton over the literal text of a ``path`` template."""

import re
from enum import Enum, auto
from urllib.parse import quote

from gloo.functions.context import Misfit
from gloo.functions.source import Source
from gloo.functions.tree import Place

_ALLOWED = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})*")
_DOTS = re.compile(r"/(?:\.|%2[eE]){1,2}(?=[/?]|$)")


class Part(Enum):
    """The part of the target that the text has reached."""

    START = auto()
    PATH = auto()
    QUERY = auto()


class Target:
    """A path that starts with a slash, and perhaps a query."""

    name = "a path"
    start = Part.START

    def text(self, state: Part, text: str) -> Part:
        allowed = _ALLOWED.match(text)
        end = 0 if allowed is None else allowed.end()
        if end < len(text):
            raise Misfit(end, f"{text[end]!r} can't stand in a path; write it as {quote(text[end], safe='')}")
        if state is Part.START and not text.startswith("/"):
            raise Misfit(0, "it must start with '/'")
        if state is Part.QUERY:
            return state
        path, mark, _ = text.partition("?")
        dots = _DOTS.search(path)
        if dots is not None and (mark or dots.end() < len(path)):
            raise Misfit(dots.start(), _resolved(dots))
        return Part.QUERY if mark else Part.PATH

    def hole(self, state: Part) -> tuple[Place, Part]:
        if state is Part.START:
            return Place.TARGET, Part.PATH
        return (Place.QUERY if state is Part.QUERY else Place.SEGMENT), state

    def end(self, state: Part) -> None:
        return None


def check_dots(target: str, source: Source) -> None:
    """Raise `TemplateError` if *target*, which is the same for all requests, has a segment that is resolved away."""
    path, _, _ = target.partition("?")
    if (dots := _DOTS.search(path)) is not None:
        raise source.error(max(0, source.text.find(dots.group())), _resolved(dots))


def _resolved(dots: re.Match[str]) -> str:
    return f"{dots.group()!r} would be resolved away on the road"
