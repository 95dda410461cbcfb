"""Where an object was written: the text a store holds, and the line of a path inside it."""

from dataclasses import dataclass, field
from functools import lru_cache

import yaml

from gloo.model.base import Value
from gloo.model.path import Path, parse_path
from gloo.model.yaml_nodes import compose_nodes


@dataclass(frozen=True, slots=True)
class Document:
    """One text as a store holds it: a file, a key, a custom resource.

    Args:
        name: as a user would name it: the path below the folder, the key.
        text: the whole text.
        kind: the kind that its place implies (``Upstream``), empty where the text itself says it.
    """

    name: str
    text: str = field(repr=False)
    kind: str = ""


class Source(Value, frozen=True):
    """The place of one object: a document, the part of it, the path in that part."""

    document: Document
    part: int = 0
    prefix: Path = ()

    def line_of(self, path: str) -> int:
        """Return the line, from 1, of *path* inside the object, or of the nearest thing above it that exists."""
        nodes = _nodes(self.document.text)
        if self.part >= len(nodes):
            return 1
        return _line(nodes[self.part], (*self.prefix, *parse_path(path)))

    def place_in(self, path: str, line: int, text: str) -> tuple[int, int] | None:
        """Return where *text*, the given *line* of the text at *path*, stands: its line, and what is left of it there.

        None where the document says it in another way: folded, or with escapes.
        """
        nodes = _nodes(self.document.text)
        if self.part >= len(nodes) or not text.strip():
            return None
        node: yaml.Node | None = nodes[self.part]
        for step in (*self.prefix, *parse_path(path)):
            found = _child(node, step) if node is not None else None
            node = found[1] if found is not None else None
        return _written(node, self.document.text.split("\n"), line, text) if isinstance(node, yaml.ScalarNode) else None


@lru_cache(maxsize=16)
def _nodes(text: str) -> tuple[yaml.Node, ...]:
    """Compose the text once more, for its marks: only an error needs them, so only an error pays."""
    try:
        return tuple(compose_nodes(text))
    except yaml.YAMLError:
        return ()


def _line(node: yaml.Node, path: Path) -> int:
    line = node.start_mark.line
    for step in path:
        found = _child(node, step)
        if found is None:
            break
        line, node = found
    return int(line) + 1


def _written(node: yaml.ScalarNode, lines: list[str], line: int, text: str) -> tuple[int, int] | None:
    begin = node.start_mark.line
    written = range(begin + line, begin + line + 1) if node.style == "|" else range(begin, node.end_mark.line + 1)
    before = {begin: node.start_mark.column}
    starts = ((number, lines[number].find(text, before.get(number, 0))) for number in written if number < len(lines))
    found = [(number + 1, start) for number, start in starts if start >= 0]
    return found[0] if len(found) == 1 else None


def _child(node: yaml.Node, step: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        item = node.value[step]
        return item.start_mark.line, item
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == step or _snake(key.value) == step:
                return key.start_mark.line, value
    return None


def _snake(name: object) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in str(name))
