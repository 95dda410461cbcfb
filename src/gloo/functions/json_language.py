"""JSON as an automaton over the literal text of a template (RFC 8259), for `context.place`."""

import re
from enum import Enum, auto

from gloo.functions.context import Misfit
from gloo.functions.tree import Place
from gloo.model.base import Value


class Due(Enum):
    """What must come next."""

    VALUE = auto()
    VALUE_OR_END = auto()
    KEY = auto()
    KEY_OR_END = auto()
    COLON = auto()
    COMMA_OR_END = auto()
    IN_STRING = auto()
    IN_KEY = auto()
    NOTHING = auto()


class State(Value, frozen=True):
    """What is due, and the brackets that are open, outermost first."""

    due: Due
    open: str = ""


_BLANKS = re.compile(r"[ \t\r\n]*")
_CHARACTERS = re.compile(r'(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*')
_SCALAR = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![0-9A-Za-z.+-])|(?:true|false|null)\b")
_NAMES = {
    Due.VALUE: "a value",
    Due.VALUE_OR_END: "a value or ']'",
    Due.KEY: "a key in quotes",
    Due.KEY_OR_END: "a key in quotes or '}'",
    Due.COLON: "':'",
    Due.COMMA_OR_END: "',' or a closing bracket",
    Due.IN_STRING: "the rest of the string",
    Due.IN_KEY: "the rest of the key",
    Due.NOTHING: "the end of the text",
}
_VALUES = (Due.VALUE, Due.VALUE_OR_END)
_KEYS = (Due.KEY, Due.KEY_OR_END)


_DONE = State(Due.NOTHING)
_COMMA = "between elements write {% if not loop.is_last %},{% endif %}"


class Json:
    """One JSON value."""

    name = "JSON"
    start = State(Due.VALUE)

    def text(self, state: State, text: str) -> State:
        at = 0
        while True:
            if state.due not in (Due.IN_STRING, Due.IN_KEY):
                at = _end(_BLANKS, text, at)
            if at == len(text):
                return state
            state, at = _step(state, text, at)

    def hole(self, state: State) -> tuple[Place, State]:
        if state.due in (Due.IN_STRING, Due.IN_KEY):
            return Place.JSON_STRING, state
        if state.due in _VALUES:
            return Place.JSON_VALUE, _after_value(state.open)
        if state.due in _KEYS:
            return Place.JSON_KEY, State(Due.COLON, state.open)
        hint = _COMMA if state.due is Due.COMMA_OR_END else ""
        raise Misfit(0, f"{_NAMES[state.due]} is due before an expression can stand here", hint)

    def end(self, state: State) -> None:
        if state.due is not Due.NOTHING:
            raise Misfit(0, f"the text ends where {_NAMES[state.due]} is due")


class JsonLines(Json):
    """Lines of one JSON value each (NDJSON, JSON Lines); blank ones may be among them."""

    name = "lines of JSON"

    def text(self, state: State, text: str) -> State:
        at = 0
        for number, line in enumerate(text.split("\n")):
            if number:
                if state not in (self.start, _DONE):
                    raise Misfit(at - 1, f"the line ends where {_NAMES[state.due]} is due")
                state = self.start
            try:
                state = super().text(state, line)
            except Misfit as misfit:
                raise Misfit(at + misfit.offset, misfit.problem) from misfit
            at += len(line) + 1
        return state

    def end(self, state: State) -> None:
        if state != self.start:
            super().end(state)


class OptionalJson(Json):
    """One JSON value, or no text at all."""

    def end(self, state: State) -> None:
        if state != self.start:
            super().end(state)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return at if found is None else found.end()


def _after_value(brackets: str) -> State:
    return State(Due.COMMA_OR_END if brackets else Due.NOTHING, brackets)


def _step(state: State, text: str, at: int) -> tuple[State, int]:
    """Read one token at *at*; raise `Misfit` if it is not one that is due."""
    match state.due:
        case Due.IN_STRING | Due.IN_KEY:
            return _string(state, text, at)
        case Due.COLON if text[at] == ":":
            return State(Due.VALUE, state.open), at + 1
        case Due.COMMA_OR_END if text[at] == ",":
            return State(Due.KEY if state.open[-1] == "{" else Due.VALUE, state.open), at + 1
        case Due.COMMA_OR_END | Due.KEY_OR_END | Due.VALUE_OR_END if state.open[-1] + text[at] in ("{}", "[]"):
            return _after_value(state.open[:-1]), at + 1
        case Due.KEY | Due.KEY_OR_END if text[at] == '"':
            return State(Due.IN_KEY, state.open), at + 1
        case Due.VALUE | Due.VALUE_OR_END:
            return _value(state, text, at)
    raise _misfit(state, text, at)


def _value(state: State, text: str, at: int) -> tuple[State, int]:
    if text[at] == '"':
        return State(Due.IN_STRING, state.open), at + 1
    if text[at] == "{":
        return State(Due.KEY_OR_END, state.open + "{"), at + 1
    if text[at] == "[":
        return State(Due.VALUE_OR_END, state.open + "["), at + 1
    end = _end(_SCALAR, text, at)
    if end == at:
        raise _misfit(state, text, at)
    return _after_value(state.open), end


def _string(state: State, text: str, at: int) -> tuple[State, int]:
    end = _end(_CHARACTERS, text, at)
    if end == len(text):
        return state, end
    if text[end] != '"':
        raise Misfit(end, f"{text[end : end + 2]!r} can't stand in a string")
    after = _after_value(state.open) if state.due is Due.IN_STRING else State(Due.COLON, state.open)
    return after, end + 1


def _misfit(state: State, text: str, at: int) -> Misfit:
    return Misfit(at, f"{_NAMES[state.due]} is due, not {text[at]!r}")
