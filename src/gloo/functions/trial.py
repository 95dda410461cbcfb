"""Try at load what is the same for every request, with the runtime itself: what fails then fails whenever it is met.

What one constant alone makes fail was refused before, when the template was parsed, see `constants`.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import lupa.luajit21 as luajit

from gloo.functions import lua
from gloo.functions.catalogue import FUNCTIONS
from gloo.functions.expressions import Expressions, Sites
from gloo.functions.extraction import extract
from gloo.functions.limits import MOST_WORK
from gloo.functions.names import Names
from gloo.functions.runtime_source import whole_runtime_source
from gloo.functions.source import Source
from gloo.functions.tree import (
    Block,
    Call,
    Expression,
    For,
    Item,
    Literal,
    Output,
    Statement,
    Text,
    Variable,
    children,
    expressions_of,
    start,
    statements,
    taken,
)

_RUN = b"""
local gloo, source, work = ...
gloo.refill(work)
local done, failure = pcall(assert(loadstring(source)), gloo)
if done then return nil end
if type(failure) ~= "table" then return tostring(failure) end -- a fault of the runtime's: 500 for each request
return failure.message, failure.site
"""


def try_constants(block: Block, source: Source) -> None:
    """Raise `TemplateError` for an expression in *block*, placed already, that fails whenever it is reached."""
    for statement in statements(block):
        for expression in expressions_of(statement):
            if isinstance(statement, For) and isinstance(expression, Literal):
                _try(expression, statement, source)
            for constant in _constants(expression):
                _try(constant, statement if constant is expression else None, source)


def try_lines(lines: Sequence[str], block: Block, source: Source, names: Names, sites: Sites) -> None:
    """Raise `TemplateError` if *lines*, which render and check *block*, fail for every request."""
    if all(isinstance(s, Text) or (isinstance(s, Output) and _is_constant(s.expression)) for s in block):
        headers = "local headers = {get = function() return 'HEAD' end}"
        _run([*extract(names).constants, headers, *lines], 0, source, sites)


def _constants(expression: Expression) -> Iterator[Expression]:
    """Yield the largest parts of *expression* that are the same for every request, but for plain values."""
    if _is_constant(expression):
        if not isinstance(expression, Literal):
            yield expression
        return
    if isinstance(expression, Call):
        parts = tuple(argument for takes, argument in taken(expression) if takes != "maybe")
    else:
        parts = children(expression)
    for part in parts:
        yield from _constants(part)


def _is_constant(expression: Expression) -> bool:
    if isinstance(expression, Variable) or (isinstance(expression, Call) and FUNCTIONS[expression.function].varies):
        return False
    return all(map(_is_constant, children(expression)))


def _try(expression: Expression, statement: Statement | None, source: Source) -> None:
    """Try *expression*, which is what *statement* has if there is one: its text there, or what a loop goes over."""
    names, sites = Names((), (), "none"), Sites()
    writer = Expressions(names, sites, source, {})
    match statement:
        case Output(place=place):
            written = writer.rendered(expression, place)
        case For(key):
            kind = "gloo.list" if key is None else "gloo.object"
            written = lua.call(kind, writer.need(expression), writer.site(expression))
        case _ if isinstance(expression, Item):  # a missing element is false in a condition
            return
        case _:
            written = writer.value(expression)
    _run([*extract(names).constants, f"local value = {written}"], start(expression), source, sites)


def _run(lines: Sequence[str], at: int, source: Source, sites: Sites) -> None:
    run, gloo = _runtime()
    failed = run(gloo, "\n".join(("local gloo = ...", *lines)).encode("ascii"), MOST_WORK)
    if failed is None:
        return
    message, site = failed if isinstance(failed, tuple) else (failed, None)
    name = next((f"'{row[0]}' " for row, number in sites.rows.items() if number == site), "")
    raise source.error(at, f"this fails whenever it is reached: {name}{message.decode(errors='replace')}")


@cache
def _runtime() -> tuple[Any, Any]:
    """Load the runtime, once for the process: few templates have anything to try."""
    runtime = luajit.LuaRuntime(encoding=None, unpack_returned_tuples=True)
    gloo = runtime.execute(whole_runtime_source().encode("ascii") + b"return gloo\n")
    return runtime.compile(_RUN), gloo
