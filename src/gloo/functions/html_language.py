"""HTML as an automaton over the literal text of a template: XML for our purpose, but for scripts and styles.

What stands in those is no markup, so that escaping a value as XML would not keep it in its place; nor would it in an
attribute that holds a script, a style or a document, which browsers read when they have undone the escaping.
"""

import re

from gloo.functions.context import Misfit
from gloo.functions.tree import Place
from gloo.functions.xml_language import Inside, Markup
from gloo.model.base import Value

_RAW = ("script", "style")
_NAME = re.compile(r"[^\s/>]*")
_PARTS = re.compile(r"(?<=>)|(?=<)")
"""Where a tag starts or may end."""

_CODE = re.compile(r"on.*|style|srcdoc")
"""Attributes of such contents."""

_LAST = re.compile(r"""([^\s"'<>/=]*)(\s*)(=?)\s*["']?\Z""")
_LONGEST_NAME = 24
"""Characters of an attribute's name that are looked at, so that there is an end of states."""

_XML = Markup()


class State(Value, frozen=True):
    """The state as XML, and the *element* whose tag was opened, if it is raw: in its *content* all but its end is.

    While the text may go on in the name of an element, that is *named*: a branch may cut it in two. In a tag
    *attribute* is the start of the last name there, with a blank or an equals sign if one follows; in quotes it stays.
    """

    xml: Inside
    element: str = ""
    content: bool = False
    named: bool = False
    attribute: str = ""


class Html:
    """A document or a piece of one."""

    name = "HTML"
    start = State(_XML.start)

    def text(self, state: State, text: str) -> State:
        at = 0
        while at < len(text):
            state, at = _raw(state, text, at) if state.content else _markup(state, text, at)
        return state

    def hole(self, state: State) -> tuple[Place, State]:
        if state.content:
            raise Misfit(0, f"an expression can't stand in a {state.element}; let it read an attribute, such as data-x")
        place, xml = _XML.hole(state.xml)
        name = state.attribute.removesuffix("=")
        if _CODE.fullmatch(name):
            hint = "let a script read an attribute, such as data-x"
            raise Misfit(0, f"an expression can't stand in the attribute {name}, whose text is code; {hint}")
        return place, State(xml, state.element, attribute=state.attribute)

    def end(self, state: State) -> None:
        if state.content:
            raise Misfit(0, f"the text ends inside a {state.element}")
        _XML.end(state.xml)


def _raw(state: State, text: str, at: int) -> tuple[State, int]:
    found = re.compile(rf"</{state.element}(?=[\s/>])", re.IGNORECASE).search(text, at)
    return (State(state.xml), found.start()) if found is not None else (state, len(text))


def _markup(state: State, text: str, at: int) -> tuple[State, int]:
    """Read markup up to where the next tag starts or this one may end."""
    element, named = state.element, False
    if state.named or (state.xml is Inside.TEXT and text[at] == "<"):
        begin = at if state.named else at + 1
        end = _end_of_name(text, begin)
        element, named = element + text[begin:end].lower(), end == len(text)
    stop = next((found.start() for found in _PARTS.finditer(text, at + 1)), len(text))
    try:
        xml, attribute = _read(state, text[at:stop])
    except Misfit as misfit:
        raise Misfit(at + misfit.offset, misfit.problem) from misfit
    raw = element in _RAW
    return State(xml, element if raw or named else "", raw and xml is Inside.TEXT, named, attribute), stop


def _read(state: State, text: str) -> tuple[Inside, str]:
    """Return where the text stands as XML behind *text*, and the attribute there."""
    xml, attribute, at = state.xml, state.attribute, 0
    while at < len(text):
        before, begin = xml, at
        xml, at = _XML.step(xml, text, at)
        if before is Inside.TAG:
            attribute = _last_attribute(attribute + text[begin:at])
        elif before is not xml:
            attribute = ""
    return xml, attribute if xml in (Inside.TAG, Inside.DOUBLE, Inside.SINGLE) else ""


def _last_attribute(tag: str) -> str:
    found = _LAST.search(tag)
    if found is None:
        return ""
    name, blank, equals = found.groups()
    return name.lower()[:_LONGEST_NAME] + (equals or blank[:1].replace("\n", " "))


def _end_of_name(text: str, begin: int) -> int:
    found = _NAME.match(text, begin)
    return begin if found is None else found.end()
