"""AWS's Security Token Service: keys for a time, in exchange for other keys or a token.

Reference: "AssumeRole" and "AssumeRoleWithWebIdentity" in the AWS Security Token Service API Reference (2011-06-15).
No message holds a key, a token or a text of an answer but the name of an error.
"""

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from xml.etree import ElementTree

from gloo.envoy.aws_lambda import AwsCredentials
from gloo.errors import StorageError
from gloo.model.base import Value
from gloo.plugins.aws_session import AwsSession
from gloo.plugins.aws_signing import AwsRequest, sign
from gloo.plugins.origin import parse_origin

if TYPE_CHECKING:  # what only translates a configuration does not wait for an HTTP client
    import httpx

_SPACE = "{https://sts.amazonaws.com/doc/2011-06-15/}"
_TYPE = "application/x-www-form-urlencoded; charset=utf-8"
_NAMED = re.compile(r"[A-Za-z][A-Za-z0-9.]{1,79}\Z")


class Granted(Value, frozen=True):
    """Keys, and until when they count, in seconds since 1970; None for keys that are not known to end."""

    keys: AwsCredentials
    until: float | None = None


async def assume_role(session: AwsSession, keys: AwsCredentials, http: "httpx.AsyncClient", *, now: float) -> Granted:
    """Take on the role of *session* with *keys*; raise StorageError when that can't be done now."""
    form = {"RoleArn": session.role_arn, "RoleSessionName": session.session}
    if session.external_id:
        form["ExternalId"] = session.external_id
    body = _form("AssumeRole", form)
    origin = parse_origin(session.sts)
    request = AwsRequest("POST", origin.authority, headers={"content-type": _TYPE}, body=body)
    headers = dict(sign(request, keys, region=session.region, service="sts", now=now))
    return await _asked(session.sts, body, http, headers)


async def assume_role_of_token(sts: str, form: dict[str, str], http: "httpx.AsyncClient", *, token: str) -> Granted:
    """Take on a role with a token of an identity provider; *form* has the names of the role and the session."""
    body = _form("AssumeRoleWithWebIdentity", form | {"WebIdentityToken": token})
    return await _asked(sts, body, http, {"content-type": _TYPE})


def _form(action: str, fields: dict[str, str]) -> bytes:
    return urlencode({"Action": action, "Version": "2011-06-15", **fields}).encode()


async def _asked(sts: str, body: bytes, http: "httpx.AsyncClient", headers: dict[str, str]) -> Granted:
    answer = await http.post(f"{sts}/", content=body, headers=headers)
    try:
        told = ElementTree.fromstring(answer.content)  # noqa: S314 - whom TLS proved to be AWS; expat bounds entities
    except (ElementTree.ParseError, ValueError, LookupError):  # the latter for encodings that are none
        raise StorageError(f"{sts} answered {answer.status_code} with something that is no XML") from None
    if answer.status_code != 200:
        code = told.findtext(f".//{_SPACE}Code") or told.findtext(".//Code") or ""
        raise StorageError(f"{sts} answered {answer.status_code} {code if _NAMED.match(code) else ''}".rstrip())
    return _granted(sts, told)


def _granted(sts: str, told: ElementTree.Element) -> Granted:
    names = ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")
    *keys, until = (told.findtext(f".//{_SPACE}Credentials/{_SPACE}{name}") or "" for name in names)
    if not all(keys):
        raise StorageError(f"{sts} answered without keys")
    return Granted(AwsCredentials(*keys), moment_of(until))


def moment_of(text: str) -> float | None:
    """Return an ISO 8601 time of AWS in seconds since 1970; None for no time."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
