"""A redirect changes what it names, and keeps the rest of what the client asked."""

import pytest
from tests.support.extended_routes import decoded, problems_of, route_of, written

from gloo.errors import ConfigError
from gloo.model.base import Json
from gloo.plugins.redirect import Redirect, RedirectExtension


def _redirect(given: dict[str, Json]) -> Json:
    extension = decoded(Redirect(), {"redirect": given})
    assert isinstance(extension, RedirectExtension)
    answer = Redirect().answer(extension)
    assert answer is not None
    return written(route_of(answer))["redirect"]


def test_what_is_not_given_stays() -> None:
    assert _redirect({"https": True}) == {"https_redirect": True}


def test_all_parts_can_be_changed() -> None:
    assert _redirect({"host": "b", "port": 81, "path": "/c?d=e", "code": 307, "strip_query": True}) == {
        "host_redirect": "b",
        "port_redirect": 81,
        "path_redirect": "/c?d=e",
        "response_code": "TEMPORARY_REDIRECT",
        "strip_query": True,
    }


@pytest.mark.parametrize(
    ("code", "name"),
    [(301, None), (302, "FOUND"), (303, "SEE_OTHER"), (307, "TEMPORARY_REDIRECT"), (308, "PERMANENT_REDIRECT")],
)
def test_every_code_is_known(code: int, name: str | None) -> None:
    assert _redirect({"https": True, "code": code}).get("response_code") == name


def test_a_prefix_may_become_nothing() -> None:
    assert _redirect({"prefix": ""}) == {"prefix_rewrite": ""}


@pytest.mark.parametrize(
    "given",
    [{}, {"code": 302}, {"path": "/a", "prefix": "/b"}, {"https": True, "port": 0}, {"https": True, "code": 300}],
)
def test_what_leads_nowhere_is_refused(given: dict[str, Json]) -> None:
    assert problems_of(Redirect(), {"redirect": given})


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"path": "a"}, "redirect.path"),
        ({"prefix": "a"}, "redirect.prefix"),
        ({"path": "/a\r\nx: y"}, "redirect.path"),
        ({"host": "https://b"}, "redirect.host"),
    ],
)
def test_what_is_no_address_is_refused_by_field(given: dict[str, Json], field: str) -> None:
    with pytest.raises(ConfigError) as raised:
        _redirect(given)
    assert raised.value.field == field
