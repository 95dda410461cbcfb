"""Secrets in a folder: a YAML or JSON file each, or a folder each with one file per key, as Kubernetes mounts them.

Only the files of the secrets that are asked for are opened. No message tells a value, nor a piece of the text that a
value stands in.
"""

import contextlib
import os
import stat
from collections.abc import AsyncGenerator, Iterator, Mapping
from functools import partial
from pathlib import Path

import structlog
import yaml

from gloo.model.depth import too_deep
from gloo.model.secret import Secret, is_secret_name
from gloo.storage.base import NAME_HINT, NO_NAME, DocumentProblem, SecretState
from gloo.storage.folder import SUFFIXES, swap_of
from gloo.storage.known_file import KnownFile
from gloo.storage.look import Listing, Look, look, watch_looks

_TEXT = "tag:yaml.org,2002:str"

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(__name__)


class FileSecrets:
    """The secrets ``NAME``, ``NAME.yaml``, ``NAME.yml``, ``NAME.json`` or ``NAME/KEY`` below a folder.

    A folder that does not exist (yet) holds no secrets.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def place(self, name: str) -> str:
        return str(self.folder / name)

    async def names(self) -> frozenset[str]:
        paths = self.folder.iterdir() if self.folder.is_dir() else ()
        visible = (path for path in paths if not path.name.startswith("."))
        return frozenset(path.stem if path.suffix in SUFFIXES else path.name for path in visible)

    async def watch(self, names: frozenset[str]) -> AsyncGenerator[SecretState, None]:
        last: SecretState | None = None
        files: Mapping[str, KnownFile] | None = None
        told: frozenset[str] = frozenset()
        async with contextlib.aclosing(watch_looks(self.folder, partial(_look, self.folder, names))) as looks:
            async for found in looks:
                if found.files == files and last and found.listing.problems == ():
                    continue
                files = found.files
                told = self._warn(found.files, told)
                state = _state(found, names, last or SecretState())
                if state != last:
                    last = state
                    yield state

    def _warn(self, files: Mapping[str, KnownFile], told: frozenset[str]) -> frozenset[str]:
        """Warn once of each file that others than its owner may read; return all that were told."""
        open_ones = frozenset(name for name, file in files.items() if file.mode & (stat.S_IRGRP | stat.S_IROTH))
        for name in sorted(open_ones - told):
            path = self.folder / name.partition("/")[2]
            log.warning("secret file can be read by others", path=str(path), hint=f"chmod 600 {path}")
        return told | open_ones


def _look(folder: Path, names: frozenset[str], before: Look | None) -> Look:
    """Look at the files of the secrets *names*; each is known as ``NAME/PATH``, its path below *folder*."""
    for _ in range(3):
        swaps = _swaps(folder, names)
        result = look(_list(folder, names), before)
        if swaps == _swaps(folder, names):
            break
    return result


def _swaps(folder: Path, names: frozenset[str]) -> tuple[str, ...]:
    return (swap_of(folder), *(swap_of(folder / name) for name in sorted(names) if is_secret_name(name)))


def _list(folder: Path, names: frozenset[str]) -> Listing:
    paths: dict[str, str] = {}
    problems: list[DocumentProblem] = []
    for name in sorted(names):
        if not is_secret_name(name):
            problems.append(DocumentProblem(name, NO_NAME, NAME_HINT))
            continue
        try:
            paths.update({f"{name}/{path.relative_to(folder)}": str(path) for path in _candidates(folder, name)})
        except OSError as error:
            problems.append(DocumentProblem(name, f"can't be listed: {error.strerror}", "see the folder's permissions"))
    kept = tuple(f"{problem.name}/" for problem in problems)
    return Listing(paths, tuple(problems), links=any(Path(path).is_symlink() for path in paths.values()), kept=kept)


def _candidates(folder: Path, name: str) -> Iterator[Path]:
    yield from (path for suffix in SUFFIXES if (path := folder / f"{name}{suffix}").exists())
    bare = folder / name
    if not bare.is_dir():
        yield from (path for path in (bare,) if path.exists())
        return
    with os.scandir(bare) as entries:
        yield from (bare / entry.name for entry in entries if not entry.name.startswith(".") and not entry.is_dir())


def _state(found: Look, names: frozenset[str], before: SecretState) -> SecretState:
    """Read each secret from its files; one with a problem stays as it was before."""
    secrets: dict[str, Secret] = {}
    problems = list(found.listing.problems)
    for name in sorted(names):
        files = {key.partition("/")[2]: file for key, file in found.files.items() if key.partition("/")[0] == name}
        read = _read(name, files) if files else None
        if isinstance(read, DocumentProblem):
            problems.append(read)
        last = before.secrets.get(name)
        kept = last if isinstance(read, DocumentProblem) or (read is None and files) else read
        if kept is not None and not isinstance(kept, DocumentProblem):
            secrets[name] = last if kept == last and last else kept
    return SecretState(secrets, tuple(sorted(problems, key=lambda problem: problem.name)))


def _read(name: str, files: Mapping[str, KnownFile]) -> Secret | DocumentProblem | None:
    """Return the secret, what is wrong with it, or None while one of its files is still being written."""
    forms = {path.partition("/")[0] for path in files}
    if len(forms) > 1:
        return DocumentProblem(name, f"is there more than once: {', '.join(sorted(forms))}", "keep one of them")
    for path, file in files.items():
        if file.problem:
            return DocumentProblem(name, f"{path} {file.problem}", file.hint)
    texts = {path: file.text for path, file in files.items() if file.text is not None}
    if len(texts) < len(files):
        return None
    if all("/" in path for path in texts):
        return Secret(name, {path.partition("/")[2]: text for path, text in sorted(texts.items())})
    return _parse(name, *texts.popitem())


def _parse(name: str, path: str, text: str) -> Secret | DocumentProblem:
    """Read a map of text to text. Only nodes are made, no values: no converter's error can tell one."""
    if too_deep(text) is not None:
        return DocumentProblem(name, f"{path} is no map of text", "a map of keys to text is expected")
    try:
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return DocumentProblem(name, f"{path} is not YAML (line {line})", "a map of keys to text is expected")
    except (yaml.YAMLError, RecursionError):
        return DocumentProblem(name, f"{path} is not YAML", "a map of keys to text is expected")
    if not isinstance(node, yaml.MappingNode):
        return DocumentProblem(name, f"{path} is not a map", "a map of keys to text is expected")
    values: dict[str, str] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            return DocumentProblem(name, f"{path} has a key that is not text (line {key.start_mark.line + 1})")
        if not isinstance(value, yaml.ScalarNode) or value.tag != _TEXT:
            return DocumentProblem(name, f"the value of key {key.value!r} in {path} is not text", "put it in quotes")
        if key.value in values:
            return DocumentProblem(name, f"the key {key.value!r} is given twice in {path}", "keep one of them")
        values[key.value] = value.value
    return Secret(name, values)
