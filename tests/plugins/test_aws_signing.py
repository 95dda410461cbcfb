"""Signatures are those that botocore makes."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from gloo.envoy.aws_lambda import AwsCredentials
from gloo.plugins.aws_signing import AwsRequest, sign

NOW = 1_700_000_000.0
CREDENTIALS = AwsCredentials("AKIDTEST", "wJalr/XUtnFEMI+K7", "token/with+signs=")


def of_botocore(request: AwsRequest, credentials: AwsCredentials) -> str:
    """Return the authorization that botocore gives *request*, at the same time."""
    url = f"https://{request.host}{request.path}" + (f"?{request.query_string}" if request.query else "")
    theirs = AWSRequest(request.method, url, headers=dict(request.headers), data=request.body)
    theirs.context["timestamp"] = datetime.fromtimestamp(NOW, UTC).strftime("%Y%m%dT%H%M%SZ")
    auth: Any = SigV4Auth(
        Credentials(credentials.access_key, credentials.secret_key, credentials.session_token or None),
        "lambda",
        "eu-west-1",
    )
    theirs.headers["X-Amz-Date"] = theirs.context["timestamp"]
    if credentials.session_token:
        theirs.headers["X-Amz-Security-Token"] = credentials.session_token
    canonical = auth.canonical_request(theirs)
    return str(
        auth._inject_signature_to_request(
            theirs, auth.signature(auth.string_to_sign(theirs, canonical), theirs)
        ).headers["Authorization"]
    )


@pytest.mark.parametrize(
    "request_",
    [
        AwsRequest("GET", "lambda.eu-west-1.amazonaws.com", "/2015-03-31/functions/"),
        AwsRequest("GET", "127.0.0.1:5000", "/a/b", (("Marker", "a b/+=&é~"), ("FunctionVersion", "ALL"), ("x", ""))),
        AwsRequest("GET", "a.example.org", "/2015-03-31/functions/f%24x/aliases", (("a", "2"), ("a", "1"))),
        AwsRequest("POST", "a.example.org", "/", body=b"a=1", headers={"Content-Type": " text/plain;   q=1 "}),
    ],
)
@pytest.mark.parametrize("credentials", [CREDENTIALS, AwsCredentials("AKID", "s")])
def test_a_signature_is_the_one_of_botocore(request_: AwsRequest, credentials: AwsCredentials) -> None:
    headers = sign(request_, credentials, region="eu-west-1", service="lambda", now=NOW)
    assert headers["authorization"] == of_botocore(request_, credentials)
    assert headers["x-amz-date"] == "20231114T221320Z"
    assert headers.get("x-amz-security-token", "") == credentials.session_token


def test_a_request_shows_no_body_and_credentials_show_no_key() -> None:
    request = AwsRequest("POST", "a", body=b"canary")
    assert "canary" not in repr(request) + repr(AwsCredentials("a", "canary", "canary"))
