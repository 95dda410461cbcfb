"""The keys that a program finds around it on AWS, in the order in which AWS's own libraries look.

Variables; a role for the token of an identity provider (EKS); the shared file with profiles; the container (ECS, EKS
Pod Identity); the instance (EC2). Reference: "Standardized credential providers" in the AWS SDKs and Tools Reference
Guide. Profiles that name a role, a process or a sign-on service are not looked through.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from configparser import ConfigParser
from configparser import Error as ParserError
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from gloo.envoy.aws_lambda import AwsCredentials
from gloo.errors import StorageError
from gloo.model.base import Value
from gloo.plugins.aws_sts import Granted, assume_role_of_token, moment_of

if TYPE_CHECKING:
    import httpx

_CONTAINER = "http://169.254.170.2"
_INSTANCE = "http://169.254.169.254"
_ALLOWED = frozenset(["169.254.170.2", "169.254.170.23", "fd00:ec2::23"])
_ROLE = "/latest/meta-data/iam/security-credentials/"


class Surroundings(Value, frozen=True):
    """What is looked at.

    Args:
        variables: the environment variables.
        read: returns the text of a file; raises OSError.
        http: asks the container and the instance.
        session: the name of sessions that variables give none to.
    """

    variables: Mapping[str, str]
    read: Callable[[Path], str]
    http: "httpx.AsyncClient"
    session: str

    def __getitem__(self, name: str) -> str:
        return self.variables.get(name, "")


class _Answer(msgspec.Struct, rename="pascal"):
    """Keys as the container and the instance tell them."""

    access_key_id: str
    secret_access_key: str
    token: str = ""
    expiration: str = ""


async def find_keys(around: Surroundings, *, sts: str) -> Granted:
    """Return the first keys that are found; raise StorageError when there are none, or what is named can't be used."""
    async for granted in _found(around, sts):
        if granted is not None:
            return granted
    raise StorageError("there are no keys in the environment: no variables, profile, web identity, container, instance")


async def _found(around: Surroundings, sts: str) -> AsyncIterator[Granted | None]:
    yield _of_variables(around)
    yield await _of_web_identity(around, sts)
    yield _of_profile(around)
    yield await _of_container(around)
    yield await _of_instance(around)


def _of_variables(around: Surroundings) -> Granted | None:
    key, secret = around["AWS_ACCESS_KEY_ID"], around["AWS_SECRET_ACCESS_KEY"]
    return Granted(AwsCredentials(key, secret, around["AWS_SESSION_TOKEN"])) if key and secret else None


async def _of_web_identity(around: Surroundings, sts: str) -> Granted | None:
    file, role = around["AWS_WEB_IDENTITY_TOKEN_FILE"], around["AWS_ROLE_ARN"]
    if not (file and role):
        return None
    form = {"RoleArn": role, "RoleSessionName": around["AWS_ROLE_SESSION_NAME"] or around.session}
    return await assume_role_of_token(sts, form, around.http, token=_read(around, file))


def _of_profile(around: Surroundings) -> Granted | None:
    home = around["HOME"] or "/"
    file = around["AWS_SHARED_CREDENTIALS_FILE"] or f"{home}/.aws/credentials"
    wanted = around["AWS_PROFILE"]
    profiles = ConfigParser(interpolation=None)
    try:
        profiles.read_string(around.read(Path(file)))
    except OSError:
        return None
    except ParserError:  # its text holds the line that it stumbled over
        raise StorageError(f"{file} is no file of profiles") from None
    name = wanted or "default"
    values = profiles[name] if profiles.has_section(name) else {}
    key, secret = values.get("aws_access_key_id", ""), values.get("aws_secret_access_key", "")
    if key and secret:
        return Granted(AwsCredentials(key, secret, values.get("aws_session_token", "")))
    if wanted:
        raise StorageError(f"{file} has no keys for the profile {wanted!r}, which AWS_PROFILE names")
    return None


async def _of_container(around: Surroundings) -> Granted | None:
    relative, full = around["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"], around["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
    if not (relative or full):
        return None
    variable = f"AWS_CONTAINER_CREDENTIALS_{'RELATIVE' if relative else 'FULL'}_URI"
    url = f"{_CONTAINER}{relative}" if relative else full
    _check_container(url, variable)
    file = around["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"]
    token = _read(around, file) if file else around["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
    return await _told(around, "the container", url, {"authorization": token} if token else {})


def _check_container(url: str, variable: str) -> None:
    """Raise StorageError for a place that AWS's libraries don't ask either: a token would go to anybody, in clear."""
    host = _host(url, variable)
    try:
        near = host in _ALLOWED or ip_address(host).is_loopback
    except ValueError:
        near = host == "localhost"
    scheme = urlsplit(url).scheme
    if scheme != "https" and not (scheme == "http" and near):
        raise StorageError(f"{variable} is no https:// address, nor one of this machine")


def _host(url: str, variable: str) -> str:
    """Return the host in *url*, which *variable* gives; raise StorageError for no URL."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:  # its text may hold a part of the address
        raise StorageError(f"{variable} makes no URL") from None
    return host


async def _of_instance(around: Surroundings) -> Granted | None:
    import httpx  # noqa: PLC0415 - by whom keys are asked for, it is loaded

    if around["AWS_EC2_METADATA_DISABLED"].lower() == "true":
        return None
    base = (around["AWS_EC2_METADATA_SERVICE_ENDPOINT"] or _INSTANCE).rstrip("/")
    _host(base, "AWS_EC2_METADATA_SERVICE_ENDPOINT")
    try:
        token = await around.http.put(
            f"{base}/latest/api/token", headers={"x-aws-ec2-metadata-token-ttl-seconds": "300"}, timeout=1.0
        )
        headers = {"x-aws-ec2-metadata-token": token.text}
        roles = await around.http.get(f"{base}{_ROLE}", headers=headers)
    except httpx.HTTPError:
        return None  # no instance of EC2
    if token.status_code != 200 or roles.status_code != 200 or not roles.text.strip():
        return None
    return await _told(around, "the instance", f"{base}{_ROLE}{roles.text.split()[0]}", headers)


async def _told(around: Surroundings, who: str, url: str, headers: Mapping[str, str]) -> Granted:
    answer = await around.http.get(url, headers=dict(headers))
    if answer.status_code != 200:
        raise StorageError(f"{who} answered {answer.status_code} when asked for keys")
    try:
        told = msgspec.json.decode(answer.content, type=_Answer)
    except (ValueError, RecursionError):  # no JSON, no text, or one without an end
        raise StorageError(f"{who} answered with something that holds no keys") from None
    keys = AwsCredentials(told.access_key_id, told.secret_access_key, told.token)
    return Granted(keys, moment_of(told.expiration))


def _read(around: Surroundings, file: str) -> str:
    try:
        return around.read(Path(file)).strip()
    except OSError as error:
        raise StorageError(f"{file} can't be read: {error.strerror}") from error
