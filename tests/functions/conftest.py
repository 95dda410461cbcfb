"""One LuaJIT for all tests of the functions."""

import pytest
from tests.functions.gateway import Gateway


@pytest.fixture(scope="session")
def gateway() -> Gateway:
    return Gateway()
