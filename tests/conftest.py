"""What all tests share."""

from collections.abc import Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings
from tests.support.openbao import OpenBao
from tests.support.openbao import openbao as running_openbao

# How long an example takes says how busy the machine is, and nothing of the code.
settings.register_profile("gloo", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("gloo")


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
