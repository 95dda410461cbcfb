"""What a function needs to know of a request: the names in its templates."""

from collections.abc import Iterator

from gloo.functions import FunctionTemplate
from gloo.functions.source import Source
from gloo.functions.template import parse
from gloo.functions.tree import (
    Block,
    Call,
    Expression,
    For,
    Literal,
    Set,
    Variable,
    children,
    expressions_of,
    functions_of,
    statements,
)


def needed_names(template: FunctionTemplate) -> dict[str, tuple[str, ...]]:
    """Return the templates that use each name: ``{"id": ("path", "body")}``; names that templates set are left out."""
    places: dict[str, dict[str, None]] = {}
    for field, text in _texts(template):
        for name in _names(parse(Source.of(field, text, pointers=template.known.pointers))):
            places.setdefault(name, {})[field] = None
    return {name: tuple(fields) for name, fields in places.items()}


def called_in(template: FunctionTemplate) -> frozenset[str]:
    """Return the names of the functions that the request's templates call, such as ``context``."""
    blocks = (parse(Source.of(field, text, pointers=template.known.pointers)) for field, text in _texts(template))
    return frozenset(function for block in blocks for function in functions_of(block))


def _texts(template: FunctionTemplate) -> Iterator[tuple[str, str]]:
    if template.path is not None:
        yield "path", template.path
    for name, text in template.headers:
        yield f"headers.{name}", text
    if template.body is not None:
        yield "body", template.body
    for key, text in template.mode.keys:
        yield f"merge_json_keys.{key}", text


def _names(block: Block) -> Iterator[str]:
    own = {"loop"}
    for statement in statements(block):
        if isinstance(statement, Set):
            own.add(statement.name)
        elif isinstance(statement, For):
            own.update(name for name in (statement.key, statement.value) if name)
    for statement in statements(block):
        for expression in expressions_of(statement):
            for variable in _variables(expression):
                if variable.path[0] not in own:
                    yield variable.name


def _variables(expression: Expression) -> Iterator[Variable]:
    if isinstance(expression, Variable):
        yield expression
    if isinstance(expression, Call) and expression.function == "values":
        name = expression.arguments[0]
        if isinstance(name, Literal) and isinstance(name.value, str):
            yield Variable((name.value,), name.at)
    for child in children(expression):
        yield from _variables(child)
