"""The buffer filter is off where no route has a limit."""

from envoy.extensions.filters.http.buffer.v3.buffer_pb2 import BufferPerRoute

from gloo.envoy.buffer import BUFFER_FILTER, buffer_filter, buffer_limit
from gloo.envoy.stage import Stage


def test_the_filter_is_off_and_stands_before_functions() -> None:
    found = buffer_filter()
    assert (found.name, found.disabled) == (BUFFER_FILTER, True)
    assert found.stage < Stage.TRANSFORMATION


def test_a_limit_is_written_in_bytes() -> None:
    assert BufferPerRoute.FromString(buffer_limit(2**32 - 1).value).buffer.max_request_bytes.value == 2**32 - 1
