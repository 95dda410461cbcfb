"""Lambda for the tests: a shim before moto's server.

moto takes bare names of functions where Lambda takes ARNs too, and checks no signatures of calls by default. So the
shim recomputes each signature with botocore, as AWS does, answers 403 to a wrong one, and passes the call on to moto
by the bare name. moto's functions return their event; what manages functions goes to moto as it is, but
that it lists them in pages, as AWS does. What moto can't do, errors and limits of Lambda and results of
a certain form, a test writes into `answers`.
"""

import hashlib
import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, unquote

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials
from moto.core.config import default_user_config
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

from gloo.model.base import Json

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
_BARE = ("CONTENT_TYPE", "CONTENT_LENGTH")
FORBIDDEN = b'{"message": "The request signature we calculated does not match the signature you provided."}'


@dataclass(frozen=True, slots=True)
class Answer:
    """What Lambda answers in place of moto's echo."""

    body: bytes
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it arrived, with a good signature.

    Args:
        headers: their names in lower case.
        at: when it came, on the clock of `time.monotonic`.
    """

    function: str
    qualifier: str
    key: str
    headers: dict[str, str]
    body: bytes
    at: float


@dataclass(slots=True)
class LambdaPeer:
    """The shim, and what it was asked.

    Args:
        busy: how many of the next calls are answered 503.
    """

    port: int = 0
    busy: int = 0
    keys: dict[str, str] = field(default_factory=lambda: {"AKIDTEST": "test-secret"})
    answers: dict[str, Answer] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    listings: list[str] = field(default_factory=list)
    listing_fails: bool = False
    page: int = 50
    by_key: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    moto: Callable[[Environ, StartResponse], Iterable[bytes]] = field(
        default_factory=lambda: DomainDispatcherApplication(create_backend_app)
    )

    def __call__(self, environ: Environ, start: StartResponse) -> Iterable[bytes]:
        at, (headers, body) = time.monotonic(), read_request(environ)
        key = signer(environ, headers, body, self.keys)
        if key is None:
            self.refused.append(headers.get("authorization", ""))
            return send(start, Answer(FORBIDDEN, 403, (("x-amzn-ErrorType", "InvalidSignatureException:http://x"),)))
        if not environ["PATH_INFO"].endswith("/invocations"):
            return self._manage(environ, headers, body, start)
        function, qualifier = _named(unquote(environ["PATH_INFO"]))
        self.calls.append(Call(function, qualifier, key, headers, body, at))
        self.by_key[key] += 1
        if self.busy:
            self.busy -= 1
            return send(start, Answer(b"{}", 503, (("x-amzn-ErrorType", "ServiceException"),)))
        if function in self.answers:
            return send(start, self.answers[function])
        return self.moto(_for_moto(environ, function, qualifier, body), start)

    def _manage(self, environ: Environ, headers: dict[str, str], body: bytes, start: StartResponse) -> Iterable[bytes]:
        """Pass on what is no call of a function, to the service that its signature names; cut lists into pages."""
        service = headers["authorization"].split("/")[3]
        host = {"HTTP_HOST": f"{service}.eu-west-1.amazonaws.com", "wsgi.input": BytesIO(body)}
        if environ["REQUEST_METHOD"] != "GET" or environ["PATH_INFO"] != "/2015-03-31/functions/":
            return self.moto(environ | host, start)
        self.listings.append(environ["REQUEST_URI"])
        if self.listing_fails:
            return send(start, Answer(b"{}", 429, (("x-amzn-ErrorType", "TooManyRequestsException"),)))
        listed = json.loads(b"".join(self.moto(environ | host, lambda *_: None)))["Functions"]
        first = int(parse_qs(environ["QUERY_STRING"]).get("Marker", ["0"])[0])
        marker = str(first + self.page) if first + self.page < len(listed) else None
        page = {"Functions": listed[first : first + self.page], "NextMarker": marker}
        return send(start, Answer(json.dumps(page).encode()))


def read_request(environ: Environ) -> tuple[dict[str, str], bytes]:
    """Return the headers of a request, their names in lower case, and its body."""
    headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name[:5] == "HTTP_"}
    headers |= {name.replace("_", "-").lower(): environ[name] for name in _BARE if environ.get(name)}
    return headers, environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))


def signer(environ: Environ, headers: dict[str, str], body: bytes, keys: dict[str, str]) -> str | None:
    """Return the access key of a call whose signature is right (AWS Signature Version 4, by botocore)."""
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    fields = dict(part.strip().split("=", 1) for part in rest.split(",")) if scheme == "AWS4-HMAC-SHA256" else {}
    key, *scope = fields.get("Credential", "////").split("/")
    if key not in keys:
        return None
    signed = {name: headers[name] for name in fields["SignedHeaders"].split(";") if name in headers}
    url = f"http://{headers['host']}{environ['REQUEST_URI']}"
    request = AWSRequest(environ["REQUEST_METHOD"], url, headers=signed, data=body)
    request.context["timestamp"] = headers["x-amz-date"]
    auth = _AsSigned(Credentials(key, keys[key]), scope[2], scope[1])
    expected = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    untouched = headers.get("x-amz-content-sha256") in {None, hashlib.sha256(body).hexdigest()}
    return key if untouched and expected == fields["Signature"] else None


class _AsSigned(SigV4Auth):  # type: ignore[misc]  # botocore has no types
    """Takes the headers that the caller signed; as a signer botocore would leave out some of them."""

    def headers_to_sign(self, request: AWSRequest) -> HTTPHeaders:
        return HTTPHeaders.from_pairs([(name.lower(), value) for name, value in request.headers.items()])


def _named(path: str) -> tuple[str, str]:
    """Return name and qualifier of ``/2015-03-31/functions/ARN/invocations``."""
    name, _, qualifier = path.split("/")[3].partition(":function:")[2].partition(":")
    return name, qualifier


def _for_moto(environ: Environ, function: str, qualifier: str, body: bytes) -> Environ:
    path = f"/2015-03-31/functions/{function}/invocations"
    query = f"Qualifier={qualifier}" if qualifier else ""
    host = {
        "HTTP_HOST": "lambda.eu-west-1.amazonaws.com",
        "wsgi.input": BytesIO(body),
        "CONTENT_LENGTH": str(len(body)),
    }
    return environ | host | {"PATH_INFO": path, "RAW_URI": path, "REQUEST_URI": path, "QUERY_STRING": query}


def send(start: StartResponse, answer: Answer) -> Iterable[bytes]:
    """Answer a request of WSGI."""
    length = ("content-length", str(len(answer.body)))
    start(f"{answer.status} Said", [("content-type", "application/json"), length, *answer.headers])
    return [answer.body]


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *arguments: Json) -> None:  # noqa: A002 - named by its base
        """Write nothing."""


@contextmanager
def lambda_peer() -> Iterator[LambdaPeer]:
    """Run one on a free port for the length of a block."""
    default_user_config["lambda"] = {"use_docker": False}
    peer = LambdaPeer()
    with served(peer) as peer.port:
        yield peer


@contextmanager
def served(application: Callable[[Environ, StartResponse], Iterable[bytes]]) -> Iterator[int]:
    """Serve *application* for the length of a block, and give its port."""
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, name="peer")
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
