"""The functions of the template language: all that the compiler knows of each stands here, in one place.

A function listed here is called ``gloo.call_<name>`` in the runtime with its values, unless `calls` writes it in a
way of its own.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from gloo.model.base import Value

Takes = Literal["any", "maybe", "text", "number", "divisor", "list", "elements", "header"]
"""What an argument has to be.

``maybe`` is any value, or none; ``divisor`` a number but zero; ``elements`` a list that is not empty; ``header`` the
name of a header. A constant that is no number, no list or no such name is refused at load. The first argument comes to
the runtime as it is, a text or a number behind it as one.
"""


class Function(Value, frozen=True):
    """One function of the language.

    Args:
        name: as it is called in a template.
        takes: what it takes, argument by argument.
        usage: an example of a call, for error messages and the reference.
        summary: what it gives.
        optional: how many arguments, from the end, may be left out.
        aliases: its names in earlier versions of the language.
        test: the word behind ``is`` that stands for it; empty for none.
        sound: it makes valid UTF-8 of valid UTF-8.
        varies: what it gives is not known before a request comes, whatever it is given.
        untyped: it gives text of the message, which has no JSON type of its own.
        passes_on: it may give its last argument as it is, missing or not.
        lenient: the runtime has a ``gloo.some_<name>`` too, which gives nil where another value stands by.
    """

    name: str
    takes: tuple[Takes, ...]
    usage: str
    summary: str
    optional: int = 0
    aliases: tuple[str, ...] = ()
    test: str = ""
    sound: bool = False
    varies: bool = False
    untyped: bool = False
    passes_on: bool = False
    lenient: bool = False

    @property
    def most(self) -> int:
        """How many arguments it takes at most."""
        return len(self.takes)

    @property
    def least(self) -> int:
        """How many arguments it takes at least."""
        return self.most - self.optional

    @property
    def arity(self) -> str:
        """The number of arguments in words: ``1 argument``, ``1 to 2 arguments``."""
        if self.least == self.most:
            return f"{self.most} argument{'' if self.most == 1 else 's'}"
        return f"{self.least} to {self.most} arguments"


_ALL = (
    Function(
        "at",
        ("any", "any"),
        "at(xs, 0)",
        "an element of a list, counted from 0, or a field of an object",
        sound=True,
        lenient=True,
    ),
    Function(
        "base64_decode",
        ("text",),
        "base64_decode(x)",
        "the bytes of base64 text, of either alphabet",
        aliases=("base64Decode",),
    ),
    Function(
        "base64_encode", ("text",), "base64_encode(x)", "base64, with padding", aliases=("base64Encode",), sound=True
    ),
    Function(
        "base64url_decode", ("text",), "base64url_decode(x)", "the same as base64_decode", aliases=("base64UrlDecode",)
    ),
    Function(
        "base64url_encode",
        ("text",),
        "base64url_encode(x)",
        "base64 for URLs, without padding",
        aliases=("base64UrlEncode",),
        sound=True,
    ),
    Function("body", (), "body()", "the text of the request's body", varies=True),
    Function("capitalize", ("text",), "capitalize(x)", "the first letter made large, the others small"),
    Function(
        "cluster_metadata",
        ("text",),
        'cluster_metadata("region")',
        "an annotation of the upstream, by metadata.annotations",
        aliases=("clusterMetadata",),
        varies=True,
    ),
    Function(
        "context",
        (),
        "context()",
        "the JSON of the body, with the parameters among its fields",
        sound=True,
        varies=True,
    ),
    Function("data_source", ("text",), 'data_source("terms")', "a text of the function's data_sources", varies=True),
    Function(
        "default",
        ("maybe", "any"),
        'default(x, "none")',
        "the first value, or the second if the first is missing or null",
        sound=True,
        passes_on=True,
    ),
    Function(
        "divisibleBy",
        ("number", "divisor"),
        "divisibleBy(x, 3)",
        "whether a number divides by another",
        test="divisibleby",
        sound=True,
    ),
    Function(
        "dynamic_metadata",
        ("text", "text"),
        'dynamic_metadata("key", "namespace")',
        "what another filter noted of the request",
        varies=True,
    ),
    Function(
        "env",
        ("text",),
        'env("FUNCTION_KEY")',
        "a variable of Envoy's environment whose name starts with FUNCTION_",
        varies=True,
    ),
    Function("even", ("number",), "even(x)", "whether a number is even", test="even", sound=True),
    Function(
        "exists",
        ("maybe",),
        "exists(x)",
        "whether there is such a value, even null",
        test="defined",
        sound=True,
        varies=True,
    ),
    Function(
        "existsIn", ("any", "any"), 'existsIn(x, "key")', "whether a list or an object has such an element", sound=True
    ),
    Function(
        "extraction",
        ("text",),
        'extraction("id")',
        "a parameter's value, empty if it is missing",
        varies=True,
        untyped=True,
    ),
    Function("first", ("elements",), "first(xs)", "the first element of a list", sound=True, lenient=True),
    Function("float", ("number",), "float(x)", "the number that a text is", sound=True),
    Function(
        "header",
        ("header",),
        'header("x-user")',
        "a header of the message, empty if there is none",
        varies=True,
        untyped=True,
    ),
    Function(
        "hmac_sha256",
        ("text", "text", "text"),
        "hmac_sha256(key, x)",
        "the HMAC with SHA-256 as hex, or 'base64' or 'base64url'",
        optional=1,
        sound=True,
    ),
    Function(
        "host_metadata",
        ("text",),
        'host_metadata("zone")',
        "in response templates: a mark of the host that answered",
        varies=True,
    ),
    Function("int", ("number",), "int(x)", "the whole part of the number that a text is", sound=True),
    Function("isArray", ("any",), "isArray(x)", "whether a value is a list", sound=True),
    Function("isBoolean", ("any",), "isBoolean(x)", "whether a value is true or false", test="boolean", sound=True),
    Function(
        "isFloat", ("any",), "isFloat(x)", "whether a value is a number with a fraction", test="float", sound=True
    ),
    Function("isInteger", ("any",), "isInteger(x)", "whether a value is a whole number", test="integer", sound=True),
    Function("isNumber", ("any",), "isNumber(x)", "whether a value is a number", test="number", sound=True),
    Function("isObject", ("any",), "isObject(x)", "whether a value is an object", sound=True),
    Function("isString", ("any",), "isString(x)", "whether a value is text", test="string", sound=True),
    Function(
        "join",
        ("list", "text"),
        'join(xs, ", ")',
        "the texts of a list's elements with a text between them",
        sound=True,
    ),
    Function("json", ("any",), "json(x)", "a value as JSON text", sound=True),
    Function("jwt_claim", ("text",), 'jwt_claim("sub")', "a claim of the token that the gateway verified", varies=True),
    Function("last", ("elements",), "last(xs)", "the last element of a list", sound=True, lenient=True),
    Function("length", ("any",), "length(x)", "the number of elements, fields or characters", sound=True),
    Function("lower", ("text",), "lower(x)", "ASCII letters made small", sound=True),
    Function("max", ("elements",), "max(xs)", "the largest element of a list", sound=True),
    Function("min", ("elements",), "min(xs)", "the smallest element of a list", sound=True),
    Function(
        "now",
        ("text",),
        'now("%Y-%m-%d")',
        "the time in UTC, as RFC 3339 or in a format of strftime",
        optional=1,
        varies=True,
    ),
    Function("odd", ("number",), "odd(x)", "whether a number is odd", test="odd", sound=True),
    Function("range", ("number",), "range(3)", "the numbers from 0 to one less", sound=True),
    Function(
        "raw",
        ("any",),
        "x | raw",
        "the value's text without escaping; line breaks are still kept out of headers",
        aliases=("raw_string",),
        passes_on=True,
    ),
    Function(
        "regex_match",
        ("text", "text"),
        'regex_match(x, "[0-9]+")',
        "whether a regex matches somewhere in a text",
        sound=True,
    ),
    Function(
        "regex_replace",
        ("text", "text", "text"),
        'regex_replace(x, "(a)b", "$1")',
        "a text with every match of a regex replaced",
    ),
    Function(
        "replace_with_random",
        ("text", "text"),
        'replace_with_random(x, "a")',
        "a text with another one made random",
        varies=True,
    ),
    Function(
        "replace",
        ("text", "text", "text"),
        'replace(x, "a", "b")',
        "a text with every occurrence of another one replaced",
    ),
    Function(
        "request_header",
        ("header",),
        'request_header("x-user")',
        "a header of the request, also in a response template",
        varies=True,
        untyped=True,
    ),
    Function(
        "round", ("number", "number"), "round(x, 2)", "a number rounded to so many digits", optional=1, sound=True
    ),
    Function(
        "sha256",
        ("text", "text"),
        "sha256(x)",
        "the SHA-256 digest as hex, or 'base64' or 'base64url'",
        optional=1,
        sound=True,
    ),
    Function("sort", ("list",), "sort(xs)", "a list in order: numbers by value or texts by their bytes", sound=True),
    Function(
        "split",
        ("text", "text"),
        'split(x, ",")',
        "the texts of a text between the occurrences of another one, as a list",
    ),
    Function(
        "substring",
        ("text", "any", "any"),
        "substring(x, 0, 3)",
        "the characters from a position on, at most so many",
        optional=1,
    ),
    Function("trim", ("text",), "trim(x)", "a text without blanks at its ends", sound=True),
    Function("upper", ("text",), "upper(x)", "ASCII letters made large", sound=True),
    Function("url_encode", ("text",), "url_encode(x)", "a text percent-encoded", sound=True),
    Function("uuid", (), "uuid()", "a random UUID", varies=True),
    Function("values", ("text",), 'values("tag")', "all the values of a form's field, as a list", varies=True),
    Function("word_count", ("text",), "word_count(x)", "the number of words of a text", sound=True),
)

FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {function.name: function for function in _ALL}
    | {alias: function for function in _ALL for alias in function.aliases}
)
"""The functions by all of their names."""

TESTS: Mapping[str, str] = MappingProxyType({function.test: function.name for function in _ALL if function.test})
"""The words that may stand behind ``is``, and the functions that they stand for."""
