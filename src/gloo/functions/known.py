"""What a function knows beside the request: texts that stand in the configuration, and become part of the program."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gloo.errors import TemplateError

LONGEST_DATA = 4096
"""Bytes of one data source: it travels with each route that calls the function."""


@dataclass(frozen=True, slots=True)
class Known:
    """Texts by name.

    Args:
        annotations: those of the function's upstream; None where it is not known yet which upstream that is.
        data: the function's data sources.
    """

    annotations: Mapping[str, str] | None = None
    data: Mapping[str, str] = field(default_factory=dict)

    def check(self) -> None:
        """Raise `TemplateError` for a data source that is too long."""
        for name, text in self.data.items():
            if len(text.encode("utf-8", "surrogatepass")) > LONGEST_DATA:
                raise TemplateError(f"data_sources.{name}", f"is longer than {LONGEST_DATA} bytes")


NOTHING_KNOWN = Known()
