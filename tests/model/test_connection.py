"""Connections and DNS: what users may say of them."""

import pytest

from gloo.model.base import Json
from gloo.model.connection import Connection, Dns
from gloo.model.strict import decode_struct


@pytest.mark.parametrize("field", ["time", "interval"])
@pytest.mark.parametrize("span", ["0s", "1500ms"])
def test_keep_alive_is_in_whole_seconds(field: str, span: str) -> None:
    _, (problem,) = decode_struct({"tcp_keepalive": {field: span}}, Connection)
    assert problem.field == "tcp_keepalive"
    assert "whole seconds" in problem.problem


@pytest.mark.parametrize(
    ("written", "respects"),
    [({}, True), ({"refresh_rate": "5s"}, False), ({"refresh_rate": "5s", "respect_ttl": True}, True)],
)
def test_a_refresh_rate_counts_unless_the_records_shall(written: Json, respects: bool) -> None:
    dns, _ = decode_struct(written, Dns)
    assert dns is not None
    assert dns.respects_ttl is respects


def test_a_refresh_rate_of_nothing_is_an_error() -> None:
    _, (problem,) = decode_struct({"refresh_rate": "1ms"}, Dns)
    assert "refresh_rate must be more than 1ms" in problem.problem
