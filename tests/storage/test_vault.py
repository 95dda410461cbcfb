"""The secrets in Vault keep every store's promises, and those of their own; OpenBao is the server."""

import contextlib
import time
from collections.abc import AsyncGenerator, Iterator
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from tests.storage.contract import SecretStorageContract, following
from tests.support.openbao import ROOT, OpenBao, openbao
from tests.support.ports import free_ports

from gloo.errors import StorageError
from gloo.storage import SecretState
from gloo.storage.vault import KvVersion, VaultPlace, VaultSecrets
from gloo.storage.vault_client import VaultServer
from gloo.storage.vault_login import AppRoleLogin, TokenLogin

CANARY = "canary-b07d"
POLL = 0.1
_numbers = count()


@pytest.fixture
def root() -> str:
    """Return a path in the engine that no other test uses."""
    return f"test-{next(_numbers)}"


def secrets(
    server: OpenBao, path: str, *, mount: str = "secret", token: str = ROOT, version: KvVersion | None = None
) -> VaultSecrets:
    place = VaultPlace(mount, path, version)
    return VaultSecrets(VaultServer(server.url, server.namespace), TokenLogin(token), place, poll=POLL)


def watch(store: VaultSecrets, *names: str) -> contextlib.aclosing[AsyncGenerator[SecretState, None]]:
    return contextlib.aclosing(store.watch(frozenset(names)))


async def first(store: VaultSecrets, *names: str) -> SecretState:
    async with watch(store, *names) as states:
        return await anext(states)


class TestVersion2(SecretStorageContract):
    @pytest.fixture(autouse=True)
    def _store(self, openbao: OpenBao, root: str) -> None:
        self.server, self.root = openbao, root
        self.secrets = secrets(openbao, root)

    def write(self, name: str, values: dict[str, str]) -> None:
        self.server.write(f"{self.root}/{name}", values)

    def remove(self, name: str) -> None:
        self.server.remove(f"{self.root}/{name}")


class TestVersion1(SecretStorageContract):
    @pytest.fixture(autouse=True)
    def _store(self, openbao: OpenBao, root: str) -> Iterator[None]:
        self.server, self.mount = openbao, f"kv-{root}"
        openbao.mount(self.mount, 1)
        self.secrets = secrets(openbao, "", mount=self.mount)
        yield
        openbao.ask("DELETE", f"sys/mounts/{self.mount}")

    def write(self, name: str, values: dict[str, str]) -> None:
        self.server.ask("POST", f"{self.mount}/{name}", values)

    def remove(self, name: str) -> None:
        self.server.ask("DELETE", f"{self.mount}/{name}")


class TestNamespace(TestVersion2):
    @pytest.fixture(autouse=True)
    def _store(self, openbao: OpenBao, root: str) -> Iterator[None]:
        openbao.ask("POST", f"sys/namespaces/{root}")
        self.server, self.root = openbao.within(root), "gloo"
        self.server.mount("secret", 2)
        self.secrets = secrets(self.server, "gloo")
        yield
        openbao.ask("DELETE", f"sys/namespaces/{root}")


@pytest.mark.parametrize("value", [5, True, None, {"nested": CANARY}, [CANARY]])
async def test_a_value_that_is_not_text_is_told_by_key_and_place(openbao: OpenBao, root: str, value: object) -> None:
    openbao.write(f"{root}/aws", {"good": CANARY, "pin": value})
    state = await first(secrets(openbao, root), "aws")
    assert state.secrets == {}
    assert [str(problem) for problem in state.problems] == [
        f"aws: the value of key 'pin' at secret/data/{root}/aws is not text (put it in quotes)"
    ]


async def test_a_secret_that_is_spoiled_keeps_its_last_good_form_and_heals(openbao: OpenBao, root: str) -> None:
    openbao.write(f"{root}/aws", {"key": "good"})
    async with watch(secrets(openbao, root), "aws") as states:
        good = await anext(states)
        openbao.write(f"{root}/aws", {"key": 5})
        spoiled = await following(states, lambda state: bool(state.problems))
        openbao.write(f"{root}/aws", {"key": "better"})
        healed = await following(states, lambda state: not state.problems)
    assert spoiled.secrets["aws"] is good.secrets["aws"]
    assert healed.secrets["aws"].data == {"key": "better"}


