"""What all tests share."""

from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def _own_logs() -> Iterator[None]:
    """Give each test the logging of a fresh process: commands set it up for their own."""
    yield
    structlog.reset_defaults()
