"""Golden files: configuration, what Envoy is to get for it, and the verdicts, in one text.

A file of ``tests/golden`` holds three parts with ``---`` between them. The first is the configuration, as one
file may hold it; the second the resources of the role ingress; the third the verdicts. The artifacts of all of them are
in ``tests/golden/artifacts``.
``python -m tests.support.golden FOLDER`` writes the last two parts of each file afresh.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from tests.support.translating import translated

from gloo.envoy.readable import readable
from gloo.envoy.snapshot import EnvoySnapshot, ResourceType
from gloo.model.artifact import Artifact
from gloo.model.base import Json
from gloo.model.text import dump_yaml
from gloo.translator import Translation

SEPARATOR = "---\n"
ARTIFACTS = tuple(sorted((Path(__file__).parents[1] / "golden" / "artifacts").iterdir()))
_NAMES = {
    ResourceType.CLUSTER: "clusters",
    ResourceType.SECRET: "secrets",
    ResourceType.ENDPOINT: "endpoints",
    ResourceType.EXTENSION: "extensions",
    ResourceType.ROUTE: "routes",
}


@dataclass(frozen=True, slots=True)
class Golden:
    """One golden file: its configuration as written, and the two parts that follow from it."""

    config: str
    envoy: str
    reports: str

    @property
    def text(self) -> str:
        return SEPARATOR.join((self.config, self.envoy, self.reports))


def golden_of(config: str) -> Golden:
    """Translate *config* and write down what comes out."""
    translation = translated(config, artifacts=tuple(Artifact(each.name, each.read_text()) for each in ARTIFACTS))
    return Golden(config, dump_yaml(_envoy(translation.snapshots["ingress"])), dump_yaml(_reports(translation)))


def config_in(text: str) -> str:
    """Return the first part of a golden file."""
    return text.partition(SEPARATOR)[0]


def _envoy(snapshot: EnvoySnapshot) -> Json:
    """Return the resources by type and name, but for listeners, which are the same always, and what is empty."""
    found = {
        title: {name: readable(resource) for name, resource in sorted(snapshot.of_type(kind).items())}
        for kind, title in _NAMES.items()
    }
    found["extensions"] = {name: each for name, each in found["extensions"].items() if len(each["typed_config"]) > 1}
    return {title: each for title, each in found.items() if each}


def _reports(translation: Translation) -> Json:
    return {
        ref: {"state": str(status.state), "problems": [str(problem) for problem in status.problems]}
        if status.problems
        else {"state": str(status.state)}
        for ref, status in sorted(translation.reports.items())
    }


def main(folder: str) -> None:
    """Write every golden file below *folder* afresh; what is the same is not touched."""
    for file in sorted(Path(folder).glob("*.yaml")):
        before = file.read_text()
        after = golden_of(config_in(before)).text
        if after != before:
            file.write_text(after)
            print(f"{file}: written afresh")


if __name__ == "__main__":
    main(sys.argv[1])
