"""Sessions of AWS: keys that are not written in a secret, but come from the environment or from a role.

A session has a name that says all there is to know of it. A plugin names it among its secrets, and gets a secret of
that name: with the keys, or with the reason why there are none (`PROBLEM`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from urllib.parse import parse_qsl, urlencode

from gloo.envoy.aws_lambda import AwsCredentials
from gloo.errors import MissingReference
from gloo.model.secret import Secret

PROBLEM = "problem"
NOT_ASKED_FOR = AwsCredentials("not-asked-for", "not-asked-for")
"""What stands for keys where nobody is asked for any."""

_SCHEME = "aws-session?"
_KEYS = (
    ("access_key", "aws_access_key_id"),
    ("secret_key", "aws_secret_access_key"),
    ("session_token", "aws_session_token"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsSession:
    """Where keys come from.

    Args:
        secret_ref: the secret with the keys that take on the role; empty for those of the environment.
        role_arn: the role to take on; empty for none.
        session: how the session is called where AWS records who did what.
        sts: the URL of AWS's Security Token Service (STS).
    """

    region: str
    sts: str
    secret_ref: str = ""
    role_arn: str = ""
    session: str = ""
    external_id: str = ""

    @property
    def name(self) -> str:
        """The name, which `session_of` reads."""
        said = {each.name: getattr(self, each.name) for each in fields(self)}
        return _SCHEME + urlencode({key: value for key, value in said.items() if value})


def session_of(name: str) -> AwsSession | None:
    """Return the session that has *name*; None for the name of a secret that a store holds."""
    return AwsSession(**dict(parse_qsl(name.removeprefix(_SCHEME)))) if name.startswith(_SCHEME) else None


def offline_secret(session: AwsSession) -> Secret:
    """Return what stands for a session where nobody is asked for keys."""
    return session_secret(session, NOT_ASKED_FOR)


def session_secret(session: AwsSession, keys: AwsCredentials) -> Secret:
    """Return the secret that a plugin gets for *session*."""
    values = (keys.access_key, keys.secret_key, keys.session_token)
    return Secret(session.name, {names[0]: value for names, value in zip(_KEYS, values, strict=True)})


def read_keys(data: Mapping[str, str]) -> AwsCredentials:
    """Return the keys in a secret, under our names or those of AWS.

    Raises:
        MissingReference: it stands for a session that could not be had, as it says.
        KeyError: a key is missing, its names are the arguments.
        ValueError: a key is none; the text says which, not what it is.
    """
    if PROBLEM in data:
        raise MissingReference("", "", data[PROBLEM], "it is asked for again")
    found = [next((data[name] for name in names if data.get(name)), "").strip() for names in _KEYS]
    for names, value in zip(_KEYS, found, strict=True):
        if not value and names is not _KEYS[-1]:
            raise KeyError(*names)
        if not (value.isascii() and value.isprintable()):
            raise ValueError(f"holds what is no {names[0]}: it has characters that no header can have")
    return AwsCredentials(*found)
