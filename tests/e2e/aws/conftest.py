"""A gateway before a Lambda of the tests' own, one for each module."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from tests.e2e.aws.gateway_config import write_config
from tests.e2e.aws.lambda_peer import LambdaPeer, lambda_peer
from tests.support.gateway import RunningGateway, running_gateway


@pytest.fixture(scope="module")
def shared_peer() -> Iterator[LambdaPeer]:
    with lambda_peer() as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_gateway(
    shared_peer: LambdaPeer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningGateway]:
    """Run one gateway for all tests: they change what the peer answers, and the secret."""
    async with running_gateway(write_config(tmp_path_factory.mktemp("aws") / "config", shared_peer)) as running:
        yield running


@pytest.fixture
def peer(shared_peer: LambdaPeer) -> LambdaPeer:
    """Return the peer, which has forgotten what was before the test."""
    for record in (shared_peer.answers, shared_peer.calls, shared_peer.refused, shared_peer.by_key):
        record.clear()
    return shared_peer


@pytest.fixture
def gateway(shared_gateway: RunningGateway, peer: LambdaPeer) -> RunningGateway:
    return shared_gateway
