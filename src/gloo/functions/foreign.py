"""What other template languages have, above all Jinja, and what is written here in its place."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from types import MappingProxyType

from gloo.functions.catalogue import FUNCTIONS

_LOOP = "write a loop: {% for x in xs %}{% if x.price > 1 %} ... {% endif %}{% endfor %}"
_PAIRS = "write {% for key, value in object %}"
_PARAMETER = "a route's parameters bring it: {from: query, name: page}, and {{ page }} here"
_TIME = 'now("%Y-%m-%d") is the time of the request; no other time can be written'
_SAFE = "values are escaped for the place where they stand; x | raw leaves one as it is"
_JOIN = 'write a ~ "-" ~ b'
_TEXT = 'write x ~ "" where text is needed'


def _all(hint: str, names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), hint)


_INSTEAD: Mapping[str, str] = MappingProxyType(
    {
        **_all('write default(x, "none")', "d coalesce ifnull nvl get"),
        **_all("write length(x)", "count len size"),
        **_all("write json(x)", "tojson to_json json_encode dumps dump stringify"),
        **_all("the fields of a JSON body are names here: {{ user.name }}", "fromjson from_json json_decode"),
        **_all(_SAFE, "e escape forceescape safe"),
        **_all(_TEXT, "string str tostring to_string"),
        **_all("leave it out: a list is one already", "list array"),
        **_all(_PAIRS, "items iteritems dictsort keys entries"),
        **_all(_LOOP, "map filter select reject selectattr rejectattr groupby batch unique zip"),
        **_all("write a loop with {% set total = total + x.price %}", "sum"),
        **_all("a {% set %} in a loop keeps its value: {% set total = total + x %}", "namespace"),
        **_all("write x if x >= 0 else 0 - x", "abs"),
        **_all(_JOIN, "format concat sprintf printf"),
        **_all("write capitalize(x)", "title ucfirst"),
        **_all("write upper(x)", "uppercase toUpperCase"),
        **_all("write lower(x)", "lowercase toLowerCase casefold"),
        **_all("write trim(x)", "strip lstrip rstrip"),
        **_all("write substring(x, 0, 20)", "truncate substr slice left"),
        **_all('write "a" in x', "contains includes has"),
        **_all('write regex_match(x, "^a")', "startswith startsWith starts_with hasPrefix"),
        **_all('write regex_match(x, "a$")', "endswith endsWith ends_with hasSuffix"),
        **_all('write regex_match(x, "[0-9]+")', "match search test matches regex_search regex_findall"),
        **_all('write regex_replace(x, "(a)b", "$1")', "gsub sub re_replace"),
        **_all(_TIME, "strftime strptime date datetime to_datetime isoformat timestamp time utcnow"),
        **_all(_PARAMETER, "query query_param cookie param params parameter arg args path_param"),
        **_all('write header("x-user")', "headers get_header"),
        **_all('write env("FUNCTION_KEY")', "getenv environ"),
        **_all("there are sha256(x) and hmac_sha256(key, x)", "hash md5 sha1 sha512 hmac hmac_sha1 hmac_sha512 sign"),
        **_all("write base64_encode(x)", "base64 b64encode b64enc btoa"),
        **_all("write base64_decode(x)", "b64decode b64dec atob"),
        **_all("write url_encode(x)", "urlencode quote encodeURIComponent urlquery"),
        **_all("write {'a': x}", "dict"),
        **_all("write even(loop.index)", "cycle cycler"),
        **_all("write uuid()", "uuid4 random guid"),
        **_all("a list can't be changed; write what it is to hold: [a, b]", "append extend push"),
    }
)
"""Functions, filters and methods."""

_TESTS: Mapping[str, str] = MappingProxyType(
    {
        **_all("write isObject(x)", "mapping object dict"),
        **_all("write isArray(x)", "iterable sequence list array"),
        **_all("write x == true", "true"),
        **_all("write x == false", "false"),
        **_all("write x == y", "eq equalto sameas"),
        **_all("write x != y", "ne"),
        **_all("write x < y or x > y", "lt le gt ge lessthan greaterthan"),
        **_all("write x in xs", "in"),
        **_all("write not x", "empty"),
        **_all("write x is none", "null"),
        **_all("write x == upper(x)", "upper"),
        **_all("write x == lower(x)", "lower"),
    }
)

_ELIF = "did you mean 'elif'?"
_NO_LEAVING = "a loop goes through all of its list: put {% if %} around what is for some of it"
_NO_MACROS = "no part of a template can be called; {% set x = ... %} names a value"
_TAGS: Mapping[str, str] = MappingProxyType(
    {
        **_all(_ELIF, "elseif elsif"),
        **_all(_NO_LEAVING, "break continue"),
        **_all(_NO_MACROS, "macro call block"),
        **_all("one template is one text; data_source() brings in another", "include import from extends"),
        **_all("write {% set total = price * count %}", "with assign let var do"),
        **_all("write {{ x | upper }}", "filter"),
        **_all("write {% for x in xs %}, or {% for i in range(10) %}", "while foreach each"),
        **_all("write {% if not x %}", "unless"),
        **_all("write {% if x == 1 %} ... {% elif x == 2 %} ... {% endif %}", "switch case"),
        **_all("write {# a comment #}", "comment"),
    }
)

_NOT_EQUAL, _EQUAL, _CHOICE = "write !=", "write == to compare", "write a if condition else b"
_STATEMENT = "a statement is written {% if x %} ... {% endif %}"
_NAME = "a name stands by itself: {{ user.name }}"
_SIGNS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), hint)
    for pattern, hint in (
        (r"&&", "write 'and'"),
        (r"\|\|", "write 'or', or default(a, b) for another value"),
        (r"\?\?|\?:", "write default(a, b)"),
        (r"\?\.", "write a.b.c: a field of what is missing is missing too"),
        (r"\?", _CHOICE),
        (r"(?<=!=)=", _NOT_EQUAL),
        (r"===?", _EQUAL),
        (r"<>", _NOT_EQUAL),
        (r"!", "write 'not'"),
        (r"=", _EQUAL),
        (r"(?<=\{\{)\s*[#/>^]", _STATEMENT),
        (r"[$@.]", _NAME),
        (r"(?:eq|ne|lt|le|gt|ge)\b", "write == != < <= > >="),
        (r"for\b", "write {% for x in xs %} around what is to be repeated"),
        (r"->", "write a.b"),
    )
)
_BEFORE: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\b[fFrRbB]$"), _JOIN),
    (re.compile(r"\{\{-?\s*(?:if|elif|for|range|unless|with|set)\s+$"), _STATEMENT),
)
_TRIPLE = re.compile(r"\{\{\{[^{}]*$")


def instead_of_function(name: str) -> str:
    """Return what to write for a function, filter or method called *name* of another language."""
    return _INSTEAD.get(name) or _nearest(name)


def instead_of_method(name: str) -> str:
    """Return what to write for a method called *name*."""
    if name in _INSTEAD:
        return _INSTEAD[name]
    function = FUNCTIONS.get(name)
    return f"write {function.usage}" if function is not None else "call a function: upper(name)"


def instead_of_test(name: str, known: Iterable[str]) -> str:
    """Return what to write for ``x is name``, which is none of the *known* tests."""
    if name in _TESTS:
        return _TESTS[name]
    names = sorted(known)
    found = get_close_matches(name, names, n=1)
    return f"did you mean '{found[0]}'?" if found else f"known: {', '.join(names)}; == compares two values"


def instead_of_tag(name: str) -> str:
    """Return what to write for a statement called *name*; empty if nothing is known."""
    return _TAGS.get(name, "")


def instead_of_sign(text: str, at: int) -> str:
    """Return what to write for what can't stand at the offset *at* of *text*; empty if nothing is known."""
    before = text[:at]
    if text.startswith("}", at) and _TRIPLE.search(before):
        return "write {{ x }} with two braces; x | raw leaves a value unescaped"
    if text.startswith("}", at) and not text.startswith("}}", at):
        return "write }} to end a value"
    if text[at : at + 1] in ("'", '"') or text[at : at + 1].isalnum():
        for pattern, hint in _BEFORE:
            if pattern.search(before):
                return hint
    for start in (at, at - 1):
        for pattern, hint in _SIGNS:
            if start >= 0 and (found := pattern.match(text, start)) and found.end() > at:
                return hint
    return ""


def _nearest(name: str) -> str:
    found = get_close_matches(name, [name for name, each in FUNCTIONS.items() if name == each.name], n=1)
    return f"did you mean {found[0]}()?" if found else "see the list of functions in docs/functions.md"
