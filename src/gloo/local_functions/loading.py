"""Find functions in a user's file. The file is run for it, so this happens in a worker alone."""

import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from starlette.types import ASGIApp

from gloo.local_functions.asgi_answers import unavailable
from gloo.local_functions.aws_function import aws_app
from gloo.local_functions.google_function import event_app, http_app
from gloo.local_functions.orders import Finding, FunctionOrder, Order, Report
from gloo.local_functions.reading import failure_of, lacking
from gloo.model.base import Value


class Loaded(Value, frozen=True):
    """What came of an order: something that answers for each function, and what is wrong.

    Args:
        applications: the functions that are ASGI applications themselves; they want to hear of start and end.
    """

    report: Report
    functions: dict[str, ASGIApp]
    applications: dict[str, ASGIApp]


def load(order: Order) -> Loaded:
    """Run the file and look its functions up; whatever it raises is a finding."""
    try:
        module = _run(Path(order.file))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a user's code may raise anything
        failure = failure_of(error, Path(order.file))
        if not failure.missing:
            _print(error)
        return Loaded(Report(loaded=False, findings=(failure,)), {}, {})
    functions: dict[str, ASGIApp] = {}
    applications: dict[str, ASGIApp] = {}
    findings: list[Finding] = []
    for each in order.functions:
        found, problem = _look_up(module, each, Path(order.file).name)
        if problem is not None:
            findings.append(problem)
        functions[each.name] = unavailable(each.name) if found is None else _adapted(each, found)
        if found is not None and each.kind == "asgi":
            applications[each.name] = functions[each.name]
    return Loaded(Report(loaded=True, findings=tuple(findings)), functions, applications)


def _run(file: Path) -> ModuleType:
    """Import *file*, which finds what stands beside it; a name that is taken already gets a prefix."""
    name = file.stem if file.stem not in sys.modules else f"local_{file.stem}"
    sys.path.insert(0, str(file.parent))
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file.name} is no Python file")
    file.read_bytes()  # so that a file that is not there is an error of its own, unlike one that the code wants
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _look_up(module: ModuleType, order: FunctionOrder, file: str) -> tuple[Callable[..., Any] | None, Finding | None]:
    found: object = module
    for part in order.handler.split("."):
        found = getattr(found, part, None)
    if found is None:
        return None, lacking(file, order.handler, order.name)
    if not callable(found):
        return None, Finding(f"{order.handler!r} in {file} can't be called", order.name)
    if order.kind == "lambda" and inspect.iscoroutinefunction(found):
        hint = "write `def`, or choose another kind"
        return None, Finding(f"{order.handler!r} is a coroutine function, which Lambda does not call", order.name, hint)
    return found, None


def _adapted(order: FunctionOrder, found: Callable[..., Any]) -> ASGIApp:
    if order.kind == "lambda":
        return aws_app(order.name, found)
    if order.kind == "google":
        return http_app(order.name, found)
    return event_app(order.name, found) if order.kind == "cloudevent" else found


def _print(error: BaseException) -> None:
    traceback.print_exception(error, file=sys.stderr)
