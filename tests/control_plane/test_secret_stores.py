"""Settings choose where secrets live, and what a store needs is asked for before anything starts."""

from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from gloo.control_plane.offline import read_secrets
from gloo.control_plane.secret_stores import STORES, secret_storage
from gloo.control_plane.settings import Settings, variable
from gloo.errors import SettingsError
from gloo.storage import FileSecrets
from gloo.storage.vault import VaultSecrets


def test_every_choice_of_the_setting_is_a_store() -> None:
    assert set(get_args(get_type_hints(Settings)["secret_store"])) == set(STORES)


def test_files_are_below_the_configuration_or_in_a_folder_of_their_own(tmp_path: Path) -> None:
    for settings, folder in (
        (Settings(dir=str(tmp_path)), tmp_path / "secrets"),
        (Settings(dir=str(tmp_path), secrets_dir="keys"), Path("keys")),
    ):
        store = secret_storage(settings)
        assert isinstance(store, FileSecrets)
        assert store.place("aws") == str(folder / "aws")


def test_vault_is_asked_below_its_mount_and_path() -> None:
    store = secret_storage(Settings(secret_store="vault", vault_token="t", vault_mount="/kv/", vault_path="a/b/"))
    assert isinstance(store, VaultSecrets)
    assert store.place("aws") == "kv/a/b/aws"
    assert secret_storage(Settings(secret_store="vault", vault_token="t", vault_path="")).place("aws") == "secret/aws"


@pytest.mark.parametrize(
    ("auth", "names"),
    [
        ("token", ["vault_token", "vault_token_file"]),
        ("approle", ["vault_role_id"]),
        ("kubernetes", ["vault_role"]),
    ],
)
def test_a_way_in_that_lacks_something_says_what(auth: str, names: list[str]) -> None:
    given = {"secret_store": "vault", "vault_auth": auth}
    with pytest.raises(SettingsError) as caught:
        secret_storage(Settings(**given))  # type: ignore[arg-type]  # literals, as they come
    variables = " or ".join(map(variable, names))
    assert str(caught.value) == f"vault_auth: {auth!r} needs {' or '.join(names)} (set {variables})"
    for name in names:
        secret_storage(Settings(**given, **{name: "x"}))  # type: ignore[arg-type]  # likewise


async def test_a_store_that_does_not_answer_is_a_problem_of_a_single_look() -> None:
    store = secret_storage(Settings(secret_store="vault", vault_addr="http://127.0.0.1:1", vault_token="t"))
    state = await read_secrets(store, frozenset({"aws"}))
    assert state.secrets == {}
    assert [(each.name, "can't be reached" in each.problem) for each in state.problems] == [("", True)]
