"""Sessions have names that say what they are, and secrets that say why there are no keys."""

import pytest

from gloo.envoy.aws_lambda import AwsCredentials
from gloo.errors import MissingReference
from gloo.plugins.aws_session import PROBLEM, AwsSession, offline_secret, read_keys, session_of, session_secret

ROLE = "arn:aws:iam::123456789012:role/a&b=c"


@pytest.mark.parametrize(
    "session",
    [
        AwsSession(region="eu-west-1", sts="https://sts.example.org"),
        AwsSession(region="eu-west-1", sts="http://[::1]:1", secret_ref="a b", role_arn=ROLE, external_id="x/&=1"),
    ],
)
def test_a_session_is_read_from_its_name(session: AwsSession) -> None:
    assert session_of(session.name) == session
    assert offline_secret(session).name == session.name


def test_the_name_of_a_stored_secret_is_no_session() -> None:
    assert session_of("aws") is None


@pytest.mark.parametrize("keys", [AwsCredentials("A", "s"), AwsCredentials("A", "s", "t")])
def test_keys_are_read_as_they_were_put_into_a_secret(keys: AwsCredentials) -> None:
    session = AwsSession(region="eu-west-1", sts="https://sts.example.org")
    assert read_keys(session_secret(session, keys).data) == keys


def test_what_stands_in_place_of_keys_says_why() -> None:
    with pytest.raises(MissingReference, match="AccessDenied"):
        read_keys({PROBLEM: "403 AccessDenied"})


def test_a_missing_key_is_named_by_both_its_names() -> None:
    with pytest.raises(KeyError) as raised:
        read_keys({"access_key": "A", "secret_key": " "})
    assert raised.value.args == ("secret_key", "aws_secret_access_key")
