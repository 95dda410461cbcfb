"""Where keys come from, for the tests: AWS's Security Token Service, a container and an instance.

The service is moto's, behind a shim that recomputes signatures with botocore, wants the external id where one is set,
and may make keys last shorter than AWS does. Whoever gets keys of it is made known to the Lambda of the tests. The
container (ECS, EKS) and the instance (EC2) are doubles of AWS's documents.
"""

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from urllib.parse import parse_qs

from tests.e2e.aws.lambda_peer import Answer, Environ, LambdaPeer, StartResponse, read_request, send, served, signer

ROLE = "arn:aws:iam::123456789012:role/gateway"
REFUSED = b"<ErrorResponse xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><Error><Code>AccessDenied</Code></Error></ErrorResponse>"
_KEY = re.compile(rb"<AccessKeyId>(\w+)</AccessKeyId>.*?<SecretAccessKey>([^<]+)</SecretAccessKey>", re.DOTALL)
_TIME = re.compile(rb"<Expiration>[^<]*</Expiration>")


@dataclass(slots=True)
class StsPeer:
    """The shim, and what it was asked.

    Args:
        lasting: seconds that keys last.
        asked: the fields of each request that was let in.
    """

    known: LambdaPeer
    port: int = 0
    external_id: str = ""
    lasting: float = 3600.0
    asked: list[dict[str, str]] = field(default_factory=list)
    granted: list[str] = field(default_factory=list)
    refused: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __call__(self, environ: Environ, start: StartResponse) -> Iterable[bytes]:
        headers, body = read_request(environ)
        if environ["PATH_INFO"] == "/keys":
            return self._container(headers, start)
        if environ["PATH_INFO"].startswith("/latest/"):
            return self._instance(environ, headers, start)
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        by_token = form["Action"] == "AssumeRoleWithWebIdentity"
        named = by_token or signer(environ, headers, body, self.known.keys) is not None
        if not named or (not by_token and form.get("ExternalId", "") != self.external_id):
            self.refused += 1
            return send(start, Answer(REFUSED, 403))
        self.asked.append(form)
        return [self._granted(self._moto(environ, body, start))]

    def _moto(self, environ: Environ, body: bytes, start: StartResponse) -> bytes:
        host = {"HTTP_HOST": "sts.amazonaws.com", "wsgi.input": BytesIO(body)}
        return b"".join(
            self.known.moto(environ | host, lambda status, _: start(status, [("content-type", "text/xml")]))
        )

    def _granted(self, answer: bytes) -> bytes:
        if (found := _KEY.search(answer)) is None:
            return answer
        self.known.keys[found[1].decode()] = found[2].decode()
        self.granted.append(found[1].decode())
        return _TIME.sub(f"<Expiration>{self._end()}</Expiration>".encode(), answer)

    def _end(self) -> str:
        return (datetime.now(UTC) + timedelta(seconds=self.lasting)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def _container(self, headers: dict[str, str], start: StartResponse) -> Iterable[bytes]:
        if headers.get("authorization") != "let-me-in":
            return send(start, Answer(b"{}", 401))
        return send(start, Answer(self._keys("ASIACONTAINER")))

    def _instance(self, environ: Environ, headers: dict[str, str], start: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "PUT":
            return send(start, Answer(b"for-a-while"))
        if headers.get("x-aws-ec2-metadata-token") != "for-a-while":
            return send(start, Answer(b"", 401))
        if environ["PATH_INFO"].endswith("/gateway"):
            return send(start, Answer(self._keys("ASIAINSTANCE")))
        return send(start, Answer(b"gateway"))

    def _keys(self, key: str) -> bytes:
        secret = f"secret-of-{key}"
        self.known.keys[key] = secret
        told = {"AccessKeyId": key, "SecretAccessKey": secret, "Token": "token", "Expiration": self._end()}
        return json.dumps({"Code": "Success", **told}).encode()


@contextmanager
def sts_peer(known: LambdaPeer) -> Iterator[StsPeer]:
    """Run one on a free port for the length of a block."""
    peer = StsPeer(known)
    with served(peer) as peer.port:
        yield peer
