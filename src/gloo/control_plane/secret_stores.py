"""The one place that knows which secret stores there are: settings in, a store out.

A new store is a line in `STORES`, a choice in the setting ``secret_store``, and the settings that it needs.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from gloo.control_plane.settings import Settings, variable
from gloo.errors import SettingsError
from gloo.storage.base import SecretStorage
from gloo.storage.file_secrets import FileSecrets

if TYPE_CHECKING:
    from gloo.storage.vault_login import Login


def secret_storage(settings: Settings) -> SecretStorage:
    """Return the store that *settings* choose; nothing is asked of it yet.

    Raises:
        SettingsError: a setting that it needs is not given.
    """
    return STORES[settings.secret_store](settings)


def _file(settings: Settings) -> SecretStorage:
    return FileSecrets(Path(settings.secrets_dir) if settings.secrets_dir else Path(settings.dir) / "secrets")


def _vault(settings: Settings) -> SecretStorage:
    from gloo.storage.vault import VaultPlace, VaultSecrets  # noqa: PLC0415 - only those who use it wait for it
    from gloo.storage.vault_client import VaultServer  # noqa: PLC0415 - likewise

    server = VaultServer(settings.vault_addr, settings.vault_namespace, settings.vault_ca_file)
    version = None if settings.vault_kv == "ask" else settings.vault_kv
    place = VaultPlace(settings.vault_mount, settings.vault_path, version)
    return VaultSecrets(server, _login(settings), place, poll=settings.vault_poll_seconds)


def _login(settings: Settings) -> "Login":
    from gloo.storage.vault_login import AppRoleLogin, KubernetesLogin, TokenLogin  # noqa: PLC0415 - as above

    mount = settings.vault_auth_mount.strip("/") or settings.vault_auth
    if settings.vault_auth == "approle":
        _needed(settings, "vault_role_id")
        return AppRoleLogin(settings.vault_role_id, settings.vault_secret_id, settings.vault_secret_id_file, mount)
    if settings.vault_auth == "kubernetes":
        _needed(settings, "vault_role")
        return KubernetesLogin(settings.vault_role, settings.vault_jwt_file, mount)
    _needed(settings, "vault_token", "vault_token_file")
    return TokenLogin(settings.vault_token, settings.vault_token_file)


def _needed(settings: Settings, *names: str) -> None:
    if not any(getattr(settings, name) for name in names):
        given = " or ".join(variable(name) for name in names)
        raise SettingsError(f"vault_auth: {settings.vault_auth!r} needs {' or '.join(names)} (set {given})")


STORES: Mapping[str, Callable[[Settings], SecretStorage]] = MappingProxyType({"file": _file, "vault": _vault})