async def test_a_destroyed_and_an_undeleted_version_are_seen(openbao: OpenBao, root: str) -> None:
    openbao.write(f"{root}/aws", {"key": "one"})
    async with watch(secrets(openbao, root), "aws") as states:
        await anext(states)
        openbao.remove(f"{root}/aws")
        await following(states, lambda state: not state.secrets)
        openbao.ask("POST", f"secret/undelete/{root}/aws", {"versions": [1]})
        await following(states, lambda state: "aws" in state.secrets)
        openbao.ask("PUT", f"secret/destroy/{root}/aws", {"versions": [1]})
        assert await following(states, lambda state: not state.secrets) == SecretState()


async def test_a_change_is_logged_with_its_version_and_without_its_value(openbao: OpenBao, root: str) -> None:
    openbao.write(f"{root}/aws", {"key": "one"})
    async with watch(secrets(openbao, root), "aws") as states:
        await anext(states)
        with capture_logs() as logs:
            openbao.write(f"{root}/aws", {"key": CANARY})
            await following(states, lambda state: state.secrets["aws"].data["key"] == CANARY)
    assert [(entry["event"], entry["secret"], entry["version"]) for entry in logs] == [("a secret changed", "aws", 2)]
    assert CANARY not in repr(logs)


async def test_only_named_secrets_are_asked_for(openbao: OpenBao, root: str) -> None:
    openbao.allow(root, f"secret/data/{root}/aws")
    openbao.write(f"{root}/aws", {"key": "a"})
    openbao.write(f"{root}/other", {"key": "b"})
    state = await first(secrets(openbao, root, token=openbao.new_token(root)), "aws")
    assert sorted(state.secrets) == ["aws"] and state.problems == ()
    assert await secrets(openbao, root).names() == frozenset()


async def test_a_denied_secret_is_named_with_its_path_harms_no_other_and_heals(openbao: OpenBao, root: str) -> None:
    openbao.allow(root, f"secret/data/{root}/aws")
    for name in ("aws", "tls"):
        openbao.write(f"{root}/{name}", {"key": CANARY})
    async with watch(secrets(openbao, root, token=openbao.new_token(root)), "aws", "tls") as states:
        denied = await anext(states)
        openbao.allow(root, f"secret/data/{root}/*")
        healed = await following(states, lambda state: not state.problems)
    (problem,) = denied.problems
    assert (problem.name, problem.problem) == ("tls", f"Vault refuses secret/data/{root}/tls: permission denied")
    assert sorted(denied.secrets) == ["aws"] and sorted(healed.secrets) == ["aws", "tls"]
    assert CANARY not in repr(denied)


@pytest.mark.parametrize("name", ["with space", "ü?x=1#y", "100%"])
async def test_a_name_with_any_sign_is_its_own_place(openbao: OpenBao, root: str, name: str) -> None:
    openbao.ask("POST", f"secret/data/{root}/{_quoted(name)}", {"data": {"key": "a"}})
    assert sorted((await first(secrets(openbao, root), name)).secrets) == [name]


def _quoted(name: str) -> str:
    return "".join(f"%{byte:02X}" for byte in name.encode())


async def test_the_version_of_the_engine_can_be_told_by_a_setting(openbao: OpenBao, root: str) -> None:
    openbao.write(f"{root}/aws", {"key": "a"})
    assert "aws" in (await first(secrets(openbao, root, version="v2"), "aws")).secrets
    assert (await first(secrets(openbao, root, version="v1"), "aws")).secrets == {}


async def test_a_mount_that_there_is_not_is_an_error_that_says_what_to_do(openbao: OpenBao, root: str) -> None:
    with pytest.raises(StorageError, match=r"does not tell which engine is at 'nope': .*set vault_kv"):
        await first(secrets(openbao, root, mount="nope"), "aws")


async def test_a_token_that_vault_does_not_know_is_an_error_that_says_so(openbao: OpenBao, root: str) -> None:
    with pytest.raises(StorageError, match=r"permission denied \(the token must live"):
        await first(secrets(openbao, root, token="s.unknown"), "aws")


