"""Asking AWS for keys: those of the environment, and with them or with those of a secret, those of a role."""

import asyncio
import os
import ssl
import time
from collections.abc import Mapping
from pathlib import Path

import httpx

from gloo.envoy.aws_lambda import AwsCredentials
from gloo.errors import StorageError
from gloo.model.secret import Secret
from gloo.plugins.aws_environment import Surroundings, find_keys
from gloo.plugins.aws_session import AwsSession, read_keys
from gloo.plugins.aws_sts import Granted, assume_role

_SESSION = "gloo"
_ANSWER_WITHIN = 5.0
_WITHIN = 15.0  # seconds for all the questions of one session


async def ask_aws(session: AwsSession, base: Secret | None, variables: Mapping[str, str] = os.environ) -> Granted:
    """Return the keys of *session*, which rests on the secret *base* if it names one.

    Raises:
        StorageError: there are none now; the text holds no key.
    """
    verify = await asyncio.to_thread(ssl.create_default_context)
    try:
        async with asyncio.timeout(_WITHIN), httpx.AsyncClient(verify=verify, trust_env=False) as http:
            http.timeout = httpx.Timeout(_ANSWER_WITHIN)
            return await _asked(session, base, Surroundings(variables, _text, http, _SESSION))
    except TimeoutError as error:
        raise StorageError(f"there was no answer within {_WITHIN:g} s") from error
    except (httpx.InvalidURL, httpx.LocalProtocolError, UnicodeError):  # their texts may hold a token
        raise StorageError("what is in the environment can't be sent by HTTP") from None
    except httpx.HTTPError as error:
        raise StorageError(f"{_host(error)} can't be asked for keys: {type(error).__name__}") from error


async def _asked(session: AwsSession, base: Secret | None, around: Surroundings) -> Granted:
    if not session.secret_ref:
        found = await find_keys(around, sts=session.sts)
        if not session.role_arn:
            return found
        keys = found.keys
    else:
        keys = _keys_of(session.secret_ref, base)
    return await assume_role(session, keys, around.http, now=time.time())


def _keys_of(name: str, base: Secret | None) -> AwsCredentials:
    if base is None:
        raise StorageError(f"there is no secret named {name!r}")
    try:
        return read_keys(base.data)
    except KeyError as error:
        raise StorageError(f"the secret {name!r} has no {error.args[0]}") from None
    except ValueError as error:
        raise StorageError(f"the secret {name!r} {error}") from None


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _host(error: httpx.HTTPError) -> str:
    try:
        return error.request.url.netloc.decode()
    except RuntimeError:
        return "AWS"
