"""The secrets in a folder keep every store's promises, and those of their own."""

import contextlib
import json
import os
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from tests.storage.contract import SecretStorageContract, following

from gloo.storage import FileSecrets, SecretState

CANARY = "canary-51f0"


class TestFileSecrets(SecretStorageContract):
    @pytest.fixture(autouse=True)
    def _store(self, tmp_path: Path) -> None:
        self.folder = tmp_path / "secrets"
        self.secrets = FileSecrets(self.folder)

    def write(self, name: str, values: dict[str, str]) -> None:
        self.folder.mkdir(exist_ok=True)
        (self.folder / f"{name}.yaml").write_text(json.dumps(values))

    def remove(self, name: str) -> None:
        (self.folder / f"{name}.yaml").unlink()


def watch(folder: Path, *names: str) -> contextlib.aclosing[AsyncGenerator[SecretState, None]]:
    return contextlib.aclosing(FileSecrets(folder).watch(frozenset(names)))


async def first(folder: Path, *names: str) -> SecretState:
    async with watch(folder, *names) as states:
        return await anext(states)


@pytest.mark.parametrize("file", ["aws", "aws.yaml", "aws.yml", "aws.json"])
async def test_a_secret_is_read_from_any_of_its_files(tmp_path: Path, file: str) -> None:
    (tmp_path / file).write_text('{"access_key": "a"}')
    assert (await first(tmp_path, "aws")).secrets["aws"].data == {"access_key": "a"}


async def test_a_folder_holds_one_file_per_key_and_line_breaks_stay(tmp_path: Path) -> None:
    (tmp_path / "tls" / "..v1").mkdir(parents=True)
    (tmp_path / "tls" / "..v1" / "ca_chain").write_text("one\n")
    (tmp_path / "tls" / "..v2").mkdir()
    (tmp_path / "tls" / "..v2" / "ca_chain").write_text("two\n")
    (tmp_path / "tls" / "..data").symlink_to("..v1")
    (tmp_path / "tls" / "ca_chain").symlink_to("..data/ca_chain")
    async with watch(tmp_path, "tls") as states:
        assert (await anext(states)).secrets["tls"].data == {"ca_chain": "one\n"}
        (tmp_path / "tls" / "..new").symlink_to("..v2")
        (tmp_path / "tls" / "..new").replace(tmp_path / "tls" / "..data")
        assert (await anext(states)).secrets["tls"].data == {"ca_chain": "two\n"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"good: x\nbad: [{CANARY}]\n", "the value of key 'bad' in aws.yaml is not text"),
        ("pin: 12345\n", "the value of key 'pin' in aws.yaml is not text"),
        (f"{CANARY}\n", "aws.yaml is not a map"),
        (f"a: '{CANARY}\n", "aws.yaml is not YAML (line 2)"),
        (f"a: {CANARY}\na: x\n", "the key 'a' is given twice in aws.yaml"),
        (f"a: {CANARY}\x07\n", "aws.yaml is not YAML"),
    ],
)
async def test_what_is_wrong_is_told_by_secret_and_key_never_by_value(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "aws.yaml").write_text(text)
    with capture_logs() as logs:
        state = await first(tmp_path, "aws")
    assert [(found.name, found.problem) for found in state.problems] == [("aws", problem)]
    assert CANARY not in repr(state) + repr(logs) and "12345" not in repr(state)


async def test_a_secret_that_is_spoiled_keeps_its_last_good_form_and_heals(tmp_path: Path) -> None:
    (tmp_path / "aws.yaml").write_text("key: good\n")
    async with watch(tmp_path, "aws") as states:
        good = await anext(states)
        (tmp_path / "aws.yaml").write_text("key: [\n")
        spoiled = await following(states, lambda state: bool(state.problems))
        (tmp_path / "aws.yaml").write_text("key: better\n")
        healed = await following(states, lambda state: not state.problems)
    assert spoiled.secrets == good.secrets
    assert healed.secrets["aws"].data == {"key": "better"}


async def test_a_secret_that_is_there_twice_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "aws.yaml").write_text("key: a\n")
    (tmp_path / "aws").mkdir()
    (tmp_path / "aws" / "key").write_text("b")
    state = await first(tmp_path, "aws")
    assert [str(problem) for problem in state.problems] == [
        "aws: is there more than once: aws, aws.yaml (keep one of them)"
    ]


async def test_the_secrets_of_a_folder_can_be_listed(tmp_path: Path) -> None:
    assert await FileSecrets(tmp_path / "none").names() == frozenset()
    for name in ("aws.yaml", "tls.json", "bare", ".hidden"):
        (tmp_path / name).write_text("a: b\n")
    (tmp_path / "mounted").mkdir()
    assert await FileSecrets(tmp_path).names() == {"aws", "tls", "bare", "mounted"}


async def test_a_name_that_leads_elsewhere_opens_nothing(tmp_path: Path) -> None:
    (tmp_path / "evil.yaml").write_text("key: a\n")
    (tmp_path / "secrets").mkdir()
    state = await first(tmp_path / "secrets", "../evil")
    assert state.secrets == {} and [problem.name for problem in state.problems] == ["../evil"]


async def test_only_the_files_of_named_secrets_are_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("aws", "other", "aws2"):
        (tmp_path / f"{name}.yaml").write_text("key: a\n")
    opened: list[str] = []
    real = os.open

    def counted(path: str | Path, *rest: int) -> int:
        opened.append(str(path))
        return real(path, *rest)

    monkeypatch.setattr(os, "open", counted)
    await first(tmp_path, "aws")
    assert set(opened) == {str(tmp_path / "aws.yaml")}


async def test_a_secret_that_others_may_read_is_warned_of_once(tmp_path: Path) -> None:
    path = tmp_path / "aws.yaml"
    path.write_text("key: a\n")
    path.chmod(0o644)
    (tmp_path / "tight.yaml").write_text("key: a\n")
    (tmp_path / "tight.yaml").chmod(0o600)
    with capture_logs() as logs:
        async with watch(tmp_path, "aws", "tight") as states:
            await anext(states)
            path.write_text("key: b\n")
            await anext(states)
    assert [(entry["event"], entry["path"]) for entry in logs] == [("secret file can be read by others", str(path))]
