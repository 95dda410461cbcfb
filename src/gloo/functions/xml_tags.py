"""Whether the elements of an XML template are closed (XML 1.0, section 3): what opens must end, innermost first.

An automaton like that of the language, whose state knows the open elements too. It decides about no value, so what it
finds is told and not refused.
"""

import re

from gloo.functions.context import Misfit
from gloo.functions.tree import Place
from gloo.functions.xml_language import Inside, Xml
from gloo.model.base import Value, replace

_IN_NAME = re.compile(r"[-\w.:\x80-\U0010ffff]")


class Open(Value, frozen=True):
    """Where the text is.

    Args:
        inside: in the language.
        elements: the names of the open elements, outermost first; None if they are not certain.
        tag: what was read of a tag so far, without its attributes: ``a``, ``/a`` or ``a/``.
    """

    inside: Inside
    elements: tuple[str, ...] | None = ()
    tag: str = ""


def vague(state: Open) -> Open:
    """Return *state* without what is known of its elements."""
    return Open(state.inside, None)


class XmlTags:
    """XML of which each element is closed. A name that a branch cuts in two ends what is known."""

    name = "XML"
    start = Open(Inside.TEXT)

    def __init__(self) -> None:
        self._xml = Xml()

    def text(self, state: Open, text: str) -> Open:
        at = 0
        if state.tag and state.inside is Inside.NAMED and _IN_NAME.match(text):
            state = replace(state, elements=None)
        while at < len(text):
            inside, end = self._xml.step(state.inside, text, at)
            state = self._after(state, inside, text[at:end], at)
            at = end
        return state

    def _after(self, state: Open, inside: Inside, piece: str, at: int) -> Open:
        if inside is Inside.TAG and state.inside is Inside.TEXT:
            return replace(state, inside=inside, tag="")
        if state.inside is Inside.TAG or piece == "/":
            return replace(state, inside=inside, tag=state.tag + piece)
        if piece == ">" and state.tag:
            return Open(inside, _with(state.elements, state.tag, at))
        return replace(state, inside=inside)

    def hole(self, state: Open) -> tuple[Place, Open]:
        place, _ = self._xml.hole(state.inside)
        return place, state

    def end(self, state: Open) -> None:
        if state.elements:
            raise Misfit(0, f"<{state.elements[-1]}> is not closed")


def _with(elements: tuple[str, ...] | None, tag: str, at: int) -> tuple[str, ...] | None:
    """Return the open elements behind *tag*, which ends at the offset *at*."""
    if elements is None or tag.endswith("/"):
        return elements
    if not tag.startswith("/"):
        return (*elements, tag)
    if not elements:
        raise Misfit(at, f"<{tag}> closes nothing")
    if elements[-1] != tag[1:]:
        raise Misfit(at, f"<{tag}> stands where </{elements[-1]}> is due")
    return elements[:-1]
