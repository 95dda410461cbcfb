"""The demo's folder: made once, never overwritten."""

from pathlib import Path

import pytest
from tests.cli.command_line import gloo

from gloo.cli.demo_folder import is_fresh, known_port, make_demo_folder, set_port
from gloo.errors import StorageError


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    folder = tmp_path / "demo"
    make_demo_folder(folder, 4711)
    return folder


def test_the_demo_has_nothing_to_mend(demo: Path) -> None:
    assert gloo("check", demo).stdout == ""


def test_a_folder_that_is_not_there_or_empty_is_fresh(tmp_path: Path) -> None:
    assert is_fresh(tmp_path / "new")
    assert is_fresh(tmp_path)
    (tmp_path / ".gloo").mkdir()
    assert is_fresh(tmp_path)


def test_the_users_demo_is_not_fresh_again(demo: Path) -> None:
    assert not is_fresh(demo)


def test_a_folder_with_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(StorageError, match="holds something else than the demo"):
        is_fresh(tmp_path)
    with pytest.raises(StorageError, match="is no folder"):
        is_fresh(tmp_path / "thesis.txt")


async def test_only_the_port_changes_when_the_petstore_moves(demo: Path) -> None:
    file = demo / "upstreams/petstore.yaml"
    before = file.read_text() + "# mine\n"
    file.write_text(before)
    assert await known_port(demo) == 4711
    await set_port(demo, 4712)
    assert file.read_text() == before.replace("4711", "4712")


async def test_a_petstore_that_the_user_moved_is_left_alone(demo: Path) -> None:
    file = demo / "upstreams/petstore.yaml"
    file.write_text(file.read_text().replace("127.0.0.1", "pets.example.org"))
    assert await known_port(demo) == 0
    file.write_text("upstreams: []\n")
    assert await known_port(demo) == 0
