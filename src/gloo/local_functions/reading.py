"""What is wrong with a file of functions, as far as it can be seen without running it."""

import ast
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path

from gloo.local_functions.orders import Finding
from gloo.model.status import Problem
from gloo.plugins.base import PythonWorker

_TELLING = (ImportError, SyntaxError, NameError, AttributeError)  # their texts name code, never values
_MAKING = frozenset(("globals", "locals", "vars", "exec", "setattr", "modules", "__dict__", "__getattr__"))
"""What can give a module names that do not stand in it."""

_NAMED = frozenset(("getLogger", "get_logger", "Flask", "Quart"))


def problems_in(folder: Path, worker: PythonWorker) -> tuple[Problem, ...]:
    """Return what is wrong with the module of *worker*, which is below *folder*."""
    file = folder / worker.module
    try:
        names = _names(file.read_bytes(), file)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return (problem_of(failure_of(error, file), worker),)
    if names is None:
        return ()
    wanted = (each for each in worker.functions if each.handler.partition(".")[0] not in names)
    return tuple(problem_of(lacking(file.name, each.handler, each.name), worker) for each in wanted)


def failure_of(error: BaseException, file: Path) -> Finding:
    """Say of *error* that *file* can't be read or run."""
    if isinstance(error, OSError) and error.filename == str(file):
        return Finding(f"{file.name} can't be read: {error.strerror}", missing=isinstance(error, FileNotFoundError))
    line = _line(error, str(file))
    place = f"{file.name}, line {line}" if line else file.name
    if isinstance(error, SyntaxError) and error.filename == str(file):
        return Finding(f"{place}: SyntaxError: {error.msg}")
    text = f"{type(error).__name__}: {error}" if isinstance(error, _TELLING) else type(error).__name__
    return Finding(f"{place}: {text}", hint="the log of a gateway has the whole of it")


def lacking(file: str, handler: str, function: str) -> Finding:
    """Say that *handler*, which is to stand for *function*, is not in *file*."""
    return Finding(f"{file} has no {handler!r}", function, "its requests are answered 503")


def problem_of(finding: Finding, worker: PythonWorker) -> Problem:
    """Return *finding* about the upstream of *worker*, with the field that it is about."""
    places = {function.name: f"{function.place}.spec.handler" for function in worker.functions}
    at = places.get(finding.function, "spec.module")
    return Problem(field=at, problem=finding.problem, hint=finding.hint, pending=finding.missing)


def _line(error: BaseException, file: str) -> int | None:
    if isinstance(error, SyntaxError) and error.filename == file:
        return error.lineno
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return lines[-1] if lines else None


def _names(text: bytes, file: Path) -> frozenset[str] | None:
    """Return all names that the module may have, or None if it may have any; raises what Python says of its text."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the worker says them
        tree = ast.parse(text, str(file))
        compile(tree, str(file), "exec", dont_inherit=True)
    names = frozenset(name for node in ast.walk(tree) for name in _bound(node))
    if "*" in names or names & _MAKING or _gives_its_name(tree):
        return None
    return names


def _gives_its_name(tree: ast.Module) -> bool:
    """Tell whether something gets ``__name__`` that may set names by it: no comparison, logger or application."""
    harmless: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            harmless.add(id(node.left))
        elif isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in _NAMED:
            harmless.update(map(id, node.args))
    names = (node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == "__name__")
    return any(id(name) not in harmless for name in names)


def _bound(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield node.name
        case ast.alias():
            yield node.asname or node.name.partition(".")[0]
        case ast.Attribute():
            yield node.attr
        case ast.Name():
            yield node.id  # one that is only read is bound elsewhere, or is one of those that make names
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
            yield name
        case ast.ExceptHandler(name=str(name)):
            yield name
