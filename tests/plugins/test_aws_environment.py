"""Keys in the environment, in the order of AWS's libraries; where they come from is asked end to end."""

from pathlib import Path

import httpx
import pytest

from gloo.errors import StorageError
from gloo.model.base import replace
from gloo.plugins.aws_environment import Surroundings, find_keys

CANARY = "canary-4be21c"
VARIABLES = {"AWS_ACCESS_KEY_ID": "AKIDV", "AWS_SECRET_ACCESS_KEY": "s"}
PROFILES = f"[default]\naws_access_key_id=AKIDP\naws_secret_access_key={CANARY}%\n[empty]\n"
ALONE = {"AWS_EC2_METADATA_DISABLED": "true"}


def around(variables: dict[str, str], files: dict[str, str] | None = None) -> Surroundings:
    def read(path: Path) -> str:
        try:
            return (files or {})[str(path)]
        except KeyError:
            raise FileNotFoundError(2, "No such file or directory") from None

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody", request=request)

    return Surroundings(variables, read, httpx.AsyncClient(transport=httpx.MockTransport(refuse)), "gloo")


async def found(variables: dict[str, str], files: dict[str, str] | None = None) -> str:
    return (await find_keys(around(ALONE | variables, files), sts="https://sts.example.org")).keys.access_key


async def test_variables_come_before_the_shared_file() -> None:
    files = {"/users/x/.aws/credentials": PROFILES}
    assert await found(VARIABLES | {"HOME": "/users/x"}, files) == "AKIDV"
    assert await found({"HOME": "/users/x"}, files) == "AKIDP"


async def test_a_variable_names_the_file_and_the_profile() -> None:
    named = {"AWS_SHARED_CREDENTIALS_FILE": "/c", "AWS_PROFILE": "empty"}
    with pytest.raises(StorageError, match="/c has no keys for the profile 'empty'"):
        await found(named, {"/c": PROFILES})
    assert await found(named | {"AWS_PROFILE": ""}, {"/c": PROFILES}) == "AKIDP"


async def test_a_file_that_holds_no_profiles_shows_nothing_of_it() -> None:
    with pytest.raises(StorageError, match="no file of profiles") as raised:
        await found({"AWS_SHARED_CREDENTIALS_FILE": "/c"}, {"/c": f"{CANARY}\n"})
    assert CANARY not in str(raised.value)


async def test_a_token_that_can_not_be_read_is_told() -> None:
    with pytest.raises(StorageError, match="/t can't be read"):
        await found({"AWS_WEB_IDENTITY_TOKEN_FILE": "/t", "AWS_ROLE_ARN": "arn:r"})


@pytest.mark.parametrize("url", ["http://example.org/keys", "http://10.0.0.1/keys", "ftp://127.0.0.1/", "/keys"])
async def test_a_token_of_a_container_goes_to_no_stranger(url: str) -> None:
    with pytest.raises(StorageError, match="no https:// address"):
        await found({"AWS_CONTAINER_CREDENTIALS_FULL_URI": url, "AWS_CONTAINER_AUTHORIZATION_TOKEN": CANARY})


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"http://[::1/{CANARY}"),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"https://example.org:{CANARY}/"),
        ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", f"[{CANARY}"),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:99999"),
    ],
)
async def test_what_makes_no_url_is_told_by_its_variable(variable: str, value: str) -> None:
    with pytest.raises(StorageError, match=f"{variable} makes no URL") as raised:
        await found({"AWS_EC2_METADATA_DISABLED": "", variable: value})
    assert CANARY not in str(raised.value)


@pytest.mark.parametrize("body", [b"[]", b"<html>", b'{"AccessKeyId": "\xff"}', b"[" * 100_000])
async def test_an_answer_of_a_container_without_keys_is_told(body: bytes) -> None:
    told = httpx.MockTransport(lambda _: httpx.Response(200, content=body))
    variables = ALONE | {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/keys"}
    surroundings = replace(around(variables), http=httpx.AsyncClient(transport=told))
    with pytest.raises(StorageError, match="the container answered with something that holds no keys"):
        await find_keys(surroundings, sts="https://sts.example.org")


async def test_no_keys_anywhere_is_told() -> None:
    with pytest.raises(StorageError, match="no keys in the environment"):
        await found({})
    with pytest.raises(StorageError, match="no keys in the environment"):
        await found({"AWS_EC2_METADATA_DISABLED": ""})  # nobody answers where an instance would
