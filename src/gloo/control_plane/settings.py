"""What a gateway is told besides its configuration: addresses, Envoy, logs.

Defaults give way to the settings file, that to ``GLOO_*`` variables, those to flags. The structure below is the one
place that names a setting: flags, variables, their help and their checks come from its fields.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from gloo.errors import SettingsError
from gloo.model.base import Json, Model
from gloo.model.source import Document, Source
from gloo.model.status import Problem
from gloo.model.strict import decode_struct, nearest
from gloo.model.text import TextError, parse_text

PREFIX = "GLOO_"
FILE_VARIABLE = "GLOO_SETTINGS"
VAULT_VARIABLE = "VAULT_TOKEN"

_HIDDEN = {"hidden": True}
_FOLDERS = frozenset(["dir", "state_dir", "secrets_dir"])
_FILES = frozenset(["xds_socket", "vault_ca_file", "vault_token_file", "vault_secret_id_file", "vault_jwt_file"])
STATE = ".gloo"
"""The folder, in that of the configuration, where gloo keeps its state unless told otherwise."""

Port = Annotated[int, Meta(ge=0, le=65535)]

_SERVICE_LINK = re.compile(r"GLOO_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_\w+)?)?)\Z")
_LINK_VALUE = re.compile(r"(tcp|udp|sctp)://")


class Settings(Model, frozen=True, kw_only=True):
    """The settings of one gateway."""

    dir: Annotated[str, Meta(description="the folder that holds the configuration")] = "."
    bind: Annotated[str, Meta(description="the address to listen on; :: is all addresses, IPv4 too")] = "::"
    http_port: Annotated[Port, Meta(description="the port for HTTP")] = 8080
    https_port: Annotated[Port, Meta(description="the port for HTTPS")] = 8443
    envoy: Annotated[str, Meta(description="the Envoy program; found on PATH or in its wheel when not given")] = ""
    concurrency: Annotated[int, Meta(ge=0, le=1024, description="Envoy's worker threads; 0 is one per core")] = 0
    envoy_memory: Annotated[
        str, Meta(description="what Envoy's heap may have, e.g. 512MiB; by default four fifths of the memory there is")
    ] = ""
    state_dir: Annotated[str, Meta(description="where verdicts and last good forms are kept; by default DIR/.gloo")] = (
        ""
    )
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="the least important log lines to write")
    ] = "info"
    log_format: Annotated[Literal["text", "json"], Meta(description="how log lines are written")] = "text"
    drain_seconds: Annotated[
        float, Meta(ge=0, le=3600, description="seconds that requests get to end when the gateway stops")
    ] = 5
    later_calls: Annotated[
        int, Meta(ge=1, le=1_000_000, description="most calls that no client waits for, under way in each Envoy worker")
    ] = 1000
    xds_socket: Annotated[
        str, Meta(description="the Unix socket for Envoys started by others; by default a private one")
    ] = ""
    xds_address: Annotated[
        str, Meta(description="HOST:PORT for Envoys started by others, in clear; a port alone is of this machine")
    ] = ""
    role_ports: Annotated[
        str, Meta(description="ROLE=HTTP:HTTPS,...: the ports of roles that don't listen where ingress does")
    ] = ""
    secret_store: Annotated[Literal["file", "vault"], Meta(description="where secrets are: files, or Vault")] = "file"
    secrets_dir: Annotated[str, Meta(description="the folder of secrets in files; by default DIR/secrets")] = ""
    vault_addr: Annotated[str, Meta(pattern=r"^https?://[^/?#@\s]+(/[^?#\s]*)?$", description="the URL of Vault")] = (
        "http://127.0.0.1:8200"
    )
    vault_namespace: Annotated[
        str, Meta(pattern="^[!-~]*$", description="the namespace of Vault that everything is in")
    ] = ""
    vault_ca_file: Annotated[
        str, Meta(description="the authorities of Vault's certificate, as PEM; by default those of this machine")
    ] = ""
    vault_mount: Annotated[str, Meta(min_length=1, description="the mount of the key-value engine")] = "secret"
    vault_path: Annotated[str, Meta(description="what stands before a secret's name in the engine")] = "gloo"
    vault_kv: Annotated[
        Literal["ask", "v1", "v2"], Meta(description="the version of the engine; ask: Vault tells it")
    ] = "ask"
    vault_poll_seconds: Annotated[
        float, Meta(ge=0.1, le=3600, description="seconds from one look at the secrets in Vault to the next")
    ] = 1
    vault_auth: Annotated[Literal["token", "approle", "kubernetes"], Meta(description="how to get into Vault")] = (
        "token"
    )
    vault_auth_mount: Annotated[str, Meta(description="the mount of that method; by default its name")] = ""
    vault_token: Annotated[str, Meta(description="the token, with the method token", extra=_HIDDEN)] = ""
    vault_token_file: Annotated[str, Meta(description="a file that holds the token; read again when it is lost")] = ""
    vault_role_id: Annotated[str, Meta(description="the role id, with the method approle")] = ""
    vault_secret_id: Annotated[str, Meta(description="the secret id, with the method approle", extra=_HIDDEN)] = ""
    vault_secret_id_file: Annotated[str, Meta(description="a file that holds the secret id; read at each login")] = ""
    vault_role: Annotated[str, Meta(description="the role, with the method kubernetes")] = ""
    vault_jwt_file: Annotated[
        str, Meta(description="the service account token, with the method kubernetes; read at each login")
    ] = "/var/run/secrets/kubernetes.io/serviceaccount/token"

    def __repr__(self) -> str:
        shown = {name: getattr(self, name) for name in self.__struct_fields__ if not is_hidden(name)}
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in shown.items())})"


def is_hidden(name: str) -> bool:
    """Say whether the setting *name* is a secret: it comes from its variable alone and is shown nowhere."""
    hint = get_type_hints(Settings, include_extras=True)[name]
    return any(meta.extra == _HIDDEN for meta in hint.__metadata__)


def state_folder(settings: Settings) -> Path:
    """Return where the state of the folder in *settings* is kept."""
    return Path(settings.state_dir) if settings.state_dir else Path(settings.dir) / STATE


def load_settings(flags: Mapping[str, object], *, environ: Mapping[str, str], file: Path | None) -> Settings:
    """Merge all places where settings are given.

    Args:
        flags: values by field name; None is a flag that was not given.
        environ: the environment; only ``GLOO_*`` is read, and ``VAULT_TOKEN`` where gloo is told of no token.
        file: the settings file; None takes the one that ``GLOO_SETTINGS`` names, if any.

    Raises:
        SettingsError: an unknown name, an impossible value, or an unreadable file; says where.
    """
    named = file or (Path(environ[FILE_VARIABLE]) if environ.get(FILE_VARIABLE) else None)
    given: dict[str, Json] = dict(_from_file(named)) if named else {}
    given |= dict(_from_environment(environ))
    for name, value in flags.items():
        if value is not None:
            given[name] = _checked(name, value, place=f"--{name.replace('_', '-')}")
    if not (given.get("vault_token") or given.get("vault_token_file")):
        given["vault_token"] = environ.get(VAULT_VARIABLE, "")
    return msgspec.convert(given, Settings)


def variable(name: str) -> str:
    """Return the environment variable of the setting *name*."""
    return PREFIX + name.upper()


def _from_environment(environ: Mapping[str, str]) -> Iterator[tuple[str, Json]]:
    fields = Settings.__struct_fields__
    for name, value in sorted(environ.items()):
        if not name.startswith(PREFIX) or name == FILE_VARIABLE or _is_service_link(name, value):
            continue
        field = name.removeprefix(PREFIX).lower()
        if field not in fields:
            hint = nearest(field, list(fields))
            raise SettingsError(f"{name}: there is no such setting ({_as_variable(hint)})")
        yield field, _checked(field, value, place=name)


def _is_service_link(name: str, value: str) -> bool:
    """Tell a variable that Kubernetes sets in every pod beside a service named `gloo` or `gloo-...`."""
    if not _SERVICE_LINK.match(name):
        return False
    if name.endswith("_PORT") and not name.endswith("_SERVICE_PORT"):
        return bool(_LINK_VALUE.match(value)) or "_TCP_" in name or "_UDP_" in name
    return True


def _as_variable(hint: str) -> str:
    return re.sub(r"[a-z]+(_[a-z]+)*(?=['\",]|\Z)", lambda match: variable(match[0]), hint)


def _checked(name: str, value: object, *, place: str) -> Json:
    """Return *value* as the type of the field *name*; text is read as what it says."""
    hint = get_type_hints(Settings, include_extras=True)[name]
    try:
        return msgspec.convert(value, hint, strict=False)
    except msgspec.ValidationError as error:
        shown = "its value" if is_hidden(name) else repr(value)
        raise SettingsError(f"{place}: {shown} can't be used: {_choices(name) or _said(error)}") from error


def choices_of(name: str) -> tuple[str, ...]:
    """Return the values that the setting *name* may have; empty when there is no list of them."""
    bare = get_type_hints(Settings)[name]
    return tuple(str(value) for value in get_args(bare)) if get_origin(bare) is Literal else ()


def _choices(name: str) -> str:
    choices = choices_of(name)
    return f"one of {', '.join(choices)} is expected" if choices else ""


def _said(error: msgspec.ValidationError) -> str:
    text = str(error)
    for theirs, ours in (
        ("Expected", "expected"),
        ("`int`", "a whole number"),
        ("`float`", "a number"),
        ("`str`", "text"),
    ):
        text = text.replace(theirs, ours)
    return text


def _from_file(path: Path) -> Iterator[tuple[str, Json]]:
    """Read a YAML mapping of settings; folders and files in it are below the folder of the file."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not UTF-8 text"
        raise SettingsError(f"{path}: the settings file can't be read: {reason}") from error
    for name, value in _parsed(path, text).items():
        is_path = name in _FOLDERS | _FILES and value
        yield name, str(path.parent / str(value)) if is_path else value


