"""What a request may cost: the length of its body, and the work that a template does with it.

Time is the CPU time of the thread, the best of some runs: what else the machine does is no fault of the template.
"""

import json
import time
from collections.abc import Iterable

import pytest
from tests.functions.exchange import Reply, exchange
from tests.functions.gateway import LONGEST, Gateway, Outcome, Request

from gloo.errors import TemplateError
from gloo.functions import FunctionTemplate, Parameter, Program, ResponseTemplate, compile_function
from gloo.functions.extractors import Extractor
from gloo.functions.names import BodyFormat

USUAL, MOST = 2**17, 2**20
ANY = '{"a": {{ default(a, null) }}, "all": {{ context() }}}'


def sent(gateway: Gateway, template: FunctionTemplate, body: bytes, content_type: str = "") -> Outcome:
    return gateway.send(compile_function(template), Request(headers={"content-type": content_type}, body=body))


@pytest.mark.parametrize("parse_body", ["json", "form"])
def test_a_long_body_is_refused_unless_the_function_takes_it(gateway: Gateway, parse_body: BodyFormat) -> None:
    text = '-{{ default(b, "") }}'
    usual, more = (FunctionTemplate("u/f", body=text, parse_body=parse_body, max_body=n) for n in (None, 300_000))
    start, end = (b'{"b":"', b'"}') if parse_body == "json" else (b"b=", b"")

    def body(size: int) -> bytes:
        return start + b"x" * (size - len(start) - len(end)) + end

    assert sent(gateway, usual, body(USUAL)).code is None
    outcome = sent(gateway, usual, body(USUAL + 1))
    assert (outcome.status, outcome.code) == (413, "too_large")
    assert json.loads(outcome.answer)["error"] == {
        "status": 413,
        "reason": "too_large",
        "message": "the body is longer than 131072 bytes",
        "function": "u/f",
    }
    assert sent(gateway, more, body(300_000)).code is None
    assert sent(gateway, more, body(300_001)).code == "too_large"


def test_a_body_that_is_only_copied_may_be_as_long_as_envoy_keeps(gateway: Gateway) -> None:
    template = FunctionTemplate("u/f", body="-{{ body() }}", parse_body="none")
    assert sent(gateway, template, b"x" * MOST).code is None


def test_a_body_that_is_only_replaced_is_bounded_by_what_envoy_keeps(gateway: Gateway) -> None:
    template = FunctionTemplate("u/f", body="-", parse_body="none", max_body=3)
    assert sent(gateway, template, b"x" * MOST).code is None
    assert sent(gateway, template, b"x" * (MOST + 1)).code == "too_large"


def test_a_length_that_is_told_is_enough_to_refuse(gateway: Gateway) -> None:
    request = Request(headers={"content-length": str(MOST)}, body=b"{}")
    assert gateway.send(compile_function(FunctionTemplate("u/f", body=ANY)), request).code == "too_large"


def test_a_smaller_limit_holds_too(gateway: Gateway) -> None:
    assert sent(gateway, FunctionTemplate("u/f", body="-{{ body() }}", max_body=3), b"1234").code == "too_large"


@pytest.mark.parametrize("given", [0, MOST + 1])
def test_a_limit_that_can_not_be_kept_is_refused(given: int) -> None:
    with pytest.raises(TemplateError, match="can't be the longest body") as caught:
        compile_function(FunctionTemplate("u/f", body="-{{ a }}", max_body=given))
    assert caught.value.field == "max_body"
    answer = ResponseTemplate(body="-{{ a }}", max_body=given)
    with pytest.raises(TemplateError) as caught:
        compile_function(FunctionTemplate("u/f", responses=(answer,)))
    assert caught.value.field == "response.max_body"


