"""What programs print in Envoy is what they print here: two builds of LuaJIT, the same Lua.

A quarter of ``FUNCTION_PAIRS`` pairs of template and request are compared.
"""

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.functions.gateway import Gateway
from tests.functions.lua_of_envoy import LuaOfEnvoy, lua_of_envoy
from tests.functions.reference.grammar import SENT, TEMPLATES, Sent, Templates
from tests.functions.test_differential import BOUND, PAIRS, REQUESTS, RUN, request_of, template_of

from gloo.errors import TemplateError
from gloo.functions import compile_function


@pytest.fixture(scope="module")
def envoy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LuaOfEnvoy]:
    with lua_of_envoy(tmp_path_factory.mktemp("envoy")) as running:
        yield running


@settings(RUN, max_examples=max(1, PAIRS // (4 * REQUESTS)))
@given(templates=TEMPLATES, sent=st.lists(SENT, min_size=REQUESTS, max_size=REQUESTS))
def test_programs_print_the_same_in_envoy(
    envoy: LuaOfEnvoy, gateway: Gateway, templates: Templates, sent: Sequence[Sent]
) -> None:
    try:
        program = compile_function(template_of(templates), BOUND)
    except TemplateError:
        return
    requests = [request_of(each) for each in sent]
    assert envoy.send(program, requests) == [gateway.send(program, request) for request in requests]
