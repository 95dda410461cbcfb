"""Write blocks of a template as Lua: text, outputs, branches, loops and ``set``."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count

from gloo.functions import lua
from gloo.functions.assignment import certainly_set
from gloo.functions.expressions import Expressions
from gloo.functions.room import JOINED_AT_ONCE, SETS_AS_LOCALS
from gloo.functions.tree import Block, For, If, Output, Set, Statement, Text, Variable, size, statements
from gloo.model.base import replace

MAX_STATEMENT_DEPTH = 30
"""Statements in one another."""


def render(variable: str, block: Block, expressions: Expressions) -> list[str]:
    """Write Lua lines that declare *variable* and set it to the text of *block*."""
    if len(block) <= JOINED_AT_ONCE and all(isinstance(statement, Text | Output) for statement in block):
        return [f"local {variable} = {_joined(block, expressions)}"]
    names = dict.fromkeys(s.name for s in statements(block) if isinstance(s, Set))
    writer = _BlockWriter(expressions, {name: _set_name(variable, n) for n, name in enumerate(names, 1)}, variable)
    certain = certainly_set(block)
    lines = [writer.declare_set(name, lua_name, certain=name in certain) for name, lua_name in writer.sets.items()]
    body = list(writer.block(block, expressions.local, 0))
    return [
        f"local {variable}",
        "do",
        "local out = gloo.output()",
        *([f"local {variable}_more = {{}}"] if len(names) > SETS_AS_LOCALS else []),
        *lines,
        *body,
        f"{variable} = gloo.finished(out)",
        "end",
    ]


def _set_name(variable: str, number: int) -> str:
    return f"{variable}_s{number}" if number <= SETS_AS_LOCALS else f"{variable}_more[{number}]"


def _joined(block: Block, expressions: Expressions) -> str:
    return " .. ".join(_piece(statement, expressions) for statement in block) or '""'


def _piece(statement: Statement, expressions: Expressions) -> str:
    if isinstance(statement, Text):
        return lua.quoted(statement.text)
    assert isinstance(statement, Output)
    return expressions.rendered(statement.expression, statement.place)


@dataclass(frozen=True, slots=True)
class _BlockWriter:
    """Writes the statements of one template; *sets* are the Lua variables of its ``set`` names."""

    expressions: Expressions
    sets: Mapping[str, str]
    prefix: str
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def declare_set(self, name: str, lua_name: str, *, certain: bool) -> str:
        """Declare the variable of ``set name``; if that is not *certain*, the name may mean what it means without."""
        needed = not certain and self._may_be_read_before(name)
        before = self.expressions.value(Variable((name,), 0)) if needed else "nil"
        return f"{'' if '[' in lua_name else 'local '}{lua_name} = {before}"

    def _may_be_read_before(self, name: str) -> bool:
        names = self.expressions.names
        return names.body_fields or any(binding.path[0] == name for binding in names.bindings)

    def block(self, block: Block, local: Mapping[tuple[str, ...], str], depth: int) -> Iterator[str]:
        local = dict(local)
        run: list[Text | Output] = []
        for statement in block:
            if isinstance(statement, Text | Output) and len(run) < JOINED_AT_ONCE:
                run.append(statement)
                continue
            yield from self._flush(run, local)
            run = []
            if isinstance(statement, Text | Output):
                run.append(statement)
            else:
                yield from self._statement(statement, local, depth + 1)
            if isinstance(statement, If | For | Set):
                local.update(self._names_set_in(statement))
        yield from self._flush(run, local)

    def _names_set_in(self, statement: Statement) -> dict[tuple[str, ...], str]:
        return {(s.name,): self.sets[s.name] for s in statements((statement,)) if isinstance(s, Set)}

    def _flush(self, run: list[Text | Output], local: Mapping[tuple[str, ...], str]) -> Iterator[str]:
        if run:
            pieces = (_piece(statement, self._in(local)) for statement in run)
            yield lua.call("out:put", *pieces)

    def _in(self, local: Mapping[tuple[str, ...], str]) -> Expressions:
        return replace(self.expressions, local=local)

    def _statement(self, statement: Statement, local: Mapping[tuple[str, ...], str], depth: int) -> Iterator[str]:
        if depth > MAX_STATEMENT_DEPTH:
            raise self.expressions.source.error(
                statement.at, f"statements are nested deeper than {MAX_STATEMENT_DEPTH} levels"
            )
        match statement:
            case If():
                yield from self._if(statement, local, depth)
            case For():
                yield from self._for(statement, local, depth)
            case Set(name, expression):
                yield f"{self.sets[name]} = {self._in(local).need(expression)}"

    def _if(self, statement: If, local: Mapping[tuple[str, ...], str], depth: int) -> Iterator[str]:
        word = "if"
        for branch in statement.branches:
            yield f"{word} {self._in(local).truth(branch.condition)} then"
            yield from self.block(branch.block, local, depth)
            word = "elseif"
        if statement.otherwise:
            yield "else"
            yield from self.block(statement.otherwise, local, depth)
        yield "end"

    def _for(self, statement: For, local: Mapping[tuple[str, ...], str], depth: int) -> Iterator[str]:
        expressions, number = self._in(local), next(self.numbers)
        expressions.check_parts(statement.items, "a loop takes a list or an object")
        items, index, length = f"items{number}", f"i{number}", f"length{number}"
        kind = "list" if statement.key is None else "object"
        value = lua.call(f"gloo.{kind}", expressions.need(statement.items), expressions.site(statement.items))
        yield f"do local {items} = {value}"
        yield f"local {length} = {items}[0] or #{items}"
        yield f"for {index} = 1, {length} do gloo.pass(out, {_price(statement.block)})"
        inner = {**local, **_loop_names(index, length)}
        if statement.key is not None:
            yield f"local key{number} = {items}[{index}]"
            inner[(statement.key,)] = f"key{number}"
        yield f"local x{number} = {items}[{index if statement.key is None else f'key{number}'}]"
        inner[(statement.value,)] = f"x{number}"
        yield from self.block(statement.block, inner, depth)
        yield "end"
        if statement.otherwise:
            yield f"if {length} == 0 then"
            yield from self.block(statement.otherwise, local, depth)
            yield "end"
        yield "end"


def _price(block: Block) -> int:
    """The units of work of one pass over *block*; what grows with the values is spent by what works on them."""
    return 10 + 2 * max(0, _nodes(block) - 4)


def _nodes(block: Block) -> int:
    """The number of operations in *block*; loops in it count their own passes."""
    return sum(map(_nodes_of, block))


def _nodes_of(statement: Statement) -> int:
    match statement:
        case Output(expression) | Set(_, expression) | For(items=expression):
            return 1 + size(expression)
        case If(branches, otherwise):
            return _nodes(otherwise) + sum(size(branch.condition) + _nodes(branch.block) for branch in branches)
    return 1


def _loop_names(index: str, length: str) -> dict[tuple[str, ...], str]:
    """The names of a loop: Inja's, and Jinja's where they don't contradict (``loop.index`` counts from 0)."""
    names = {
        "index": f"({index} - 1)",
        "index0": f"({index} - 1)",
        "index1": index,
        "is_first": f"({index} == 1)",
        "first": f"({index} == 1)",
        "is_last": f"({index} == {length})",
        "last": f"({index} == {length})",
        "length": length,
    }
    return {("loop", name): written for name, written in names.items()}