def test_a_long_answer_is_replaced() -> None:
    template = FunctionTemplate("u/f", responses=(ResponseTemplate(body='{"b": "{{ b }}"}'),))
    long = json.dumps({"b": "x" * USUAL}).encode()
    reply = exchange(template, Reply(200, body=long))
    assert (reply.status, reply.headers["x-gloo-error"]) == (502, "too_large")
    longer = FunctionTemplate("u/f", responses=(ResponseTemplate(body='{"b": "{{ b }}"}', max_body=2 * USUAL),))
    assert exchange(longer, Reply(200, body=long)).status == 200


def test_depth_is_bounded(gateway: Gateway) -> None:
    template = FunctionTemplate("u/f", body=ANY)
    assert sent(gateway, template, b'{"a":' + b"[" * 99 + b"]" * 99 + b"}").code is None
    outcome = sent(gateway, template, b'{"a":' + b"[" * 100 + b"]" * 100 + b"}")
    assert (outcome.status, outcome.code) == (400, "too_deep")


def _filled(before: bytes, piece: bytes, after: bytes, size: int = USUAL) -> bytes:
    return before + piece * ((size - len(before) - len(after)) // len(piece)) + after


def _numbered(pattern: bytes, size: int = USUAL) -> bytes:
    return b"".join(pattern % i for i in range(size // (len(pattern) + 4)))


JSON = {
    "numbers": _filled(b'{"a":[', b"1,", b"1]}"),
    "fractions": _filled(b'{"a":[', b"1.5,", b"1]}"),
    "empty lists": _filled(b'{"a":[', b"[],", b"1]}"),
    "lists of lists": _filled(b'{"a":[', b"[[]],", b"1]}"),
    "objects": _filled(b'{"a":[', b'{"a":1},', b"1]}"),
    "keys": b"{" + _numbered(b'"%d":1,') + b'"a":1}',
    "escapes": _filled(b'{"a":"', b"\\u00e9", b'"}'),
    "line breaks": _filled(b'{"a":"', b"\\n", b'"}'),
    "blanks": _filled(b"{", b" ", b"}"),
}
FORMS = {
    "pairs": _filled(b"a=1", b"&b=2", b""),
    "names": b"a=1" + _numbered(b"&b%d=%%41"),
    "escapes": _filled(b"a=", b"%41", b""),
    "blanks": _filled(b"a=", b"+", b""),
    "separators": b"&" * USUAL,
}
_PART = b'--b\r\nContent-Disposition: form-data; name="%d"%s\r\n\r\n%s\r\n'
PARTS = {
    "a file": _PART % (1, b"; filename=a", b"\xff" * (MOST - 200)) + b"--b--",
    "parts": b"".join(_PART % (i, b"", b"") for i in range(999)) + b"--b--",
    "almost boundaries": _PART % (1, b"", b"\r\n--" * (MOST // 4 - 50)) + b"--b--",
    "carriage returns": _PART % (1, b"", b"\r" * (MOST - 200)) + b"--b--",
    "backslashes": _PART % (1, b"; filename=" + b'"' + b"\\" * 8000 + b'"', b"") + b"--b--",
}


def test_what_is_usual_is_within_the_limits(gateway: Gateway) -> None:
    text = '{"data": "{{ base64_encode(f.content) }}"}'
    template = FunctionTemplate("u/f", body=text, parse_body="multipart")
    file = PARTS["a file"].replace(b'name="1"', b'name="f"')
    assert sent(gateway, template, file, "multipart/form-data; boundary=b").code is None
    rows = [{"id": i, "name": f"Name {i}", "price": i * 1.25, "tags": ["a", "b"], "ok": True} for i in range(1580)]
    document = json.dumps({"a": rows}).encode()
    assert 0.9 * USUAL < len(document) <= USUAL
    assert sent(gateway, FunctionTemplate("u/f", body='{"a": {{ a }}}'), document).code is None


def _best(gateway: Gateway, program: Program, request: Request) -> float:
    def took() -> float:
        start = time.thread_time()
        gateway.send(program, request)
        return time.thread_time() - start

    return min(took() for _ in range(40))


@pytest.mark.parametrize("case", JSON)
def test_json_takes_no_longer(gateway: Gateway, case: str) -> None:
    program = compile_function(FunctionTemplate("u/f", body=ANY))
    assert _best(gateway, program, Request(body=JSON[case])) < LONGEST


@pytest.mark.parametrize("case", FORMS)
def test_a_form_takes_no_longer(gateway: Gateway, case: str) -> None:
    program = compile_function(FunctionTemplate("u/f", body=ANY, parse_body="form"))
    assert _best(gateway, program, Request(body=FORMS[case])) < LONGEST


@pytest.mark.parametrize("case", PARTS)
def test_a_multipart_form_takes_no_longer(gateway: Gateway, case: str) -> None:
    text = "-{% for k, x in context() %}{{ base64_encode(x.content) if isObject(x) else base64_encode(x) }}{% endfor %}"
    program = compile_function(FunctionTemplate("u/f", body=text, parse_body="multipart"))
    request = Request(headers={"content-type": "multipart/form-data; boundary=b"}, body=PARTS[case])
    assert _best(gateway, program, request) < LONGEST


_NESTED = "{%% for x in xs %%}{%% for y in xs %%}%s{%% endfor %%}{%% endfor %%}"
LOOPS = {
    "output": _NESTED % "{{ b }}",
    "calls": _NESTED % "{{ b | upper }}",
    "texts": _NESTED % "{{ b ~ x }}",
    "sums": _NESTED % "{{ x + y }}",
    "conditions": _NESTED % "{% if x in xs %}{% endif %}",
    "sets": "{% set t = 'x' %}" + _NESTED % "{% set t = t ~ b %}" + "{{ t }}",
    "lists": _NESTED % "{{ xs }}",
    "regexes": _NESTED % '{{ regex_replace(b, "[a-z]", "$0$0") }}',
    "sorting": _NESTED % "{{ sort(xs) }}",
    "digests": _NESTED % "{{ sha256(b) }}",
}


@pytest.mark.parametrize("size", [1, 100, 10_000, 100_000])
@pytest.mark.parametrize("case", LOOPS)
def test_loops_over_what_a_client_sends_come_to_an_end(gateway: Gateway, case: str, size: int) -> None:
    program = compile_function(FunctionTemplate("u/f", body="-" + LOOPS[case]))
    request = Request(body=json.dumps({"xs": [1] * 2000, "b": "z" * size}).encode())
    outcome = gateway.send(program, request)
    assert (outcome.status, outcome.code) == (400, "too_long")
    assert _best(gateway, program, request) < LONGEST


def test_a_loop_with_much_output_comes_to_an_end_even_where_more_is_allowed(gateway: Gateway) -> None:
    template = FunctionTemplate("u/f", body="-" + LOOPS["output"], max_body=MOST)
    outcome = sent(gateway, template, json.dumps({"xs": [1] * 2000, "b": "z" * 10_000}).encode())
    assert outcome.code == "too_long"


_PATTERNS = ["(x+x+)+y", "(a|b|ab)*c", "([a-z]*)*!", "(.*)(.*)(.*)z"]


@pytest.mark.parametrize("regex", _PATTERNS)
def test_extractors_come_to_an_end(gateway: Gateway, regex: str) -> None:
    extractor = Parameter("body", extractor=Extractor("e", regex))
    template = FunctionTemplate("u/f", body="-{{ default(e, 0) }}", parse_body="none", extractors=(extractor,))
    for piece in (b"x", b"ab"):
        program = compile_function(template)
        assert _best(gateway, program, Request(body=piece * (MOST // 2))) < LONGEST


def _queries() -> Iterable[str]:
    yield from ("&" * 60_000, "a=%41" * 12_000, "a=" + "+" * 60_000, "q&" * 30_000)


def test_queries_come_to_an_end(gateway: Gateway) -> None:
    names = [Parameter("query", name) for name in ("a", "b", "c", "d")]
    program = compile_function(FunctionTemplate("u/f", "/{{ default(a, 1) }}{{ default(b, c) }}{{ d }}"), names)
    for query in _queries():
        assert _best(gateway, program, Request(f"/?{query}")) < LONGEST
