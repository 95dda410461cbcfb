import re

import pytest
import re2

from gloo.functions import FunctionTemplate, Parameter
from gloo.functions.known import Known
from gloo.functions.plain_request import PlainRequest, plain_request

PETS = Parameter("path", "", "/users/{id}/pets/{pet}")


def plain(path: str | None, *parameters: Parameter, **fields: object) -> PlainRequest | None:
    headers = tuple(dict(fields.pop("headers", {})).items())  # type: ignore[call-overload]  # as a test writes them
    return plain_request(FunctionTemplate("pets/get", path=path, headers=headers, **fields), parameters)  # type: ignore[arg-type]


def made(path: str, *parameters: Parameter, **fields: object) -> PlainRequest:
    found = plain(path, *parameters, **fields)
    assert found is not None
    return found


TEAM = Parameter("header", "x-team", "{team}")


def result(request: PlainRequest, target: str) -> str | None:
    """What Envoy's regular expressions and formats make of a target; None where it is not plain."""
    if re2.fullmatch(request.path, target) is None:
        return None
    if request.rewrite:
        return str(re2.sub(f"^{request.pattern}$", request.rewrite, target))
    found = re2.fullmatch(request.pattern, target) if request.values else None
    noted = {f"%DYNAMIC_METADATA(gloo.path:{group})%": found[group] for group in request.values} if found else {}
    return re.sub("%%|%DYNAMIC.*?%", lambda command: noted.get(command[0], "%"), request.made)


def test_variables_of_the_path_are_groups() -> None:
    request = made("/find?id={{ id }}&pet={{ pet }}", PETS)
    assert result(request, "/users/7/pets/a.b~c_D-1") == "/find?id=7&pet=a.b~c_D-1"
    assert request.headers == () == request.values


@pytest.mark.parametrize("segment", ["", ".", "..", ".a", "a%20b", "a b", "a/b", "é", "a+b", "a?b", "a;b", "a@b"])
def test_what_would_have_to_be_decoded_escaped_or_refused_is_not_plain(segment: str) -> None:
    assert result(made("/find/{{ id }}/{{ pet }}", PETS), f"/users/{segment}/pets/x") is None


@pytest.mark.parametrize(
    "target", ["/users/7/pets/x?", "/users/7/pets/x?a=b", "/users/7/pets/x/", "/v1/users/7/pets/x"]
)
def test_a_query_or_another_path_is_not_plain(target: str) -> None:
    assert result(made("/find/{{ id }}", PETS), target) is None


def test_a_path_without_variables_takes_any_request_that_has_no_query() -> None:
    request = made("/find?all=1")
    assert result(request, "/any/thing%20at;all") == "/find?all=1"
    assert result(request, "/any?") is None
    assert result(request, "/\xe9") is None


def test_a_header_gets_a_variable_by_the_number_of_its_group_and_long_ones_go_to_the_program() -> None:
    request = made("/find", PETS, headers={"x-pet": "pet-{{ pet }}", "x-version": "2"})
    assert [header.value for header in request.headers] == ["pet-%DYNAMIC_METADATA(gloo.path:2)%", "2"]
    assert request.values == (2,)
    assert result(request, f"/users/7/pets/{'x' * 40}") == "/find"
    assert result(request, f"/users/7/pets/{'x' * 41}") is None


def test_a_path_of_values_that_are_noted_anyway_is_a_format() -> None:
    request = made("/find%20?pet={{ pet }}", PETS, headers={"x-pet": "{{ pet }}"})
    assert (request.rewrite, request.made) == ("", "/find%%20?pet=%DYNAMIC_METADATA(gloo.path:2)%")
    assert result(request, "/users/7/pets/x") == "/find%20?pet=x"
    assert made("/find/{{ id }}", PETS, headers={"x-pet": "{{ pet }}"}).made == ""


