"""gloo explain: what becomes of a request, and why."""

from pathlib import Path

import pytest
from tests.cli.command_line import gloo, told


@pytest.fixture
def shop(folder: Path) -> Path:
    function = ("--path-prefix", "/pet/", "--function", "petstore/get_pet")
    gloo("route", "add", "--path-exact", "/hello", "--http-method", "POST", "--upstream", "petstore", "-d", folder)
    gloo("route", "add", *function, "-d", folder)
    return folder


def test_the_road_of_a_request_is_told_step_by_step(shop: Path) -> None:
    said = gloo("explain", "POST", "http://a.test/pet/", shop, "-d", '{"id": 7}', "-H", "x-a: 1").stdout
    for line in (
        "POST http://a.test/pet/",
        "virtual service default: domain * (it takes what no other domain does)",
        "  routes[0] no: path: expected /hello, got /pet/",
        "function petstore/get_pet",
        "  id = 7  from body field",
        "upstream petstore gets",
        "  POST /pets/7",
        "  x-a: 1",
    ):
        assert line in said.splitlines(), said


def test_programs_get_the_same_as_json(shop: Path) -> None:
    found = told("explain", "GET", "/pet/", shop, "-d", '{"id": 7}')
    assert (found["route"], found["destinations"][0]["request"]["path"]) == ("default/1", "/pets/7")
    assert found["tried"][0]["refusal"] == {"matcher": "path", "expected": "/hello", "actual": "/pet/"}
    assert found["destinations"][0]["parameters"] == [{"name": "id", "source": "body field", "value": "7"}]


def test_the_answer_of_the_gateway_is_told(shop: Path) -> None:
    said = gloo("explain", "GET", "/pet/", shop).stdout
    assert "the function refuses; the gateway answers 400" in said
    assert "'id' is missing" in said


def test_without_a_route_the_status_is_1(shop: Path) -> None:
    assert "no route matches" in gloo("explain", "GET", "/hello", shop, status=1).stdout


def test_a_body_may_come_from_a_file(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "body.json").write_text('{"id": 8}')
    assert "GET /pets/8" in gloo("explain", "GET", "/pet/", shop, "-d", f"@{tmp_path / 'body.json'}").stdout
    assert "can't be read" in gloo("explain", "GET", "/pet/", shop, "-d", "@nowhere", status=2).stderr


@pytest.mark.parametrize("arguments", [("G T", "/"), ("GET", "/#a"), ("GET", "/", "-H", "no-colon")])
def test_what_is_no_request_is_told_as_such(folder: Path, arguments: tuple[str, ...]) -> None:
    method, url, *options = arguments
    gloo("explain", method, url, folder, *options, status=2)
