"""All workers follow what is wanted."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from tests.support.local_functions import worker_of, write_functions

from gloo.local_functions.workers import Workers
from gloo.model.base import replace
from gloo.model.status import Problem
from gloo.plugins.local import socket_of


async def test_workers_come_and_go_with_what_is_wanted_and_tell_what_is_wrong(tmp_path: Path) -> None:
    folder = write_functions(tmp_path / "config", "", f="lambda")
    noted: list[Mapping[str, tuple[Problem, ...]]] = []
    workers = Workers(folder, tmp_path)
    second = replace(worker_of(), upstream="second", socket=socket_of("second"))
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        task = group.create_task(workers.run(noted.append))
        workers.follow({"local": worker_of(f="lambda"), "second": second})
        await workers.wait_started()
        (problem,) = noted[-1]["local"]
        assert (problem.field, problem.problem) == ("functions[0].spec.handler", "code.py has no 'f'")
        assert all((tmp_path / socket_of(name)).exists() for name in ("local", "second"))
        workers.follow({"second": second})
        while (tmp_path / socket_of("local")).exists():  # noqa: ASYNC110 - files tell nobody
            await asyncio.sleep(0.01)
        assert (tmp_path / socket_of("second")).exists()
        task.cancel()


async def test_without_workers_nothing_is_waited_for(tmp_path: Path) -> None:
    await Workers(tmp_path, tmp_path).wait_started()
