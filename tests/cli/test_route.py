"""gloo route: routes by flags."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.cli.command_line import gloo, told

from gloo.cli.matcher_text import describe
from gloo.model.base import Json
from gloo.model.route import RequestMatcher, Route
from gloo.model.text import parse_text

WRITTEN = """\
# my routes
name: default
routes:
# the first
- requestMatcher: {pathPrefix: /one}
  singleDestination: {upstream: {name: petstore}}
- request_matcher: {path_prefix: /two}   # the second
  single_destination: {upstream: {name: petstore}}
"""


@pytest.fixture
def shop(folder: Path) -> Path:
    (folder / "virtual_services").mkdir()
    (folder / "virtual_services/default.yaml").write_text(WRITTEN)
    return folder


def add(folder: Path, *flags: str, status: int = 0, stdin: str | None = None) -> str:
    return gloo("route", "add", *flags, "-d", folder, status=status, stdin=stdin).output


def routes(folder: Path, service: str = "default") -> list[dict[str, Any]]:
    value = parse_text((folder / f"virtual_services/{service}.yaml").read_text())[0]
    return list(value["routes"])


def test_what_the_gateway_answers_itself_is_told_as_the_destination() -> None:
    matcher = RequestMatcher(path_prefix="/a")
    answers: tuple[dict[str, Json], ...] = ({"direct_response": {"status": 204}}, {"redirect": {"https": True}}, {})
    said = [str(describe(Route(request_matcher=matcher, extensions=extensions))) for extensions in answers]
    assert said == ["* prefix /a -> answer 204", "* prefix /a -> redirect 301", "* prefix /a -> nowhere"]


def test_the_default_virtual_service_is_made_when_there_is_none(folder: Path) -> None:
    said = add(folder, "--path-prefix", "/pets", "--upstream", "petstore")
    assert said == "VirtualService/default (created): route 0 added: * prefix /pets -> petstore\n"
    assert gloo("check", folder).stdout == ""


def test_all_flags_of_a_matcher_and_of_the_action_reach_the_route(folder: Path) -> None:
    add(
        folder,
        *("--path-exact", "/find", "--http-method", "post,put", "--http-method", "GET"),
        *("--header", "x-a: b:c", "--header", "x-b", "--query", "q=1=2", "--cookie", "c=d"),
        *("--function", "petstore/get_pet", "--extensions", "-"),
        stdin="parameters: {path: '/{id}'}",
    )
    assert routes(folder) == [
        {
            "request_matcher": {
                "path_exact": "/find",
                "headers": {"x-a": "b:c", "x-b": ""},
                "query_params": {"q": "1=2"},
                "cookies": {"c": "d"},
                "verbs": ["POST", "PUT", "GET"],
            },
            "single_destination": {"function": {"upstream_name": "petstore", "function_name": "get_pet"}},
            "extensions": {"parameters": {"path": "/{id}"}},
        }
    ]


def test_an_event_and_a_function_of_a_named_upstream(folder: Path) -> None:
    add(folder, "--event", "pet.sold", "--upstream", "petstore", "--function", "get_pet", "-v", "events")
    assert routes(folder, "events")[0]["event_matcher"] == {"event_type": "pet.sold"}


def test_a_route_is_added_in_its_place_and_all_else_stays_as_it_was_written(shop: Path) -> None:
    add(shop, "--path-prefix", "/new", "--upstream", "petstore", "--prefix-rewrite", "/", "--at", "1")
    text = (shop / "virtual_services/default.yaml").read_text()
    assert text.startswith("# my routes\n")
    assert "# the first" in text
    assert "requestMatcher: {pathPrefix: /one}" in text
    assert [route.get("request_matcher", {}).get("path_prefix") for route in routes(shop)] == [None, "/new", "/two"]


def test_sorting_puts_the_most_specific_routes_first(shop: Path) -> None:
    add(shop, "--path-prefix", "/two/and/more", "--upstream", "petstore")
    add(shop, "--path-regex", "/r.*", "--upstream", "petstore")
    said = add(shop, "--path-exact", "/e", "--upstream", "petstore", "--sort")
    assert "route 0 added: * exact /e -> petstore" in said
    listed = told("route", "list", "-d", shop)
    matchers = [next(iter(entry["route"]["request_matcher"].values())) for entry in listed]
    assert matchers == ["/e", "/r.*", "/two/and/more", "/one", "/two"]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--upstream", "petstore"), "say which requests the route is for"),
        (("--path-prefix", "/"), "say where the requests go"),
        (("--path-prefix", "/", "--function", "get_pet"), "of which upstream? (--function UPSTREAM/get_pet)"),
        (("--event", "e", "--path-prefix", "/", "--upstream", "x"), "--event can't be joined"),
        (("--header", ":v", "--upstream", "x"), "--header ':v' has no name"),
        (("--path-prefix", "/", "--upstream", "x", "--at", "0", "--sort"), "--at can't be joined with --sort"),
        (("--path-prefix", "/", "--upstream", "x", "--extensions", "/none"), "/none can't be read"),
    ],
)
def test_flags_that_make_no_route_are_wrong_use(folder: Path, flags: Sequence[str], said: str) -> None:
    assert said in add(folder, *flags, status=2)
    assert not (folder / "virtual_services").exists()


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--path-prefix", "/", "--path-exact", "/"), "at most one of"),
        (("--path-prefix", "/", "-v", "No_Name"), "'No_Name' is not allowed"),
        (("--path-prefix", "/", "--at", "3"), "there is no place 3 among 0 routes"),
    ],
)
def test_a_route_that_can_not_be_is_refused(folder: Path, flags: Sequence[str], said: str) -> None:
    assert said in add(folder, *flags, "--upstream", "petstore", status=1)


def test_what_is_left_to_mend_is_told_at_once(folder: Path) -> None:
    assert "there is no upstream 'petsore'" in add(folder, "--path-prefix", "/", "--upstream", "petsore")


def test_a_route_is_removed_by_its_number(shop: Path) -> None:
    said = gloo("route", "remove", "--index", "0", "-d", shop).stdout
    assert said == "VirtualService/default: route 0 removed: * prefix /one -> petstore\n"
    left = told("route", "list", "-d", shop)
    assert [entry["route"]["request_matcher"] for entry in left] == [{"path_prefix": "/two"}]


def test_a_route_is_removed_by_its_matcher(shop: Path) -> None:
    gloo("route", "remove", "--path-prefix", "/two", "--upstream", "petstore", "-d", shop)
    assert len(routes(shop)) == 1


@pytest.mark.parametrize(
    ("flags", "status", "said"),
    [
        (("--path-prefix", "/none"), 1, "no route has this matcher (0: * prefix /one -> petstore; 1: "),
        (("--path-prefix", "/one", "--upstream", "other"), 1, "no route has this matcher and destination"),
        (("--index", "7"), 1, "there is no route 7: default has 2 (0 is the first)"),
        ((), 2, "say which route"),
        (("--index", "0", "--path-prefix", "/one"), 2, "say which route"),
        (("--index", "0", "-v", "other"), 1, "there is no virtual service 'other'"),
    ],
)
def test_a_removal_that_means_no_one_route_changes_nothing(
    shop: Path, flags: Sequence[str], status: int, said: str
) -> None:
    assert said in gloo("route", "remove", *flags, "-d", shop, status=status).stderr
    assert (shop / "virtual_services/default.yaml").read_text() == WRITTEN


def test_two_routes_of_one_matcher_are_told_apart_by_number(shop: Path) -> None:
    add(shop, "--path-prefix", "/one", "--upstream", "petstore")
    said = gloo("route", "remove", "--path-prefix", "/one", "-d", shop, status=1).stderr
    assert "2 routes match: 0, 2 (pick one: --index 0)" in said


def test_routes_beside_a_broken_one_can_be_changed(shop: Path) -> None:
    file = shop / "virtual_services/default.yaml"
    file.write_text(WRITTEN.replace("request_matcher: {path_prefix: /two}", "request_macher: {path_prefix: /two}"))
    add(shop, "--path-prefix", "/three", "--upstream", "petstore")
    assert len(routes(shop)) == 3
    gloo("route", "remove", "--index", "1", "-d", shop)
    assert gloo("check", shop).stdout == ""


def test_the_list_shows_one_virtual_service_or_all(shop: Path) -> None:
    add(shop, "--path-prefix", "/x", "--upstream", "petstore", "-v", "other")
    assert len(told("route", "list", "-d", shop)) == 3
    assert len(told("route", "list", "-v", "other", "-d", shop)) == 1
    assert "there is no virtual service 'x'" in gloo("route", "list", "-v", "x", "-d", shop, status=1).stderr
