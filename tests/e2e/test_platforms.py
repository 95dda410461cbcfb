"""Fission, Fn and Knative through a whole gateway, against doubles written from their documented interfaces.

The doubles are those of the examples, so that the examples can be tried without the platforms.
"""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path

from tests.e2e.conftest import EXAMPLES, Gateway
from tests.e2e.test_function_examples import Example, service

EVENT = {"ce-id": "7", "ce-source": "/me", "ce-type": "org.example.ordered", "ce-specversion": "1.0"}


async def once(holds: Callable[[], bool]) -> None:
    """Wait until it holds, for ten seconds at most."""
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - what it waits for is another process
            await asyncio.sleep(0.02)


def asked(folder: Path, function: str) -> list[dict[str, object]]:
    """Return what the double says that it was asked for *function*."""
    told = [json.loads(line) for line in (folder.parent / "service.log").read_text().splitlines() if line[0] == "{"]
    return [each for each in told if each.get("function") == function]


async def test_fission_gets_method_path_query_and_body(example: Example, gateway: Gateway) -> None:
    folder = example("24-fission")
    async with service(EXAMPLES / "24-fission/double.py", folder, "8089"), gateway(folder) as running:
        mine = {"x-gloo-path": "=/fission-function/finance/figures:live"}
        told = (await running.request("PUT", "/resize/big?w=1&h=2", content="picture", headers=mine)).json()
        assert (told["function"], told["path"], told["query"]) == ("default/resize", "/picture/big", "w=1&h=2")
        assert (told["method"], told["body"]) == ("PUT", "picture")
        assert "x-gloo-path" not in told["headers"]
        told = (await running.get("/shop/price/1?name=pear")).json()
        assert (told["function"], told["path"], told["query"]) == ("default/shop", "/price/1", "name=pear")


async def test_fission_is_called_later_by_the_gateway(example: Example, gateway: Gateway) -> None:
    folder = example("24-fission")
    async with service(EXAMPLES / "24-fission/double.py", folder, "8089"), gateway(folder) as running:
        answer = await running.request("POST", "/report", content="figures")
        assert (answer.status_code, list(answer.json())) == (202, ["call_id"])
        await once(lambda: bool(asked(folder, "finance/figures:live")))
    (told,) = asked(folder, "finance/figures:live")
    assert (told["method"], told["body"], told["path"]) == ("POST", "figures", "/")


async def test_fn_is_invoked_by_id_and_called_by_a_trigger(example: Example, gateway: Gateway) -> None:
    folder = example("25-fn")
    async with service(EXAMPLES / "25-fn/double.py", folder, "8090"), gateway(folder) as running:
        mine = {"fn-invoke-type": "detached", "x-gloo-method": "DELETE", "fn-intent": "mine"}
        answer = await running.request("PUT", "/order?a=b", content="pear", headers=mine)
        told = answer.json()
        assert answer.headers["fn-call-id"]
        assert (told["function"], told["method"], told["query"], told["body"]) == ("order", "POST", "a=b", "pear")
        assert (told["headers"]["fn-invoke-type"], told["headers"]["fn-intent"]) == ("sync", "cloudevent")
        assert "x-gloo-method" not in told["headers"]
        assert (await running.get("/order")).json()["method"] == "POST"
        assert (await running.request("HEAD", "/order")).status_code == 501  # it stays one, and there is none
        told = (await running.request("DELETE", "/price?name=pear", headers=mine)).json()
        assert (told["function"], told["method"], told["query"]) == ("price", "DELETE", "name=pear")


async def test_fn_makes_later_calls_itself(example: Example, gateway: Gateway) -> None:
    folder = example("25-fn")
    async with service(EXAMPLES / "25-fn/double.py", folder, "8090"), gateway(folder) as running:
        answer = await running.request("POST", "/order-later", content="pear")
        assert (answer.status_code, answer.content) == (202, b"")
        assert answer.headers["fn-call-id"]
        assert "x-gloo-call-id" not in answer.headers


async def test_knative_tells_services_by_host_and_tag_and_waits_for_their_start(
    example: Example, gateway: Gateway
) -> None:
    folder = example("26-knative")
    async with service(EXAMPLES / "26-knative/double.py", folder, "8091"), gateway(folder) as running:
        begun = time.monotonic()
        hosts = set()
        for _ in range(60):
            told = (await running.get("/price?name=pear", headers={"host": "of.the.client"})).json()
            hosts.add(told["headers"]["host"])
        assert time.monotonic() - begun >= 1
        assert hosts == {"price.shop.example.org", "next-price.shop.example.org"}
        told = (await running.get("/price/1", headers={"x-next": "yes"})).json()
        assert (told["headers"]["host"], told["path"]) == ("next-price.shop.example.org", "/price/1")


async def test_knative_gets_events_as_they_are(example: Example, gateway: Gateway) -> None:
    folder = example("26-knative")
    async with service(EXAMPLES / "26-knative/double.py", folder, "8091"), gateway(folder) as running:
        told = (await running.request("POST", "/events", content="pear", headers=EVENT)).json()
        assert (told["headers"]["host"], told["path"]) == ("orders.sales.example.org", "/v1/events")
        assert {name: told["headers"][name] for name in EVENT} == EVENT
        structured = {name.removeprefix("ce-"): value for name, value in EVENT.items()}
        kind = {"content-type": "application/cloudevents+json"}
        told = (await running.request("POST", "/events", content=json.dumps(structured), headers=kind)).json()
        assert json.loads(told["body"]) == structured


async def test_the_example_of_later_calls_does_as_its_page_says(tmp_path: Path, gateway: Gateway) -> None:
    folder = tmp_path / "config"
    (folder / "functions").mkdir(parents=True)
    for name in ("gloo.yaml", "functions/shop.py"):
        (folder / name).write_text((EXAMPLES / "23-later-calls" / "config" / name).read_text())
    async with gateway(folder) as running:
        assert (await running.get("/price?name=pear")).json() == {"name": "pear", "cents": 55}
        id_ = (await running.request("POST", "/report", json={"month": "May"})).json()["call_id"]
        await once(lambda: f"reported: {id_} May" in running.log.read_text())
        failing = (await running.request("POST", "/report")).json()["call_id"]
        assert running.process.stdout is not None
        async with asyncio.timeout(10):
            while failing not in (line := (await running.process.stdout.readline()).decode()):
                assert line
        assert json.loads(line)["status"] == 502
