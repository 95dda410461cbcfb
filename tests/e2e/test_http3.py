"""HTTP/3 with a real Envoy: offered, answered by the host's own certificate, and rotated like the others."""

import json
from pathlib import Path

from tests.support.authority import Authority
from tests.support.http3 import Http3Answer, get_http3
from tests.support.secure_gateway import Secure, secure_gateway, service, until


async def test_a_host_with_http3_answers_over_udp_and_offers_it(tmp_path: Path) -> None:
    authority = Authority.make()
    one, two = authority.issue("one.test"), authority.issue("two.test")
    services = (
        service("one", "one.test", secret_ref="one", http3=True),
        service("two", "two.test", secret_ref="two", http3=True),
        service("tcp", "tcp.test", secret_ref="one"),
    )
    secrets = {"one": one.data(), "two": two.data()}
    async with secure_gateway(tmp_path, *services, secrets=secrets, authority=authority) as gateway:
        answers: list[Http3Answer] = []

        async def answered() -> bool:
            answers[:] = [answer for name in ("one", "two") if (answer := await _try(gateway, f"{name}.test"))]
            return len(answers) == 2

        await until(answered)
        assert [answer.headers[":status"] for answer in answers] == ["200", "200"]
        seen = [
            [value for name, value in json.loads(answer.body)["headers"] if name == "x-service"] for answer in answers
        ]
        assert seen == [["one"], ["two"]]
        offer = (await gateway.ask("one.test")).headers["alt-svc"]
        assert offer == f'h3=":{gateway.https_port}"; ma=86400'
        assert await _try(gateway, "tcp.test") is None


def _service(answer: Http3Answer) -> str:
    """Return which virtual service sent the request to the upstream."""
    return str(dict(json.loads(answer.body)["headers"])["x-service"])


async def _try(gateway: Secure, host: str) -> Http3Answer | None:
    try:
        return await get_http3(gateway.https_port, host, authority=gateway.authority.certificate)
    except (ConnectionError, TimeoutError):
        return None
