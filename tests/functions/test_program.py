import json
from collections.abc import Sequence

import pytest
from tests.functions.gateway import Gateway, Request, call

from gloo.errors import TemplateError
from gloo.functions import FunctionTemplate, Parameter, Program, compile_function
from gloo.functions.body_modes import BodyMode
from gloo.model.base import replace


def compiled(
    path: str | None = None,
    headers: Sequence[tuple[str, str]] = (),
    body: str | None = None,
    parameters: Sequence[Parameter] = (),
) -> Program:
    return compile_function(FunctionTemplate("pets/find", path, tuple(headers), body), parameters)


def test_equal_functions_are_one_program() -> None:
    assert compiled("/a/{{ id }}") == compiled("/a/{{ id }}")
    assert compiled("/a/{{ id }}").id != compiled("/b/{{ id }}").id


def test_the_source_is_ascii_whatever_the_template_holds() -> None:
    assert compiled(body='{"é\u2028": "\\u0000", "x": "{{ default(a, "\U0001d11e") }}"}').source.isascii()


def test_the_body_is_waited_for_only_if_it_is_needed() -> None:
    query = [Parameter("query", "id")]
    assert not compiled("/a/{{ id }}", parameters=query).reads_body
    assert compiled("/a/{{ id }}").reads_body
    assert compiled("/a/{{ id }}", parameters=[Parameter("body", "id")]).reads_body
    assert compiled(body="").reads_body


def test_without_a_body_to_read_an_unbound_name_is_refused() -> None:
    template = FunctionTemplate("pets/find", "/a/{{ id }}/{{ x }}", parse_body="none")
    with pytest.raises(TemplateError) as error:
        compile_function(template, [Parameter("query", "id")])
    assert str(error.value) == (
        "path: line 1, column 16: nothing can supply 'x' (known: authority, id, method, path, scheme)"
    )


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        (":path", "not a header that can be set"),
        (":status", "not a header that can be set"),
        ("x y", "not a header that can be set"),
        ("", "not a header that can be set"),
        ("Content-Length", "belongs to the connection"),
        ("transfer-encoding", "belongs to the connection"),
    ],
)
def test_a_header_that_would_break_the_request_is_refused(name: str, problem: str) -> None:
    with pytest.raises(TemplateError, match=problem):
        compiled(headers=[(name, "x")])


def test_a_header_is_set_once() -> None:
    with pytest.raises(TemplateError, match="set twice"):
        compiled(headers=[("x-a", "1"), ("X-A", "2")])


def test_a_method_is_a_token(gateway: Gateway) -> None:
    with pytest.raises(TemplateError, match="can't be part of a method"):
        compiled(headers=[(":method", "GET /x")])
    template = [(":method", "{{ verb }}")]
    assert call(gateway, Request(body=b'{"verb": "PURGE"}'), headers=template).request.method == "PURGE"
    assert call(gateway, Request(body=b'{"verb": "GET /x"}'), headers=template).code == "bad_value"
    assert call(gateway, Request(body=b'{"verb": "CONNECT"}'), headers=template).code == "bad_value"
    with pytest.raises(TemplateError, match="tunnel"):
        compiled(headers=[(":method", "CONNECT")])


def test_only_a_client_asks_by_head_since_another_would_wait_for_a_body(gateway: Gateway) -> None:
    with pytest.raises(TemplateError, match="has no body"):
        compiled(headers=[(":method", "HEAD")])
    template = [(":method", "{{ header('x-verb') }}")]
    asked = Request(headers={"x-verb": "HEAD"})
    assert call(gateway, asked, headers=template).code == "bad_value"
    assert call(gateway, replace(asked, method="HEAD"), headers=template).request.method == "HEAD"


@pytest.mark.parametrize("host", ["", "a b", "evil@b.org", "b.org/x", "b.org:", "[::1", "é"])
def test_a_host_is_a_name_or_an_address(gateway: Gateway, host: str) -> None:
    template = [(":authority", "{{ header('x-host') }}")]
    assert call(gateway, Request(headers={"x-host": host}), headers=template).code == "bad_value"
    with pytest.raises(TemplateError, match="is not a host"):
        compiled(headers=[("host", host)])


