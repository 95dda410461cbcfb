import pytest

from gloo.functions import FunctionTemplate, Parameter
from gloo.functions.lowering import Lowered, NativeHeader, lower
from gloo.functions.responses import ResponseTemplate

QUERY = (Parameter("query", "id"),)


def lowered(
    *headers: tuple[str, str],
    path: str | None = None,
    body: str | None = None,
    parameters: tuple[Parameter, ...] = QUERY,
) -> Lowered:
    return lower(FunctionTemplate("pets/find", path, headers, body), parameters)


def test_a_function_of_fixed_headers_needs_no_program() -> None:
    result = lowered(("X-Version", "2"), ("x-none", ""))
    assert result.headers == (NativeHeader("x-version", "2"), NativeHeader("x-none", ""))
    assert result.rest.is_empty


def test_a_program_that_is_there_anyway_copies_headers_that_may_come_twice() -> None:
    copies = (("x-a", "{{ header('x-b') }}"), ("x-c", "{{ header('accept') }}"))
    result = lowered(*copies, body="{{ id }}")
    assert [header.name for header in result.headers] == ["x-c"]
    assert result.rest.headers == copies[:1]


def test_only_a_program_makes_many_copies_of_what_a_client_sends() -> None:
    copies = "{{ header('x-b') }}{{ header('accept') }}" * 8
    assert len(lowered(("x-a", copies), ("x-c", "1")).headers) == 2
    assert [header.name for header in lowered(("x-a", copies), ("x-c", "{{ header('x-d') }}")).headers] == []


def test_what_a_program_takes_away_to_read_answers_is_its_own_to_set() -> None:
    answer = ResponseTemplate("response", body="{{ x }}")
    template = FunctionTemplate("pets/find", headers=(("Range", "bytes=0-1"), ("x-a", "1")), responses=(answer,))
    assert [header.name for header in lower(template).headers] == ["x-a"]


def test_a_percent_sign_of_a_text_stays_one() -> None:
    assert lowered(("x-a", "100%"), ("x-b", "%{{ method }}")).headers == (
        NativeHeader("x-a", "100%"),
        NativeHeader("x-b", "%%%REQ(:method)%", format=True),
    )


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{{ method }}", "%REQ(:method)%"),
        ("{{ scheme }}://{{ authority }}", "%REQ(:scheme)%://%REQ(:authority)%"),
        ("{{ header('User-Agent') }}", "%REQ(user-agent)%"),
        ("({{ request_header('authorization') }})", "(%REQ(authorization)%)"),
        ("<{{ header('X-Team') }}>", "<%CEL(request.headers['x-team'])%>"),
    ],
)
def test_what_every_request_has_is_copied_by_a_format(template: str, value: str) -> None:
    assert lowered(("x-a", template)).headers == (NativeHeader("x-a", value, format=True),)


@pytest.mark.parametrize(
    "template",
    [
        "{{ id }}",
        "{{ path }}",
        "{{ header('range') }}",
        "{{ header('x-envoy-attempt-count') }}",
        "{{ header('x.b') }}",
        "{{ header(id) }}",
        "{{ method | upper }}",
        "{{ default(id, 'none') }}",
        "{% if id %}a{% endif %}",
        "{{ uuid() }}",
        " a",
        "a {{ method }}",
        "a\nb",
        "é",
        "x" * 8_001,
    ],
)
def test_what_envoy_may_do_otherwise_stays_a_program(template: str) -> None:
    result = lowered(("x-a", template), ("x-version", "2"))
    assert result.headers == (NativeHeader("x-version", "2"),)
    assert result.rest.headers == (("x-a", template),)


@pytest.mark.parametrize("name", [":method", ":authority", "Host"])
def test_method_and_host_stay_a_program(name: str) -> None:
    assert lowered((name, "GET")).headers == ()


def test_a_name_without_parameters_is_a_field_of_the_body() -> None:
    assert lowered(("x-a", "{{ method }}"), parameters=()).headers == ()


def test_a_parameter_that_is_called_like_a_free_variable_is_meant() -> None:
    assert lowered(("x-a", "{{ authority }}"), parameters=(Parameter("authority"),)).headers == ()


@pytest.mark.parametrize(
    ("other", "template"),
    [(":method", "{{ method }}"), ("host", "{{ authority }}"), ("user-agent", "{{ header('user-agent') }}")],
)
def test_a_value_that_the_function_changes_is_not_copied(other: str, template: str) -> None:
    assert "x-a" not in [header.name for header in lowered((other, "PUT"), ("x-a", template)).headers]


def test_the_type_of_a_body_that_may_come_out_empty_belongs_to_the_program() -> None:
    assert lowered(("content-type", "text/plain"), body="{{ id }}").headers == ()
    assert lowered(("content-type", "text/plain"), path="/x").headers == (NativeHeader("content-type", "text/plain"),)


def test_all_that_is_no_header_stays() -> None:
    answer = ResponseTemplate("response", body="{{ x }}")
    template = FunctionTemplate("pets/find", "/p", (("x-a", "1"),), "{}", responses=(answer,))
    rest = lower(template).rest
    assert rest == FunctionTemplate("pets/find", "/p", (), "{}", responses=(answer,))
    assert not rest.is_empty
