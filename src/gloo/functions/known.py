"""What a function knows beside the request: texts of the configuration, which become part of the program, and how its
templates write names."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gloo.errors import TemplateError
from gloo.functions import lua
from gloo.functions.source import Source

LONGEST_DATA = 4096
"""Bytes of one data source: it travels with each route that calls the function."""

ENVIRONMENT_PREFIX = "FUNCTION_"
"""What the names of environment variables that functions may read start with."""


@dataclass(frozen=True, slots=True)
class Known:
    """Texts by name.

    Args:
        annotations: those of the function's upstream; None where it is not known yet which upstream that is.
        data: the function's data sources.
        pointers: names are JSON pointers: ``a/b/0``.
        variables: the function's data sources that are variables of Envoy's environment.
    """

    annotations: Mapping[str, str] | None = None
    data: Mapping[str, str] = field(default_factory=dict)
    pointers: bool = False
    variables: Mapping[str, str] = field(default_factory=dict)

    def annotation(self, name: Source, *, may_be_missing: bool = False) -> str:
        """Write the annotation called *name* as Lua; raise `TemplateError` if it is missing and may not be."""
        if self.annotations is None:
            return '""'
        if name.text in self.annotations:
            return lua.quoted(self.annotations[name.text])
        if may_be_missing:
            return "nil"
        hint = f"known: {', '.join(sorted(self.annotations))}" if self.annotations else "see metadata.annotations"
        raise name.error(0, f"the upstream has no annotation {name.text!r}", hint)

    def data_source(self, name: Source) -> str:
        """Write the data source called *name*, a text, as Lua; raise `TemplateError` if there is none."""
        if name.text in self.data:
            return lua.quoted(self.data[name.text])
        known = sorted((*self.data, *self.variables))
        hint = f"known: {', '.join(known)}" if known else "see data_sources"
        raise name.error(0, f"the function has no data source {name.text!r}", hint)

    def variable(self, name: Source, *, of_data: bool) -> str | None:
        """Return the variable of the environment that ``env(name)`` reads; *of_data*: that a data source is, if it is.

        Raises `TemplateError` if functions may not read it.
        """
        if of_data:
            return self.variables.get(name.text)
        if not name.text.startswith(ENVIRONMENT_PREFIX):
            problem = f"{name.text!r} is not open to functions"
            raise name.error(0, problem, f"they see variables whose names start with {ENVIRONMENT_PREFIX}")
        return name.text

    def check(self) -> None:
        """Raise `TemplateError` for a data source that is too long."""
        for name, text in self.data.items():
            if len(text.encode("utf-8", "surrogatepass")) > LONGEST_DATA:
                raise TemplateError(f"data_sources.{name}", f"is longer than {LONGEST_DATA} bytes")


NOTHING_KNOWN = Known()
