"""Discovery: whether an upstream is asked for its functions, how often, and what its answers were."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta

from gloo.model.base import Json, Model
from gloo.model.duration import Duration

_SHORTEST = Duration(10**9)


class Discovery(Model, frozen=True, kw_only=True):
    """What an upstream is asked for; without it gloo asks nobody anything."""

    functions: Annotated[
        bool, Meta(description="ask the upstream for its functions, beside those that are written")
    ] = False
    every: Annotated[Duration, Meta(description="time between two questions, e.g. 5m; at least 1s")] = Duration(
        300 * 10**9
    )
    most: Annotated[int, Meta(ge=1, le=10_000, description="how many functions are taken")] = 500
    spec: Annotated[Mapping[str, Json], Meta(description="how to ask; its fields depend on `type`")] = {}

    def __post_init__(self) -> None:
        if self.every.nanoseconds < _SHORTEST.nanoseconds:
            raise ValueError("every must be 1s or more")
