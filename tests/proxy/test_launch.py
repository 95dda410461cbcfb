import os
import subprocess
from pathlib import Path

import pytest

from gloo.errors import ProxyError
from gloo.proxy.launch import Launch, environment


def test_the_bootstrap_is_on_no_command_line_and_in_no_repr(folder: Path) -> None:
    launch = Launch(binary=Path("/bin/envoy"), bootstrap='{"canary": 1}', folder=folder)
    assert "canary" not in " ".join(launch.command())
    assert "canary" not in repr(launch)


def test_hot_restart_is_off_unless_asked_for(folder: Path) -> None:
    assert "--disable-hot-restart" in Launch(binary=Path("e"), bootstrap="", folder=folder).command()
    hot = Launch(binary=Path("e"), bootstrap="", folder=folder, use_dynamic_base_id=True).command()
    assert "--use-dynamic-base-id" in hot
    assert "--disable-hot-restart" not in hot


def test_the_number_of_threads_is_envoys_choice_unless_given(folder: Path) -> None:
    assert "--concurrency" not in Launch(binary=Path("e"), bootstrap="", folder=folder).command()
    given = Launch(binary=Path("e"), bootstrap="", folder=folder, concurrency=3).command()
    assert given[given.index("--concurrency") + 1] == "3"


async def test_it_runs_in_a_session_of_its_own_under_its_own_pid(launch: Launch) -> None:
    process = await launch.start()
    try:
        assert os.getsid(process.pid) == process.pid
        assert launch.binary.name in subprocess.list2cmdline(launch.command())
    finally:
        process.kill()
        await process.wait()


async def test_a_folder_that_is_gone_is_an_error_that_says_so(binary: Path, tmp_path: Path) -> None:
    with pytest.raises(ProxyError, match=r"Envoy can't be started: .*No such file"):
        await Launch(binary=binary, bootstrap="", folder=tmp_path / "gone").start()


def test_a_process_of_ours_gets_the_environment_without_the_way_into_vault(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GLOO_VAULT_TOKEN", "VAULT_TOKEN", "FUNCTION_KEY"):
        monkeypatch.setenv(name, "canary")
    assert {name for name, value in environment().items() if value == "canary"} == {"FUNCTION_KEY"}
