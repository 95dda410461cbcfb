"""What the catalogue says of a function is so, and nothing is missing: its Lua, its name in the docs, its reference."""

import json
import re
from collections import Counter

import lupa.luajit21 as lupa
import pytest
from tests.functions.gateway import Gateway, Request, call
from tests.functions.reference.functions import CALLS
from tests.support.house import ROOT

from gloo.functions import FunctionTemplate, Parameter, ResponseTemplate, compile_function
from gloo.functions.catalogue import FUNCTIONS, TESTS, Function
from gloo.functions.known import Known
from gloo.functions.runtime_source import whole_runtime_source

ALL = {function.name: function for function in FUNCTIONS.values()}
OTHERWISE_COMPARED = {"default", "raw", "hmac_sha256", "sha256", "regex_match", "regex_replace"}
"""What the interpreter itself does, and what is compared with Python's own digests and regular expressions."""

of_each = pytest.mark.parametrize("function", ALL.values(), ids=ALL)


@pytest.fixture(scope="module")
def runtime() -> set[str]:
    lua = lupa.LuaRuntime()
    lua.execute(whole_runtime_source() + "names = {} for name in pairs(gloo) do names[name] = true end")
    return set(lua.globals().names)


@of_each
def test_what_a_call_of_it_is_written_as_is_in_the_runtime(function: Function, runtime: set[str]) -> None:
    text = f"{{{{ {function.usage} }}}}{{{{ default({function.usage}, 1) }}}}"
    answer = ResponseTemplate(headers=(("x-a", text),), parameters=(Parameter("header", "id"),), parse_body="form")
    known = Known({"region": "eu"}, {"terms": "t"})
    program = compile_function(FunctionTemplate("a/b", responses=(answer,), known=known))
    assert set(re.findall(r"gloo\.(\w+)", program.source)) <= runtime


@of_each
def test_its_page_names_it(function: Function) -> None:
    page = (ROOT / "docs" / "functions.md").read_text()
    missing = [name for name in (function.name, *function.aliases) if not re.search(rf"`{name}[`(]", page)]
    assert missing == []


@of_each
def test_it_has_a_reference_unless_the_request_decides(function: Function) -> None:
    assert function.varies or function.name in {*CALLS, *OTHERWISE_COMPARED}


def test_each_name_is_that_of_one_function() -> None:
    names = Counter(name for function in ALL.values() for name in (function.name, *function.aliases))
    assert names == Counter(list(FUNCTIONS))
    assert Counter(TESTS.values()) == Counter(function.name for function in ALL.values() if function.test)


VALUES = ["é€𝄞", "ßa bß", "/w==", ["é", "€ ß"], [["𝄞"], {"ß": "é"}], {"é": "ß"}, 1, 2.5, None]

CONSTANT = {"sha256": "sha256(x)", "hmac_sha256": "hmac_sha256(x, y)", "regex_match": "regex_match(x, '.')"}
"""Calls of those that take something in quotes."""


@pytest.mark.parametrize("name", [name for name, function in ALL.items() if function.sound and not function.varies])
def test_what_is_sound_makes_utf_8_of_utf_8(gateway: Gateway, name: str) -> None:
    written = CONSTANT.get(name) or f"{name}({', '.join('xyz'[: ALL[name].most])})"
    for first in VALUES:
        for other in VALUES:
            request = Request(body=json.dumps({"x": first, "y": other, "z": other}, ensure_ascii=False).encode())
            outcome = call(gateway, request, body=f"-{{{{ {written} }}}}")
            assert (outcome.request.body or b"").decode()
            assert outcome.log is None


@pytest.mark.parametrize(
    ("given", "arity"), [("upper", "1 argument"), ("join", "2 arguments"), ("now", "0 to 1 arguments")]
)
def test_how_many_arguments_it_takes_is_said_in_words(given: str, arity: str) -> None:
    assert FUNCTIONS[given].arity == arity