@pytest.mark.parametrize("host", ["b.org", "b.org:80", "192.0.2.1", "[2001:db8::1]:8080", "my_host"])
def test_a_host_may_have_a_port(gateway: Gateway, host: str) -> None:
    template = [(":authority", "{{ header('x-host') }}")]
    assert call(gateway, Request(headers={"x-host": host}), headers=template).request.headers[":authority"] == host


def test_host_is_the_authority(gateway: Gateway) -> None:
    assert call(gateway, Request(), headers=[("Host", "b.org")]).request.headers[":authority"] == "b.org"


def test_a_header_that_renders_empty_is_removed(gateway: Gateway) -> None:
    request = Request(headers={"x-a": "1", "x-b": "2"})
    outcome = call(gateway, request, headers=[("x-a", '{{ header("x-none") }}'), ("x-b", '{{ header("x-a") }}!')])
    assert outcome.request.headers == {":authority": "example.org", "x-b": "1!"}


def test_nothing_changes_when_a_later_part_fails(gateway: Gateway) -> None:
    request = Request("/old", headers={"x-a": "1"}, body=b'{"a": 2}')
    outcome = call(gateway, request, path="/{{ a }}", headers=[("x-a", "{{ a }}")], body="{{ missing }}")
    assert (outcome.status, outcome.request.path, outcome.request.headers["x-a"]) == (400, "/old", "1")


def test_a_content_type_of_the_template_is_kept(gateway: Gateway) -> None:
    outcome = call(gateway, Request(), headers=[("content-type", "application/hal+json")], body='{"a": 1}')
    assert outcome.request.headers["content-type"] == "application/hal+json"


def test_a_plain_body_leaves_the_content_type(gateway: Gateway) -> None:
    outcome = call(gateway, Request(headers={"content-type": "text/csv"}, body=b'{"a": "x\\"y"}'), body="a,{{ a }}")
    assert (outcome.request.body, outcome.request.headers["content-type"]) == (b'a,x"y', "text/csv")


def test_too_many_parameters_are_refused() -> None:
    parameters = [Parameter("query", f"p{index}") for index in range(200)]
    with pytest.raises(TemplateError, match="201 parameters and templates"):
        compiled(body="".join(f"{{{{ p{index} }}}}" for index in range(200)), parameters=parameters)


def test_as_many_parameters_as_are_promised_are_taken(gateway: Gateway) -> None:
    plain = [Parameter("query", f"p{index}") for index in range(148)]
    text = "".join(f"{{{{ default(p{index}, '') }}}}" for index in range(148))
    assert call(gateway, Request("/?p147=x"), path=f"/{text}", parameters=plain).request.path == "/x"
    matched = [Parameter("header", f"h{index}", f"a{{v{index}}}") for index in range(50)]
    text = "".join(f"{{{{ default(v{index}, '') }}}}" for index in range(50))
    assert call(gateway, Request(headers={"h49": "ax"}), path=f"/{text}", parameters=matched).request.path == "/x"


def test_a_long_template_runs(gateway: Gateway) -> None:
    body = "".join(f"{index}{{{{ a }}}}," for index in range(2000))
    outcome = call(gateway, Request(body=b'{"a": "x"}'), body=body)
    assert outcome.request.body == "".join(f"{index}x," for index in range(2000)).encode()


def test_null_has_no_text_but_is_a_json_value(gateway: Gateway) -> None:
    request = Request(body=b'{"a": null}')
    assert call(gateway, request, body='{"a": {{ a }}}').request.body == b'{"a": null}'
    failed = call(gateway, request, body='{"a": "{{ a }}"}')
    assert failed.code == "missing_parameter"
    assert b"'a' is null" in failed.answer
    assert call(gateway, request, path="/{{ default(a, 'none') }}").request.path == "/none"


