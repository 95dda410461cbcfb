"""Roles, the fallback, receipts."""

import asyncio

import pytest
from tests.xds.conversation import snapshot

from gloo.envoy.snapshot import ResourceType
from gloo.xds.cache import Session, SnapshotCache, role_of
from gloo.xds.messages import Request, Response, Verdict

CLUSTERS = ResourceType.CLUSTER.type_url


def _heard(session: Session) -> list[str]:
    """What the session has to say, as names; taken out of its outbox."""
    names: list[str] = []
    while not session.outbox.empty():
        names += [one.body.decode() for one in session.outbox.get_nowait().resources]
    return names


def _answer(session: Session, error: str | None = None) -> Response:
    response = session.outbox.get_nowait()
    session.receive(Request(response.type.type_url, nonce=response.nonce, error=error))
    return response


def _ask(cache: SnapshotCache, node: str) -> Session:
    session = cache.connect(node, delta=True)
    session.receive(Request(CLUSTERS))
    return session


@pytest.mark.parametrize(("node", "role"), [("web~1", "web"), ("a~b~c", "a"), ("web", ""), ("", ""), ("~x", "")])
def test_the_role_stands_before_the_first_tilde(node: str, role: str) -> None:
    assert role_of(node) == role


async def test_each_role_gets_its_own_snapshot() -> None:
    cache = SnapshotCache()
    cache.publish("web", snapshot("cluster w:1"))
    cache.publish("api", snapshot("cluster a:1"))
    assert _heard(_ask(cache, "web~1")) == ["w:1"]
    assert _heard(_ask(cache, "api~1")) == ["a:1"]


async def test_a_later_snapshot_wakes_the_streams() -> None:
    cache = SnapshotCache()
    session = _ask(cache, "web~1")
    assert _heard(session) == []
    cache.publish("web", snapshot("cluster w:1"))
    assert _heard(session) == ["w:1"]


@pytest.mark.parametrize("node", ["web", "later~1"])
async def test_a_node_without_a_known_role_gets_the_fallback(node: str) -> None:
    cache = SnapshotCache()
    cache.publish_fallback(snapshot("cluster page:1"))
    assert _heard(_ask(cache, node)) == ["page:1"]


async def test_a_node_leaves_the_fallback_when_its_role_appears_and_comes_back_when_it_goes() -> None:
    cache = SnapshotCache()
    cache.publish_fallback(snapshot("cluster page:1"))
    session = _ask(cache, "web~1")
    _answer(session)
    assert not cache.connected()[0].known
    cache.publish("web", snapshot("cluster w:1"))
    assert _answer(session).resources[0].name == "w"
    assert _answer(session).removals == ("page",)
    assert cache.connected()[0].known
    cache.withdraw("web")
    assert _heard(session) == ["page:1"]


async def test_a_change_of_one_role_says_nothing_to_another() -> None:
    cache = SnapshotCache()
    cache.publish("web", snapshot("cluster w:1"))
    session = _ask(cache, "web~1")
    _answer(session)
    cache.publish("api", snapshot("cluster a:1"))
    assert session.outbox.empty()


async def test_verdicts_reach_the_sink() -> None:
    verdicts: asyncio.Queue[tuple[Verdict, ...]] = asyncio.Queue()
    cache = SnapshotCache(verdicts.put_nowait)
    cache.publish("web", snapshot("cluster w:1"))
    _answer(_ask(cache, "web~1"), "no good")
    (verdict,) = verdicts.get_nowait()
    assert (verdict.node, verdict.resource, verdict.accepted) == ("web~1", (ResourceType.CLUSTER, "w"), False)
    assert verdict.message == "no good"


async def test_a_receipt_counts_the_nodes_that_run_the_snapshot() -> None:
    cache = SnapshotCache()
    cache.publish("web", snapshot("cluster w:1"))
    good, bad, slow = (_ask(cache, f"web~{number}") for number in range(3))
    _answer(good)
    _answer(bad, "no good")
    receipt = await cache.settled("web", timeout=0)
    assert str(receipt) == "live on 1/3"
    assert [(node.settled, node.live) for node in receipt.nodes] == [(True, True), (True, False), (False, False)]
    assert [one.message for one in receipt.nodes[1].rejected] == ["no good"]
    _answer(slow)
    assert str(await cache.settled("web", timeout=0)) == "live on 2/3"


async def test_a_node_that_has_what_came_ahead_is_not_settled() -> None:
    cache = SnapshotCache()
    session = _ask(cache, "web~1")
    cache.publish_ahead("web", snapshot("cluster a:1"))
    _answer(session)
    assert not cache.receipt("web").settled

    cache.publish_ahead("web", snapshot("cluster a:1 c:1"))
    assert [each.name for each in _answer(session).resources] == ["c"]
    assert not cache.receipt("web").settled

    cache.publish("web", snapshot("cluster a:1 c:1"))
    assert cache.receipt("web").settled
    cache.publish_ahead("web", snapshot("cluster b:1"))
    assert _heard(session) == []


async def test_settled_waits_for_the_last_node() -> None:
    cache = SnapshotCache()
    cache.publish("web", snapshot("cluster w:1"))
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(cache.settled("web", timeout=5, nodes=1))
        await asyncio.sleep(0)
        assert not waiting.done()
        _answer(_ask(cache, "web~1"))
    assert str(waiting.result()) == "live on 1/1"


async def test_taken_waits_until_the_envoys_of_all_roles_have_taken_all() -> None:
    cache = SnapshotCache()
    cache.publish("web", snapshot("cluster w:1"))
    cache.publish("api", snapshot("cluster a:1"))
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        waiting = group.create_task(cache.taken())
        await asyncio.sleep(0)
        assert not waiting.done()
        web, api = _ask(cache, "web~1"), _ask(cache, "api~1")
        _answer(web)
        _answer(api, "no good")
        await asyncio.sleep(0)
        assert not waiting.done()
        cache.publish("api", snapshot("cluster a:2"))
        _answer(api)
    assert cache.receipt("api").live == 1


async def test_a_node_that_goes_away_is_not_waited_for() -> None:
    cache = SnapshotCache()
    cache.publish("web", snapshot("cluster w:1"))
    session = _ask(cache, "web~1")
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(cache.settled("web", timeout=5))
        await asyncio.sleep(0)
        cache.disconnect(session)
    assert waiting.result().nodes == ()
