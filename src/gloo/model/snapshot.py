"""All configuration at one moment: what the translator reads."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from gloo.model.artifact import Artifact
from gloo.model.base import replace
from gloo.model.codec import UPSTREAM, VIRTUAL_SERVICE, ConfigObject, place_of
from gloo.model.secret import Secret
from gloo.model.status import Problem

_NO_SECRETS: Mapping[str, Secret] = MappingProxyType({})
_NO_ARTIFACTS: Mapping[str, Artifact] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ConfigSnapshot:
    """Objects by kind and name, and the secrets and artifacts they name.

    Two objects of one kind and name: the first in the order of documents stays. The other is left out, and known by its
    place; both say where the other is.

    Args:
        since: when gloo first saw each virtual service, in seconds since 1970, by name; one that is missing is the
            youngest.
        spoilt: why those of the secrets that exist but can't be used can't, by name.
    """

    upstreams: Mapping[str, ConfigObject]
    virtual_services: Mapping[str, ConfigObject]
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    artifacts: Mapping[str, Artifact] = field(default_factory=dict)
    since: Mapping[str, float] = field(default_factory=dict)
    spoilt: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        objects: Iterable[ConfigObject],
        secrets: Mapping[str, Secret] = _NO_SECRETS,
        artifacts: Mapping[str, Artifact] = _NO_ARTIFACTS,
    ) -> "ConfigSnapshot":
        """Order *objects* by kind and name."""
        by_kind: dict[str, dict[str, ConfigObject]] = {UPSTREAM: {}, VIRTUAL_SERVICE: {}}
        for item in objects:
            known = by_kind[item.kind]
            if (first := known.get(item.name)) is None:
                known[item.name] = item
            else:
                known[item.name] = replace(first, problems=(*first.problems, _given_twice(first, item)))
                known[place_of(item.source)] = _left_out(item, first)
        return cls(by_kind[UPSTREAM], by_kind[VIRTUAL_SERVICE], secrets, artifacts)

    @property
    def objects(self) -> tuple[ConfigObject, ...]:
        return (*self.upstreams.values(), *self.virtual_services.values())


def _given_twice(first: ConfigObject, other: ConfigObject) -> Problem:
    return _at_name(first, f"another {other.kind} of this name, in {_place(other)}, is left out", warning=True)


def _left_out(other: ConfigObject, first: ConfigObject) -> ConfigObject:
    problem = _at_name(other, f"the {first.kind} in {_place(first)} has the name {first.name!r}; this one is left out")
    return replace(other, name=place_of(other.source), value=None, problems=(problem,))


def _at_name(item: ConfigObject, problem: str, *, warning: bool = False) -> Problem:
    file, line = item.source.document.name, item.source.line_of("name")
    hint = "names are unique within a kind"
    return Problem(field="name", problem=problem, hint=hint, file=file, line=line, warning=warning)


def _place(item: ConfigObject) -> str:
    return f"{item.source.document.name}:{item.source.line_of('name')}"