def test_a_header_that_a_variable_stands_for_must_be_there() -> None:
    request = made("/find/{{ id }}", PETS, TEAM, headers={"x-a": "<{{ team }}>", "x-b": "{{ header('x-c') }}"})
    assert [header.value for header in request.headers] == [
        "<%CEL(request.headers['x-team'])%>",
        "%CEL(request.headers['x-c'])%",
    ]
    assert request.asked == ("x-team",)
    assert result(request, "/users/7/pets/x") == "/find/7"


def test_where_the_path_stays_a_query_may_follow_it() -> None:
    request = plain(None, PETS, headers={"x-pet": "{{ pet }}"})
    assert request is not None and request.rewrite == request.made == ""
    assert re2.fullmatch(request.path, "/users/7/pets/x?a=b?") is not None
    assert re2.fullmatch(request.path, "/users/7/pets/x/?a=b") is None


def test_without_a_path_method_and_headers_alone_count() -> None:
    headers = {":method": "GET", "x-a": "{{ team }}{{ Team }}"}
    request = plain(None, TEAM, Parameter("header", "Team"), headers=headers)
    assert request is not None
    assert (request.path, request.method, request.asked) == ("", "GET", ("x-team", "team"))


def test_a_constant_method_is_a_condition() -> None:
    assert made("/find", headers={":method": "GET"}).method == "GET"
    assert plain("/find", headers={":method": "{{ method }}"}) is None


@pytest.mark.parametrize(
    ("path", "parameters", "fields"),
    [
        (None, (PETS,), {}),
        (None, (PETS, TEAM), {"headers": {"x-a": "{{ header('x-team') }}"}}),
        (None, (TEAM, Parameter("query", "team")), {"headers": {"x-a": "{{ team }}"}}),
        (None, (TEAM,), {"headers": {"x-a": "{{ team }}", "X-Team": "none"}}),
        (None, (Parameter("header", "x-team", "team-{team}"),), {"headers": {"x-a": "{{ team }}"}}),
        ("/find/{{ team }}", (TEAM,), {}),
        ("/find/{{ id }}", (PETS,), {"body": "{}"}),
        ("/find/{{ id | upper }}", (PETS,), {}),
        ("/find/{{ raw(id) }}", (PETS,), {}),
        ("/find/{{ other }}", (PETS, Parameter("query", "other")), {}),
        ("/find/{{ id }}", (PETS, Parameter("query", "id")), {}),
        ("/find/{{ id }}", (Parameter("path", "", "/users/{id}"), Parameter("path", "", "/users/{id}")), {}),
        ("/find/{{ id }}", (Parameter("path", "", "/users/{id}?a={a}"),), {}),
        ("/find/{{ id }}", (Parameter("path", "", "/users/{id}-{rest}"),), {}),
        ("/find/.{{ id }}", (PETS,), {}),
        ("{{ id }}", (PETS,), {}),
        ("/find", (PETS,), {"headers": {"x-a": "{{ id | upper }}"}}),
        ("/find", (PETS,), {"headers": {":authority": "b.example"}}),
    ],
)
def test_the_rest_is_for_the_program(
    path: str | None, parameters: tuple[Parameter, ...], fields: dict[str, object]
) -> None:
    assert plain(path, *parameters, **fields) is None


def test_names_that_are_pointers_are_read_as_such() -> None:
    known = Known(pointers=True)
    assert result(made("/find/{{ id }}", PETS, known=known), "/users/7/pets/x") == "/find/7"
    assert plain("/find/{{ user/tags/0 }}", Parameter("header", "x-user", "{user}"), known=known) is None


def test_text_is_no_part_of_a_regular_expression() -> None:
    request = made("/find/{{ id }}", Parameter("path", "", "/a.b(c)/{id}/x+y"))
    assert result(request, "/a.b(c)/7/x+y") == "/find/7"
    assert result(request, "/aXb(c)/7/x+y") is None
    assert result(request, "/a.b(c)/7/xxy") is None
