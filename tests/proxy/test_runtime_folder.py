import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from gloo.errors import ProxyError
from gloo.proxy.runtime_folder import runtime_folder, sweep

HOLD = """
import sys
from pathlib import Path
from gloo.proxy.runtime_folder import runtime_folder
with runtime_folder(Path(sys.argv[1])) as folder:
    (folder / "admin.sock").write_text("")
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def base() -> Iterator[Path]:
    """Return an empty folder whose path is short: that of `tmp_path` is too long for sockets."""
    with TemporaryDirectory() as name:
        yield Path(name)


def test_it_is_private_and_gone_afterwards(base: Path) -> None:
    with runtime_folder(base) as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        (folder / "admin.sock").write_text("")
    assert list(base.iterdir()) == []


def test_the_folder_of_a_killed_run_is_swept_at_the_next_start_and_that_of_a_living_one_is_not(base: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(base)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        other = Path(run.stdout.readline().strip())
        with runtime_folder(base):
            assert other.exists()
        run.kill()
    assert other.exists()
    with runtime_folder(base) as folder:
        assert list(base.iterdir()) == [folder]


def test_what_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    for name in ("gloo-notes-2", "gloo-", "other-1-x"):
        (tmp_path / name).mkdir()
    sweep(tmp_path)
    assert len(list(tmp_path.iterdir())) == 3


def test_a_base_with_too_long_a_path_for_sockets_is_refused_with_the_remedy(tmp_path: Path) -> None:
    base = tmp_path / ("x" * 80)
    base.mkdir()
    with pytest.raises(ProxyError, match="too long a path for Unix sockets"), runtime_folder(base):
        pass
    assert list(base.iterdir()) == []


def test_a_base_that_is_missing_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(ProxyError, match="nowhere: No such file"), runtime_folder(tmp_path / "nowhere"):
        pass
