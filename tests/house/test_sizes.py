"""Files and functions stay small enough to be read at once, and are named for what they hold."""

import ast

from tests.support.house import ROOT, TESTS, functions, modules, shown, tracked

MOST_LINES = 400
MOST_LINES_OF_A_FUNCTION = 40
TINY = 6
VAGUE = frozenset(["utils", "util", "helpers", "helper", "common", "misc", "manager", "handler", "data", "info"])
NAMED_BY_ENVOY = {"connection_manager"}


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    files = [*modules(), *TESTS.rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py"), *(ROOT / "src").rglob("*.lua")]
    assert [shown(file) for file in files if len(file.read_text().splitlines()) > MOST_LINES] == []


def test_no_function_is_longer_than_a_screen() -> None:
    long = [
        f"{shown(file)}:{function.lineno} {function.name}"
        for file in modules()
        for function in functions(file)
        if (function.end_lineno or 0) - function.lineno >= MOST_LINES_OF_A_FUNCTION
    ]
    assert long == []


def test_no_file_has_a_name_that_says_nothing() -> None:
    stems = {file: file.stem.removeprefix("test_").lower().replace("-", "_") for file in tracked()}
    vague = [shown(file) for file, stem in stems.items() if VAGUE & set(stem.split("_")) and stem not in NAMED_BY_ENVOY]
    assert vague == []


def test_every_module_and_whatever_is_public_and_not_tiny_says_what_it_is() -> None:
    silent = [f"{shown(file)}: {name}" for file in modules() for name in _undocumented(ast.parse(file.read_text()))]
    assert silent == []


def _lines(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or 0) - node.lineno + 1


def _undocumented(tree: ast.Module) -> list[str]:
    public = [
        node
        for node in tree.body
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_")
    ]
    silent = [node.name for node in public if ast.get_docstring(node) is None and _lines(node) > TINY]
    return silent if ast.get_docstring(tree) else ["the module", *silent]
