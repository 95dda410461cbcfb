"""HTML as an automaton over the literal text of a template: XML for our purpose, but for scripts and styles.

What stands in those is no markup, so that escaping a value as XML would not keep it in its place.
"""

import re

from gloo.functions.context import Misfit
from gloo.functions.tree import Place
from gloo.functions.xml_language import Inside, Markup
from gloo.model.base import Value

_RAW = re.compile(r"<(script|style)(?=[\s/>])", re.IGNORECASE)
_PARTS = re.compile(r"(?<=>)|(?=<)")
"""Where a tag starts or may end."""

_XML = Markup()


class State(Value, frozen=True):
    """The state as XML, and the raw *element* whose tag was opened; in its *content* all but its end is raw."""

    xml: Inside
    element: str = ""
    content: bool = False


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
        return place, State(xml, state.element)

    def end(self, state: State) -> None:
        if state.content:
            raise Misfit(0, f"the text ends inside a {state.element}")
        _XML.end(state.xml)


def _raw(state: State, text: str, at: int) -> tuple[State, int]:
    found = re.compile(rf"</{state.element}(?=[\s/>])", re.IGNORECASE).search(text, at)
    return (State(state.xml), found.start()) if found is not None else (state, len(text))


def _markup(state: State, text: str, at: int) -> tuple[State, int]:
    """Read markup up to where the next tag starts or this one may end."""
    opened = _RAW.match(text, at) if state.xml is Inside.TEXT else None
    element = opened[1].lower() if opened is not None else state.element
    stop = next((found.start() for found in _PARTS.finditer(text, at + 1)), len(text))
    try:
        xml = _XML.text(state.xml, text[at:stop])
    except Misfit as misfit:
        raise Misfit(at + misfit.offset, misfit.problem) from misfit
    return State(xml, element, content=bool(element) and xml is Inside.TEXT), stop
