"""Shares of requests, as users write them: 0 to 100, fractions included."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta

from gloo.errors import ConfigError

Percent = Annotated[float, Meta(ge=0, le=100)]


def lost_shares(percents: Mapping[str, float]) -> tuple[ConfigError, ...]:
    """Return what to tell of those of *percents* of which nothing is left when Envoy counts them, by their fields."""
    return tuple(
        ConfigError("", field, f"{percent:f}% of the requests are none for Envoy", "at least 0.0001, or 0")
        for field, percent in percents.items()
        if percent > 0 and parts_per_million(percent) == 0
    )


def parts_per_million(percent: float) -> int:
    """Return *percent* as Envoy counts it; less than a ten-thousandth of a percent is lost."""
    return round(percent * 10_000)
