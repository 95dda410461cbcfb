"""Who may import whom, and that an import does nothing."""

import subprocess
import sys
from pathlib import Path

from tests.support.house import ROOT, SOURCE, modules

PROGRAM = """
import importlib, sys

def refuse(event, arguments):
    if event in {"socket.connect", "socket.bind", "subprocess.Popen", "os.system", "os.fork", "os.posix_spawn"}:
        raise RuntimeError(f"an import wants {event} {arguments}")

sys.addaudithook(refuse)
for name in sys.argv[1:]:
    importlib.import_module(name)
"""


def test_the_layers_are_kept() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout


def test_an_import_opens_nothing_and_starts_nothing() -> None:
    names = [".".join(module.relative_to(SOURCE.parent).with_suffix("").parts) for module in modules()]
    imported = [name.removesuffix(".__init__") for name in names if not name.endswith(".__main__")]
    command = [sys.executable, "-W", "error", "-c", PROGRAM, *imported]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
