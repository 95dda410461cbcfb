"""A burst of changes wakes the one who acts once."""

import asyncio

from gloo.control_plane.settle import Calm, Changes


async def test_a_burst_is_one_change() -> None:
    changes = Changes(Calm(quiet=0.05, longest=5))
    waiting = asyncio.ensure_future(changes.settle())
    for _ in range(20):
        changes.tell()
        await asyncio.sleep(0)

    await asyncio.wait_for(waiting, 5)
    again = asyncio.ensure_future(changes.settle())
    done, _ = await asyncio.wait({again}, timeout=0.1)
    again.cancel()

    assert not done


async def test_who_never_comes_to_rest_is_heard_all_the_same() -> None:
    changes = Changes(Calm(quiet=0.05, longest=0.2))

    async def restless() -> None:
        while True:
            changes.tell()
            await asyncio.sleep(0.01)

    task = asyncio.ensure_future(restless())
    await asyncio.wait_for(changes.settle(), 5)
    task.cancel()


async def test_a_change_while_nobody_waits_is_kept() -> None:
    changes = Changes(Calm(quiet=0.001, longest=0.01))
    changes.tell()

    await asyncio.wait_for(changes.settle(), 5)
