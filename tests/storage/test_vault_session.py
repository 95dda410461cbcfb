"""A token is renewed before its end, and replaced when it is lost; a real server, a clock of the test's own."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.openbao import OpenBao

from gloo.storage.vault_client import Reply, VaultClient, VaultServer, connected
from gloo.storage.vault_login import AppRoleLogin, Login, TokenLogin
from gloo.storage.vault_session import VaultSession


@dataclass(slots=True)
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass(slots=True)
class Counted:
    """A login that counts, and can be made to fail by whoever wraps it."""

    login: Login
    logins: int = 0

    @property
    def renews(self) -> bool:
        return self.login.renews

    async def token(self, client: VaultClient) -> object:
        self.logins += 1
        return await self.login.token(client)


@pytest.fixture
async def client(openbao: OpenBao) -> AsyncIterator[VaultClient]:
    async with connected(VaultServer(openbao.url)) as client:
        yield client


def session_of(login: Login) -> tuple[VaultSession, Counted, Clock]:
    counted, clock = Counted(login), Clock()
    return VaultSession(counted, clock), counted, clock  # type: ignore[arg-type]  # a token is what the login gives


async def looked_at_itself(session: VaultSession, client: VaultClient) -> Reply:
    return await session.get(client, "auth/token/lookup-self")


async def test_one_token_serves_all_questions_until_two_thirds_of_its_lease(
    openbao: OpenBao, client: VaultClient
) -> None:
    session, login, clock = session_of(AppRoleLogin(*openbao.approle("renewed", "default", token_ttl="90s")))
    await session.refresh(client)
    assert session.turn() == 60
    clock.now += 59
    await session.refresh(client)
    assert session.turn() == 1
    clock.now += 1
    await session.refresh(client)
    assert (session.turn(), login.logins) == (60, 1)


async def test_a_lease_that_can_not_be_renewed_for_long_is_a_new_login(openbao: OpenBao, client: VaultClient) -> None:
    role = openbao.approle("short", "default", token_ttl="90s", token_max_ttl="90s")
    session, login, clock = session_of(AppRoleLogin(*role))
    await session.refresh(client)
    before = (await looked_at_itself(session, client)).data["id"]
    openbao.ask("POST", "auth/token/revoke", {"token": before})
    clock.now += 61
    await session.refresh(client)
    assert login.logins == 2
    assert (await looked_at_itself(session, client)).data["id"] != before


async def test_a_token_that_is_not_renewable_is_replaced_in_time(openbao: OpenBao, client: VaultClient) -> None:
    role = openbao.approle("batch", "default", token_ttl="90s", token_type="batch")
    session, login, clock = session_of(AppRoleLogin(*role))
    await session.refresh(client)
    clock.now += 61
    await session.refresh(client)
    assert login.logins == 2


async def test_a_revoked_token_is_lost_and_replaced(openbao: OpenBao, client: VaultClient) -> None:
    session, login, clock = session_of(AppRoleLogin(*openbao.approle("lost", "default", token_ttl="90s")))
    await session.refresh(client)
    openbao.revoke((await looked_at_itself(session, client)).data["id"])
    assert not await session.lost(client), "a token that was just given is not doubted"
    clock.now += 6
    assert await session.lost(client)
    assert login.logins == 2
    clock.now += 6
    assert not await session.lost(client)


async def test_a_token_in_a_file_is_taken_up_anew_when_the_old_one_is_lost(
    openbao: OpenBao, client: VaultClient, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text(openbao.new_token("default"))
    session, _, clock = session_of(TokenLogin(file=str(file)))
    await session.refresh(client)
    openbao.revoke(file.read_text())
    clock.now += 6
    assert not await session.lost(client), "the file holds no other yet"
    file.write_text(openbao.new_token("default"))
    clock.now += 6
    assert await session.lost(client)
    assert (await looked_at_itself(session, client)).status == 200


async def test_a_login_that_fails_keeps_the_token_while_it_lasts(openbao: OpenBao, client: VaultClient) -> None:
    role = openbao.approle("once", "default", token_ttl="90s", token_type="batch", secret_id_num_uses=1)
    session, login, clock = session_of(AppRoleLogin(*role))
    await session.refresh(client)
    clock.now += 61
    await session.refresh(client)
    assert login.logins == 2
    assert (await looked_at_itself(session, client)).status == 200
    assert session.turn() == 9


async def test_a_token_for_ever_is_never_renewed(openbao: OpenBao, client: VaultClient) -> None:
    session, login, clock = session_of(TokenLogin(openbao.token))
    await session.refresh(client)
    clock.now += 1e9
    await session.refresh(client)
    assert (session.turn(), login.logins) == (float("inf"), 1)
