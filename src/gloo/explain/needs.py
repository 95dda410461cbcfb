"""What a function needs to know of a request: the names in its templates."""

from collections.abc import Iterator

from gloo.functions import FunctionTemplate
from gloo.functions.source import Source
from gloo.functions.template import parse
from gloo.functions.tree import Block, Call, Expression, For, If, Literal, Output, Set, Variable, children, statements


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
    expressions = (e for block in blocks for each in statements(block) for e in _expressions(each))
    return frozenset(call.function for expression in expressions for call in _calls(expression))


def _calls(expression: Expression) -> Iterator[Call]:
    if isinstance(expression, Call):
        yield expression
    for child in children(expression):
        yield from _calls(child)


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
        for expression in _expressions(statement):
            for variable in _variables(expression):
                if variable.path[0] not in own:
                    yield variable.name


def _expressions(statement: object) -> Iterator[Expression]:
    match statement:
        case Output(expression) | Set(_, expression):
            yield expression
        case If(branches):
            yield from (branch.condition for branch in branches)
        case For(items=items):
            yield items


def _variables(expression: Expression) -> Iterator[Variable]:
    if isinstance(expression, Variable):
        yield expression
    if isinstance(expression, Call) and expression.function == "values":
        name = expression.arguments[0]
        if isinstance(name, Literal) and isinstance(name.value, str):
            yield Variable((name.value,), name.at)
    for child in children(expression):
        yield from _variables(child)
