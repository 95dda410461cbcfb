"""The artifacts in a folder keep every store's promises, and those of their own."""

import contextlib
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path

import pytest
from tests.storage.contract import ArtifactStorageContract, following

from gloo.model.artifact import Artifact
from gloo.storage import FileArtifacts


class TestFileArtifacts(ArtifactStorageContract):
    @pytest.fixture(autouse=True)
    def _store(self, tmp_path: Path) -> None:
        self.folder = tmp_path / "artifacts"
        self.artifacts = FileArtifacts(tmp_path)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_bytes(text.encode())

    def remove(self, name: str) -> None:
        (self.folder / name).unlink()


@pytest.fixture
def led_out(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the artifacts of `tmp_path`, which leads to another place."""
    other = tmp_path_factory.mktemp("other")
    (other / "a.txt").write_text("canary-90ab")
    (tmp_path / "artifacts").symlink_to(other)
    return tmp_path / "artifacts"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of the artifacts of `tmp_path`; beside it are others."""
    for name in ("artifacts", "secrets", "elsewhere"):
        (tmp_path / name).mkdir()
    (tmp_path / "secrets" / "key.txt").write_text("canary-90ab")
    return tmp_path / "artifacts"


def watch(folder: Path, *names: str) -> contextlib.aclosing[AsyncGenerator[Mapping[str, Artifact], None]]:
    return contextlib.aclosing(FileArtifacts(folder.parent).watch(frozenset(names)))


async def first(folder: Path, *names: str) -> Mapping[str, Artifact]:
    async with watch(folder, *names) as states:
        return await anext(states)


async def test_a_link_that_leads_out_of_the_folder_is_refused(folder: Path) -> None:
    (folder / "file.txt").symlink_to(folder.parent / "secrets" / "key.txt")
    (folder / "near.txt").symlink_to("../secrets/key.txt")
    (folder / "legal").symlink_to(folder.parent / "secrets")
    state = await first(folder, "file.txt", "near.txt", "legal/key.txt")
    assert {str(each.problem) for each in state.values()} == {"leads out of the folder artifacts"}
    assert len(state) == 3 and {each.text for each in state.values()} == {""}


async def test_the_folder_itself_may_not_lead_out(led_out: Path) -> None:
    assert (await first(led_out, "a.txt"))["a.txt"] == Artifact(
        "a.txt", "", "leads out of the folder artifacts", "put the file itself there"
    )


async def test_links_within_the_folder_are_followed_as_kubernetes_changes_them(folder: Path) -> None:
    for version in ("one", "two"):
        (folder / f"..{version}").mkdir()
        (folder / f"..{version}" / "terms.txt").write_text(version)
    (folder / "..data").symlink_to("..one")
    (folder / "terms.txt").symlink_to("..data/terms.txt")
    async with watch(folder, "terms.txt") as states:
        assert (await anext(states))["terms.txt"].text == "one"
        (folder / "..new").symlink_to("..two")
        (folder / "..new").replace(folder / "..data")
        await following(states, lambda state: state["terms.txt"].text == "two")


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"a\nb\xff", "is not UTF-8 text (line 2)"), (b"x" * (16 * 2**20 + 1), "is 16777217 bytes long")],
)
async def test_a_file_that_can_not_be_taken_is_told_without_a_last_good_form(
    folder: Path, content: bytes, problem: str
) -> None:
    (folder / "terms.txt").write_text("good")
    async with watch(folder, "terms.txt") as states:
        await anext(states)
        (folder / "terms.txt").write_bytes(content)
        spoiled = await following(states, lambda state: bool(state["terms.txt"].problem))
        (folder / "terms.txt").write_text("better")
        healed = await following(states, lambda state: not state["terms.txt"].problem)
    assert (problem in spoiled["terms.txt"].problem, spoiled["terms.txt"].text) == (True, "")
    assert healed["terms.txt"].text == "better"


async def test_a_folder_and_a_ring_of_links_are_no_artifacts(folder: Path) -> None:
    (folder / "legal").mkdir()
    (folder / "ring.txt").symlink_to("ring.txt")
    (folder / "lost.txt").symlink_to("nowhere.txt")
    state = await first(folder, "legal", "ring.txt", "lost.txt", "legal/terms.txt/x")
    assert state["legal"].problem == "is not a regular file"
    assert state["ring.txt"].problem.startswith("can't be read: ")
    assert sorted(state) == ["legal", "ring.txt"]


async def test_a_file_moved_away_and_written_anew_makes_no_gap(folder: Path) -> None:
    (folder / "terms.txt").write_text("one")
    async with watch(folder, "terms.txt") as states:
        await anext(states)
        (folder / "terms.txt").rename(folder / "terms.txt~")
        (folder / "terms.txt").write_text("two")
        assert (await anext(states))["terms.txt"].text == "two"


async def test_a_half_written_file_is_not_taken(folder: Path) -> None:
    (folder / "terms.txt").write_text("whole")
    async with watch(folder, "terms.txt", "other.txt") as states:
        await anext(states)
        with (folder / "terms.txt").open("w") as file:
            file.write("ha")
            file.flush()
            (folder / "other.txt").write_text("x")
            state = await following(states, lambda state: "other.txt" in state)
            assert state["terms.txt"].text == "whole"
            file.write("lf")
        await following(states, lambda state: state["terms.txt"].text == "half")
