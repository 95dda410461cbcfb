"""XML (1.0, fifth edition) as an automaton over the literal text of a template.

It knows text, tags, attributes, comments and their kin, which is what decides about escaping, and references such as
``&amp;``, which no value may be a part of. What stands in a tag must be a name and attributes; whether elements are
closed, `xml_tags` looks at.
"""

import re
from enum import Enum

from gloo.functions.context import Misfit
from gloo.functions.tree import Place


class Inside(Enum):
    """Where in the document the text is."""

    TEXT = "text"
    TAG = "a tag"
    NAMED = "a tag, behind a name or a value"
    BETWEEN = "a tag, where an attribute may start"
    ATTRIBUTE = "a tag, in the name of an attribute"
    EQUALS = "a tag, where a value is due"
    DOUBLE = "an attribute in double quotes"
    SINGLE = "an attribute in single quotes"
    COMMENT = "a comment"
    CDATA = "a CDATA section"
    INSTRUCTION = "a processing instruction"
    DECLARATION = "a declaration"
    DECLARED_DOUBLE = "a declaration's text in double quotes"
    DECLARED_SINGLE = "a declaration's text in single quotes"


_OPENERS = (
    ("<!--", Inside.COMMENT),
    ("<![CDATA[", Inside.CDATA),
    ("<!", Inside.DECLARATION),
    ("<?", Inside.INSTRUCTION),
    ("<", Inside.TAG),
)
_CLOSERS = {
    Inside.DOUBLE: ('"', Inside.TAG),
    Inside.SINGLE: ("'", Inside.TAG),
    Inside.COMMENT: ("-->", Inside.TEXT),
    Inside.CDATA: ("]]>", Inside.TEXT),
    Inside.INSTRUCTION: ("?>", Inside.TEXT),
    Inside.DECLARED_DOUBLE: ('"', Inside.DECLARATION),
    Inside.DECLARED_SINGLE: ("'", Inside.DECLARATION),
}
_TAG_ENDS = {
    Inside.TAG: {">": Inside.TEXT, '"': Inside.DOUBLE, "'": Inside.SINGLE},
    Inside.DECLARATION: {">": Inside.TEXT, '"': Inside.DECLARED_DOUBLE, "'": Inside.DECLARED_SINGLE},
}
_IN_TAG = re.compile("[^<>\"']*")
_PLACES = {
    Inside.TEXT: Place.XML_TEXT,
    Inside.DOUBLE: Place.XML_ATTRIBUTE,
    Inside.SINGLE: Place.XML_ATTRIBUTE,
    Inside.DECLARED_DOUBLE: Place.XML_ATTRIBUTE,
    Inside.DECLARED_SINGLE: Place.XML_ATTRIBUTE,
}

_VALUES = (Inside.DOUBLE, Inside.SINGLE)
_NAME = re.compile(r"[A-Za-z_:\x80-\U0010ffff][-\w.:\x80-\U0010ffff]*")
_MORE_NAME = re.compile(r"[-\w.:\x80-\U0010ffff]+")
_BLANKS = re.compile(r"[ \t\r\n]+")
_END = re.compile(">")
_CLOSED = re.compile(r"/(?=>|\Z)")
_TAG_PARTS = {
    Inside.TAG: (
        "a name must follow '<'; write &lt; for the sign",
        ((_NAME, Inside.NAMED), (re.compile(rf"/(?={_NAME.pattern}|\Z)"), Inside.TAG)),
    ),
    Inside.NAMED: (
        "{!r} can't stand in a tag",
        ((_BLANKS, Inside.BETWEEN), (_END, Inside.TEXT), (_CLOSED, Inside.NAMED), (_MORE_NAME, Inside.NAMED)),
    ),
    Inside.BETWEEN: (
        "{!r} can't stand in a tag",
        ((_NAME, Inside.ATTRIBUTE), (_END, Inside.TEXT), (_CLOSED, Inside.NAMED), (_BLANKS, Inside.BETWEEN)),
    ),
    Inside.ATTRIBUTE: (
        'an attribute must have a value, as in a="b"',
        (
            (re.compile(r"[ \t\r\n]*="), Inside.EQUALS),
            (_MORE_NAME, Inside.ATTRIBUTE),
            (re.compile(r"[ \t\r\n]+\Z"), Inside.ATTRIBUTE),
        ),
    ),
    Inside.EQUALS: (
        "the value of an attribute must stand in quotes",
        ((re.compile('"'), Inside.DOUBLE), (re.compile("'"), Inside.SINGLE), (_BLANKS, Inside.EQUALS)),
    ),
}
"""By where in a tag the text is: the problem with what can't stand there, and what can, with where it leads."""

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
            state, at = self.step(state, text, at)
            if before in _PLACES:
                self.check(text, begin, at)
        return state

    def step(self, state: Inside, text: str, at: int) -> tuple[Inside, int]:
        """Read from the offset *at* on to where the state may change; return the state there, and the offset."""
        return _step(state, text, at)

    def check(self, text: str, begin: int, end: int) -> None:
        """Look at this part of the text, where values may stand; raise `Misfit` for what can't."""

    def hole(self, state: Inside) -> tuple[Place, Inside]:
        if state not in _PLACES:
            raise Misfit(0, f"an expression can't stand in {_said(state)}, but in text and in an attribute's value")
        return _PLACES[state], state

    def end(self, state: Inside) -> None:
        if state is not Inside.TEXT:
            raise Misfit(0, f"the text ends inside {_said(state)}")


class Xml(Markup):
    """The same where an ampersand starts a reference, and each attribute of a tag has a value in quotes."""

    def step(self, state: Inside, text: str, at: int) -> tuple[Inside, int]:
        if state in _TAG_PARTS:
            return _in_xml_tag(state, text, at)
        after, end = _step(state, text, at)
        return Inside.NAMED if state in _VALUES and after is Inside.TAG else after, end

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
    if state in _TAG_ENDS:
        return _in_tag(state, text, at)
    closer, after = _CLOSERS[state]
    end = text.find(closer, at)
    return (state, len(text)) if end < 0 else (after, end + len(closer))


def _in_tag(state: Inside, text: str, at: int) -> tuple[Inside, int]:
    found = _IN_TAG.match(text, at)
    end = at if found is None else found.end()
    if end == len(text):
        return state, end
    if text[end] not in _TAG_ENDS[state]:
        raise Misfit(end, f"'<' can't stand in {state.value}")
    return _TAG_ENDS[state][text[end]], end + 1


def _in_xml_tag(state: Inside, text: str, at: int) -> tuple[Inside, int]:
    """Read the next part of a tag; one that a branch of the template cuts in two goes on as it is."""
    problem, parts = _TAG_PARTS[state]
    for part, after in parts:
        found = part.match(text, at)
        if found is not None:
            return after, found.end()
    raise Misfit(at, problem.format(text[at]))


def _said(state: Inside) -> str:
    """Return what messages call it: all of a tag but the values is one place to whoever reads them."""
    return Inside.TAG.value if state in _TAG_PARTS else state.value
