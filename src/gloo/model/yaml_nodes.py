"""YAML text to nodes with marks, without types."""

from collections.abc import Iterator

import yaml
from yaml._yaml import CParser


def compose_nodes(text: str) -> Iterator[yaml.Node]:
    """Yield the root of each document of *text*; raises yaml.YAMLError as it goes."""
    parser = _Untyped(text)
    while parser.check_node():
        if (node := parser.get_node()) is not None:
            yield node


class _Untyped(CParser):
    """Composes nodes without working out tags, which takes longer than parsing: a tag is "" unless it was written."""

    def resolve(self, kind: object, value: object, implicit: object) -> str:
        return ""

    def descend_resolver(self, parent: object, index: object) -> None:
        """Keep no path."""

    def ascend_resolver(self) -> None:
        """Keep no path."""
