"""A secret that is missing, or has another shape than its user needs, is told by name, and heals by itself."""

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.support.authority import write_secret
from tests.support.openbao import ROOT, OpenBao
from tests.support.secret_users import FUNCTIONS, Places, Values, plugins_with_secrets, secret_users, secrets_of

from gloo.control_plane.loop import ControlLoop, Stores
from gloo.control_plane.secret_stores import secret_storage
from gloo.control_plane.settings import Settings
from gloo.control_plane.state import StateFolder, read_statuses
from gloo.model.status import State, Status
from gloo.plugins.registry import load_plugins
from gloo.storage.memory import MemoryArtifacts, MemoryStorage
from gloo.translator import Gateway

MISSING = {
    "Upstream/aws": "spec.secret_ref: there is no secret named 'aws'",
    "Upstream/azure": "there is no secret named 'azure-keys'",
    "Upstream/openfaas": "there is no secret named 'openfaas'",
    "Upstream/secure": "there is no secret named 'upstream-ca'",
    "VirtualService/tls": "there is no secret named 'server-certificate'",
}
WRONG = {
    "Upstream/aws": "the secret 'aws' has no access_key",
    "Upstream/openfaas": "the secret 'openfaas' has no username",
    "Upstream/secure": "secret 'upstream-ca': has no key 'ca.crt'",
    "VirtualService/default": "the secret 'azure-keys' has no 'Order' or '_master'",
    "VirtualService/tls": "secret 'server-certificate': has no key 'ca_chain'",
}


class HealingContract(ABC):
    """What the control loop makes of secrets, whichever store they are in."""

    settings: Settings

    @abstractmethod
    def write(self, name: str, values: dict[str, str]) -> None:
        """Set a secret as the store's users do."""

    @abstractmethod
    def remove(self, name: str) -> None:
        """Drop a secret likewise."""

    @asynccontextmanager
    async def running(self, state: StateFolder | None = None) -> AsyncIterator[ControlLoop]:
        config = MemoryStorage()
        config.write("gloo.json", json.dumps(secret_users(Places())))
        plugins, _ = load_plugins()
        stores = Stores(config, secret_storage(self.settings), MemoryArtifacts())
        loop = ControlLoop(stores, plugins, gateway=Gateway("127.0.0.1"), state=state)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(loop.run())
            yield loop
            task.cancel()

    async def test_a_missing_secret_or_key_is_told_by_name_and_heals_without_a_touch_to_the_config(self) -> None:
        good = secrets_of(Values())
        async with self.running() as loop:
            await until(loop, lambda reports: all(_says(reports, MISSING, State.PENDING)))
            for name in good:
                self.write(name, {"other": "canary-e7d2"})
            await until(loop, lambda reports: all(_says(reports, WRONG, State.REJECTED)))
            assert "canary" not in repr(loop.translation)
            for name, values in good.items():
                self.write(name, values)
            await until(loop, lambda reports: {each.state for each in reports.values()} == {State.ACCEPTED})
            self.remove("openfaas")
            lost = {"Upstream/openfaas": MISSING["Upstream/openfaas"]}
            await until(loop, lambda reports: all(_says(reports, lost, State.PENDING)))
            assert loop.translation is not None
            assert loop.translation.reports["Upstream/aws"].state is State.ACCEPTED
            self.write("openfaas", good["openfaas"])
            await until(loop, lambda reports: {each.state for each in reports.values()} == {State.ACCEPTED})


class TestFile(HealingContract):
    @pytest.fixture(autouse=True)
    def _store(self, tmp_path: Path) -> None:
        self.folder = tmp_path / "secrets"
        self.settings = Settings(secrets_dir=str(self.folder))

    def write(self, name: str, values: dict[str, str]) -> None:
        write_secret(self.folder, name, values)

    def remove(self, name: str) -> None:
        (self.folder / f"{name}.yaml").unlink()


class TestVault(HealingContract):
    @pytest.fixture(autouse=True)
    def _store(self, openbao: OpenBao) -> None:
        self.server = openbao
        self.settings = Settings(
            secret_store="vault",
            vault_addr=openbao.url,
            vault_token=ROOT,
            vault_path="healing",
            vault_poll_seconds=0.1,
        )

    def write(self, name: str, values: dict[str, str]) -> None:
        self.server.write(f"healing/{name}", values)

    def remove(self, name: str) -> None:
        self.server.remove(f"healing/{name}")

    async def test_what_the_store_refuses_is_recorded_with_its_place(self, tmp_path: Path) -> None:
        self.server.allow("healing", "secret/data/healing/openfaas")
        token = self.server.new_token("healing")
        self.settings = Settings(
            secret_store="vault", vault_addr=self.server.url, vault_token=token, vault_path="healing"
        )
        with StateFolder(tmp_path).opened() as state:
            async with self.running(state):
                async with asyncio.timeout(20):
                    while not (problems := read_statuses(tmp_path).problems):  # noqa: ASYNC110 - another task writes
                        await asyncio.sleep(0.05)
        assert "secret 'aws': Vault refuses secret/data/healing/aws: permission denied" in str(problems[0])


def test_every_plugin_that_takes_secrets_is_among_them() -> None:
    assert set(plugins_with_secrets()) == set(FUNCTIONS)


def _says(reports: dict[str, Status], expected: dict[str, str], state: State) -> list[bool]:
    return [reports[ref].state is state and said in reports[ref].reason for ref, said in expected.items()]


async def until(loop: ControlLoop, holds: Callable[[dict[str, Status]], bool]) -> None:
    """Wait until what was published last *holds*, ten seconds at most."""
    reports: dict[str, Status] = {}
    try:
        async with asyncio.timeout(10):
            while not (reports and holds(reports)):
                await asyncio.sleep(0.02)
                reports = dict(loop.translation.reports) if loop.translation else {}
    except TimeoutError as error:
        said = "\n".join(f"{ref}: {each.state.value}: {each.reason}" for ref, each in reports.items())
        raise AssertionError(said) from error
