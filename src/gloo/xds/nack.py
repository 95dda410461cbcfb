"""Finds out which resources of a response Envoy refused, from the text of its NACK."""

from collections.abc import Collection, Mapping
from itertools import pairwise

from gloo.envoy.snapshot import ResourceType

_OPENINGS: Mapping[ResourceType, str] = {
    ResourceType.CLUSTER: "Error adding/updating cluster(s) ",
    ResourceType.LISTENER: "Error adding/updating listener(s) ",
}
"""How Envoy opens the two messages that go resource by resource (cds_api_helper.cc, lds_api.cc): there it has
applied all the others of the response. Any other text speaks for the response as a whole."""


def split_error(kind: ResourceType, text: str, names: Collection[str]) -> dict[str, str]:
    """Give each refused name its part of *text*; empty when Envoy names none of *names*.

    Envoy joins ``name: message`` with ``, `` or a line break, and a message may hold those as well,
    so a part begins only where one of *names* stands.
    """
    opening = _OPENINGS.get(kind)
    if opening is None or not text.startswith(opening):
        return {}
    rest = text.removeprefix(opening)
    starts = sorted((at, name) for name in names if (at := _start(rest, name)) is not None)
    bounds = [at for at, _ in starts] + [len(rest)]
    return {
        name: rest[begin + len(name) + 2 : end].strip().removesuffix(",")
        for (_, name), (begin, end) in zip(starts, pairwise(bounds), strict=True)
    }


def _start(text: str, name: str) -> int | None:
    """Where ``name: `` begins a part of *text*; None when it does not."""
    mark = f"{name}: "
    at = text.find(mark)
    while at > 0 and text[at - 1] not in " \n":
        at = text.find(mark, at + 1)
    return at if at >= 0 else None
