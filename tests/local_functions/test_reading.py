"""What is wrong with code is seen without running it, and said as the worker would say it."""

from pathlib import Path

import pytest

from gloo.local_functions.loading import load
from gloo.local_functions.orders import FunctionOrder, Order
from gloo.local_functions.reading import problem_of, problems_in
from gloo.model.status import Problem
from gloo.plugins.base import PythonFunction, PythonWorker

WORKER = PythonWorker("shop", "shop.py", (PythonFunction("f", "f", "lambda", "functions[0]"),), "s.sock")
CANARY = "raise SystemExit('it was run')\n"


def read(folder: Path, text: str | bytes | None) -> tuple[Problem, ...]:
    if text is not None:
        (folder / "shop.py").write_bytes(text if isinstance(text, bytes) else text.encode())
    return problems_in(folder, WORKER)


@pytest.mark.parametrize(
    ("text", "field", "problem", "pending"),
    [
        (None, "spec.module", "shop.py can't be read: No such file or directory", True),
        ("x = (\n", "spec.module", "shop.py, line 1: SyntaxError: '(' was never closed", False),
        ("\nreturn 1\n", "spec.module", "shop.py, line 2: SyntaxError: 'return' outside function", False),
        (b"x = '\xff'\n", "spec.module", "shop.py, line 1: SyntaxError: (unicode error)", False),
        ("def g(event, context): ...\n", "functions[0].spec.handler", "shop.py has no 'f'", False),
        (
            "import logging\nlog = logging.getLogger(__name__)\nif __name__ == '__main__': print(1)\n",
            "functions[0].spec.handler",
            "shop.py has no 'f'",
            False,
        ),
    ],
)
def test_what_the_worker_would_find_is_told(
    tmp_path: Path, text: str | bytes | None, field: str, problem: str, pending: bool
) -> None:
    (found,) = read(tmp_path, text)
    assert (found.field, found.pending) == (field, pending)
    assert found.problem.startswith(problem)
    order = Order("shop", str(tmp_path / "shop.py"), (FunctionOrder("f", "f", "lambda"),), 0)
    assert [problem_of(each, WORKER) for each in load(order).report.findings] == [found]


@pytest.mark.parametrize(
    "text",
    [
        "def f(event, context): ...",
        "async def f(scope, receive, send): ...",
        "class f: ...",
        "from elsewhere import f",
        "from elsewhere import g as f",
        "import f.below",
        "if True:\n    f = print",
        "for f in (): ...",
        "with open('x') as (a, f): ...",
        "(f := 1)",
        "def make():\n    global f\n    f = 1\nmake()",
        "try: ...\nexcept Exception as f: ...",
        "match 1:\n    case [*f]: ...",
        "from elsewhere import *",
        "globals()['f'] = print",
        "def __getattr__(name): return print",
        "import sys\nsys.modules[__name__].f = print",
        "import sys\nsys.modules[__name__].__dict__['f'] = print",
        "import builtins, elsewhere\nbuiltins.setattr(elsewhere.me(), 'f', print)",
        "import helper\nhelper.install(__name__)",
    ],
)
def test_what_may_have_the_name_is_left_to_the_worker(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, f"{text}\n{CANARY}") == ()
