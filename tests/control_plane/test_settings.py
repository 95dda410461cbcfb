"""Settings: where each value comes from, and what is said about one that can't be used."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from gloo.control_plane.settings import Settings, choices_of, is_hidden, load_settings, variable
from gloo.errors import SettingsError


def settings(
    flags: Mapping[str, object] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    file: Path | None = None,
) -> Settings:
    return load_settings(flags or {}, environ=environ or {}, file=file)


def refusal(environ: Mapping[str, str] | None = None, *, file: Path | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        settings(environ=environ, file=file)
    return str(caught.value)


def write(folder: Path, text: str) -> Path:
    path = folder / "settings.yaml"
    path.write_text(text)
    return path


def test_nothing_given_is_the_defaults() -> None:
    assert settings() == Settings()


def test_a_flag_beats_a_variable_beats_the_file_beats_the_default(tmp_path: Path) -> None:
    file = write(tmp_path, "http_port: 1\nhttps_port: 2\nconcurrency: 3\n")
    environ = {"GLOO_HTTP_PORT": "10", "GLOO_HTTPS_PORT": "20"}
    found = settings({"http_port": 100, "bind": None}, environ=environ, file=file)
    assert (found.http_port, found.https_port, found.concurrency, found.bind) == (100, 20, 3, "::")


def test_a_variable_names_the_settings_file(tmp_path: Path) -> None:
    file = write(tmp_path, "http_port: 81\n")
    assert settings(environ={"GLOO_SETTINGS": str(file)}).http_port == 81


def test_folders_in_the_file_are_below_the_folder_of_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, "dir: shop\nstateDir: /var/lib/gloo\n")
    found = settings(file=file)
    assert (found.dir, found.state_dir) == (str(tmp_path / "shop"), "/var/lib/gloo")


def test_files_and_other_folders_in_the_file_are_below_it_too(tmp_path: Path) -> None:
    file = write(tmp_path, "secrets_dir: keys\nvault_token_file: ../token\nvault_ca_file: /etc/ca.pem\n")
    found = settings(file=file)
    assert (found.secrets_dir, found.vault_token_file) == (str(tmp_path / "keys"), str(tmp_path / "../token"))
    assert found.vault_ca_file == "/etc/ca.pem"


def test_every_fault_of_the_file_has_its_line_and_a_hint(tmp_path: Path) -> None:
    file = write(tmp_path, "htp_port: 1\nbind: 3\nlog_level: loud\n")
    assert refusal(file=file).splitlines() == [
        f"{file}:1: htp_port: unknown field (did you mean 'http_port'?)",
        f"{file}:2: bind: expected text, got a whole number",
        f"{file}:3: log_level: 'loud' is not allowed (valid: debug, info, warning, error)",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [("[1]", "a mapping of settings is expected"), ("a: [", "is neither YAML nor JSON"), ("1\n---\n2", ":1: ")],
)
def test_a_file_that_is_no_mapping_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    file = write(tmp_path, text)
    assert str(file) in refusal(file=file)
    assert said in refusal(file=file)


def test_an_empty_file_sets_nothing(tmp_path: Path) -> None:
    assert settings(file=write(tmp_path, "# all defaults\n")) == Settings()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert "can't be read: No such file" in refusal({"GLOO_SETTINGS": str(tmp_path / "none.yaml")})


def test_a_misspelt_variable_is_named_with_the_nearest_one() -> None:
    said = refusal({"GLOO_HTPP_PORT": "80"})
    assert said == "GLOO_HTPP_PORT: there is no such setting (did you mean 'GLOO_HTTP_PORT'?)"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("GLOO_HTTP_PORT", "x", "expected a whole number, got text"),
        ("GLOO_HTTP_PORT", "99999", "expected a whole number <= 65535"),
        ("GLOO_LOG_FORMAT", "xml", "one of text, json is expected"),
        ("GLOO_DRAIN_SECONDS", "-1", "expected a number >= 0"),
    ],
)
def test_a_value_that_can_not_be_is_refused_with_its_place(name: str, value: str, said: str) -> None:
    assert refusal({name: value}).startswith(f"{name}: '{value}' can't be used: {said}")


def test_a_flag_out_of_range_is_named_as_the_user_typed_it() -> None:
    with pytest.raises(SettingsError, match=r"^--http-port: -1 can't be used"):
        settings({"http_port": -1})


def test_variables_that_kubernetes_sets_for_a_service_named_gloo_are_no_settings() -> None:
    environ = {
        "GLOO_SERVICE_HOST": "10.0.0.1",
        "GLOO_SERVICE_PORT_HTTP": "80",
        "GLOO_PORT": "tcp://10.0.0.1:80",
        "GLOO_PORT_80_TCP_ADDR": "10.0.0.1",
        "GLOO_HTTP_PORT": "tcp://10.0.0.1:80",
        "GLOO_PORT_80_TCP_PORT": "80",
    }
    assert settings(environ=environ) == Settings()


def test_every_setting_has_a_description_and_a_variable() -> None:
    for name in Settings.__struct_fields__:
        assert variable(name).startswith("GLOO_")
    assert choices_of("log_format") == ("text", "json")
    assert choices_of("bind") == ()


SECRET = "canary-4f1e"


@pytest.mark.parametrize("name", ["vault_token", "vault_secret_id"])
def test_a_secret_comes_from_its_variable_alone_and_is_never_shown(tmp_path: Path, name: str) -> None:
    assert is_hidden(name)
    found = settings(environ={variable(name): SECRET})
    assert getattr(found, name) == SECRET
    assert SECRET not in repr(found) + str(found) and "http_port=8080" in repr(found)
    file = write(tmp_path, f"http_port: 1\n{name}: {SECRET}\n")
    assert refusal(file=file) == f"{file}:2: {name}: is a secret (set {variable(name)}, or name a {name}_file)"


def test_the_token_that_vaults_own_tools_take_counts_where_gloo_is_told_of_none() -> None:
    environ = {"VAULT_TOKEN": "theirs"}
    assert settings(environ=environ).vault_token == "theirs"
    assert settings(environ={**environ, "GLOO_VAULT_TOKEN": "ours"}).vault_token == "ours"
    assert settings(environ={**environ, "GLOO_VAULT_TOKEN_FILE": "token"}).vault_token == ""


@pytest.mark.parametrize("address", ["vault:8200", "https://vault/?a=b", "https://user:pass@vault", "ftp://vault"])
def test_an_address_of_vault_that_can_not_be_is_refused(address: str) -> None:
    assert refusal({"GLOO_VAULT_ADDR": address}).startswith("GLOO_VAULT_ADDR: ")
