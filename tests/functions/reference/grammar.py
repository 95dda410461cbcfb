"""Templates and requests at random, as hypothesis strategies: most of them make sense, some do not."""

from dataclasses import dataclass
from typing import TypeVar

from hypothesis import strategies as st

T = TypeVar("T")

PARAMETERS = ("p", "q")
"""Names that query parameters give; all others are fields of the body."""
FIELDS = {
    "n": "number",
    "m": "number",
    "s": "text",
    "t": "text",
    "xs": "list",
    "ys": "list",
    "o": "object",
    "any": "any",
}

Texts = st.SearchStrategy[str]

_WORDS = st.sampled_from(
    ["", "a", "b", "Rex", "1", "1.0", "-7", "true", "null", "a b", "x,y", 'say "hi"', "é", "a/b", "%41", ".."]
)
_FREE_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)
_NUMBERS = st.one_of(
    st.integers(-3, 30),
    st.sampled_from([10**14, 10**15, 12345678901234567890, -0.0, 1.0, 0.5, 1.5e300, 1e-7, -2.25, 1e15, 123456.789]),
)
_SCALARS = st.one_of(st.none(), st.booleans(), _NUMBERS, _WORDS, _FREE_TEXT)
JSON = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=3), max_leaves=6
)
_VALUES = {
    "number": _NUMBERS,
    "text": _WORDS | _FREE_TEXT,
    "list": st.one_of(st.lists(_NUMBERS, max_size=4), st.lists(_WORDS, max_size=4), st.lists(JSON, max_size=3)),
    "object": st.fixed_dictionaries({"a": _NUMBERS, "b": _WORDS}, optional=dict.fromkeys(["c d", "é", "s"], JSON)),
    "any": JSON,
}


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _of(usual: Texts, other: Texts) -> Texts:
    """Draw from *usual*, and once in a while from *other*."""
    return st.integers(0, 11).flatmap(lambda lot: other if lot == 0 else usual)


@dataclass(frozen=True, slots=True)
class Expressions:
    """Expressions by kind, as text; *depth* levels deep."""

    number: Texts
    text: Texts
    truth: Texts
    list: Texts
    object: Texts

    @property
    def any(self) -> Texts:
        return st.one_of(self.number, self.text, self.truth, self.list, self.object)

    @classmethod
    def flat(cls) -> "Expressions":
        """Names and literals."""
        numbers = st.sampled_from(["n", "m", "3", "0", "2.5", "p", "12345678901234567890", "o.a"])
        texts = st.one_of(
            st.sampled_from(["s", "t", "q", "p", "any", "o.b", "header('x-h')", "extraction('q')"]), _WORDS.map(_quoted)
        )
        truths = st.sampled_from(["true", "false", "n", "s", "xs", "exists(o.a)", "exists('s')", "any"])
        lists = st.sampled_from(["xs", "ys", "[1, 2, 3]", "['b', 'a']", "[]", "any"])
        return cls(numbers, texts, truths, lists, st.sampled_from(["o", "{'k': n, 'l': s}", "any", "{}", "context()"]))

    def deeper(self) -> "Expressions":
        """The expressions that operators and functions make of these."""
        any_, number, text, list_ = (
            self.any,
            _of(self.number, self.any),
            _of(self.text, self.any),
            _of(self.list, self.any),
        )
        chosen = st.builds("{} if {} else {}".format, any_, self.truth, any_).map("({})".format)
        either = st.one_of(
            chosen, st.builds("default({}, {})".format, any_, any_), st.builds("({} | raw)".format, any_)
        )
        item = st.one_of(
            st.builds("{}[{}]".format, st.sampled_from(["xs", "any", "o"]), self.number | self.text),
            st.builds("at({}, {})".format, list_, number),
            st.builds("{}({})".format, st.sampled_from(["first", "last", "min", "max"]), list_),
        )
        shared = st.one_of(either, item)
        return Expressions(
            number=st.one_of(self.number, _number(number, text, list_), shared),
            text=st.one_of(self.text, _text(number, text, list_, any_), shared),
            truth=st.one_of(self.truth, _truth(number, text, self.truth, any_)),
            list=st.one_of(self.list, _list(number, text, list_, any_), shared),
            object=st.one_of(self.object, st.builds("{{'a': {}, 'b': {}}}".format, any_, any_)),
        )


def _number(number: Texts, text: Texts, list_: Texts) -> Texts:
    symbols = st.sampled_from(["+", "-", "*", "/", "//", "%", "**", "^"])
    return st.one_of(
        st.builds("({} {} {})".format, number, symbols, number),
        st.builds("{}({})".format, st.sampled_from(["int", "float", "round"]), number),
        st.builds("round({}, {})".format, number, st.sampled_from(["0", "1", "2"])),
        st.builds("{}({})".format, st.sampled_from(["length", "word_count"]), text | list_),
    )


def _text(number: Texts, text: Texts, list_: Texts, any_: Texts) -> Texts:
    plain = ["upper", "lower", "trim", "capitalize", "url_encode", "base64_encode", "base64url_encode"]
    decoders = [
        "base64_decode(base64_encode({}))",
        "base64_decode({})",
        "base64url_decode({})",
        "base64_decode(base64url_encode({}))",
    ]
    return st.one_of(
        st.builds("{}({})".format, st.sampled_from(plain), text),
        st.builds(str.format, st.sampled_from(decoders), text),
        st.builds("({} ~ {})".format, any_, any_),
        st.builds("json({})".format, any_),
        st.builds("replace({}, {}, {})".format, text, text, text),
        st.builds("substring({}, {})".format, text, number),
        st.builds("substring({}, {}, {})".format, text, number, number),
        st.builds("join({}, {})".format, list_, text),
        st.just("body()"),
    )


