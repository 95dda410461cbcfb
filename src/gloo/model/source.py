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
