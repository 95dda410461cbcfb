"""What would cost most: operations in loops over what a client sends, and bodies that make each of them dear.

Each of these operations takes longer for longer values. One that forgets to spend from the budget takes seconds here.
"""

import json
import random
from collections.abc import Callable

from gloo.functions import FunctionTemplate, Parameter
from gloo.functions.body_modes import BodyMode

ROOM = 126_000  # bytes: little less than what templates read of JSON
PARAMETERS = (Parameter("header", "x-a"), Parameter("query", "q", "{o.q}"))

_CONDITIONS = (
    *(
        "x == n",
        "n == x",
        "x in t",
        "t in t",
        "n in xs",
        "t in xs",
        "t in o",
        "x.id == n",
        "x == t",
        "xs == ys",
        "o == o",
    ),
    *(
        "n < 5",
        "x < n",
        "t < t",
        "t <= t ~ x",
        "n",
        "not n",
        "isInteger(n)",
        "isFloat(n)",
        "existsIn(o, x)",
        "o[x] == 1",
    ),
    *(
        "x * n == 1",
        "n + 1 == x",
        "n / 3 == x",
        "n // 7 == x",
        "n % 7 == 1",
        "n ** 2 == x",
        "round(n, 2) == x",
        "odd(n)",
    ),
    *(
        "int(n) == x",
        "float(n) == x",
        "divisibleBy(n, 3)",
        "length(o) == x",
        "length(context()) == 1",
        "context() == o",
    ),
    *("json(t) == 'q'", "json(o) == 'q'", "json([n, n, n]) == 'q'", "json(xs) == 'q'", "url_encode(t) == 'q'"),
    *("replace(t, x, '') == x", "replace(t, t, t) == x", "replace(t, 'a', t) == x", "replace_with_random(t, x) == x"),
    *("split(t, x) == xs", "split(t, 'a') == xs", "split(n, t) == xs", "join(split(t, 'a'), 'b') == x"),
    *("upper(t) == x", "lower(t) == x", "trim(t) == x", "capitalize(t) == x", "word_count(t) == x", "length(t) == 1"),
    *("substring(t, 50000, 1) == x", "substring(t, n) == x", "t ~ x == x", "n ~ n == x", "join(xs, t) == x"),
    *("sort(xs) == xs", "min(xs) == x", "max(ys) == x", "range(length(xs)) == xs", "first(xs) == n", "at(xs, n) == x"),
    *("sha256(t) == x", "hmac_sha256(t, x) == x", "base64_encode(t) == x", "base64_decode(t) == x", "uuid() == x"),
    *("now(t) == x", "now(x) == x", "header(t) == x", "header('x-a') == x", "regex_match(t, '(a|b)*c')", "body() == x"),
    *("regex_replace(t, '[ab]+', '$0$0') == x", "default(first(ys), n) == x", "[t, n, o] == [t, n, x]"),
)
_NESTED = "{% for y in ys %}{{ y * 1e300 }}{{ y / 3 }}{{ uuid() }}{% endfor %}"
_OUTPUTS = (
    "{{ t }}",
    "{{ n }}",
    "{{ o }}",
    "{{ x }}{{ x / 3 }}",
    "{{ default(x.id, n) }}",
    "{% set v = t ~ x %}{{ v }}",
)
_PLACES = (
    ("", "-{}"),
    ("application/json", '{{"a": "{}"}}'),
    ("application/xml", "<a>{}</a>"),
    ("application/xml", "<a b='{}'/>"),
    ("application/x-www-form-urlencoded", "a={}"),
)


def _looped(text: str) -> str:
    return f"{{% for x in xs %}}{text}{{% endfor %}}"


def _template(content_type: str, body: str) -> FunctionTemplate:
    headers = (("content-type", content_type),) if content_type else ()
    return FunctionTemplate("f/heavy", headers=headers, body=body)


TEMPLATES = (
    *(_template("", "-" + _looped(f"{{% if {condition} %}}y{{% endif %}}")) for condition in _CONDITIONS),
    *(_template("", "-" + _looped(f"{{% if n == x %}}{_NESTED}{{% elif {c} %}}{_NESTED}{{% endif %}}")) for c in "xn"),
    *(_template(kind, text.format(_looped(each))) for kind, text in _PLACES for each in _OUTPUTS),
    *(_template(kind, text.format("{{ t }}{{ n }}")) for kind, text in _PLACES),
    FunctionTemplate("f/heavy", path=f"/{_looped('{{ t }}{{ x }}')}?{_looped('{{ n }}')}"),
    FunctionTemplate("f/heavy", headers=(("x-b", _looped("{{ t }}{{ header('x-a') }}")),)),
    FunctionTemplate("f/heavy", mode=BodyMode("merge_parameters")),
    FunctionTemplate("f/heavy", mode=BodyMode("", tuple((f"k{i}", "{{ n }}") for i in range(20)))),
)

_ELEMENTS: tuple[object, ...] = (
    1,
    "1",
    "",
    "a",
    "a" * 20 + "b",
    "k1",
    0.1,
    1e300,
    "1e300",
    "9" * 30,
    "é",
    {"id": 1},
    [],
    "*t",
    "%c",
    '"',
    None,
)


def _long(pick: random.Random, size: int) -> str:
    """Write a long text, number or text of a number, as JSON."""
    digits = pick.choice(["1" * size, "0." + "1" * size, "1" * 300 + "." + "1" * size, "0." + "0" * 300 + "1" * size])
    if pick.random() < 0.3:
        return digits
    piece = pick.choice(["a", "ab", "a ", " ", "é", "<", "%", "%c", "=", "k1", "A", "\n", '"'])
    text = piece * (size // len(json.dumps(piece)))
    return json.dumps(pick.choice([digits, text, "-" + digits, text + "b", digits + "x", "1e300", "*t"]))


def _wide(pick: random.Random, size: int) -> str:
    key = pick.choice(["k", "k" * 200, "é", "1"])
    one = f"{json.dumps(f'{key}10000')}:1,"
    return "{" + "".join(f"{json.dumps(f'{key}{i}')}:1," for i in range(size // len(one))) + '"q":1}'


def _list(pick: random.Random, size: int) -> str:
    element = json.dumps(pick.choice(_ELEMENTS))
    return f"[{','.join([element] * max(1, size // (len(element) + 1)))}]"


def heavy_body(pick: random.Random) -> bytes:
    """Make the JSON of an object with the fields that `TEMPLATES` use, of which two or three have all the room."""
    makers: dict[str, Callable[[random.Random, int], str]] = {"t": _long, "n": _long, "o": _wide, "ys": _list}
    share = pick.choice([0.02, 0.2, 0.5, 0.8])
    large = pick.sample(sorted(makers), pick.choice([1, 1, 2]))
    sizes = dict.fromkeys(makers, 20) | dict.fromkeys(large, int(ROOM * (1 - share) / len(large)) - 800)
    fields = [
        f'"xs":{_list(pick, int(ROOM * share))}',
        *(f'"{name}":{makers[name](pick, sizes[name])}' for name in makers),
    ]
    return f"{{{','.join(fields)}}}".encode()
