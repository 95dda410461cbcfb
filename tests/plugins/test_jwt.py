"""What a route may say about tokens; what it means is tested in `tests/translator/test_tokens.py`."""

from gloo.envoy.stage import Stage
from gloo.model.base import Json
from gloo.plugins.jwt import JwtDemand
from gloo.plugins.registry import extension_of


def problems(jwt: Json) -> list[tuple[str, str]]:
    _, found = extension_of(JwtDemand(), {"jwt": jwt})
    return [(each.field, each.problem) for each in found]


def test_a_rule_or_the_word_off_is_taken() -> None:
    for jwt in ("off", {}, {"require": ["a"]}, {"any": ["a", "b"]}, {"allow_missing": True}):
        assert problems(jwt) == []


def test_anything_else_is_an_error_at_its_place() -> None:
    assert problems({"requires": ["a"]}) == [("extensions.jwt.requires", "unknown field")]
    assert problems({"require": ["a"], "any": ["b"]}) == [("extensions.jwt", "takes require or any, not both")]
    for jwt in ("on", False, {"off": True}, {"require": "a"}):
        assert problems(jwt)


def test_the_filter_is_off_stands_before_functions_and_gets_its_configuration_by_itself() -> None:
    moving, found = JwtDemand().filters()
    assert (moving.disabled, moving.stage, moving.name < found.name) == (True, found.stage, True)  # it goes first
    assert (found.disabled, found.discovered, found.stage) == (True, True, Stage.AUTHENTICATION)
    assert Stage.AUTHENTICATION < Stage.TRANSFORMATION
