"""The functions of the template language: names, numbers of arguments, and what each of them does at run time.

A function listed here is called ``gloo.call_<name>`` in the runtime with its values, unless `expressions` writes it in
a way of its own. Names that differ only in style (``base64Encode``, ``base64_encode``) are aliases of one function.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Function:
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
    Function(
        "default", 2, 2, 'default(name, "nobody")', "the first value, or the second if the first is missing or null"
    ),
    Function("exists", 1, 1, "exists(name)", "true if there is such a value, even null"),
    Function("header", 1, 1, 'header("x-user")', "a request header's value, empty if there is none"),
    Function("raw", 1, 1, "html | raw", "the value's text without escaping; line breaks are still kept out of headers"),
)

FUNCTIONS: Mapping[str, Function] = MappingProxyType({function.name: function for function in _ALL})
