"""The functions of the template language: names, numbers of arguments, and what each of them does at run time.

A function listed here is called ``gloo.call_<name>`` in the runtime with its values, unless `expressions` writes it in
a way of its own.
"""

from collections.abc import Mapping
from types import MappingProxyType

from gloo.model.base import Value


class Function(Value, frozen=True):
    """One function of the language.

    Args:
        name: as it is called in a template.
        least, most: how many arguments it takes.
        usage: an example of a call, for error messages and the reference.
        summary: what it gives.
    """

    name: str
    least: int
    most: int
    usage: str
    summary: str

    @property
    def arity(self) -> str:
        """The number of arguments in words: ``1 argument``, ``1 to 2 arguments``."""
        if self.least == self.most:
            return f"{self.most} argument{'' if self.most == 1 else 's'}"
        return f"{self.least} to {self.most} arguments"


_ALL = (
    Function("at", 2, 2, "at(xs, 0)", "an element of a list, counted from 0, or a field of an object"),
    Function("base64_decode", 1, 1, "base64_decode(x)", "the bytes of base64 text, of either alphabet"),
    Function("base64_encode", 1, 1, "base64_encode(x)", "base64, with padding"),
    Function("base64url_decode", 1, 1, "base64url_decode(x)", "the same as base64_decode"),
    Function("base64url_encode", 1, 1, "base64url_encode(x)", "base64 for URLs, without padding"),
    Function("body", 0, 0, "body()", "the text of the request's body"),
    Function("capitalize", 1, 1, "capitalize(x)", "the first letter made large, the others small"),
    Function(
        "cluster_metadata", 1, 1, 'cluster_metadata("region")', "an annotation of the upstream, by metadata.annotations"
    ),
    Function("context", 0, 0, "context()", "the JSON of the body, with the parameters among its fields"),
    Function("data_source", 1, 1, 'data_source("terms")', "a text of the function's data_sources"),
    Function("default", 2, 2, 'default(x, "none")', "the first value, or the second if the first is missing or null"),
    Function("divisibleBy", 2, 2, "divisibleBy(x, 3)", "whether a number divides by another"),
    Function(
        "dynamic_metadata", 2, 2, 'dynamic_metadata("key", "namespace")', "what another filter noted of the request"
    ),
    Function("env", 1, 1, 'env("FUNCTION_KEY")', "a variable of Envoy's environment whose name starts with FUNCTION_"),
    Function("even", 1, 1, "even(x)", "whether a number is even"),
    Function("exists", 1, 1, "exists(x)", "whether there is such a value, even null"),
    Function("existsIn", 2, 2, 'existsIn(x, "key")', "whether a list or an object has such an element"),
    Function("extraction", 1, 1, 'extraction("id")', "a parameter's value, empty if it is missing"),
    Function("first", 1, 1, "first(xs)", "the first element of a list"),
    Function("float", 1, 1, "float(x)", "the number that a text is"),
    Function("header", 1, 1, 'header("x-user")', "a header of the message, empty if there is none"),
    Function("hmac_sha256", 2, 3, "hmac_sha256(key, x)", "the HMAC with SHA-256 as hex, or 'base64' or 'base64url'"),
    Function("host_metadata", 1, 1, 'host_metadata("zone")', "in response templates: a mark of the host that answered"),
    Function("int", 1, 1, "int(x)", "the whole part of the number that a text is"),
    Function("isArray", 1, 1, "isArray(x)", "whether a value is a list"),
    Function("isBoolean", 1, 1, "isBoolean(x)", "whether a value is true or false"),
    Function("isFloat", 1, 1, "isFloat(x)", "whether a value is a number with a fraction"),
    Function("isInteger", 1, 1, "isInteger(x)", "whether a value is a whole number"),
    Function("isNumber", 1, 1, "isNumber(x)", "whether a value is a number"),
    Function("isObject", 1, 1, "isObject(x)", "whether a value is an object"),
    Function("isString", 1, 1, "isString(x)", "whether a value is text"),
    Function("join", 2, 2, 'join(xs, ", ")', "the texts of a list's elements with a text between them"),
    Function("json", 1, 1, "json(x)", "a value as JSON text"),
    Function("jwt_claim", 1, 1, 'jwt_claim("sub")', "a claim of the token that the gateway verified"),
    Function("last", 1, 1, "last(xs)", "the last element of a list"),
    Function("length", 1, 1, "length(x)", "the number of elements, fields or characters"),
    Function("lower", 1, 1, "lower(x)", "ASCII letters made small"),
    Function("max", 1, 1, "max(xs)", "the largest element of a list"),
    Function("min", 1, 1, "min(xs)", "the smallest element of a list"),
    Function("now", 0, 1, 'now("%Y-%m-%d")', "the time in UTC, as RFC 3339 or in a format of strftime"),
    Function("odd", 1, 1, "odd(x)", "whether a number is odd"),
    Function("range", 1, 1, "range(3)", "the numbers from 0 to one less"),
    Function("raw", 1, 1, "x | raw", "the value's text without escaping; line breaks are still kept out of headers"),
    Function("regex_match", 2, 2, 'regex_match(x, "[0-9]+")', "whether a regex matches somewhere in a text"),
    Function("regex_replace", 3, 3, 'regex_replace(x, "(a)b", "$1")', "a text with every match of a regex replaced"),
    Function("replace_with_random", 2, 2, 'replace_with_random(x, "a")', "a text with another one made random"),
    Function("replace", 3, 3, 'replace(x, "a", "b")', "a text with every occurrence of another one replaced"),
    Function(
        "request_header", 1, 1, 'request_header("x-user")', "a header of the request, also in a response template"
    ),
    Function("round", 1, 2, "round(x, 2)", "a number rounded to so many digits"),
    Function("sha256", 1, 2, "sha256(x)", "the SHA-256 digest as hex, or 'base64' or 'base64url'"),
    Function("sort", 1, 1, "sort(xs)", "a list in order: numbers by value or texts by their bytes"),
    Function("split", 2, 2, 'split(x, ",")', "the texts of a text between the occurrences of another one, as a list"),
    Function("substring", 2, 3, "substring(x, 0, 3)", "the characters from a position on, at most so many"),
    Function("trim", 1, 1, "trim(x)", "a text without blanks at its ends"),
    Function("upper", 1, 1, "upper(x)", "ASCII letters made large"),
    Function("url_encode", 1, 1, "url_encode(x)", "a text percent-encoded"),
    Function("uuid", 0, 0, "uuid()", "a random UUID"),
    Function("values", 1, 1, 'values("tag")', "all the values of a form's field, as a list"),
    Function("word_count", 1, 1, "word_count(x)", "the number of words of a text"),
)

ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "clusterMetadata": "cluster_metadata",
        "base64Decode": "base64_decode",
        "base64Encode": "base64_encode",
        "base64UrlDecode": "base64url_decode",
        "base64UrlEncode": "base64url_encode",
        "raw_string": "raw",
    }
)
"""Other names of functions: those of earlier versions of the language."""

_BY_NAME = {function.name: function for function in _ALL}
FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    _BY_NAME | {alias: _BY_NAME[name] for alias, name in ALIASES.items()}
)

LATER: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("divisibleBy", "round"), "number"),
        **dict.fromkeys(("hmac_sha256", "join", "replace", "replace_with_random", "split"), "text"),
    }
)
"""What functions take behind their first value where another kind of value fails."""

SOUND = frozenset(
    (
        *("at", "context", "default", "divisibleBy", "even", "exists", "existsIn", "first", "float", "int", "isArray"),
        *("isBoolean", "isFloat", "isInteger", "isNumber", "isObject", "isString", "join", "json", "last", "length"),
        *("lower", "max", "min", "odd", "range", "round", "sort", "trim", "upper"),
    )
)
"""Functions that make valid UTF-8 of valid UTF-8."""

CHANGING = frozenset(
    (
        *("body", "cluster_metadata", "context", "data_source", "dynamic_metadata", "env", "exists", "extraction"),
        *("header", "host_metadata", "jwt_claim", "now", "replace_with_random", "request_header", "uuid", "values"),
    )
)
"""Functions whose values are not known before a request comes, whatever they are given."""
