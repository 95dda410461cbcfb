"""Hash policies stand in their order, each of one kind."""

import pytest
from tests.support.extended_routes import extended, problems_of, written

from gloo.errors import ConfigError
from gloo.model.base import Json
from gloo.plugins.hashing import Hashing


def test_every_kind_is_written_in_its_place() -> None:
    given: list[Json] = [
        {"header": "x-user", "terminal": True},
        {"cookie": {"name": "session", "ttl": "1h", "path": "/"}},
        {"query": "user"},
        {"source_ip": True},
    ]
    assert written(extended(Hashing(), {"hash_policy": given}))["route"]["hash_policy"] == [
        {"header": {"header_name": "x-user"}, "terminal": True},
        {"cookie": {"name": "session", "ttl": "3600s", "path": "/"}},
        {"query_parameter": {"name": "user"}},
        {"connection_properties": {"source_ip": True}},
    ]


@pytest.mark.parametrize("rule", [{}, {"header": "a", "query": "b"}, {"source_ip": False}, {"header": ""}])
def test_a_policy_is_of_one_kind(rule: Json) -> None:
    assert problems_of(Hashing(), {"hash_policy": [rule]})


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"header": "a b"}, "hash_policy[0].header"),
        ({"cookie": {"name": "a;b"}}, "hash_policy[0].cookie.name"),
        ({"cookie": {"name": "a", "ttl": "400ms"}}, "hash_policy[0].cookie.ttl"),
    ],
)
def test_what_is_no_name_or_no_time_is_refused_by_field(rule: Json, field: str) -> None:
    with pytest.raises(ConfigError) as raised:
        extended(Hashing(), {"hash_policy": [rule]})
    assert raised.value.field == field
