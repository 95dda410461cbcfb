"""Whatever a template holds, it is refused with its place, or LuaJIT loads what becomes of it."""

from collections.abc import Callable, Mapping

import lupa.luajit21 as lupa
import pytest

from gloo.errors import TemplateError
from gloo.functions import FunctionTemplate, Parameter, ResponseTemplate, compile_function

LARGE = (2, 5, 15, 25, 28, 31, 45, 61, 80, 120, 150, 200, 300, 450, 1000, 3000)
GROWING: Mapping[str, Callable[[int], str]] = {
    "joined": lambda n: "{{ " + " ~ ".join(f"f{i} ~ '-'" for i in range(n)) + " }}",
    "joined in a branch": lambda n: "{% if a %}{{ " + " ~ ".join(f"f{i}" for i in range(n)) + " }}{% endif %}",
    "not": lambda n: "{{ " + "not " * n + "x }}",
    "plus": lambda n: "{{ " + " + ".join(["x"] * n) + " }}",
    "minus": lambda n: "{{ " + "- " * n + "x }}",
    "power": lambda n: "{{ " + " ** ".join(["x"] * n) + " }}",
    "choices": lambda n: "{{ " + "".join(f"'{i}' if x == {i} else " for i in range(n)) + "'none' }}",
    "choices of values": lambda n: "{{ upper(" + "".join(f"a{i} if x == {i} else " for i in range(n)) + "b) }}",
    "choices in conditions": lambda n: "{{ " + "(a if " * n + "x" + " else b)" * n + " }}",
    "or": lambda n: "{{ " + " or ".join(f"x == {i}" for i in range(n)) + " }}",
    "and": lambda n: "{% if " + " and ".join(f"x{i}" for i in range(n)) + " %}y{% endif %}",
    "comparisons": lambda n: "{{ 1 " + "< x " * n + "}}",
    "comparisons in one another": lambda n: "{{ " + "1 < upper(" * n + "x" + ") < 2" * n + " }}",
    "sets": lambda n: "".join(f"{{% set s{i} = {i} %}}" for i in range(n)) + "{{ s1 }}{{ s4 }}",
    "sets in a loop": lambda n: (
        "{% for i in xs %}" + "".join(f"{{% set s{i} = i %}}" for i in range(n)) + "{{ s1 }}{% endfor %}"
    ),
    "elements": lambda n: "{{ x" + "[0]" * n + " }}",
    "fields": lambda n: "{{ x" + ".a" * n + " }}",
    "loops": lambda n: "".join(f"{{% for a{i} in x %}}" for i in range(n)) + "z" + "{% endfor %}" * n,
    "object loops": lambda n: "".join(f"{{% for k{i}, a{i} in x %}}" for i in range(n)) + "z" + "{% endfor %}" * n,
    "ifs": lambda n: "".join(f"{{% if a{i} %}}" for i in range(n)) + "z" + "{% endif %}" * n,
    "elifs": lambda n: "{% if x == 0 %}0" + "".join(f"{{% elif x == {i} %}}{i}" for i in range(n)) + "{% endif %}",
    "elses": lambda n: "{% if x %}" + "{% else %}{% if y %}" * n + "{% endif %}" * (n + 1),
    "pipes": lambda n: "{{ x" + " | upper" * n + " }}",
    "brackets": lambda n: "{{ " + "(" * n + "x" + ")" * n + " }}",
    "lists": lambda n: "{{ " + "[" * n + "x" + "]" * n + " }}",
    "objects": lambda n: "{{ " + "{'a': " * n + "x" + "}" * n + " }}",
    "elements of a list": lambda n: "{{ x in [" + ", ".join(f"y{i}" for i in range(n)) + "] }}",
    "defaults": lambda n: "{{ " + "".join(f"default(f{i}, " for i in range(n)) + "'end'" + ")" * n + " }}",
    "replaces": lambda n: "{{ " + "replace(a, b, " * n + "'end'" + ")" * n + " }}",
    "regexes": lambda n: " ".join(f"{{{{ regex_match(x,'a{i}') }}}}" for i in range(n)),
    "branches": lambda n: "".join(f"{{% if x == {i} %}}a{{% endif %}}" for i in range(n)),
    "outputs": lambda n: " ".join(f"{{{{ f{i} }}}}" for i in range(n)),
    "outputs in a loop": lambda n: (
        "{% for x in y %}" + " ".join(f"{{{{ hmac_sha256(a.b{i}, x.c) }}}}" for i in range(n)) + "{% endfor %}"
    ),
    "groups of a regex": lambda n: "{{ regex_match(x, '" + "(" * n + "a" + ")" * n + "') }}",
    "digits": lambda n: "{{ 1" + "0" * n + " }}",
    "a number of many digits": lambda n: "{{ 1" + "0" * (20 * n) + " }}",
}


def loads(template: FunctionTemplate, parameters: tuple[Parameter, ...] = ()) -> bool:
    """Tell whether *template* is compiled; fail if LuaJIT does not load what becomes of it."""
    try:
        program = compile_function(template, parameters)
    except TemplateError as error:
        assert error.problem
        return False
    load = lupa.LuaRuntime(encoding=None).eval(b"function(s) return select(2, loadstring(s)) end")
    fault = load(program.source.encode())
    assert fault is None, fault
    return True


@pytest.mark.parametrize("name", GROWING)
def test_a_template_of_any_size_loads_or_is_refused(name: str) -> None:
    plain = (("content-type", "text/plain"),)
    sizes = [
        (n, loads(FunctionTemplate("a/b", headers=plain, body=text)))
        for n in LARGE
        if len(text := GROWING[name](n)) < 65_000
    ]
    assert sizes[0][1]
    answers = [
        loads(FunctionTemplate("a/b", responses=(ResponseTemplate(body="-" + GROWING[name](n)),))) for n in LARGE[:9]
    ]
    assert answers[0]


@pytest.mark.parametrize("name", ["joined", "or", "and", "comparisons", "elifs", "outputs", "branches", "sets"])
def test_long_chains_are_no_trouble(name: str) -> None:
    assert loads(FunctionTemplate("a/b", body="-" + GROWING[name](300)))


@pytest.mark.parametrize("names", [1, 40, 100, 140, 170])
def test_parameters_and_headers_of_any_number_load_or_are_refused(names: int) -> None:
    headers = tuple((f"x-{i}", f"{{{{ a{i} }}}}") for i in range(names))
    parameters = tuple(Parameter("header", f"x-{i}", f"a{{v{i}.x}}") for i in range(names))
    body = '{"a": {{ context() }}, "b": "' + "".join(f"{{{{ v{i}.x ~ v{i} }}}}" for i in range(names)) + '"}'
    for template in (
        FunctionTemplate("a/b", headers=headers),
        FunctionTemplate("a/b", headers=headers, body=body),
        FunctionTemplate("a/b", responses=(ResponseTemplate(headers=headers, parameters=parameters),)),
        FunctionTemplate("a/b", responses=(ResponseTemplate(body=body, parameters=parameters),)),
    ):
        loads(template, parameters)


def test_what_takes_too_much_is_refused_at_its_place() -> None:
    with pytest.raises(TemplateError, match=r"line 2, column 4: .* \(name a part of it with {% set %}\)"):
        compile_function(
            FunctionTemplate("a/b", body="-\n{{ " + "upper(" * 28 + "x" + " | replace(a, b)" * 30 + ")" * 28 + " }}")
        )
