"""Discovered functions beside those that the user wrote, who has the last word. Pure."""

from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec

from gloo.discovery.known import Known
from gloo.discovery.wanted import Wanted
from gloo.model.base import replace
from gloo.model.codec import ConfigObject
from gloo.model.snapshot import ConfigSnapshot
from gloo.model.upstream import Function, Upstream

T = TypeVar("T")
Once = Callable[..., ConfigObject]
"""Calls a function with arguments, or returns what it gave for the same objects before."""


def useful(known: Mapping[str, Known], wanted: Mapping[str, Wanted]) -> dict[str, Known]:
    """Return those of *known* that are answers to what is asked now."""
    return {name: each for name, each in known.items() if name in wanted and wanted[name].question == each.question}


def with_discovered(config: ConfigSnapshot, known: Mapping[str, Known], once: Once) -> ConfigSnapshot:
    """Return *config* with the *known* functions behind those that are written; of two of a name the written one stays.

    An upstream whose functions did not change stays the same object, if *once* remembers.
    """
    added = {
        name: once(_merged, config.upstreams[name], each.functions)
        for name, each in known.items()
        if each.functions and name in config.upstreams
    }
    return replace(config, upstreams={**config.upstreams, **added}) if added else config


def _merged(item: ConfigObject, functions: tuple[Function, ...]) -> ConfigObject:
    assert isinstance(item.value, Upstream)
    written = {each.name for each in item.value.functions}
    new = tuple(each for each in functions if each.name not in written)
    value = msgspec.structs.replace(item.value, functions=(*item.value.functions, *new))
    return replace(item, value=value, discovered=frozenset(each.name for each in new))