def test_an_empty_segment_needs_a_default(gateway: Gateway) -> None:
    request = Request(body=b'{"id": ""}')
    assert call(gateway, request, path="/pets/{{ id }}").code == "bad_value"
    assert call(gateway, request, path='/pets/{{ default(id, "") }}').request.path == "/pets/"


def test_raw_brings_its_own_slashes_but_no_line_breaks(gateway: Gateway) -> None:
    request = Request(body=b'{"p": "/a/b?c=d&e=%20 \\r\\n\\u00e9", "h": "a\\r\\nb"}')
    outcome = call(gateway, request, path="{{ p | raw }}", headers=[("x-h", "{{ h | raw }}")])
    assert outcome.request.path == "/a/b?c=d&e=%20%20%0D%0A%C3%A9"
    assert outcome.request.headers["x-h"] == "a  b"
    assert call(gateway, Request(body=b'{"p": "x"}'), path="{{ p | raw }}").code == "bad_value"
    assert call(gateway, Request(body=b'{"p": "/a/../b"}'), path="{{ p | raw }}").code == "bad_value"


@pytest.mark.parametrize("dots", ["..", ".", "%2e%2e", "%2E", ".%2e", "%2E."])
def test_raw_brings_no_dots_that_a_server_resolves_away(gateway: Gateway, dots: str) -> None:
    for value in (dots, f"{dots}/a", f"a/{dots}?b"):
        request = Request(body=json.dumps({"p": value}).encode())
        assert call(gateway, request, path="/p/{{ p | raw }}").code == "bad_value"
    with pytest.raises(TemplateError, match="resolved away"):
        compiled(f"/a/{dots}/b")
    for value in (f"{dots}a", f"a?b=/{dots}/", "%2e%2e%2e", "a%20b"):
        request = Request(body=json.dumps({"p": value}).encode())
        assert call(gateway, request, path="/p/{{ p | raw }}").request.path == f"/p/{value}"


def test_programs_are_cached_and_the_cache_is_bounded() -> None:
    own = Gateway()
    first = compiled("/first")
    for index in range(9000):
        own.send(compiled(f"/{index}") if index % 3000 else first, Request())
    kept = own.lua.eval(b"collectgarbage('count')")
    assert own.send(first, Request()).request.path == "/first"
    assert kept < 40_000  # KB


def test_a_broken_program_is_told_to_the_log_and_not_to_the_client(gateway: Gateway) -> None:
    for source in ("nonsense(", "return {name='x', sites={}, request=function() error('secret') end}"):
        outcome = gateway.send(Program(source, source, reads_body=False), Request())
        assert (outcome.status, outcome.code) == (500, "internal")
        assert b"secret" not in outcome.answer
        assert outcome.log


@pytest.mark.parametrize(
    ("body", "sound"),
    [
        ('{"a": "{{ x }}"}', True),
        ('{"a": "{{ upper(x.y) }}", "b": {{ json(sort(xs)) }}}', True),
        ('{"a": "{{ x }}", "b": {{ context() }}}', False),
        ('{"a": "{{ x }}", "b": "{{ default(env("FUNCTION_X"), "") }}"}', False),
        ('{"a": "{% if header("x") == "" %}{{ x }}{% endif %}"}', False),
        ('{"a": "{% for y in x %}{% set z = base64_decode(y) %}{{ z }}{% endfor %}"}', False),
        ('{"a": "{{ x }}", "b": "{{ body() }}"}', False),
        ('{"a": "{{ x }}", "b": "{{ p }}"}', False),
        ('{"a": "{{ p }}"}', False),
    ],
)
def test_values_of_a_json_body_alone_are_known_to_be_utf8(body: str, *, sound: bool) -> None:
    program = compile_function(FunctionTemplate("a/b", body=body), [Parameter("query", "p")])
    assert ("sound = true" in program.source) is sound


def test_what_is_wrapped_is_not_known_to_be_utf8() -> None:
    program = compile_function(FunctionTemplate("a/b", path="/{{ x }}", mode=BodyMode("wrap")))
    assert "sound = true" not in program.source
