"""Asking AWS for keys: what can go wrong on the way is told, without a key or a token."""

import pytest
from tests.support.ports import free_ports

from gloo.control_plane.aws_keys import ask_aws
from gloo.errors import StorageError
from gloo.model.secret import Secret
from gloo.plugins.aws_session import AwsSession

CANARY = "canary-7d11f0"
KEYS = {"access_key": "AKID", "secret_key": CANARY}
VARIABLES = {"AWS_ACCESS_KEY_ID": "AKIDV", "AWS_SECRET_ACCESS_KEY": CANARY}


def session(**fields: str) -> AwsSession:
    return AwsSession(region="eu-west-1", **{"sts": "https://sts.example.org", **fields})


async def test_keys_of_the_environment_are_given_as_they_are() -> None:
    granted = await ask_aws(session(), None, VARIABLES)
    assert (granted.keys.access_key, granted.keys.secret_key, granted.until) == ("AKIDV", CANARY, None)


async def test_a_service_that_does_not_answer_is_named() -> None:
    (port,) = free_ports(1)
    role = session(sts=f"http://127.0.0.1:{port}", secret_ref="aws", role_arn="arn:r")
    with pytest.raises(StorageError, match=f"127.0.0.1:{port} can't be asked for keys: ConnectError") as raised:
        await ask_aws(role, Secret("aws", KEYS), {})
    assert CANARY not in str(raised.value)


@pytest.mark.parametrize(
    ("secret", "told"),
    [
        (None, "no secret named 'aws'"),
        (Secret("aws", {"access_key": "A"}), "'aws' has no secret_key"),
        (Secret("aws", {"access_key": "A", "secret_key": f"{CANARY}\n1"}), "'aws' holds what is no secret_key"),
    ],
)
async def test_a_secret_that_is_not_there_or_lacks_a_key_is_named(secret: Secret | None, told: str) -> None:
    with pytest.raises(StorageError, match=told):
        await ask_aws(session(secret_ref="aws", role_arn="arn:r"), secret, {})


async def test_what_can_not_be_sent_is_not_shown() -> None:
    container = {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": f"{CANARY}\né",
    }
    with pytest.raises(StorageError, match="can't be sent by HTTP") as raised:
        await ask_aws(session(), None, container)
    assert CANARY not in str(raised.value)
