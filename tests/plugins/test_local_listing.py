"""Functions of a Python file, found by reading it."""

from pathlib import Path

import pytest
from tests.support.platform_server import ask, names

from gloo.discovery.asking import Asking
from gloo.errors import DiscoveryError
from gloo.plugins.discovery import Discovered

TEXT = "name: shop\ntype: local\nspec: {module: shop.py}\ndiscovery: {functions: true}\n"


async def found(folder: Path, code: str) -> Discovered:
    (folder / "shop.py").write_text(code)
    return await ask(TEXT, asking=Asking(folder=folder))


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("def f(event, context): ...", "lambda"),
        ("def f(event, context, again=True): ...", "lambda"),
        ("def f(request): ...", "google"),
        ("async def f(request): ...", "google"),
        ("@functions_framework.http\ndef f(anything): ...", "google"),
        ("@http\ndef f(anything): ...", "google"),
        ("def f(cloud_event): ...", "cloudevent"),
        ("@functions_framework.cloud_event\ndef f(anything): ...", "cloudevent"),
        ("async def f(scope, receive, send): ...", "asgi"),
        ("f = FastAPI()", "asgi"),
        ("f: Starlette = starlette.applications.Starlette(debug=True)", "asgi"),
    ],
)
async def test_the_form_of_a_function_says_how_it_is_called(tmp_path: Path, code: str, kind: str) -> None:
    (function,) = (await found(tmp_path, code)).functions
    assert (function.name, function.spec.get("kind", "lambda")) == ("f", kind)


@pytest.mark.parametrize(
    "code",
    [
        "",
        "def f(a, b): ...",
        "def f(): ...",
        "def _f(event, context): ...",
        "async def f(event, context): ...",
        "def f(scope, receive, send): ...",
        "def f(event, context, *, needed): ...",
        "class A:\n    def f(self, event, context): ...",
        "if True:\n    def f(event, context): ...",
        "f = object()",
        "@app.http\ndef f(a): ...",
    ],
)
async def test_what_does_not_say_how_it_is_called_is_passed_over(tmp_path: Path, code: str) -> None:
    assert names(await found(tmp_path, code)) == []


async def test_nothing_of_the_file_is_run(tmp_path: Path) -> None:
    code = "import shop_is_run_by_nobody\nraise SystemExit\ndef f(event, context): ...\n"
    assert names(await found(tmp_path, code)) == ["f"]


@pytest.mark.parametrize(
    ("code", "said"),
    [("def f(\n", "shop.py:1 is no Python: "), ("\0", "is no Python"), ("#" * (4 * 2**20 + 1), "is no Python")],
)
async def test_a_file_that_is_no_python_is_told(tmp_path: Path, code: str, said: str) -> None:
    with pytest.raises(DiscoveryError, match=said):
        await found(tmp_path, code)


async def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DiscoveryError, match=r"shop\.py can't be read: No such file"):
        await ask(TEXT, asking=Asking(folder=tmp_path))
