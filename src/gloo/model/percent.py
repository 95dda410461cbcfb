"""Shares of requests, as users write them: 0 to 100, fractions included."""

from typing import Annotated

from msgspec import Meta

Percent = Annotated[float, Meta(ge=0, le=100)]


def parts_per_million(percent: float) -> int:
    """Return *percent* as Envoy counts it; less than a ten-thousandth of a percent is lost."""
    return round(percent * 10_000)
