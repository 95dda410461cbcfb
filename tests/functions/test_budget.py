"""Whatever takes longer for longer values spends from the budget of its request before it works."""

import json
import random
import time

import pytest
from tests.functions.gateway import LONGEST, Gateway, Outcome, Request, call
from tests.functions.heavy import PARAMETERS, TEMPLATES, heavy_body

from gloo.functions import FunctionTemplate, Parameter, compile_function

BODIES = 8
"""Bodies for each template; they are the same ones in every run."""


def _took(gateway: Gateway, template: FunctionTemplate, request: Request, *, runs: int = 1) -> float:
    program = compile_function(template, PARAMETERS)
    best = float("inf")
    for _ in range(runs):
        start = time.thread_time()
        outcome = gateway.send(program, request)
        best = min(best, time.thread_time() - start)
        assert outcome.log is None
        assert outcome.code in (None, "too_long", "bad_value", "missing_parameter", "bad_output")
    return best


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda each: str(each.body or each.path or each.mode)[:80])
def test_no_operation_in_a_loop_stalls_a_worker(gateway: Gateway, template: FunctionTemplate) -> None:
    pick = random.Random(str(template))
    for _ in range(BODIES):
        request = Request("/?q=1", headers={"x-a": "a" * 60_000}, body=heavy_body(pick))
        if _took(gateway, template, request) > LONGEST:  # another process may have been in the way
            assert _took(gateway, template, request, runs=10) < LONGEST, str(request.body)[:300]


ATTACKS = {  # a template, and what made it take seconds when its operation spent nothing
    '{"ok": {{ n in xs }} }': {"n": "1" * 60_000, "xs": [1] * 20_000},
    "-{% for x in xs %}{% if x.id == n %}{{ x }}{% endif %}{% endfor %}": {"n": "1" * 60_000, "xs": [{"id": 1}] * 6000},
    "-{% for x in xs %}{{ x * n }}{% endfor %}": {"n": "0." + "1" * 60_000, "xs": [1] * 20_000},
    "-{% for x in xs %}{{ n + 1 }}{% endfor %}": {"n": "1" * 300 + "." + "1" * 60_000, "xs": [1] * 20_000},
    "-{% for x in xs %}{% if x == 1 %}{% endif %}{% endfor %}": {"xs": ["1e300"] * 12_000},
    "-{% for x in xs %}{% if n < 5 %}{% endif %}{% endfor %}": {"n": "1" * 60_000, "xs": [1] * 20_000},
    "-{% for x in xs %}{% if x in t %}{% endif %}{% endfor %}": {"t": "a" * 70_000, "xs": ["a" * 20 + "b"] * 2000},
    "-{% for x in xs %}{% if json(t) == 'q' %}{% endif %}{% endfor %}": {"t": "a" * 60_000, "xs": [1] * 20_000},
    "-{{ a in b }}": {"a": "a" * 30_000 + "b", "b": "a" * 90_000},
    "-{{ replace(b, a, '') }}": {"a": "a" * 30_000 + "b", "b": "a" * 90_000},
}


@pytest.mark.parametrize("body", ATTACKS)
def test_an_attack_that_is_known_ends_at_once(gateway: Gateway, body: str) -> None:
    request = Request(body=json.dumps(ATTACKS[body]).encode())
    assert _took(gateway, FunctionTemplate("u/f", body=body), request, runs=3) < max(LONGEST / 10, 0.01)


def _form(headers: bytes, parts: int) -> bytes:
    return b"".join(b"--b\r\n" + headers + b"\r\n\r\nx\r\n" for _ in range(parts)) + b"--b--\r\n"


def _sent(gateway: Gateway, form: bytes, body: str) -> Outcome:
    template = FunctionTemplate("u/f", body=body, parse_body="multipart")
    request = Request(headers={"content-type": "multipart/form-data; boundary=b"}, body=form)
    return gateway.send(compile_function(template, ()), request)


_PART = b'content-disposition: form-data; name="x"'
FORMS = {
    "escapes": _form(b'content-disposition: form-data; name="' + b'\\"' * 4000 + b'"', 125),
    "parameters": _form(_PART + b"".join(b";%x=a" % number for number in range(1350)), 120),
    "headers": _form(_PART + b"".join(b"\r\n%x:" % number for number in range(1200)), 120),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_what_the_headers_of_parts_hold_costs(gateway: Gateway, form: bytes) -> None:
    assert _sent(gateway, form, '{"x": "{{ x }}"}').code == "too_long"


def test_a_usual_form_of_many_parts_is_far_from_the_limit(gateway: Gateway) -> None:
    form = _form(_PART + b'; filename="a.txt"\r\ncontent-type: text/plain', 900)
    assert _sent(gateway, form, '{"x": "{{ x.filename }}"}').request.body == b'{"x": "a.txt"}'


def test_a_long_cookie_header_costs_each_parameter(gateway: Gateway) -> None:
    cookies = tuple(Parameter("cookie", f"c{number}", f"{{v{number}}}") for number in range(48))
    text = "".join(f"{{{{ default(v{number}, '') }}}}" for number in range(48))
    request = Request(headers={"cookie": " " * 55_000})
    assert call(gateway, request, headers=(("x-a", text),), parameters=cookies).code == "too_long"


@pytest.mark.parametrize(("times", "code"), [(1, None), (20, "too_long")])
def test_long_values_cost_where_no_loop_is(gateway: Gateway, times: int, code: str | None) -> None:
    plain = (("content-type", "text/plain"),)
    template = "{% if body() ~ 'a' %}{% endif %}" * times
    outcome = call(gateway, Request(body=b"x" * 1_000_000), body=template, headers=plain)
    assert outcome.code == code


@pytest.mark.parametrize("used", ["user", "context()"])
def test_an_object_with_parameters_in_it_is_copied_once(gateway: Gateway, used: str) -> None:
    wide = {f"k{i}": 1 for i in range(3000)}
    body = json.dumps({"xs": [1] * 8000, "user": wide, **wide}).encode()
    text = f"-{{% for x in xs %}}{{% if length({used}) == 0 %}}y{{% endif %}}{{% endfor %}}{{{{ length({used}) }}}}"
    named = (Parameter("header", "x-a", "{user.name}"),)
    outcome = call(gateway, Request(headers={"x-a": "Ann"}, body=body), body=text, parameters=named)
    assert outcome.request.body == (b"-3001" if used == "user" else b"-3002")


def test_the_usual_is_far_from_the_limit(gateway: Gateway) -> None:
    rows = [{"id": i, "name": f"Name {i}", "price": i * 1.25, "tags": ["a", "b"], "ok": True} for i in range(1500)]
    text = (
        '[{% for x in rows %}{"id": "{{ x.id }}", "name": {{ upper(x.name) }}, "gross": {{ round(x.price * 1.19, 2) }},'
        ' "new": {{ "c" in x.tags and x.ok }}, "text": "{{ x.name ~ \'-\' ~ x.id }}"}'
        "{% if not loop.is_last %},{% endif %}{% endfor %}]"
    )
    outcome = call(gateway, Request(body=json.dumps({"rows": rows}).encode()), body=text)
    assert (outcome.code, len(json.loads(outcome.request.body or b""))) == (None, 1500)
