"""The file store keeps every store's promises, and those of its own."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from tests.storage.contract import BANK, SHOP, ConfigStorageContract, following, texts, watching

from gloo.errors import Conflict, StorageError
from gloo.storage import Edit, FileStorage, State, known_file


class TestFileStorage(ConfigStorageContract):
    @pytest.fixture(autouse=True)
    def _store(self, tmp_path: Path) -> None:
        self.folder = tmp_path
        self.storage = FileStorage(tmp_path)

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def remove(self, name: str) -> None:
        (self.folder / name).unlink()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "upstreams").mkdir()
    return tmp_path


@pytest.fixture
def bank(folder: Path) -> Path:
    path = folder / "upstreams" / "bank.yaml"
    path.write_text(BANK)
    return path


def put(path: Path, content: str | bytes) -> None:
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def move(path: Path, name: str) -> None:
    path.rename(path.with_name(name))


def holds(part: str) -> Callable[[State], bool]:
    return lambda state: any(part in document.text for document in state.documents)


async def test_what_editors_tools_and_others_leave_about_is_not_read(folder: Path) -> None:
    names = ["a.yaml~", ".#a.yaml", "#a.yaml#", ".a.yaml.swp", "4913", "notes.md", ".hidden.yaml"]
    places = [folder / "upstreams" / name for name in names]
    places += [folder / place / "x.yaml" for place in ("secrets", "tests", ".gloo", "upstreams/more.yaml")]
    for place in places:
        place.parent.mkdir(exist_ok=True)
        place.write_text(BANK)
    assert await FileStorage(folder).list() == State()


async def test_the_other_spelling_of_the_folder_and_other_suffixes_are_read(folder: Path) -> None:
    (folder / "virtualservices").mkdir()
    (folder / "virtualservices" / "a.yml").write_text("name: a\n")
    (folder / "upstreams" / "b.json").write_text('{"name": "b"}')
    state = await FileStorage(folder).list()
    assert [(document.name, document.kind) for document in state.documents] == [
        ("upstreams/b.json", "Upstream"),
        ("virtualservices/a.yml", "VirtualService"),
    ]


async def test_a_missing_folder_is_an_error_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"No such file or directory \(make it, or name another\)"):
        await FileStorage(tmp_path / "nowhere").list()


async def test_a_half_written_file_is_taken_when_its_writer_is_done(folder: Path, bank: Path) -> None:
    async with watching(FileStorage(folder)) as states:
        first = await anext(states)
        with bank.open("w") as writer:
            writer.write("name: bank\n")
            writer.flush()
            (folder / "upstreams" / "shop.yaml").write_text(SHOP)
            meanwhile = await following(states, lambda state: len(state.documents) == 2)
            writer.write("type: rest\n")
        done = await following(states, holds("type: rest"))
    assert meanwhile.documents[0] is first.documents[0]
    assert texts(done)["upstreams/bank.yaml"] == "name: bank\ntype: rest\n"


async def test_a_new_half_written_file_is_not_there_yet(folder: Path) -> None:
    with (folder / "upstreams" / "bank.yaml").open("w") as writer:
        writer.write("name: ba")
        writer.flush()
        async with watching(FileStorage(folder)) as states:
            assert await anext(states) == State()
            writer.write("nk\n")
            writer.close()
            assert texts(await anext(states)) == {"upstreams/bank.yaml": "name: bank\n"}


async def test_where_leases_are_refused_a_file_is_taken_when_it_rests(
    folder: Path, bank: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_file, "_writer", lambda _: known_file.Writer.UNKNOWN)
    async with watching(FileStorage(folder)) as states:
        await anext(states)
        put(bank, SHOP)
        assert texts(await anext(states)) == {"upstreams/bank.yaml": SHOP}


async def test_a_file_that_is_never_closed_is_read_in_the_end_and_the_log_says_so(
    bank: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bank.open("a") as writer:
        writer.write("spec: {}\n")
        writer.flush()
        waiting = known_file.look_at(bank, None)
        assert waiting and waiting.since is not None and waiting.text is None
        with capture_logs() as logs:
            read = known_file.look_at(bank, waiting, patience=0)
    assert read and read.text == BANK + "spec: {}\n" and read.since is None
    assert [entry["event"] for entry in logs] == ["file is read while a writer has it open"]


def test_a_writer_that_comes_while_we_read_waits_and_does_not_end_us(bank: Path) -> None:
    """The kernel signals whoever holds a lease when a writer comes; its usual signal, SIGIO, ends a process."""
    script = f"""
import signal, threading, time
from gloo.storage import known_file
from pathlib import Path
told = []
signal.signal(signal.SIGURG, lambda *_: told.append(True))
path = Path({str(bank)!r})
real = known_file._content
def slow(descriptor, size):
    threading.Thread(target=path.write_text, args=("new",)).start()
    ends = time.monotonic() + 5
    while not told and time.monotonic() < ends:
        pass
    return real(descriptor, size)
