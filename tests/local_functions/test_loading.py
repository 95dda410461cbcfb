"""Loading a user's file: its functions, or what is wrong with it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.local_functions import ask

from gloo.local_functions.loading import Loaded, load
from gloo.local_functions.orders import Finding, FunctionOrder, Kind, Order


@pytest.fixture(autouse=True)
def _modules_as_before() -> Iterator[None]:
    path, modules = list(sys.path), set(sys.modules)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        del sys.modules[name]


def loaded(folder: Path, code: str, handler: str = "f", kind: Kind = "lambda") -> Loaded:
    file = folder / "shop.py"
    file.write_text(code)
    return load(Order("a", str(file), (FunctionOrder("f", handler, kind),), 0))


async def test_a_function_is_found_by_its_name_or_inside_something(tmp_path: Path) -> None:
    code = "class A:\n    @staticmethod\n    def f(event, context): return 7\n"
    found = loaded(tmp_path, code, "A.f")
    assert (found.report.loaded, found.report.findings) == (True, ())
    assert (await ask(found.functions["f"])).json() == 7


def test_a_file_finds_what_stands_beside_it(tmp_path: Path) -> None:
    (tmp_path / "beside_shop.py").write_text("f = lambda event, context: 1\n")
    assert loaded(tmp_path, "from beside_shop import f\n").report.findings == ()


def test_a_file_that_is_called_like_a_module_in_use_does_not_take_its_place(tmp_path: Path) -> None:
    file = tmp_path / "json.py"
    file.write_text("f = lambda event, context: 1\n")
    before = sys.modules["json"]
    assert load(Order("a", str(file), (FunctionOrder("f", "f", "lambda"),), 0)).report.loaded
    assert sys.modules["json"] is before


@pytest.mark.parametrize(
    ("code", "handler", "problem"),
    [
        ("g = 1\n", "f", "shop.py has no 'f'"),
        ("f = 1\n", "f", "'f' in shop.py can't be called"),
        ("async def f(event, context): ...\n", "f", "'f' is a coroutine function, which Lambda does not call"),
    ],
)
async def test_a_bad_function_is_told_and_answers_503_alone(
    tmp_path: Path, code: str, handler: str, problem: str
) -> None:
    found = loaded(tmp_path, code, handler)
    assert found.report.loaded
    assert [(finding.function, finding.problem) for finding in found.report.findings] == [("f", problem)]
    answer = await ask(found.functions["f"])
    assert (answer.status_code, answer.json()["error"]["reason"]) == (503, "function_not_loaded")


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("x = 1\nimport no_such_module\n", "shop.py, line 2: ModuleNotFoundError: No module named 'no_such_module'"),
        ("def f(:\n", "shop.py, line 1: SyntaxError: "),
        ("\n\nraise ValueError('canary')\n", "shop.py, line 3: ValueError"),
        ("import sys\nsys.exit(3)\n", "shop.py, line 2: SystemExit"),
    ],
)
def test_a_file_that_can_not_be_run_is_told_with_its_line(
    tmp_path: Path, code: str, problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    report = loaded(tmp_path, code).report
    assert not report.loaded
    assert report.findings[0].problem.startswith(problem)
    assert "canary" not in report.findings[0].problem
    assert "Traceback" in capsys.readouterr().err


def test_a_file_that_is_not_there_may_come(tmp_path: Path) -> None:
    report = load(Order("a", str(tmp_path / "none.py"), (), 0)).report
    assert report.findings == (Finding("none.py can't be read: No such file or directory", missing=True),)


def test_a_missing_file_that_the_code_wants_is_no_missing_module(tmp_path: Path) -> None:
    report = loaded(tmp_path, "open('/no/such/file')\n").report
    assert report.findings[0].problem == "shop.py, line 1: FileNotFoundError"
    assert not report.findings[0].missing
