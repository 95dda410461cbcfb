"""The contract of discovery: what a plugin is asked, and what it answers.

A plugin whose upstreams can say what they have sets `discovery_model`, and defines `discover`. That gets a `Question`
and an HTTP client, asks, and returns all functions, or what it could have of them. It keeps nothing, waits for nothing
and tries nothing twice: how often it is called, how many calls it may make and how long it may take is not its
business. It raises `DiscoveryError` for what the world did, `ConfigError` for what the user wrote, with a field below
`discovery`. `gloo.plugins.asking` has what such questions have in common.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from gloo.model.base import Model, Value
from gloo.model.secret import Secret
from gloo.model.upstream import Function, Upstream

SpecT_co = TypeVar("SpecT_co", bound=Model, covariant=True)


@dataclass(frozen=True, slots=True)
class Question(Generic[SpecT_co]):
    """What an upstream is asked with.

    Args:
        spec: the upstream's `spec`.
        options: its `discovery.spec`, of the plugin's `discovery_model`.
        secrets: those that the plugin named for the question.
        most: how many functions are of use; one more tells that there are too many.
        clock: the time, in seconds since 1970.
        folder: that of the configuration, for upstreams that are files.
    """

    upstream: Upstream
    spec: SpecT_co
    options: Model
    secrets: Mapping[str, Secret]
    most: int
    clock: Callable[[], float] = field(repr=False)
    folder: Path = Path()

    def enough(self, found: int) -> bool:
        """Tell whether *found* functions are more than are of use, so that no more pages are needed."""
        return found > self.most


class Discovered(Value, frozen=True):
    """What an upstream has.

    Args:
        silent: places that did not answer; functions that were known before may be there still.
        left_out: what can't be called from here, and why.
    """

    functions: tuple[Function, ...]
    silent: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
