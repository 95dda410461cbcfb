"""An Envoy that takes its time still finds what its routes name."""

import asyncio
import json

from tests.support.tokens import Issuer

from gloo.control_plane.loop import ControlLoop, Stores
from gloo.envoy.jwt import JWT_FILTER
from gloo.envoy.snapshot import ResourceType
from gloo.model.base import Json
from gloo.model.source import Document
from gloo.plugins.registry import load_plugins
from gloo.storage.memory import MemoryArtifacts, MemorySecrets, MemoryStorage
from gloo.translator import Gateway
from gloo.xds.messages import Request

PROVIDER: Json = {"issuer": "https://idp.example", "jwks": {"inline": Issuer().jwks()}}


def service(*providers: str, body: str) -> str:
    route = {"request_matcher": {"path_prefix": "/"}, "extensions": {"direct_response": {"status": 200, "body": body}}}
    return json.dumps({"name": "shop", "jwt": {"providers": dict.fromkeys(providers, PROVIDER)}, "routes": [route]})


async def published(loop: ControlLoop, text: str) -> bytes:
    """Wait until *text* stands in the published routes, and return what is published of tokens."""
    async with asyncio.timeout(5):
        while True:
            snapshot = loop.cache.roles.get("ingress")
            if snapshot is not None and any(
                text.encode() in each.body for each in snapshot.of_type(ResourceType.ROUTE).values()
            ):
                return snapshot.of_type(ResourceType.EXTENSION)[JWT_FILTER].body
            await asyncio.sleep(0.005)


async def test_what_went_of_the_providers_stays_known_until_envoy_has_judged_a_later_publication() -> None:
    document = "virtual_services/shop.yaml"
    storage = MemoryStorage((Document(document, service("old", "new", body="one"), "VirtualService"),))
    plugins, _ = load_plugins()
    loop = ControlLoop(Stores(storage, MemorySecrets(), MemoryArtifacts()), plugins, gateway=Gateway("127.0.0.1"))
    session = loop.cache.connect("ingress~slow", delta=True)
    session.receive(Request(type_url=ResourceType.LISTENER.type_url, names=("*",)))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(loop.run())
        assert b"shop/old" in await published(loop, "one")
        for body in ("two", "three", "four"):  # Envoy answers none of them
            storage.write(document, service("new", body=body))
            assert b"shop/old" in await published(loop, body)

        loop.cache.disconnect(session)
        storage.write(document, service("new", body="five"))
        assert b"shop/old" not in await published(loop, "five")
        task.cancel()


async def test_a_bug_in_reading_stops_nothing() -> None:
    plugins, _ = load_plugins()
    storage = MemoryStorage((Document("virtual_services/shop.yaml", service("a", body="one"), "VirtualService"),))
    loop = ControlLoop(Stores(storage, MemorySecrets(), MemoryArtifacts()), plugins, gateway=Gateway("127.0.0.1"))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(loop.run())
        await published(loop, "one")
        read = loop._reader.read
        broken = asyncio.Event()

        def fails(_: object) -> object:
            broken.set()
            raise TypeError("a bug")

        loop._reader.read = fails  # type: ignore[method-assign, assignment]
        storage.write("virtual_services/shop.yaml", service("a", body="two"))
        async with asyncio.timeout(5):
            await broken.wait()

        loop._reader.read = read  # type: ignore[method-assign]
        storage.write("virtual_services/shop.yaml", service("a", body="three"))
        await published(loop, "three")
        task.cancel()
