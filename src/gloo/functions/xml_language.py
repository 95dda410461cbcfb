"""XML (1.0, fifth edition) as an automaton over the literal text of a template.

It knows text, tags, attributes, comments and their kin, which is what decides about escaping, and references such as
``&amp;``, which no value may be a part of; whether tags are closed is not looked at.
"""

import re
from enum import Enum

from gloo.functions.context import Misfit
from gloo.functions.tree import Place


class Inside(Enum):
    """Where in the document the text is."""

    TEXT = "text"
    TAG = "a tag"
    DOUBLE = "an attribute in double quotes"
    SINGLE = "an attribute in single quotes"
    COMMENT = "a comment"
    CDATA = "a CDATA section"
    INSTRUCTION = "a processing instruction"


_OPENERS = (("<!--", Inside.COMMENT), ("<![CDATA[", Inside.CDATA), ("<?", Inside.INSTRUCTION), ("<", Inside.TAG))
_CLOSERS = {
    Inside.DOUBLE: ('"', Inside.TAG),
    Inside.SINGLE: ("'", Inside.TAG),
    Inside.COMMENT: ("-->", Inside.TEXT),
    Inside.CDATA: ("]]>", Inside.TEXT),
    Inside.INSTRUCTION: ("?>", Inside.TEXT),
}
_TAG_ENDS = {">": Inside.TEXT, '"': Inside.DOUBLE, "'": Inside.SINGLE}
_IN_TAG = re.compile("[^<>\"']*")
_PLACES = {
    Inside.TEXT: Place.XML_TEXT,
    Inside.DOUBLE: Place.XML_ATTRIBUTE,
    Inside.SINGLE: Place.XML_ATTRIBUTE,
}


_REFERENCE = re.compile(r"&(?!(?:[A-Za-z_:][\w.:-]*|#[0-9]+|#x[0-9A-Fa-f]+);)")
"""An ampersand that starts none."""


class Markup:
    """A document or a piece of one, where an ampersand may stand alone."""

    name = "XML"
    start = Inside.TEXT

    def text(self, state: Inside, text: str) -> Inside:
        at = 0
        while at < len(text):
            before, begin = state, at
            state, at = _step(state, text, at)
            if before in _PLACES:
                self.check(text, begin, at)
        return state

    def check(self, text: str, begin: int, end: int) -> None:
        """Look at this part of the text, where values may stand; raise `Misfit` for what can't."""

    def hole(self, state: Inside) -> tuple[Place, Inside]:
        if state not in _PLACES:
            raise Misfit(0, f"an expression can't stand in {state.value}, but in text and in an attribute's value")
        return _PLACES[state], state

    def end(self, state: Inside) -> None:
        if state is not Inside.TEXT:
            raise Misfit(0, f"the text ends inside {state.value}")


class Xml(Markup):
    """The same where an ampersand starts a reference."""

    def check(self, text: str, begin: int, end: int) -> None:
        found = _REFERENCE.search(text, begin, end)
        if found is not None:
            raise Misfit(found.start(), "'&' must start a reference that ends in ';'; write &amp;")


def _step(state: Inside, text: str, at: int) -> tuple[Inside, int]:
    if state is Inside.TEXT:
        found = text.find("<", at)
        if found < 0:
            return state, len(text)
        opener, inside = next(each for each in _OPENERS if text.startswith(each[0], found))
        return inside, found + len(opener)
    if state is Inside.TAG:
        return _in_tag(text, at)
    closer, after = _CLOSERS[state]
    end = text.find(closer, at)
    return (state, len(text)) if end < 0 else (after, end + len(closer))


def _in_tag(text: str, at: int) -> tuple[Inside, int]:
    found = _IN_TAG.match(text, at)
    end = at if found is None else found.end()
    if end == len(text):
        return Inside.TAG, end
    if text[end] not in _TAG_ENDS:
        raise Misfit(end, "'<' can't stand in a tag")
    return _TAG_ENDS[text[end]], end + 1
