"""Durations as users write them: ``3s``, ``250ms``, ``1m30s``; whole numbers are nanoseconds, as in 2018."""

import re
from decimal import Decimal
from typing import Final, Self

from gloo.errors import ConfigError

_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_PART = re.compile(r"(\d{1,20}(?:\.\d{1,20})?)(ns|us|µs|ms|s|m|h)")
_MILLISECOND, _SECOND = 10**6, 10**9
_MOST = 315_576_000_000 * 10**9  # what google.protobuf.Duration can hold


class Duration:
    """A span of time, never negative.

    Not a dataclass: msgspec would read one from a mapping instead of asking `parse`.
    """

    __slots__ = ("nanoseconds",)
    nanoseconds: Final[int]

    def __init__(self, nanoseconds: int) -> None:
        self.nanoseconds = nanoseconds

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Duration) and self.nanoseconds == other.nanoseconds

    def __hash__(self) -> int:
        return hash(self.nanoseconds)

    def __repr__(self) -> str:
        return f"Duration({self})"

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read ``"1m30s"`` or a whole number of nanoseconds, be it written ``3e9``.

        Raises:
            ValueError: it is neither, or it is longer than 10,000 years.
        """
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _MOST and value % 1 == 0:
            return cls(int(value))
        if isinstance(value, str) and value:
            parts = _PART.findall(value)
            if "".join(number + unit for number, unit in parts) == value:
                total = sum(round(Decimal(number) * _UNITS[unit]) for number, unit in parts)
                if total <= _MOST:
                    return cls(total)
            if value == "0":
                return cls(0)
        raise ValueError(f"{value!r} is not a duration (e.g. 3s, 250ms, 1m30s)")

    @property
    def seconds(self) -> float:
        return self.nanoseconds / 10**9

    def __str__(self) -> str:
        """Write the shortest form that reads back as the same."""
        for unit in ("s", "ms", "us", "ns"):
            if self.nanoseconds % _UNITS[unit] == 0:
                return f"{self.nanoseconds // _UNITS[unit]}{unit}"
        raise AssertionError(self.nanoseconds)


def check_milliseconds(span: Duration | None, field: str, *, zero: str = "") -> None:
    """Raise ConfigError for what Envoy, which counts in milliseconds here, would take for nothing at all.

    *zero* is what zero means, where it means something: ``for no limit``.
    """
    _check_least(span, field, least=_MILLISECOND, zero=zero)


def check_seconds(span: Duration | None, field: str, *, zero: str = "") -> None:
    """Raise ConfigError likewise where seconds are counted."""
    _check_least(span, field, least=_SECOND, zero=zero)


def _check_least(span: Duration | None, field: str, *, least: int, zero: str) -> None:
    if span is None or span.nanoseconds >= least or (zero and not span.nanoseconds):
        return
    told = f"at least {Duration(least)}" + (f", or 0s {zero}" if zero else "")
    hint = f"{told}; a number without a unit is nanoseconds" if span.nanoseconds else told
    raise ConfigError("", field, f"{span} is too short", hint)
