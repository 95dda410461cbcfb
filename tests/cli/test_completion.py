"""gloo completion."""

import os
import subprocess
import sys

import pytest
from tests.cli.command_line import gloo


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(shell: str) -> None:
    assert f"_GLOO_COMPLETE={shell}_complete" in gloo("completion", shell).stdout


@pytest.mark.parametrize(
    ("words", "offered"), [("gloo che", "check"), ("gloo get ups", "upstream"), ("gloo run --http-p", "--http-port")]
)
def test_commands_kinds_and_options_are_completed(words: str, offered: str) -> None:
    number = str(len(words.split()) - 1)
    environ = {**os.environ, "_GLOO_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": number}
    done = subprocess.run(
        [sys.executable, "-c", "from gloo.cli import main; main()"],
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert f"plain,{offered}" in done.stdout.splitlines()
