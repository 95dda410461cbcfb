"""What the tests with a whole gateway share."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
import pytest_asyncio
from tests.support.gateway import RunningGateway, running_gateway
from tests.support.recording_upstream import RecordingUpstream, recording_upstream

from gloo.demo.child import running_petstore

Gateway = Callable[..., AbstractAsyncContextManager[RunningGateway]]
EXAMPLES = Path(__file__).parents[2] / "examples"
PETSTORE_PORT = "8081"
"""The port that the examples take for the petstore."""


@pytest.fixture
def gateway() -> Gateway:
    """Return what runs a gateway: ``async with gateway(FOLDER, *OPTIONS) as running``."""
    return running_gateway


@pytest.fixture
async def petstore() -> AsyncIterator[int]:
    """Return the port of a petstore of the test's own."""
    async with running_petstore() as port:
        yield port


@pytest.fixture
def example(tmp_path: Path, petstore: int) -> Callable[[str], Path]:
    """Return what copies the configuration of an example, with the petstore where it really is."""

    def copy(name: str) -> Path:
        for file in (each for suffix in ("yaml", "txt") for each in (EXAMPLES / name / "config").rglob(f"*.{suffix}")):
            target = tmp_path / name / file.relative_to(EXAMPLES / name / "config")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(file.read_text().replace(PETSTORE_PORT, str(petstore)))
        return tmp_path / name

    return copy


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def recorder() -> AsyncIterator[RecordingUpstream]:
    """Run one upstream for all tests of a module, which keeps what it is asked."""
    async with recording_upstream() as running:
        yield running
