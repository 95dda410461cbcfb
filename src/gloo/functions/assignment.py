"""Which names of ``set`` have a value wherever a template reads them, whatever way a request takes through it."""

from collections.abc import Iterator

from gloo.functions.tree import (
    Block,
    Call,
    Expression,
    For,
    If,
    Literal,
    Set,
    Statement,
    Variable,
    children,
    expressions_of,
    statements,
)

Names = frozenset[str]


def certainly_set(block: Block) -> Names:
    """Return the names that are set in *block* and never read where they may not be set yet.

    The others may mean there what they mean without the ``set``: a parameter, or a field of the body.
    """
    uncertain: set[str] = set()
    _pass(block, frozenset(), frozenset(), uncertain)
    return _set_in(block) - uncertain


def _pass(block: Block, assigned: Names, known: Names, uncertain: set[str]) -> Names:
    """Return the names that are set when *block* is done.

    Args:
        assigned: those that are set when it starts.
        known: those that stand for what a ``set`` further up gave them, whether a request passed that or not.
        uncertain: gets those that are read while they may not be set.
    """
    for statement in block:
        assigned = _pass_one(statement, assigned, known, uncertain)
        known |= _set_in((statement,))
    return assigned


def _pass_one(statement: Statement, assigned: Names, known: Names, uncertain: set[str]) -> Names:
    for expression in expressions_of(statement):
        uncertain.update((known & frozenset(_names_in(expression))) - assigned)
    match statement:
        case Set(name):
            return assigned | {name}
        case If(branches, otherwise):
            ways = [_pass(each, assigned, known, uncertain) for each in (*(b.block for b in branches), otherwise)]
            return frozenset.intersection(*ways)
        case For(key, value, _, inner, otherwise):
            own = {value} if key is None else {key, value}
            _pass(inner, assigned, known - own, uncertain)
            _pass(otherwise, assigned, known, uncertain)
    return assigned


def _names_in(expression: Expression) -> Iterator[str]:
    match expression:
        case Variable(path):
            yield path[0]
        case Call("exists", (Literal(str() as name),)):
            yield name.partition(".")[0]
    for part in children(expression):
        yield from _names_in(part)


def _set_in(block: Block) -> Names:
    return frozenset(statement.name for statement in statements(block) if isinstance(statement, Set))
