"""Later: one thing under two names."""

import pytest
from tests.support.extended_routes import decoded, extended, problems_of, route_of

from gloo.envoy.route import DirectResponse
from gloo.errors import ConfigError
from gloo.model.base import Json
from gloo.plugins.later import Later, LaterExtension


@pytest.mark.parametrize(
    ("given", "later"),
    [
        ({"async": True}, True),
        ({"async": False}, False),
        ({"execution_style": "async"}, True),
        ({"execution_style": "sync"}, False),
        ({"execution_style": "async", "async": True}, True),
    ],
)
def test_both_names_mean_the_same(given: dict[str, Json], later: bool) -> None:
    extension = decoded(Later(), given)
    assert isinstance(extension, LaterExtension)
    assert Later().calls_later(extension) is later


@pytest.mark.parametrize(
    "given", [{"async": True, "execution_style": "sync"}, {"async": "yes"}, {"execution_style": "a"}]
)
def test_what_contradicts_itself_or_is_no_such_word_is_told(given: dict[str, Json]) -> None:
    assert problems_of(Later(), given)


@pytest.mark.parametrize("given", [{"async": True}, {"execution_style": "async"}])
def test_an_answer_of_the_gateway_itself_is_never_later(given: dict[str, Json]) -> None:
    with pytest.raises(ConfigError) as raised:
        extended(Later(), given, route_of(DirectResponse(200)))
    assert raised.value.field == next(iter(given))