def _parsed(path: Path, text: str) -> Mapping[str, Json]:
    try:
        parts = [part for part in parse_text(text) if part is not None]
    except TextError as error:
        raise SettingsError(f"{path}:{error.line}: {error}") from error
    if len(parts) > 1 or not all(isinstance(part, dict) for part in parts):
        raise SettingsError(f"{path}:1: a mapping of settings is expected (e.g. http_port: 8080)")
    given = parts[0] if parts else {}
    settings, problems = decode_struct(given, Settings)
    if settings is None:
        source = Source(Document(str(path), text))
        raise SettingsError("\n".join(str(_placed(problem, path, source)) for problem in problems))
    names = tuple(_given_names(given))
    for name in filter(is_hidden, names):
        hint = f"set {variable(name)}, or name a {name}_file"
        raise SettingsError(
            str(_placed(Problem(field=name, problem="is a secret", hint=hint), path, Source(Document(str(path), text))))
        )
    return {name: getattr(settings, name) for name in names}


def _placed(problem: Problem, path: Path, source: Source) -> Problem:
    return msgspec.structs.replace(problem, file=str(path), line=source.line_of(problem.field))


def _given_names(given: Mapping[str, Json]) -> Iterator[str]:
    """Yield the names of the fields that the file gives, in whatever spelling it has them."""
    spelling = {name.replace("_", "").lower(): name for name in Settings.__struct_fields__}
    for name, value in given.items():
        if value is not None:
            yield spelling[name.replace("_", "").lower()]
