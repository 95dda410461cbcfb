"""The ways to get a token of Vault: one that somebody made, an AppRole, a service account of Kubernetes.

Files are read at each login, so that what changes in them (a Vault agent's token, a rotated secret id, a projected
service account token) is taken up.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from gloo.errors import StorageError
from gloo.model.base import Json, Value
from gloo.storage.vault_client import Reply, VaultClient, seconds

SERVICE_ACCOUNT_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token"


@dataclass(frozen=True, slots=True)
class Token:
    """A token of Vault.

    Args:
        value: what goes into requests.
        lease: seconds that it lasts from now; 0 for no end that is known.
        renewable: it can be made to last longer.
    """

    value: str = field(repr=False)
    lease: float = 0
    renewable: bool = False


class Login(Protocol):
    """One way to get a token."""

    @property
    def renews(self) -> bool:
        """Say whether another login gives another token."""
        ...

    async def token(self, client: VaultClient) -> Token:
        """Return a token. Raises StorageError if there is none to be had now."""
        ...


@dataclass(frozen=True, slots=True)
class TokenLogin:
    """A token that somebody made for us, given as such or in a file; the file counts where both are given."""

    value: str = field(default="", repr=False)
    file: str = ""
    renews: bool = False

    async def token(self, client: VaultClient) -> Token:
        value = _read(self.file, "token") if self.file else _checked(self.value, "token", "the setting vault_token")
        reply = await client.ask("GET", "auth/token/lookup-self", token=value)
        if reply.status != 200:  # refused, or its policies don't let it look at itself: reading will tell
            return Token(value)
        return Token(value, seconds(reply.data.get("ttl")), bool(reply.data.get("renewable")))


@dataclass(frozen=True, slots=True)
class AppRoleLogin:
    """A role id and a secret id, as machines have them."""

    role_id: str
    secret_id: str = field(default="", repr=False)
    secret_id_file: str = ""
    mount: str = "approle"
    renews: bool = True

    async def token(self, client: VaultClient) -> Token:
        secret_id = _read(self.secret_id_file, "secret id") if self.secret_id_file else self.secret_id
        body = {"role_id": self.role_id} | ({"secret_id": secret_id} if secret_id else {})
        return await _logged_in(client, self.mount, body)


class KubernetesLogin(Value, frozen=True):
    """The service account of a pod."""

    role: str
    jwt_file: str = SERVICE_ACCOUNT_TOKEN
    mount: str = "kubernetes"
    renews: bool = True

    async def token(self, client: VaultClient) -> Token:
        body = {"role": self.role, "jwt": _read(self.jwt_file, "service account token")}
        return await _logged_in(client, self.mount, body)


def token_of(reply: Reply) -> Token:
    """Return the token that a login or a renewal gave."""
    return Token(str(reply.auth.get("client_token") or ""), reply.lease, bool(reply.auth.get("renewable")))


async def _logged_in(client: VaultClient, mount: str, body: Mapping[str, Json]) -> Token:
    reply = await client.ask("POST", f"auth/{mount}/login", body=body)
    token = token_of(reply)
    if reply.status != 200 or not token.value:
        raise client.error(f"refuses the login at auth/{mount}: {_without(reply.reason, body) or reply.status}")
    return token


def _without(reason: str, body: Mapping[str, Json]) -> str:
    """Return Vault's words without those that we sent, should it repeat them."""
    for value in body.values():
        reason = reason.replace(value, "...")
    return reason


def _read(path: str, what: str) -> str:
    try:
        text = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is not text"
        raise StorageError(f"{path}: the {what} for Vault can't be read: {said}") from error
    return _checked(text, what, path)


def _checked(text: str, what: str, where: str) -> str:
    if not text or not text.isascii() or not text.isprintable():
        raise StorageError(f"{where}: holds no {what} for Vault (one line of text is expected)")
    return text
