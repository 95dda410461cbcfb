"""The buffer filters are off where no route has a limit."""

from envoy.extensions.filters.http.buffer.v3.buffer_pb2 import BufferPerRoute

from gloo.envoy.buffer import BUFFER_FILTER, ROOM_FILTER, buffer_filters, buffer_limits
from gloo.envoy.stage import Stage


def test_the_filters_are_off_and_stand_before_all_others_and_before_functions() -> None:
    limit, room = buffer_filters()
    assert [(each.name, each.disabled) for each in (limit, room)] == [(BUFFER_FILTER, True), (ROOM_FILTER, True)]
    assert limit.stage is min(Stage)
    assert Stage.FAULT < room.stage < Stage.TRANSFORMATION


def test_a_limit_is_written_in_bytes_and_what_is_made_has_room() -> None:
    found = [
        [BufferPerRoute.FromString(config.value).buffer.max_request_bytes.value for _, config in limits]
        for limits in (buffer_limits(2**32 - 1, 0), buffer_limits(10, 0), buffer_limits(10, 2**23))
    ]
    assert found == [[2**32 - 1, 2**32 - 1], [10, 2**20], [10, 2**23]]