known_file._content = slow
assert known_file.look_at(path, None).text == {BANK!r}
assert told
"""
    assert subprocess.run([sys.executable, "-c", script], timeout=20, check=False).returncode == 0
    assert bank.read_text() == "new"


async def test_a_busy_writer_is_never_seen_half(folder: Path, bank: Path) -> None:
    script = f"""
for n in range(400):
    with open({str(bank)!r}, "w") as file:
        file.write("begin"); file.flush(); file.write(str(n) * 2000 + "end")
"""
    writer = await asyncio.create_subprocess_exec(sys.executable, "-c", script)
    async with watching(FileStorage(folder)) as states:
        async with asyncio.timeout(20):
            async for state in states:
                text = texts(state)["upstreams/bank.yaml"]
                assert text == BANK or (text.startswith("begin") and text.endswith("end"))
                if "399399" in text:
                    break
    assert await writer.wait() == 0


async def test_a_rename_over_the_file_is_one_change(folder: Path, bank: Path) -> None:
    async with watching(FileStorage(folder)) as states:
        await anext(states)
        new = folder / "upstreams" / ".new"
        new.write_text(SHOP)
        new.replace(bank)
        assert texts(await anext(states)) == {"upstreams/bank.yaml": SHOP}


async def test_an_editor_that_moves_the_old_file_away_first_makes_no_gap(folder: Path, bank: Path) -> None:
    async with watching(FileStorage(folder)) as states:
        await anext(states)
        move(bank, "bank.yaml~")
        waiting = asyncio.ensure_future(anext(states))
        await asyncio.wait({waiting}, timeout=known_file.QUIET / 2)
        put(bank, SHOP)
        assert texts(await waiting) == {"upstreams/bank.yaml": SHOP}


async def test_a_renamed_file_is_never_there_twice(folder: Path, bank: Path) -> None:
    async with watching(FileStorage(folder)) as states:
        await anext(states)
        move(bank, "zurich.yaml")
        assert texts(await anext(states)) == {"upstreams/zurich.yaml": BANK}


async def test_the_swap_of_a_mounted_volume_is_one_change(tmp_path: Path) -> None:
    """As the kubelet does: files are links through ``..data``, which a rename swaps."""
    folder = tmp_path / "upstreams"
    for version, names in (("..v1", ("bank", "shop")), ("..v2", ("bank", "toys"))):
        (folder / version).mkdir(parents=True)
        for name in names:
            (folder / version / f"{name}.yaml").write_text(f"name: {name}\ntype: {version}\n")
    (folder / "..data").symlink_to("..v1")
    for name in ("bank", "shop"):
        (folder / f"{name}.yaml").symlink_to(f"..data/{name}.yaml")
    async with watching(FileStorage(tmp_path)) as states:
        assert texts(await anext(states)).keys() == {"upstreams/bank.yaml", "upstreams/shop.yaml"}
        (folder / "..data_tmp").symlink_to("..v2")
        (folder / "..data_tmp").replace(folder / "..data")
        (folder / "toys.yaml").symlink_to("..data/toys.yaml")
        (folder / "shop.yaml").unlink()
        assert texts(await anext(states)) == {
            "upstreams/bank.yaml": "name: bank\ntype: ..v2\n",
            "upstreams/toys.yaml": "name: toys\ntype: ..v2\n",
        }


async def test_a_change_behind_a_link_that_leads_elsewhere_is_seen(tmp_path: Path) -> None:
    folder, target = tmp_path / "config", tmp_path / "elsewhere.yaml"
    folder.mkdir()
    target.write_text(BANK)
    (folder / "bank.yaml").symlink_to(target)
    async with watching(FileStorage(folder)) as states:
        await anext(states)
        target.write_text(SHOP)
        async with asyncio.timeout(1):
            assert texts(await anext(states)) == {"bank.yaml": SHOP}


async def test_a_file_that_cannot_be_taken_spoils_only_itself(folder: Path, bank: Path) -> None:
    (folder / "upstreams" / "shop.yaml").write_text(SHOP)
    async with watching(FileStorage(folder)) as states:
        first = await anext(states)
        put(bank, b"name: bank\n# \xff\n")
        spoiled = await anext(states)
        put(bank, BANK)
        mended = await following(states, lambda state: not state.problems)
    assert spoiled.documents == first.documents == mended.documents
    assert [str(problem) for problem in spoiled.problems] == [
        "upstreams/bank.yaml: is not UTF-8 text (line 2) (save it as UTF-8)"
    ]


async def test_a_huge_file_and_a_pipe_are_named_and_not_read(folder: Path) -> None:
    with (folder / "huge.yaml").open("w") as file:
        file.truncate(known_file.MAX_BYTES + 1)
    os.mkfifo(folder / "pipe.yaml")
    state = await FileStorage(folder).list()
    assert [problem.name for problem in state.problems] == ["huge.yaml", "pipe.yaml"]
    assert state.documents == ()


async def test_a_folder_that_goes_away_leaves_the_last_good_state_and_comes_back(tmp_path: Path) -> None:
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "bank.yaml").write_text(BANK)
    async with watching(FileStorage(folder)) as states:
        first = await anext(states)
        shutil.rmtree(folder)
        gone = await following(states, lambda state: bool(state.problems))
        folder.mkdir()
        (folder / "bank.yaml").write_text(SHOP)
        back = await following(states, lambda state: not state.problems)
        (folder / "bank.yaml").write_text(BANK)
        again = await following(states, lambda state: texts(state) == texts(first))
    assert gone.documents == first.documents
    assert texts(back) == {"bank.yaml": SHOP}
    assert again.documents == first.documents


async def test_one_edit_among_a_thousand_files_reads_one_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1000):
        (folder / "upstreams" / f"u{number}.yaml").write_text(f"name: u{number}\ntype: service\n")
    async with watching(FileStorage(folder)) as states:
        first = await anext(states)
        opened: list[str] = []
        real = os.open

        def counted(path: str | Path, *rest: int) -> int:
            opened.append(str(path))
            return real(path, *rest)

        monkeypatch.setattr(os, "open", counted)
        changed = folder / "upstreams" / "u500.yaml"
        changed.write_text(SHOP)
        second = await following(states, holds("shop"))
    assert set(opened) == {str(changed)}
    reused = [new is old for new, old in zip(second.documents, first.documents, strict=True)]
    assert reused.count(False) == 1


async def test_an_edit_keeps_mode_and_link(folder: Path) -> None:
    (folder / "real.txt").write_text(BANK)
    (folder / "real.txt").chmod(0o640)
    (folder / "upstreams" / "bank.yaml").symlink_to("../real.txt")
    await FileStorage(folder).apply(Edit("Upstream", {"name": "bank", "type": "rest"}))
    assert (folder / "upstreams" / "bank.yaml").is_symlink()
    assert (folder / "real.txt").read_text() == "name: bank\ntype: rest\n"
    assert (folder / "real.txt").stat().st_mode & 0o777 == 0o640


async def test_an_object_that_is_so_already_is_not_written(folder: Path, bank: Path) -> None:
    before = known_file.look_at(bank, None)
    await FileStorage(folder).apply(Edit("Upstream", {"type": "service", "name": "bank"}))
    after = known_file.look_at(bank, None)
    assert before and after and after.stamp == before.stamp


async def test_a_name_that_leads_elsewhere_is_refused(folder: Path) -> None:
    for name in ("../evil", ".hidden", "", "a/b"):
        with pytest.raises(StorageError, match="can't be the name of a file"):
            await FileStorage(folder).apply(Edit("Upstream", {"name": name, "type": "service"}))


async def test_a_file_that_is_being_written_is_not_edited(folder: Path, bank: Path) -> None:
    with bank.open("a"), pytest.raises(Conflict, match="is being written by another program"):
        await FileStorage(folder).apply(Edit("Upstream", {"name": "bank", "type": "rest"}))


async def test_edits_at_the_same_time_all_arrive(folder: Path) -> None:
    (folder / "all.yaml").write_text("upstreams:\n" + "".join(f"- {{name: u{n}, type: service}}\n" for n in range(8)))
    async with asyncio.TaskGroup() as edits:
        for n in range(8):
            edits.create_task(FileStorage(folder).apply(Edit("Upstream", {"name": f"u{n}", "type": "rest"})))
    assert "service" not in (folder / "all.yaml").read_text()


def test_a_crash_before_the_rename_leaves_the_old_file(folder: Path, bank: Path) -> None:
    script = f"""
import os, pathlib, signal
from gloo.storage import write
pathlib.Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
path = pathlib.Path({str(bank)!r})
write.write_file(path, "half", write.stamp_of(path.stat()))
"""
    ended = subprocess.run([sys.executable, "-c", script], timeout=20, check=False)
    assert ended.returncode == -9
    assert bank.read_text() == BANK
    assert texts(asyncio.run(FileStorage(folder).list())) == {"upstreams/bank.yaml": BANK}


async def test_a_read_only_folder_says_why_nothing_was_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(StorageError, match="can't be written: Permission denied"):
        await FileStorage(folder).apply(Edit("Upstream", {"name": "bank", "type": "rest"}))
    assert list((folder / "upstreams").iterdir()) == []
