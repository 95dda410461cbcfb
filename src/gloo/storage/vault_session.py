"""A token of Vault that is kept alive: renewed before its end, fetched anew when it is lost."""

import time
from collections.abc import Callable

import structlog

from gloo.errors import StorageError
from gloo.storage.vault_client import Reply, VaultClient
from gloo.storage.vault_login import Login, Token, token_of

_RENEW_AT = 2 / 3  # of its life
_FRESH = 5.0  # seconds that a new token is not doubted
_AGAIN = 0.1  # of its life, until something that failed is tried again


class VaultSession:
    """Asks with a token that is kept alive.

    Args:
        login: how to get one.
        clock: tells seconds.
    """

    def __init__(self, login: Login, clock: Callable[[], float] = time.monotonic) -> None:
        self._login = login
        self._clock = clock
        self._token: Token | None = None
        self._since = self._longest = 0.0
        self._ends = self._turn = float("inf")
        self._log = structlog.get_logger("gloo.secrets")

    async def get(self, client: VaultClient, path: str) -> Reply:
        """Ask for *path*. Raises StorageError if there is no answer, or no token to be had."""
        token = self._token or await self._fetch(client)
        return await client.ask("GET", path, token=token.value)

    async def refresh(self, client: VaultClient) -> None:
        """Make the token last, when it is time: renew it, or get another one."""
        if self._token is None:
            await self._fetch(client)
        elif self._clock() >= self._turn:
            await self._renew(client, self._token)

    async def lost(self, client: VaultClient) -> bool:
        """Say whether the token was the reason of a refusal; then there is another one now."""
        if self._token is None or self._clock() - self._since < _FRESH:
            return False
        reply = await client.ask("GET", "auth/token/lookup-self", token=self._token.value)
        if reply.status == 200:
            return False
        old, self._token = self._token, None
        return (await self._fetch(client)).value != old.value

    def turn(self) -> float:
        """Return the seconds until the token is to be renewed."""
        return max(self._turn - self._clock(), 0.0)

    async def _fetch(self, client: VaultClient) -> Token:
        token = await self._login.token(client)
        self._longest = token.lease
        return self._take(token)

    def _take(self, token: Token) -> Token:
        self._token, self._since = token, self._clock()
        self._ends = self._since + token.lease if token.lease else float("inf")
        self._turn = self._since + token.lease * _RENEW_AT if token.lease else float("inf")
        return token

    async def _renew(self, client: VaultClient, token: Token) -> None:
        """Renew *token*; get another one where that does not help, and keep it where that fails, while it lasts."""
        try:
            renewed = await self._renewed(client, token)
            if renewed is not None and (renewed.lease > self._longest / 2 or not self._login.renews):
                self._take(renewed)
            else:
                await self._fetch(client)
        except StorageError as error:
            if self._clock() >= self._ends:
                self._token = None
                raise
            self._turn = self._clock() + max(1.0, token.lease * _AGAIN)
            self._log.warning("the token of Vault can't be renewed yet", problem=str(error))

    async def _renewed(self, client: VaultClient, token: Token) -> Token | None:
        """Return *token* with its new lease, or None where it can't be renewed."""
        if not token.renewable:
            return None
        reply = await client.ask("POST", "auth/token/renew-self", token=token.value, body={})
        return token_of(reply) if reply.status == 200 else None
