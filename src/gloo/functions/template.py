"""Parse the text of a template into our own tree.

Jinja2 reads the text, this module takes what our language has and refuses the rest with its place. The language is a
language of data: no includes, no imports, no macros, no loops but over the elements of a value.
"""

from collections.abc import Callable, Sequence
from typing import Literal as OneOf
from typing import cast

from jinja2 import TemplateSyntaxError, nodes

from gloo.errors import TemplateError
from gloo.functions import lexer
from gloo.functions.catalogue import FUNCTIONS, TESTS, Function
from gloo.functions.constants import check_constants
from gloo.functions.foreign import instead_of_function, instead_of_method, instead_of_test
from gloo.functions.pointers import steps
from gloo.functions.source import Source
from gloo.functions.syntax import Slip, said
from gloo.functions.tree import (
    Arithmetic,
    Block,
    Branch,
    Call,
    Choice,
    Comparison,
    Concatenation,
    Expression,
    For,
    If,
    Item,
    ListOf,
    Literal,
    Logic,
    Not,
    ObjectOf,
    Output,
    Set,
    Statement,
    Text,
    Variable,
    size,
    start,
)
from gloo.model.base import replace

MAX_LENGTH = 65_536
"""Characters in one template; Envoy's LuaJIT can compile what comes of it."""

MAX_EXPRESSION_DEPTH = 60
"""Expressions in one another: what reads and writes them goes down by recursion."""

MAX_TWICE = 40
"""Expressions in one that a chain of comparisons needs twice: chains in one another would double with each."""

_MARKS = ("{{", "{%", "{#", "##")
"""A text without any of them needs no parser."""

_COMPARISONS = {"eq": "==", "ne": "!=", "lt": "<", "lteq": "<=", "gt": ">", "gteq": ">=", "in": "in", "notin": "not in"}
_SLICE = "substring(x, 0, 3) is a part of a text; in a loop over a list, {% if loop.index < 3 %}"
_EMPTY = 'write x if x else "none" for another value in place of an empty one'


def parse(source: Source) -> Block:
    """Parse *source*; raise `TemplateError` with line and column for anything that is not of the language."""
    source.check_characters()
    if len(source.text) > MAX_LENGTH:
        raise source.error(0, f"the template has {len(source.text)} characters", f"at most {MAX_LENGTH}")
    if not any(mark in source.text for mark in _MARKS):
        return (Text(source.text, 0),) if source.text else ()
    try:
        template = lexer.parse(source.text, pointers=source.pointers)
        return _Reader(source).block(template.body)
    except Slip as error:
        raise source.error(error.lineno, error.message or "", error.hint) from error
    except TemplateSyntaxError as error:
        raise source.error(error.lineno, *said(error.message or "syntax error", source.text, error.lineno)) from error
    except RecursionError as error:
        raise source.error(0, "the template is nested too deep") from error


