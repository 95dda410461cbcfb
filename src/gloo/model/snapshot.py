"""All configuration at one moment: what the translator reads."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from gloo.model.artifact import Artifact
from gloo.model.base import replace
from gloo.model.codec import UPSTREAM, VIRTUAL_SERVICE, ConfigObject
from gloo.model.secret import Secret
from gloo.model.status import Problem

_NO_SECRETS: Mapping[str, Secret] = MappingProxyType({})
_NO_ARTIFACTS: Mapping[str, Artifact] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ConfigSnapshot:
    """Objects by kind and name, and the secrets and artifacts they name.

    Two objects of one kind and name: the first in the order of documents stays, and says where the other is.
    """

    upstreams: Mapping[str, ConfigObject]
    virtual_services: Mapping[str, ConfigObject]
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    artifacts: Mapping[str, Artifact] = field(default_factory=dict)

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
                known[item.name] = replace(first, problems=(*first.problems, _given_twice(item)))
        return cls(by_kind[UPSTREAM], by_kind[VIRTUAL_SERVICE], secrets, artifacts)

    @property
    def objects(self) -> tuple[ConfigObject, ...]:
        return (*self.upstreams.values(), *self.virtual_services.values())


def _given_twice(other: ConfigObject) -> Problem:
    return Problem(
        field="name",
        problem=f"another {other.kind} of this name is left out",
        hint="names are unique within a kind",
        file=other.source.document.name,
        line=other.source.line_of("name"),
        warning=True,
    )
