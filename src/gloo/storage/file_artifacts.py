"""Artifacts in a folder below that of the configuration: the file ``legal/terms.txt`` is the artifact of that name.

Only the files of the artifacts that are asked for are looked at. A link counts as the file it leads to, which has to be
in the folder too: who may write a name into the configuration must not read the rest of the machine by it.
"""

import contextlib
from collections.abc import AsyncGenerator, Mapping
from functools import partial
from pathlib import Path

from gloo.model.artifact import Artifact, is_artifact_name
from gloo.storage.base import ELSEWHERE, DocumentProblem
from gloo.storage.known_file import KnownFile
from gloo.storage.look import Listing, Look, look, watch_looks

FOLDER = "artifacts"


class FileArtifacts:
    """The files below ``DIR/artifacts``, which is to be in *directory* itself; without it there are none (yet)."""

    def __init__(self, directory: Path) -> None:
        self.folder = directory / FOLDER

    async def watch(self, names: frozenset[str]) -> AsyncGenerator[Mapping[str, Artifact], None]:
        last: Mapping[str, Artifact] | None = None
        async with contextlib.aclosing(watch_looks(self.folder, partial(_look, self.folder, names))) as looks:
            async for found in looks:
                state = _state(found, last or {})
                if state != last:
                    last = state
                    yield state


def _look(folder: Path, names: frozenset[str], before: Look | None) -> Look:
    return look(_list(folder, names), before)


def _list(folder: Path, names: frozenset[str]) -> Listing:
    paths: dict[str, str] = {}
    problems: list[DocumentProblem] = []
    for name in sorted(names):
        try:
            paths[name] = str(_resolved(folder, name))
        except (FileNotFoundError, NotADirectoryError):
            continue
        except ValueError:
            problems.append(DocumentProblem(name, ELSEWHERE, "put the file itself there"))
        except (OSError, RuntimeError) as error:  # a ring of links is a RuntimeError before Python 3.13
            reason = error.strerror if isinstance(error, OSError) else "it is a ring of links"
            problems.append(DocumentProblem(name, f"can't be read: {reason}", "see its permissions and owner"))
    return Listing(paths, tuple(problems))


def _resolved(folder: Path, name: str) -> Path:
    """Return where the artifact *name* really is; raise ValueError if that is out of its folder."""
    root = folder.resolve()
    root.relative_to(folder.parent.resolve())
    if not is_artifact_name(name):
        raise ValueError(name)
    path = (folder / name).resolve(strict=True)
    path.relative_to(root)
    return path


def _state(found: Look, before: Mapping[str, Artifact]) -> dict[str, Artifact]:
    """Return the artifacts that exist; one that did not change is the same object as *before*."""
    troubled = {each.name: Artifact(each.name, "", each.problem, each.hint) for each in found.listing.problems}
    read = {name: artifact for name, file in found.files.items() if (artifact := _artifact(name, file)) is not None}
    return {
        name: before[name] if before.get(name) == artifact else artifact
        for name, artifact in sorted((read | troubled).items())
    }


def _artifact(name: str, file: KnownFile) -> Artifact | None:
    """Return the artifact in *file*; None while it is written for the first time."""
    if file.problem:
        return Artifact(name, "", file.problem, file.hint)
    return Artifact(name, file.text) if file.text is not None else None
