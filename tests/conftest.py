"""What all tests share."""

from collections.abc import Iterator

import pytest
import structlog
from tests.support.openbao import OpenBao
from tests.support.openbao import openbao as running_openbao


@pytest.fixture(autouse=True)
def _own_logs() -> Iterator[None]:
    """Give each test the logging of a fresh process: commands set it up for their own."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def openbao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenBao]:
    """Run one server with Vault's interface for all tests; each uses places of its own."""
    with running_openbao(tmp_path_factory.mktemp("openbao")) as server:
        yield server
