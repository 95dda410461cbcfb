"""What functions stand in a Python file, found by reading it: nothing of it is run.

Taken is what stands at the top of the file, has no underscore before its name, and says by its form how it is called:

* ``def f(event, context)``: as Lambda does
* ``def f(request)``, or decorated with ``functions_framework.http``: as Google does
* ``def f(cloud_event)``, or decorated with ``functions_framework.cloud_event``: with a CloudEvent
* ``async def f(scope, receive, send)``, or ``f = FastAPI()`` and its like: as ASGI does
"""

import ast
import asyncio
from collections.abc import Iterator
from pathlib import Path

from gloo.errors import DiscoveryError
from gloo.model.base import Json, Model
from gloo.model.upstream import Function
from gloo.plugins.base import FunctionKind
from gloo.plugins.discovery import Discovered

_FORMS: dict[tuple[str, ...], FunctionKind] = {
    ("event", "context"): "lambda",
    ("request",): "google",
    ("cloud_event",): "cloudevent",
    ("scope", "receive", "send"): "asgi",
}
_DECORATED: dict[str, FunctionKind] = {"http": "google", "cloud_event": "cloudevent"}
_FRAMEWORKS = frozenset(["FastAPI", "Starlette", "Litestar", "Quart"])
_MOST_BYTES = 4 * 2**20


class LocalDiscovery(Model, frozen=True, kw_only=True):
    """A file says all there is to know."""


async def functions_in(folder: Path, module: str) -> Discovered:
    """Return the functions of the file *module* below *folder*; raises DiscoveryError for one that can't be read."""
    try:
        text = await asyncio.to_thread(_read, folder / module)
        tree = ast.parse(text)
    except OSError as error:
        raise DiscoveryError(f"{module} can't be read: {error.strerror}") from error
    except SyntaxError as error:
        raise DiscoveryError(f"{module}:{error.lineno or 1} is no Python: {error.msg}") from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise DiscoveryError(f"{module} is no Python") from error
    found = {name: Function(name=name, spec=_spec(kind)) for name, kind in _found(tree) if not name.startswith("_")}
    return Discovered(tuple(found.values()))


def _read(file: Path) -> bytes:
    with file.open("rb") as opened:
        text = opened.read(_MOST_BYTES + 1)
    if len(text) > _MOST_BYTES:
        raise ValueError("it is too long")
    return text


def _spec(kind: FunctionKind) -> dict[str, Json]:
    return {} if kind == "lambda" else {"kind": kind}


def _found(tree: ast.Module) -> Iterator[tuple[str, FunctionKind]]:
    """Yield the names at the top of a file that stand for functions, and how each is called."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            kind = _kind(node)
            if kind is not None:
                yield node.name, kind
        elif isinstance(node, ast.Assign | ast.AnnAssign) and _is_application(node.value):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from ((target.id, "asgi") for target in targets if isinstance(target, ast.Name))


def _kind(node: ast.FunctionDef | ast.AsyncFunctionDef) -> FunctionKind | None:
    """Return how a function is called; None for one that does not say so, or could not be called so."""
    for decorator in node.decorator_list:
        whole = ast.unparse(decorator.func if isinstance(decorator, ast.Call) else decorator)
        place, _, name = whole.rpartition(".")
        if place in {"functions_framework", ""} and name in _DECORATED:
            return _DECORATED[name]
    arguments = node.args
    given = [*arguments.posonlyargs, *arguments.args]
    wanted = given[: len(given) - len(arguments.defaults)]
    kind = _FORMS.get(tuple(argument.arg for argument in wanted))
    if any(default is None for default in arguments.kw_defaults):
        return None
    if kind == "lambda" and isinstance(node, ast.AsyncFunctionDef):
        return None
    return None if kind == "asgi" and isinstance(node, ast.FunctionDef) else kind


def _is_application(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Call) and ast.unparse(value.func).rpartition(".")[2] in _FRAMEWORKS
