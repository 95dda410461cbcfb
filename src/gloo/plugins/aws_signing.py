"""AWS Signature Version 4: the headers that say who sends a request. Pure.

Reference: "Create a signed AWS API request" in the AWS General Reference; the tests compare with botocore.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote

from gloo.envoy.aws_lambda import AwsCredentials

_ALGORITHM = "AWS4-HMAC-SHA256"
_UNRESERVED = "-_.~"


@dataclass(frozen=True, slots=True)
class AwsRequest:
    """The fields of a request that are signed.

    Args:
        host: as in the header, with a port that is not the scheme's own.
        path: as it is sent.
        query: names and values, not escaped.
        headers: further headers to be signed, `x-amz-date` and `host` not among them.
    """

    method: str
    host: str
    path: str = "/"
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)

    @property
    def query_string(self) -> str:
        """The query as it is to be sent: escaped and in the order of signatures."""
        pairs = sorted((quote(name, _UNRESERVED), quote(value, _UNRESERVED)) for name, value in self.query)
        return "&".join(f"{name}={value}" for name, value in pairs)


def sign(
    request: AwsRequest, credentials: AwsCredentials, *, region: str, service: str, now: float
) -> Mapping[str, str]:
    """Return the headers of *request*, its own among them, with a signature of *now*, in seconds since 1970."""
    date = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    headers = {name.lower(): " ".join(value.split()) for name, value in request.headers.items()}
    headers |= {"host": request.host, "x-amz-date": date}
    if credentials.session_token:
        headers["x-amz-security-token"] = credentials.session_token
    names = ";".join(sorted(headers))
    canonical = _canonical(request, headers, names)
    scope = f"{date[:8]}/{region}/{service}/aws4_request"
    text = "\n".join((_ALGORITHM, date, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    key = f"AWS4{credentials.secret_key}".encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    signature = _hmac(key, text).hex()
    identity = f"Credential={credentials.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    return {**headers, "authorization": f"{_ALGORITHM} {identity}"}


def _canonical(request: AwsRequest, headers: Mapping[str, str], names: str) -> str:
    """Return the request in the one form that both sides sign; the path is escaped once more, as all but S3 want it."""
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    path = quote(request.path, f"/{_UNRESERVED}") or "/"
    hashed = hashlib.sha256(request.body).hexdigest()
    return "\n".join((request.method, path, request.query_string, lines, names, hashed))


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