class _Reader:
    """Turns Jinja's nodes into ours; holds the source, for its errors, and how deep it has gone down."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._depth = 0

    def block(self, body: Sequence[nodes.Node]) -> Block:
        return tuple(statement for node in body for statement in self._statements(node))

    def _statements(self, node: nodes.Node) -> Sequence[Statement]:
        match node:
            case nodes.Output():
                return [self._output(child) for child in node.nodes]
            case nodes.If():
                return [self._if(node)]
            case nodes.For():
                return [self._for(node)]
            case nodes.Assign(target=nodes.Name()):
                target = cast(nodes.Name, node.target)
                return [Set(target.name, self.expression(node.node), node.lineno)]
            case nodes.Assign() | nodes.AssignBlock():
                raise self._source.error(_place(node), "set takes one name and '='", "{% set total = price * count %}")
        raise self._foreign(node)

    def _output(self, node: nodes.Expr) -> Statement:
        if isinstance(node, nodes.TemplateData):
            return Text(node.data, node.lineno)
        expression = self.expression(node)
        return Output(expression, start(expression))

    def _if(self, node: nodes.If) -> If:
        branches = tuple(Branch(self.expression(n.test), self.block(n.body)) for n in (node, *node.elif_))
        return If(branches, self.block(node.else_), node.lineno)

    def _for(self, node: nodes.For) -> For:
        if node.test is not None or node.recursive:
            raise self._source.error(node.lineno, "a loop can't have 'if' or 'recursive'", "put an if inside the loop")
        names = node.target.items if isinstance(node.target, nodes.Tuple) else [node.target]
        if not 1 <= len(names) <= 2 or not all(isinstance(name, nodes.Name) for name in names):
            raise self._source.error(node.lineno, "a loop has one name or two", "for x in xs; for key, value in object")
        *key, value = [cast(nodes.Name, name).name for name in names]
        body, otherwise = self.block(node.body), self.block(node.else_)
        return For(key[0] if key else None, value, self.expression(node.iter), body, otherwise, node.lineno)

    def expression(self, node: nodes.Node) -> Expression:
        """Read one expression."""
        read = self._EXPRESSIONS.get(type(node))
        if read is None:
            raise self._foreign(node)
        if self._depth >= MAX_EXPRESSION_DEPTH:
            problem = f"the expression has more than {MAX_EXPRESSION_DEPTH} steps in one another"
            raise self._source.error(_place(node), problem, "name a part of it with {% set %}")
        self._depth += 1
        expression = read(self, node)
        self._depth -= 1
        check_constants(expression, self._source)
        return expression

    def _name(self, node: nodes.Name) -> Expression:
        if node.name == "null":
            return Literal(None, node.lineno)
        return Variable((node.name,), node.lineno)

    def _const(self, node: nodes.Const) -> Expression:
        value = node.value
        if isinstance(value, float) and value in (float("inf"), float("-inf")):
            raise self._source.error(node.lineno, "the number is too large")
        if isinstance(value, str):
            self._source.inside(node.lineno, value).check_characters()
        return Literal(value, node.lineno)

    def _getattr(self, node: nodes.Getattr) -> Expression:
        return self._field(self.expression(node.node), Literal(node.attr, node.lineno))

    def _getitem(self, node: nodes.Getitem) -> Expression:
        if isinstance(node.arg, nodes.Slice):
            raise self._source.error(node.lineno, "slices are not part of the language", _SLICE)
        return self._field(self.expression(node.node), self.expression(node.arg))

    def _field(self, base: Expression, key: Expression) -> Expression:
        if isinstance(base, Variable) and isinstance(key, Literal) and isinstance(key.value, str):
            return replace(base, path=(*base.path, key.value))
        return Item(base, key, base.at)

    def _call(self, node: nodes.Call) -> Expression:
        if not isinstance(node.node, nodes.Name):
            name = node.node.attr if isinstance(node.node, nodes.Getattr) else ""
            raise self._source.error(node.lineno, "values have no methods", instead_of_method(name))
        return self._function(node.node.name, node, node.node.lineno, [])

    def _filter(self, node: nodes.Filter) -> Expression:
        if node.node is None:
            raise self._foreign(node)
        return self._function(node.name, node, node.lineno, [node.node])

    def _test(self, node: nodes.Test) -> Expression:
        if node.name == "undefined":
            return Not(self._function("exists", node, node.lineno, [node.node]), node.lineno)
        if node.name == "none":
            return Comparison("==", self.expression(node.node), Literal(None, node.lineno), node.lineno)
        if node.name not in TESTS:
            known = (*TESTS, "none", "undefined")
            raise self._source.error(node.lineno, f"unknown test '{node.name}'", instead_of_test(node.name, known))
        return self._function(TESTS[node.name], node, node.lineno, [node.node])

    def _function(
        self, name: str, node: nodes.Call | nodes.Filter | nodes.Test, at: int, first: list[nodes.Expr]
    ) -> Expression:
        function = FUNCTIONS.get(name)
        if function is None:
            raise self._source.error(at, f"unknown function '{name}'", instead_of_function(name))
        if node.kwargs or node.dyn_args or node.dyn_kwargs:
            raise self._source.error(at, f"{name}() takes its arguments by their order only", function.usage)
        arguments = tuple(self.expression(argument) for argument in (*first, *(node.args or ())))
        self._check(function, len(arguments), at)
        if function.name == "exists":
            arguments = tuple(map(self._pointed, arguments))
        return Call(function.name, arguments, at)

    def _pointed(self, expression: Expression) -> Expression:
        """Read a pointer in quotes, or a name with dots that has an index, as the name that it is."""
        if not isinstance(expression, Literal) or not isinstance(expression.value, str):
            return expression
        is_pointer = bool({"/", "~"} & set(expression.value))
        if is_pointer and not self._source.pointers:
            return expression
        first, *rest = steps(expression.value if is_pointer else expression.value.replace(".", "/"))
        if not is_pointer and all(isinstance(step, str) for step in rest):
            return expression
        named: Expression = Variable((str(first),), expression.at)
        for step in rest:
            named = self._field(named, Literal(step, expression.at))
        return named

    def _check(self, function: Function, given: int, at: int) -> None:
        if not function.least <= given <= function.most:
            hint = _EMPTY if function.name == "default" and given == 3 else function.usage
            raise self._source.error(at, f"{function.name}() takes {function.arity}, not {given}", hint)

    def _choice(self, node: nodes.CondExpr) -> Expression:
        otherwise = Literal(None, node.lineno) if node.expr2 is None else self.expression(node.expr2)
        return Choice(self.expression(node.test), self.expression(node.expr1), otherwise, node.lineno)

    def _not(self, node: nodes.Not) -> Expression:
        return Not(self.expression(node.node), node.lineno)

    def _logic(self, node: nodes.BinExpr) -> Expression:
        operands: list[nodes.Node] = []
        chain: nodes.Node = node
        while type(chain) is type(node):  # a chain of one operator leans to the left
            operands.append(chain.right)
            chain = chain.left
        parts = [self.expression(operand) for operand in (chain, *reversed(operands))]
        return _balanced(cast(OneOf["and", "or"], node.operator), parts, node.lineno)

    def _comparison(self, node: nodes.Compare) -> Expression:
        operands = [self.expression(each) for each in (node.expr, *(operand.expr for operand in node.ops))]
        for each in operands[1:-1]:  # written twice
            if size(each, most=MAX_TWICE) > MAX_TWICE:
                raise self._source.error(each.at, "too much stands between two comparisons", "name it with {% set %}")
        compared = zip(node.ops, operands, operands[1:], strict=False)
        steps = [Comparison(_COMPARISONS[op.op], left, right, node.lineno) for op, left, right in compared]  # type: ignore[arg-type]  # from a table
        return _balanced("and", steps, node.lineno)

    def _arithmetic(self, node: nodes.BinExpr) -> Expression:
        operator = cast(OneOf["+", "-", "*", "/", "//", "%", "**"], node.operator)
        return Arithmetic(operator, self.expression(node.left), self.expression(node.right), node.lineno)

    def _sign(self, node: nodes.UnaryExpr) -> Expression:
        operand = self.expression(node.node)
        if isinstance(operand, Literal) and isinstance(operand.value, int | float) and node.operator == "-":
            return replace(operand, value=-operand.value)
        operator = cast(OneOf["+", "-"], node.operator)
        return Arithmetic(operator, Literal(0, node.lineno), operand, node.lineno)

    def _concatenation(self, node: nodes.Concat) -> Expression:
        return Concatenation(tuple(self.expression(part) for part in node.nodes), node.lineno)

    def _list(self, node: nodes.List) -> Expression:
        return ListOf(tuple(self.expression(item) for item in node.items), node.lineno)

    def _object(self, node: nodes.Dict) -> Expression:
        pairs = []
        for pair in node.items:
            if not isinstance(pair.key, nodes.Const) or not isinstance(pair.key.value, str):
                raise self._source.error(pair.lineno, "a key is a string in quotes")
            pairs.append((pair.key.value, self.expression(pair.value)))
        return ObjectOf(tuple(pairs), node.lineno)

    def _foreign(self, node: nodes.Node) -> TemplateError:
        name, hint = _NODES.get(type(node), (type(node).__name__.lower(), ""))
        return self._source.error(_place(node), f"{name} is not part of the language", hint)

    _EXPRESSIONS: dict[type, Callable[["_Reader", nodes.Node], Expression]] = cast(
        "dict[type, Callable[[_Reader, nodes.Node], Expression]]",
        {
            nodes.Name: _name,
            nodes.Const: _const,
            nodes.Getattr: _getattr,
            nodes.Getitem: _getitem,
            nodes.Call: _call,
            nodes.Filter: _filter,
            nodes.Test: _test,
            nodes.CondExpr: _choice,
            nodes.Not: _not,
            nodes.And: _logic,
            nodes.Or: _logic,
            nodes.Compare: _comparison,
            nodes.Add: _arithmetic,
            nodes.Sub: _arithmetic,
            nodes.Mul: _arithmetic,
            nodes.Div: _arithmetic,
            nodes.FloorDiv: _arithmetic,
            nodes.Mod: _arithmetic,
            nodes.Pow: _arithmetic,
            nodes.Neg: _sign,
            nodes.Pos: _sign,
            nodes.Concat: _concatenation,
            nodes.List: _list,
            nodes.Dict: _object,
        },
    )


_NODES: dict[type[nodes.Node], tuple[str, str]] = {
    nodes.Tuple: ("a list without brackets", "write [a, b]"),
    nodes.Slice: ("a slice", _SLICE),
}
"""How things are called that Jinja knows and we don't, and what there is in their place."""


def _place(node: nodes.Node) -> int:
    """The offset of *node*; some of Jinja's nodes don't know theirs."""
    if node.lineno is not None:
        return node.lineno
    return next((_place(child) for child in node.iter_child_nodes()), 0)


def _balanced(operator: OneOf["and", "or"], parts: Sequence[Expression], at: int) -> Expression:
    """Join *parts* by *operator*, in their order, in a tree that is as low as can be."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    return Logic(operator, _balanced(operator, parts[:middle], at), _balanced(operator, parts[middle:], at), at)
