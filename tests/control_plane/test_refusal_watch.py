"""What Envoy refuses is remembered by digest, but not without end."""

import asyncio

import pytest
from tests.support.translating import translated

from gloo.control_plane import refusal_watch
from gloo.control_plane.refusal_watch import RefusalWatch
from gloo.envoy.snapshot import ResourceType
from gloo.translator import Translation
from gloo.xds.messages import Verdict

NODE = "ingress~one"


async def told_of(watch: RefusalWatch, told: asyncio.Event, *verdicts: Verdict) -> None:
    told.clear()
    watch.judge(verdicts)
    async with asyncio.timeout(5):
        await told.wait()


async def test_of_very_many_refusals_the_newest_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusal_watch, "_MOST", 2)
    told = asyncio.Event()
    watch = RefusalWatch(None, told.set, lambda: None)
    running = asyncio.create_task(watch.run())
    for version in ("1", "2", "3"):
        await told_of(watch, told, Verdict(NODE, (ResourceType.CLUSTER, "a"), version, accepted=False, message="no"))
    assert watch.refusals.reasons == {"2": "no", "3": "no"}
    running.cancel()


def test_hosts_of_a_table_that_envoy_took_are_proven_and_later_ones_are_not() -> None:
    published: list[Translation] = [translated("name: a\ndomains: [a.org]\nroutes: []\n")]
    watch = RefusalWatch(None, lambda: None, lambda: published[-1])
    assert [host.name for host in watch.unproven(published[-1])] == ["a"]

    take_all(watch, published[-1])
    assert watch.unproven(published[-1]) == ()

    published.append(translated("name: a\ndomains: [a.org]\nroutes: []\n", "name: b\ndomains: [b.org]\nroutes: []\n"))
    assert [host.name for host in watch.unproven(published[-1])] == ["b"]


async def test_a_role_whose_own_listener_is_all_there_is_has_its_refusals_traced() -> None:
    secure = "name: a\ndomains: [a.org]\nroutes: []\nssl_config: {secret_ref: missing}\n"
    translation = translated(secure, "name: b\ndomains: [b.org]\nroutes: []\nroles: [edge]\n")
    assert not translation.snapshots["ingress"].of_type(ResourceType.LISTENER)
    (name, table), *_ = translation.snapshots["edge"].of_type(ResourceType.ROUTE).items()

    async def validate(bootstrap: bytes) -> str | None:
        return "no such host" if b"b.org" in bootstrap else None

    told = asyncio.Event()
    watch = RefusalWatch(validate, told.set, lambda: translation)
    running = asyncio.create_task(watch.run())
    refused = Verdict("edge~one", (ResourceType.ROUTE, name), table.version, accepted=False, message="no")
    await told_of(watch, told, refused)
    assert list(watch.refusals.reasons.values()) == ["no such host"]
    running.cancel()


def take_all(watch: RefusalWatch, translation: Translation) -> None:
    snapshot = translation.snapshots["ingress"]
    watch.judge(
        tuple(
            Verdict(NODE, (kind, name), resource.version, accepted=True)
            for kind in (ResourceType.LISTENER, ResourceType.ROUTE)
            for name, resource in snapshot.of_type(kind).items()
        )
    )
