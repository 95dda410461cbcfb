"""The control plane in one process: what users write reaches a client of xDS, and what it refuses reaches users."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.support.authority import Authority

from gloo.control_plane import reader
from gloo.control_plane.loop import ControlLoop, Stores
from gloo.control_plane.state import StateFolder, read_statuses
from gloo.envoy.snapshot import ResourceType
from gloo.model import codec
from gloo.model.source import Document
from gloo.model.status import State
from gloo.plugins.registry import load_plugins
from gloo.plugins.service import Service
from gloo.storage.memory import MemoryArtifacts, MemorySecrets, MemoryStorage
from gloo.translator import Gateway, events, routes
from gloo.xds.cache import Session
from gloo.xds.messages import Request, Response

UPSTREAM = "name: {name}\ntype: service\nspec: {{hosts: [{{addr: 127.0.0.1, port: {port}}}]}}\n"
SERVICE = """
name: shop
routes:
- request_matcher: {path_prefix: /}
  single_destination: {upstream: {name: a}}
"""
ASKED = (ResourceType.CLUSTER, ResourceType.LISTENER)


class FakeEnvoy:
    """Asks for everything; of what it refuses it takes the clusters that its error does not name, as Envoy does."""

    def __init__(self, session: Session, refuses: Callable[[Response], str | None]) -> None:
        self._session, self._refuses = session, refuses
        self.has: dict[tuple[ResourceType, str], bytes] = {}
        for kind in ASKED:
            session.receive(Request(type_url=kind.type_url, names=("*",)))
        session.receive(Request(type_url=ResourceType.EXTENSION.type_url, names=("gloo.jwt",)))
        session.receive(Request(type_url=ResourceType.ROUTE.type_url, names=("gloo-http", "gloo-https")))
        session.receive(Request(type_url=ResourceType.SECRET.type_url, names=("certificate/one",)))

    async def run(self) -> None:
        while True:
            response = await self._session.outbox.get()
            error = self._refuses(response)
            taken = [each for each in response.resources if self._takes(response, each.name, error)]
            self.has.update({(response.type, each.name): each.body for each in taken})
            for name in response.removals:
                self.has.pop((response.type, name), None)
            self._session.receive(Request(type_url=response.type.type_url, nonce=response.nonce, error=error))

    @staticmethod
    def _takes(response: Response, name: str, error: str | None) -> bool:
        return error is None or (response.type is ResourceType.CLUSTER and f" {name}: " not in error)

    def names(self, kind: ResourceType) -> list[str]:
        return sorted(name for found, name in self.has if found is kind)


@asynccontextmanager
async def control_plane(
    storage: MemoryStorage,
    *,
    state: StateFolder | None = None,
    refuses: Callable[[Response], str | None] | None = None,
    secrets: MemorySecrets | None = None,
) -> AsyncIterator[FakeEnvoy]:
    plugins, _ = load_plugins()
    loop = ControlLoop(
        Stores(storage, secrets or MemorySecrets(), MemoryArtifacts()),
        plugins,
        gateway=Gateway("127.0.0.1"),
        state=state,
    )
    envoy = FakeEnvoy(loop.cache.connect("ingress~fake", delta=True), refuses or (lambda response: None))
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(loop.run()), group.create_task(envoy.run())]
        yield envoy
        for task in tasks:
            task.cancel()


async def until(holds: Callable[[], bool]) -> None:
    """Wait until *holds*, five seconds at most."""
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - what it waits for sends no event
            await asyncio.sleep(0.005)


def documents() -> tuple[Document, ...]:
    return (
        Document("upstreams/a.yaml", UPSTREAM.format(name="a", port=80), "Upstream"),
        Document("virtual_services/shop.yaml", SERVICE, "VirtualService"),
    )


async def test_what_is_written_arrives_and_what_is_removed_goes() -> None:
    storage = MemoryStorage(documents())
    async with control_plane(storage) as envoy:
        await until(lambda: envoy.names(ResourceType.CLUSTER) == ["a"])

        storage.write("upstreams/b.yaml", UPSTREAM.format(name="b", port=80))
        await until(lambda: envoy.names(ResourceType.CLUSTER) == ["a", "b"])

        for document in ("upstreams/a.yaml", "upstreams/b.yaml", "virtual_services/shop.yaml"):
            storage.remove(document)
        await until(lambda: envoy.names(ResourceType.CLUSTER) == [])
        assert envoy.names(ResourceType.LISTENER) == ["gloo-http"]


async def test_a_broken_edit_changes_nothing_and_its_repair_is_live() -> None:
    storage = MemoryStorage(documents())
    async with control_plane(storage) as envoy:
        await until(lambda: envoy.names(ResourceType.CLUSTER) == ["a"])
        before = dict(envoy.has)

        storage.write("upstreams/a.yaml", "name: [")
        storage.write("upstreams/b.yaml", UPSTREAM.format(name="b", port=80))
        await until(lambda: envoy.names(ResourceType.CLUSTER) == ["a", "b"])
        assert envoy.has[ResourceType.CLUSTER, "a"] == before[ResourceType.CLUSTER, "a"]

        storage.write("upstreams/a.yaml", UPSTREAM.format(name="a", port=81))
        await until(lambda: envoy.has[ResourceType.CLUSTER, "a"] != before[ResourceType.CLUSTER, "a"])


async def test_a_cluster_that_envoy_refuses_is_rejected_and_its_route_says_so(tmp_path: Path) -> None:
    storage = MemoryStorage((*documents(), Document("upstreams/b.yaml", UPSTREAM.format(name="b", port=80))))

    def refuses_a(response: Response) -> str | None:
        names = [each.name for each in response.resources if response.type is ResourceType.CLUSTER]
        return "Error adding/updating cluster(s) a: no such thing" if "a" in names else None

    with StateFolder(tmp_path).opened() as state:
        async with control_plane(storage, state=state, refuses=refuses_a) as envoy:
            await until(lambda: envoy.names(ResourceType.CLUSTER) == ["b"])
            await until(lambda: len(read_statuses(tmp_path).statuses) == 3)
            statuses = read_statuses(tmp_path).statuses

    assert statuses["Upstream/a"].state is State.REJECTED
    assert "no such thing" in statuses["Upstream/a"].reason
    assert statuses["Upstream/b"].state is State.ACCEPTED
    assert statuses["VirtualService/shop"].state is State.REJECTED


async def test_what_served_before_a_restart_serves_after_it_though_its_file_is_broken(tmp_path: Path) -> None:
    with StateFolder(tmp_path).opened() as state:
        async with control_plane(MemoryStorage(documents()), state=state) as envoy:
            await until(lambda: len(read_statuses(tmp_path).statuses) == 2)
            before = dict(envoy.has)

    broken = tuple(Document(each.name, "- [", each.kind) for each in documents())
    with StateFolder(tmp_path).opened() as state:
        async with control_plane(MemoryStorage(broken), state=state) as envoy:
            await until(lambda: envoy.has == before)


def answering(name: str, text: str) -> str:
    answer = f"extensions: {{direct_response: {{status: 200, body: {text}}}}}"
    return f"name: {name}\ndomains: [{name}.test]\nroutes:\n- {{request_matcher: {{path_prefix: /}}, {answer}}}\n"


async def test_a_virtual_service_that_nobody_can_be_blamed_for_is_left_out_and_the_others_go_live(
    tmp_path: Path,
) -> None:
    storage = MemoryStorage((Document("good.yaml", answering("good", "one"), "VirtualService"),))
    table = (ResourceType.ROUTE, "gloo-http")

    def refuses_bad(response: Response) -> str | None:
        refused = any(b"bad.test" in each.body for each in response.resources)
        return "no such thing" if response.type is ResourceType.ROUTE and refused else None

    with StateFolder(tmp_path).opened() as state:
        async with control_plane(storage, state=state, refuses=refuses_bad) as envoy:
            await until(lambda: b"good.test" in envoy.has.get(table, b""))
            storage.write("bad.yaml", answering("bad", "one"))
            await until(lambda: len(read_statuses(tmp_path).statuses) == 2)
            storage.write("good.yaml", answering("good", "second"))
            await until(lambda: b"second" in envoy.has[table])
            statuses = read_statuses(tmp_path).statuses

    assert statuses["VirtualService/good"].state is State.ACCEPTED
    assert statuses["VirtualService/bad"].state is State.REJECTED
    assert "no such thing" in statuses["VirtualService/bad"].reason


async def test_at_the_start_too_only_what_envoy_refuses_stays_left_out(tmp_path: Path) -> None:
    names = ("bad", "better", "good")
    storage = MemoryStorage(Document(f"{name}.yaml", answering(name, "one"), "VirtualService") for name in names)

    def refuses_bad(response: Response) -> str | None:
        refused = any(b"bad.test" in each.body for each in response.resources)
        return "no such thing" if response.type is ResourceType.ROUTE and refused else None

    def states() -> list[State]:
        statuses = read_statuses(tmp_path).statuses
        return [statuses[f"VirtualService/{name}"].state for name in names if f"VirtualService/{name}" in statuses]

    def routed() -> list[bool]:
        return [f"{name}.test".encode() in envoy.has[ResourceType.ROUTE, "gloo-http"] for name in names]

    with StateFolder(tmp_path).opened() as state:
        async with control_plane(storage, state=state, refuses=refuses_bad) as envoy:
            await until(lambda: states() == [State.REJECTED, State.ACCEPTED, State.ACCEPTED])
            await until(lambda: routed() == [False, True, True])

            storage.write("bad.yaml", answering("worst", "one"))
            await until(lambda: b"worst.test" in envoy.has[ResourceType.ROUTE, "gloo-http"])


async def test_a_bug_about_a_document_an_upstream_or_a_route_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def boom(*given: object) -> None:
        raise ValueError("hidden")

    cluster, matches = Service.cluster, events.matches_of
    monkeypatch.setattr(Service, "cluster", lambda *given: boom() if given[1].name == "bad" else cluster(*given))
    monkeypatch.setattr(routes, "matches_of", lambda each: boom() if each.event_matcher else matches(each))
    monkeypatch.setattr(reader, "decode", lambda each: boom() if each.name == "worse.yaml" else codec.decode(each))
    event = "name: bad\nroutes: [{event_matcher: {event_type: a}, single_destination: {upstream: {name: a}}}]\n"
    bad = (
        Document("bad.yaml", UPSTREAM.format(name="bad", port=80), "Upstream"),
        Document("worse.yaml", UPSTREAM.format(name="worse", port=80), "Upstream"),
        Document("event.yaml", event, "VirtualService"),
    )
    with StateFolder(tmp_path).opened() as state:
        async with control_plane(MemoryStorage((*documents(), *bad)), state=state) as envoy:
            await until(lambda: len(read_statuses(tmp_path).statuses) == 4)
            recorded = read_statuses(tmp_path)
            assert envoy.names(ResourceType.CLUSTER) == ["a"]

    for ref in ("Upstream/bad", "VirtualService/bad"):
        assert recorded.statuses[ref].state is State.REJECTED
        assert "a bug in gloo: ValueError at" in recorded.statuses[ref].reason
    assert recorded.statuses["Upstream/a"].state is State.ACCEPTED
    assert [each.file for each in recorded.problems] == ["worse.yaml"]
    assert "hidden" not in repr(recorded)


CIPHER = "ECDHE-RSA-AES256-GCM-SHA384"
SECURE = "name: {0}\ndomains: [{0}.test]\nroutes: []\nssl_config: {{secret_ref: one{1}}}\n"


async def test_a_way_to_answer_over_tls_that_envoy_refuses_leaves_the_others_theirs(tmp_path: Path) -> None:
    storage = MemoryStorage((Document("good.yaml", SECURE.format("good", ""), "VirtualService"),))
    secrets = MemorySecrets({"one": Authority.make().issue("*.test").data()})

    def refuses_bad(response: Response) -> str | None:
        for each in response.resources:
            if each.type is ResourceType.LISTENER and CIPHER.encode() in each.body:
                return f"Error adding/updating listener(s) {each.name}: no such thing"
        return None

    with StateFolder(tmp_path).opened() as state:
        async with control_plane(storage, state=state, refuses=refuses_bad, secrets=secrets) as envoy:
            await until(lambda: b"good.test" in envoy.has.get((ResourceType.LISTENER, "gloo-https"), b""))
            storage.write("bad.yaml", SECURE.format("bad", f", cipher_suites: [{CIPHER}]"))
            await until(lambda: len(read_statuses(tmp_path).statuses) == 2)
            storage.write("other.yaml", SECURE.format("other", ""))
            await until(lambda: b"other.test" in envoy.has[ResourceType.LISTENER, "gloo-https"])
            await until(lambda: len(read_statuses(tmp_path).statuses) == 3)
            statuses = read_statuses(tmp_path).statuses

    assert [statuses[f"VirtualService/{name}"].state for name in ("bad", "good", "other")] == [
        State.REJECTED,
        State.ACCEPTED,
        State.ACCEPTED,
    ]


async def test_what_is_rejected_as_a_whole_serves_on_over_restarts_and_says_so(tmp_path: Path) -> None:
    with StateFolder(tmp_path).opened() as state:
        async with control_plane(MemoryStorage(documents()), state=state) as envoy:
            await until(lambda: len(read_statuses(tmp_path).statuses) == 2)
            before = dict(envoy.has)

    storage = MemoryStorage(documents())
    storage.write("upstreams/a.yaml", UPSTREAM.format(name="a", port=80).replace("port", "prt"))
    storage.write("virtual_services/shop.yaml", SERVICE.replace("name: shop", "nam: shop"))
    for _ in range(2):  # the second time nothing good is there but what the first one left
        with StateFolder(tmp_path).opened() as state:
            async with control_plane(storage, state=state) as envoy:
                await until(lambda: envoy.has == before)
                await until(lambda: len(read_statuses(tmp_path).statuses) == 2)
                statuses = read_statuses(tmp_path).statuses

        for ref in ("Upstream/a", "VirtualService/shop"):
            assert statuses[ref].state is State.REJECTED
            assert statuses[ref].reason.endswith("the last good form stays in force")


async def test_the_older_virtual_service_keeps_a_domain_over_restarts(tmp_path: Path) -> None:
    storage = MemoryStorage((Document("virtual_services/shop.yaml", SERVICE, "VirtualService"),))
    with StateFolder(tmp_path).opened() as state:
        async with control_plane(storage, state=state):
            await until(lambda: len(read_statuses(tmp_path).statuses) == 1)
            storage.write("virtual_services/a.yaml", SERVICE.replace("name: shop", "name: a"))
            await until(lambda: len(read_statuses(tmp_path).statuses) == 2)
            first = read_statuses(tmp_path).statuses

    with StateFolder(tmp_path).opened() as state:
        async with control_plane(storage, state=state):
            await until(lambda: len(read_statuses(tmp_path).statuses) == 2)
            again = read_statuses(tmp_path).statuses

    assert first == again
    assert "belongs to VirtualService/shop" in first["VirtualService/a"].reason
    assert any("it is older" in str(problem) for problem in first["VirtualService/a"].problems)
    assert any("VirtualService/a claims" in str(problem) for problem in first["VirtualService/shop"].problems)
