import asyncio
import os
import resource
import subprocess
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest
from tests.proxy.waiting import is_dead, until

from gloo.proxy import parent_death

SHIM = [sys.executable, "-I", "-S", parent_death.__file__]

# A parent that starts `sleep` through the shim, prints its pid and waits to be killed.
PARENT = """
import os, subprocess, sys
child = subprocess.Popen([*sys.argv[1:], str(os.getpid()), "/bin/sleep", "60"])
print(child.pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
async def test_the_program_dies_with_a_parent_that_is_killed() -> None:
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", PARENT, *SHIM, stdin=PIPE, stdout=PIPE)
    assert parent.stdout is not None
    child = int(await parent.stdout.readline())
    await until(lambda: runs_sleep(child))
    parent.kill()
    await parent.wait()
    await until(lambda: is_dead(child))


def runs_sleep(pid: int) -> bool:
    return Path(f"/proc/{pid}/comm").read_text() == "sleep\n"


def run(parent: int, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*SHIM, str(parent), *command], capture_output=True, text=True, timeout=10, check=False)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_the_program_is_not_started_when_the_parent_has_died_meanwhile() -> None:
    outcome = run(1 if os.getpid() != 1 else 2, "/bin/echo", "started")
    assert (outcome.returncode, outcome.stdout) == (1, "")


def test_the_program_gets_its_arguments_and_as_many_files_as_allowed() -> None:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    outcome = run(os.getpid(), "/bin/sh", "-c", 'echo "$0" $(ulimit -n)', "a b")
    assert outcome.stdout == f"a b {'unlimited' if most == resource.RLIM_INFINITY else most}\n"


def test_a_program_that_can_not_be_run_is_named() -> None:
    outcome = run(os.getpid(), "/no/such/program")
    assert outcome.returncode == 1
    assert outcome.stderr == "/no/such/program can't be run: No such file or directory\n"