def _truth(number: Texts, text: Texts, truth: Texts, any_: Texts) -> Texts:
    kinds = ["isString", "isNumber", "isInteger", "isFloat", "isBoolean", "isArray", "isObject"]
    return st.one_of(
        st.builds("({} {} {})".format, any_, st.sampled_from(["==", "!=", "in", "not in"]), any_),
        st.builds("({} {} {})".format, number, st.sampled_from(["<", "<=", ">", ">=", "=="]), number),
        st.builds("({} {} {})".format, text, st.sampled_from(["<", "<=", ">", ">=", "in"]), text),
        st.builds("({} {} {})".format, truth, st.sampled_from(["and", "or"]), truth),
        st.builds("(not {})".format, truth),
        st.builds("{}({})".format, st.sampled_from([*kinds, "exists"]), any_),
        st.builds("{}({})".format, st.sampled_from(["odd", "even"]), number),
        st.builds("divisibleBy({}, {})".format, number, number),
        st.builds("existsIn({}, {})".format, any_, text),
    )


def _list(number: Texts, text: Texts, list_: Texts, any_: Texts) -> Texts:
    return st.one_of(
        st.builds("split({}, {})".format, text, text),
        st.builds("[{}, {}]".format, any_, any_),
        st.builds("sort({})".format, list_),
        st.builds("range({})".format, number),
    )


_FLAT = Expressions.flat()
EXPRESSIONS = _FLAT.deeper().deeper()
_LITERAL = st.sampled_from(["", "a", "-", "x/y", "1", "+"])
_LOOP_NAMES = ("x", "loop.index", "loop.index1", "loop.is_first", "loop.is_last", "loop.length", "default(v, 'none')")


def blocks(depth: int = 2) -> Texts:
    """Draw pieces of a template that may stand where text does: in a string, a segment, a header."""
    output = st.builds("{{{{ {} }}}}".format, EXPRESSIONS.any)
    piece = st.one_of(
        _LITERAL,
        output,
        output,
        st.builds("{{% set {} = {} %}}".format, st.sampled_from(["v", "n", "p"]), EXPRESSIONS.any),
    )
    if depth:
        inner = st.deferred(lambda: blocks(depth - 1))
        named = st.builds("{}{{{{ {} }}}}".format, inner, st.sampled_from(_LOOP_NAMES))
        piece = st.one_of(
            piece,
            piece,
            st.builds("{{% if {} %}}{}{{% else %}}{}{{% endif %}}".format, EXPRESSIONS.truth, inner, inner),
            st.builds(
                "{{% if {} %}}{}{{% elif {} %}}{}{{% endif %}}".format,
                EXPRESSIONS.truth,
                inner,
                EXPRESSIONS.truth,
                inner,
            ),
            st.builds("{{% for x in {} %}}{}{{% else %}}{}{{% endfor %}}".format, EXPRESSIONS.list, named, inner),
            st.builds("{{% for k, x in {} %}}{{{{ k }}}}={}{{% endfor %}}".format, EXPRESSIONS.object, named),
        )
    return st.lists(piece, min_size=1, max_size=3).map("".join)


_COMMA = "{% if not loop.is_last %}, {% endif %}"
_JSON_BODIES = st.one_of(
    st.builds('{{"a": {{{{ {} }}}}, "b": "-{}"}}'.format, EXPRESSIONS.any, blocks(1)),
    st.builds(
        lambda xs, each: f"[{{% for x in {xs} %}}{{{{ {each} }}}}{_COMMA}{{% endfor %}}]",
        EXPRESSIONS.list,
        EXPRESSIONS.any,
    ),
    st.builds("{{ {{{{ {} }}}}: {{{{ {} }}}}}}".format, EXPRESSIONS.text, EXPRESSIONS.any),
)


@dataclass(frozen=True, slots=True)
class Templates:
    """The templates of one function; None for one that it does not have."""

    path: str | None = None
    header: str | None = None
    body: str | None = None


TEMPLATES = st.one_of(
    st.builds(Templates, body=_JSON_BODIES),
    st.builds(Templates, body=blocks().map("-{}".format)),
    st.builds(Templates, header=blocks()),
    st.builds(lambda one, two: Templates(path=f"/x/{one}/y?q={two}"), blocks(1), blocks(1)),
)


@dataclass(frozen=True, slots=True)
class Sent:
    """A request: the fields of its body, query parameters, and the header ``x-h``."""

    fields: dict[str, object]
    parameters: dict[str, str]
    header: str | None


def _mostly(values: dict[str, st.SearchStrategy[T]]) -> st.SearchStrategy[dict[str, T]]:
    """Draw a dictionary of *values* that lacks a few of them."""
    lacking = st.sets(st.sampled_from(sorted(values)), max_size=2).flatmap(
        lambda names: st.sampled_from([frozenset(names), frozenset[str](), frozenset[str]()])
    )
    return st.builds(
        lambda drawn, without: {name: value for name, value in drawn.items() if name not in without},
        st.fixed_dictionaries(values),
        lacking,
    )


_HEADER = st.none() | st.sampled_from(["", "v", "1", "a b", '"', "é"])
SENT = st.builds(
    Sent,
    _mostly({name: _VALUES[kind] for name, kind in FIELDS.items()}),
    _mostly(dict.fromkeys(PARAMETERS, _WORDS | _FREE_TEXT)),
    _HEADER,
)
