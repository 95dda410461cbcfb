"""Taking on roles; that AWS lets the request in is tested end to end, with moto and botocore."""

from urllib.parse import parse_qs

import httpx
import pytest

from gloo.envoy.aws_lambda import AwsCredentials
from gloo.errors import StorageError
from gloo.plugins.aws_session import AwsSession
from gloo.plugins.aws_sts import assume_role, assume_role_of_token, moment_of

CANARY = "canary-90aa1e"
KEYS = AwsCredentials("AKID", CANARY)
SESSION = AwsSession(region="eu-west-1", sts="https://sts.example.org", role_arn="arn:r", session="gloo")
GRANTED = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
<Expiration>2026-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"""


def answering(status: int, text: str, seen: list[httpx.Request] | None = None) -> httpx.AsyncClient:
    def answer(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            seen.append(request)
        return httpx.Response(status, text=text)

    return httpx.AsyncClient(transport=httpx.MockTransport(answer))


async def test_a_role_is_taken_on_by_a_signed_request_and_gives_keys_for_a_time() -> None:
    seen: list[httpx.Request] = []
    granted = await assume_role(SESSION, KEYS, answering(200, GRANTED, seen), now=1_700_000_000)
    assert granted.keys == AwsCredentials("ASIA", "s", "t")
    assert granted.until == 1_767_225_600
    (request,) = seen
    assert "/eu-west-1/sts/aws4_request" in request.headers["authorization"]
    form = parse_qs(request.content.decode())
    assert (form["Action"], form["RoleArn"], "ExternalId" in form) == (["AssumeRole"], ["arn:r"], False)


async def test_a_role_for_a_token_is_asked_for_without_a_signature() -> None:
    seen: list[httpx.Request] = []
    form = {"RoleArn": "arn:r", "RoleSessionName": "gloo"}
    await assume_role_of_token("https://sts.example.org", form, answering(200, GRANTED, seen), token="a.b.c")
    assert "authorization" not in seen[0].headers
    assert parse_qs(seen[0].content.decode())["WebIdentityToken"] == ["a.b.c"]


@pytest.mark.parametrize(
    ("status", "text", "told"),
    [
        (403, "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>", "answered 403 AccessDenied"),
        (400, f"<E><Code>{CANARY} x</Code></E>", "answered 400$"),
        (502, f"no {CANARY}", "answered 502 with something that is no XML"),
        (200, '<?xml version="1.0" encoding="none-such"?><E/>', "answered 200 with something that is no XML"),
        (200, '<?xml version="1.0" encoding="utf-7"?><E/>', "answered 200 with something that is no XML"),
        (200, "<AssumeRoleResponse/>", "without keys"),
    ],
)
async def test_a_refusal_is_told_by_its_name_alone(status: int, text: str, told: str) -> None:
    with pytest.raises(StorageError, match=told) as raised:
        await assume_role(SESSION, KEYS, answering(status, text), now=0)
    assert CANARY not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "moment"), [("1970-01-01T00:01:00Z", 60), ("1970-01-01T00:01:00", 60), ("", None), ("soon", None)]
)
def test_a_time_of_aws_is_read(text: str, moment: float | None) -> None:
    assert moment_of(text) == moment
