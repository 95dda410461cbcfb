"""What the compiled programs print is what the language says: compared with a reference interpreter and with Jinja2.

``FUNCTION_PAIRS`` sets how many pairs of template and request are compared.
"""

import json
import os
from collections.abc import Sequence
from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jinja2 import Environment
from tests.functions.gateway import Gateway, Request
from tests.functions.reference.grammar import PARAMETERS, SENT, TEMPLATES, Sent, Templates
from tests.functions.reference.interpreter import Inputs, Interpreter
from tests.functions.reference.values import MISSING, Failure, TooMuch, parse

from gloo.errors import TemplateError
from gloo.functions import FunctionTemplate, Parameter, compile_function
from gloo.functions.body_language import place_body
from gloo.functions.context import HeaderValue, place
from gloo.functions.source import Source
from gloo.functions.target_language import Target
from gloo.functions.template import parse as parse_template
from gloo.functions.tree import Block

PAIRS = int(os.environ.get("FUNCTION_PAIRS", "2000"))
REQUESTS = 10  # to each template
RUN = settings(
    max_examples=max(1, PAIRS // REQUESTS),
    deadline=None,
    database=None,
    derandomize="FUNCTION_PAIRS" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
BOUND = [Parameter("query", name) for name in PARAMETERS]
_GATEWAY = Gateway()


@RUN
@given(TEMPLATES, st.lists(SENT, min_size=REQUESTS, max_size=REQUESTS))
def test_programs_print_what_the_language_says(templates: Templates, requests: Sequence[Sent]) -> None:
    try:
        program = compile_function(template_of(templates), BOUND)
    except TemplateError:
        return
    block = _placed(templates)
    for sent in requests:
        try:
            expected = _expected(templates, block, sent)
        except TooMuch:
            continue
        outcome = _GATEWAY.send(program, request_of(sent))
        assert outcome.log is None
        if isinstance(expected, Failure):
            assert outcome.code == expected.code
        else:
            assert outcome.code is None, outcome.answer
            assert _printed(templates, outcome.request) == expected


def template_of(templates: Templates) -> FunctionTemplate:
    headers = () if templates.header is None else (("x-out", templates.header),)
    return FunctionTemplate("pets/find", templates.path, headers, templates.body)


def _placed(templates: Templates) -> Block:
    if templates.path is not None:
        source = Source.of_line("path", templates.path)
        return place(parse_template(source), Target(), source)
    if templates.header is not None:
        source = Source.of_line("headers.x-out", templates.header)
        return place(parse_template(source), HeaderValue(), source)
    assert templates.body is not None
    source = Source.of("body", templates.body)
    return place_body(parse_template(source), None, source).block


def _body(sent: Sent) -> bytes:
    return json.dumps(sent.fields).encode()


def request_of(sent: Sent) -> Request:
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in sent.parameters.items())
    headers = {} if sent.header is None else {"x-h": sent.header.encode().decode("latin-1")}
    return Request(f"/in?{query}", headers=headers, body=_body(sent))


def _expected(templates: Templates, block: Block, sent: Sent) -> bytes | Failure:
    fields = parse(_body(sent))
    assert isinstance(fields, dict)
    parameters = {name: sent.parameters[name].encode() if name in sent.parameters else MISSING for name in PARAMETERS}
    headers = {} if sent.header is None else {"x-h": sent.header.encode()}
    try:
        rendered = Interpreter(Inputs(fields, parameters, _body(sent), headers)).render(block)
    except Failure as failure:
        return failure
    if templates.path is not None and {b".", b".."} & set(rendered.partition(b"?")[0].split(b"/")):
        return Failure("bad_value")
    return rendered.strip(b" \t") if templates.header is not None else rendered


def _printed(templates: Templates, request: Request) -> bytes:
    if templates.path is not None:
        return request.path.encode("latin-1")
    if templates.header is not None:
        return request.headers.get("x-out", "").encode("latin-1")
    assert request.body is not None
    return request.body


_JINJA_TEXT = st.sampled_from(["{{ name }}", "{{ city | upper }}", "{{ name ~ city }}", "{{ name | lower | trim }}"])
_JINJA_NUMBER = st.sampled_from(
    ["{{ count }}", "{{ count + price * 2 }}", "{{ count // 3 }}", "{{ count % 7 - price }}", "{{ words | length }}"]
)
_JINJA_TRUTH = st.sampled_from(
    ["name", "count > price", "not words", "city == name and count", "count in numbers or name", "name is defined"]
)
_JINJA_LIST = st.sampled_from(["words", "numbers", "[count, price]", "words | sort"])
_JINJA_OTHER = st.sampled_from(
    [
        "{{ words | join('; ') }}",
        "{{ name | replace('a', 'bb') }}",
        "{{ name if count else city }}",
        "{{ nothing | default(city) }}",
        "{{ (words | first) if words else 'none' }}",
        "{% set both = name ~ city %}{{ both | length }}",
        "{# silent #}{% raw %}{{ as it is }}{% endraw %}",
        " {%- if count -%} \n x {% endif %} ",
        "\n## if price\nline {{ price }}\n## endif\n",
    ]
)


def _jinja_blocks(depth: int = 2) -> st.SearchStrategy[str]:
    piece = st.one_of(_JINJA_TEXT, _JINJA_NUMBER, _JINJA_OTHER, st.sampled_from(["a", "\n", " é ", "}"]))
    if depth:
        inner = st.deferred(lambda: _jinja_blocks(depth - 1))
        piece = st.one_of(
            piece,
            st.builds("{{% if {} %}}{}{{% elif {} %}}{}{{% endif %}}".format, _JINJA_TRUTH, inner, _JINJA_TRUTH, inner),
            st.builds("{{% for x in {} %}}{}{{{{ x }}}}{{% else %}}{}{{% endfor %}}".format, _JINJA_LIST, inner, inner),
            st.builds(
                "{{% for x in {} %}}{{{{ loop.index0 }}}}/{{{{ loop.length }}}}{{% endfor %}}".format, _JINJA_LIST
            ),
            st.builds("{{% for k, v in pairs.items() %}}{{{{ k }}}}={{{{ v }}}}{}{{% endfor %}}".format, inner),
        )
    return st.lists(piece, min_size=1, max_size=4).map("".join)


_ASCII = st.text("abAB xyz", max_size=6)
_JINJA_FIELDS = st.fixed_dictionaries(
    {
        "name": _ASCII,
        "city": _ASCII,
        "count": st.integers(0, 20),
        "price": st.integers(0, 20),
        "words": st.lists(st.text("abc", min_size=1, max_size=3), max_size=3),
        "numbers": st.lists(st.integers(0, 9), max_size=3),
        "pairs": st.dictionaries(st.text("abc", min_size=1, max_size=3), st.integers(0, 9), max_size=3),
    }
)
_JINJA = Environment(line_statement_prefix="##", keep_trailing_newline=True, autoescape=False)


@RUN
@given(_jinja_blocks(), st.lists(_JINJA_FIELDS, min_size=REQUESTS, max_size=REQUESTS))
def test_where_the_languages_agree_the_text_is_that_of_jinja(text: str, requests: Sequence[dict[str, object]]) -> None:
    ours = FunctionTemplate("pets/find", body="-" + text.replace("pairs.items()", "pairs"))
    program, jinja = compile_function(ours), _JINJA.from_string("-" + text)
    for fields in requests:
        outcome = _GATEWAY.send(program, Request(body=json.dumps(fields).encode()))
        assert outcome.request.body == jinja.render(fields).encode(), outcome.answer
