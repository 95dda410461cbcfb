"""A text from which a regular expression takes a wanted value: the way back, where there is one."""

from gloo.functions.regex_tree import Edge, Either, Group, Node, OneOf, Repeat, Sequence, read_regex
from gloo.functions.source import Source

_PREFERRED = b"a0-_ ./"
_MOST_BYTES = 4096


def text_with(regex: str, group: int, value: str) -> str | None:
    """Return a short text whose *group* by *regex* should be *value*; None where none is found.

    The text is a guess: whether it matches is to be asked of the regex.
    """
    if group == 0:
        return value
    tree, _ = read_regex(Source.of("", regex))
    written = _written(tree, group, value.encode())
    return written.decode("utf-8", "replace") if len(written) <= _MOST_BYTES else None


def _written(node: Node, group: int, value: bytes) -> bytes:
    match node:
        case Group(part, number):
            return value if number == group else _written(part, group, value)
        case Sequence(parts):
            return b"".join(_written(part, group, value) for part in parts)
        case Either(parts):
            return _written(next((part for part in parts if _holds(part, group)), parts[0]), group, value)
        case Repeat(part, least):
            times = max(least, 1) if _holds(part, group) else least
            return _written(part, group, value) * min(times, _MOST_BYTES)
        case OneOf(ranges):
            fit = (byte for byte in _PREFERRED if any(low <= byte <= high for low, high in ranges))
            return bytes([next(fit, ranges[0][0] if ranges else 0)])
        case Edge():
            return b""


def _holds(node: Node, group: int) -> bool:
    """Tell whether *group* stands in *node*."""
    match node:
        case Group(part, number):
            return number == group or _holds(part, group)
        case Sequence(parts) | Either(parts):
            return any(_holds(part, group) for part in parts)
        case Repeat(part):
            return _holds(part, group)
    return False
