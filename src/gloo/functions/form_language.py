"""A form (``application/x-www-form-urlencoded``, WHATWG URL 5.1) as an automaton over a template's text."""

import re
from urllib.parse import quote_plus

from gloo.functions.context import Misfit, Plain
from gloo.functions.tree import Place

_ALLOWED = re.compile(r"(?:[A-Za-z0-9\-._~!$'()*+,;:@/?=&]|%[0-9A-Fa-f]{2})*")


class Form(Plain):
    """Names and values, joined by ``=`` and ``&``; every expression is one of them."""

    name = "a form"
    start = Place.FORM

    def text(self, state: Place, text: str) -> Place:
        allowed = _ALLOWED.match(text)
        end = 0 if allowed is None else allowed.end()
        if end < len(text):
            raise Misfit(end, f"{text[end]!r} can't stand in a form; write it as {quote_plus(text[end])}")
        return state