def test_looks_become_rarer_while_vault_is_down_and_never_stop(openbao: OpenBao, root: str) -> None:
    store = secrets(openbao, root)
    waits = [store._wait(failures) for failures in (1, 4, 100, 100_000)]
    assert 0.5 <= waits[0] <= 1 and 4 <= waits[1] <= 8
    assert all(7.5 <= wait <= 15 for wait in waits[2:])
    assert len({store._wait(100) for _ in range(9)}) > 1, "not all gateways at the same moment"


def test_looks_that_take_long_leave_time_for_other_things(openbao: OpenBao, root: str) -> None:
    store = VaultSecrets(VaultServer(openbao.url), TokenLogin(ROOT), VaultPlace(path=root), poll=1.0)
    assert store._wait(0, 0.01) == pytest.approx(0.99)
    assert store._wait(0, 2.0) == 6.0


async def test_leases_that_end_again_and_again_are_outlived(openbao: OpenBao, root: str) -> None:
    openbao.allow(root, f"secret/data/{root}/*")
    openbao.write(f"{root}/aws", {"key": "0"})
    login = AppRoleLogin(*openbao.approle(root, root, token_ttl="1s", token_max_ttl="3s"))
    store = VaultSecrets(VaultServer(openbao.url), login, VaultPlace(path=root), poll=POLL)
    ends, number = time.monotonic() + 5, 0
    async with watch(store, "aws") as states:
        await anext(states)
        while time.monotonic() < ends:
            number += 1
            openbao.write(f"{root}/aws", {"key": str(number)})
            await following(states, partial(_has, "aws", str(number)))
    assert number > 3


def _has(name: str, key: str, state: SecretState) -> bool:
    return state.secrets[name].data["key"] == key


async def test_an_engine_for_other_things_is_an_error(openbao: OpenBao, root: str) -> None:
    with pytest.raises(StorageError, match="has an engine of type 'cubbyhole' at 'cubbyhole', not one for keys"):
        await first(secrets(openbao, root, mount="cubbyhole"), "aws")


async def test_an_engine_that_goes_away_or_gets_another_version_loses_nothing(openbao: OpenBao, root: str) -> None:
    openbao.mount(root, 1)
    openbao.ask("POST", f"{root}/aws", {"key": "one"})
    async with watch(secrets(openbao, "", mount=root), "aws") as states:
        good = await anext(states)
        openbao.ask("DELETE", f"sys/mounts/{root}")
        gone = await following(states, lambda state: bool(state.problems))
        openbao.mount(root, 2)
        openbao.write("aws", {"key": "two"}, mount=root)
        healed = await following(states, lambda state: state.secrets["aws"].data["key"] == "two")
    assert gone.secrets == good.secrets and healed.problems == ()


async def test_a_server_that_is_not_there_is_an_error_at_the_start(root: str) -> None:
    nobody = OpenBao(f"http://127.0.0.1:{free_ports(1)[0]}")
    with pytest.raises(StorageError, match=r"Vault at http://127\.0\.0\.1:\d+ can't be reached"):
        await first(secrets(nobody, root), "aws")


async def test_a_server_that_goes_down_keeps_what_is_known_and_is_asked_again(tmp_path: Path) -> None:
    with openbao(tmp_path) as server:
        server.write("gloo/aws", {"key": "one"})
        states = secrets(server, "gloo").watch(frozenset({"aws"}))
        known = await anext(states)
    async with contextlib.aclosing(states):
        down = await following(states, lambda state: bool(state.problems))
        with openbao(tmp_path, port=int(server.url.rpartition(":")[2])) as again:
            again.write("gloo/aws", {"key": "two"})  # it may have been seen empty before
            healed = await following(states, lambda state: not state.problems and "aws" in state.secrets)
    assert down.secrets == known.secrets and "can't be reached" in down.problems[0].problem
    assert healed.secrets["aws"].data == {"key": "two"}


async def test_a_sealed_server_keeps_what_is_known(tmp_path: Path) -> None:
    with openbao(tmp_path) as server:
        server.write("gloo/aws", {"key": "one"})
        async with watch(secrets(server, "gloo"), "aws") as states:
            known = await anext(states)
            server.ask("PUT", "sys/seal")
            sealed = await following(states, lambda state: bool(state.problems))
    assert sealed.secrets == known.secrets
    assert "answers 503" in sealed.problems[0].problem
