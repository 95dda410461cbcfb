"""Change a YAML text only where its value changes: comments, order, quotes and blank lines stay as they were.

The text is cut at the marks of its nodes: a scalar is replaced in place, a key or an item with its lines. What can't
be changed in place (block scalars, lists in another order, another type) is written anew, as small a part as will do.
The caller checks that the result reads back as the value that was wanted: anchors and merge keys can spoil that.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher

import yaml

from gloo.model.base import Json, Value
from gloo.model.text import dump_yaml, plain_scalar

_DASH = re.compile(r"[ ]*-[ ]+\Z")


class Cut(Value, frozen=True):
    """Characters *start* to *end* of the text give way to *text*."""

    start: int
    end: int
    text: str = ""


def patch_yaml(text: str, node: yaml.Node, *, old: Json, new: Json) -> str:
    """Return *text* with the value *old* of its *node* changed to *new*.

    Args:
        text: ends in a line break.
        node: composed from *text*; the root of one of its documents.
        old: the value of *node*.
        new: what its value is to be.
    """
    cuts = _Patch(text).value(node, old, new)
    if cuts is None:
        cuts = [Cut(node.start_mark.index, line_end(text, content_end(text, node)), dump_yaml(new))]
    # From the end to the start; texts for one place were found, and so come to stand, from the inside out.
    cuts.sort(key=lambda cut: (cut.start, cut.end))
    for cut in reversed(cuts):
        text = text[: cut.start] + cut.text + text[cut.end :]
    return text


def same(one: Json, other: Json) -> bool:
    """Tell whether two JSON values are equal; unlike in Python, true is not 1 and 1.0 is not 1."""
    return _canonical(one) == _canonical(other)


def content_end(text: str, node: yaml.Node) -> int:
    """Return the index behind the last character of *node*; the marks of blocks include the comments that follow."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        children = last if isinstance(last, tuple) else (last,)
        return max(content_end(text, child) for child in children)
    return node.start_mark.index + len(text[node.start_mark.index : node.end_mark.index].rstrip())


def line_end(text: str, index: int) -> int:
    return text.find("\n", index) + 1 or len(text)


def _line_start(text: str, index: int) -> int:
    return text.rfind("\n", 0, index) + 1


def _canonical(value: Json) -> str:
    return json.dumps(value, sort_keys=True)


def _block(value: Json, column: int) -> str:
    """Write *value* as block YAML, all lines but the first indented by *column*."""
    lines = _dumped(value).splitlines(keepends=True)
    pad = " " * column
    return "".join(line if first or not line.strip() else pad + line for line, first in _marked(lines))


def _marked(lines: Sequence[str]) -> Iterator[tuple[str, bool]]:
    return ((line, index == 0) for index, line in enumerate(lines))


class _Patch:
    """Finds the cuts in one text. Every method returns None where a node can't be changed in place."""

    def __init__(self, text: str) -> None:
        self._text = text

    def value(self, node: yaml.Node, old: Json, new: Json) -> list[Cut] | None:
        if same(old, new):
            return []
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, new)
        if isinstance(node, yaml.CollectionNode) and node.flow_style:
            return self._flow(node, old, new)
        if isinstance(node, yaml.MappingNode) and isinstance(old, dict) and isinstance(new, dict) and new:
            return self._mapping(node, old, new)
        if isinstance(node, yaml.SequenceNode) and isinstance(old, list) and isinstance(new, list) and new:
            return self._sequence(node, old, new)
        return None

    def _flow(self, node: yaml.CollectionNode, old: Json, new: Json) -> list[Cut] | None:
        """Change single values inside ``{}`` or ``[]``; where keys or items come or go, write it anew."""
        cuts: list[Cut] | None = None
        if isinstance(node, yaml.MappingNode) and isinstance(new, dict) and _keys(node) == old.keys() == new.keys():
            cuts = self._all((value, old[key.value], new[key.value]) for key, value in node.value)
        elif isinstance(node, yaml.SequenceNode) and isinstance(new, list) and len(old) == len(new):
            cuts = self._all(zip(node.value, old, new, strict=True))
        whole = Cut(node.start_mark.index, node.end_mark.index, json.dumps(new, ensure_ascii=False))
        return cuts if cuts is not None else [whole] if old and new else None

    def _all(self, children: Iterable[tuple[yaml.Node, Json, Json]]) -> list[Cut] | None:
        found = [self.value(node, old, new) for node, old, new in children]
        known = [cuts for cuts in found if cuts is not None]
        return [cut for cuts in known for cut in cuts] if len(known) == len(found) else None

    def _scalar(self, node: yaml.ScalarNode, new: Json) -> list[Cut] | None:
        if isinstance(new, dict | list) or node.style in ("|", ">") or node.start_mark.index == node.end_mark.index:
            return None
        written = _scalar_text(new, node.style or "")
        return None if "\n" in written else [Cut(node.start_mark.index, node.end_mark.index, written)]

    def _mapping(self, node: yaml.MappingNode, old: dict[str, Json], new: dict[str, Json]) -> list[Cut] | None:
        cuts: list[Cut] = []
        for key, value in node.value:
            if key.value not in old or value.start_mark.index < key.start_mark.index:
                return None  # a merge key, an alias
            if key.value in new:
                cuts += self._entry(key, value, old[key.value], new[key.value])
            elif (gone := self._lines(key, value)) is not None:
                cuts.append(gone)
            else:
                return None
        added = {name: value for name, value in new.items() if name not in old}
        if added:
            column = node.value[0][0].start_mark.column
            cuts.append(self._insert(content_end(self._text, node), " " * column + _block(added, column)))
        return cuts

    def _entry(self, key: yaml.ScalarNode, value: yaml.Node, old: Json, new: Json) -> list[Cut]:
        cuts = self.value(value, old, new)
        if cuts is not None:
            return cuts
        end = line_end(self._text, max(key.end_mark.index, content_end(self._text, value)))
        return [Cut(key.start_mark.index, end, _block({key.value: new}, key.start_mark.column))]

    def _lines(self, key: yaml.Node, value: yaml.Node) -> Cut | None:
        """Return the cut of a whole entry with the comment lines right above it; None if others share its line."""
        start = _line_start(self._text, key.start_mark.index)
        if self._text[start : key.start_mark.index].strip():
            return None
        end = line_end(self._text, max(key.end_mark.index, content_end(self._text, value)))
        return Cut(self._with_comments(start, key.start_mark.column), end)

    def _insert(self, behind: int, text: str) -> Cut:
        at = line_end(self._text, behind)
        return Cut(at, at, text)

    def _with_comments(self, start: int, column: int) -> int:
        """Return where the comment lines begin that stand, in the same column, right above the line at *start*."""
        while start:
            above = _line_start(self._text, start - 1)
            if not self._text[above:start].startswith(" " * column + "#"):
                break
            start = above
        return start

    def _sequence(self, node: yaml.SequenceNode, old: list[Json], new: list[Json]) -> list[Cut] | None:
        regions = [self._item(item) for item in node.value]
        places = [region for region in regions if region is not None]
        if len(places) < len(regions):
            return None
        cuts: list[Cut] = []
        prefix = self._text[_line_start(self._text, node.value[0].start_mark.index) : node.value[0].start_mark.index]
        for tag, i1, i2, j1, j2 in _steps(old, new):
            pairs = 0 if tag == "replace" and _named(*old[i1:i2], *new[j1:j2]) else min(i2 - i1, j2 - j1)
            for i, j in zip(range(i1, i1 + pairs), range(j1, j1 + pairs), strict=True):
                cuts += self._changed_item(node.value[i], old[i], new[j])
            i1, j1 = i1 + pairs, j1 + pairs  # noqa: PLW2901 - what is left has no counterpart
            at = places[i1].start if i1 < len(places) else places[-1].end
            cuts += places[i1:i2]
            if added := "".join(prefix + _block(item, len(prefix)) for item in new[j1:j2]):
                cuts.append(Cut(at, at, added))
        return cuts

    def _item(self, item: yaml.Node) -> Cut | None:
        """Return the cut of a whole item of a block list; None if other things share its first line."""
        start = _line_start(self._text, item.start_mark.index)
        prefix = self._text[start : item.start_mark.index]
        if not _DASH.match(prefix):
            return None
        return Cut(self._with_comments(start, prefix.index("-")), line_end(self._text, content_end(self._text, item)))

    def _changed_item(self, item: yaml.Node, old: Json, new: Json) -> list[Cut]:
        cuts = self.value(item, old, new)
        if cuts is not None:
            return cuts
        end = line_end(self._text, content_end(self._text, item))
        return [Cut(item.start_mark.index, end, _block(new, item.start_mark.column))]


def _keys(node: yaml.MappingNode) -> set[str]:
    return {key.value for key, _ in node.value}


def _steps(old: list[Json], new: list[Json]) -> list[tuple[str, int, int, int, int]]:
    """Return the steps from *old* to *new*, as difflib does; objects of the same name count as equal."""
    before, after = [_identity(item) for item in old], [_identity(item) for item in new]
    return list(SequenceMatcher(None, before, after, autojunk=False).get_opcodes())


def _named(*items: Json) -> bool:
    """Tell whether names say which item is which: one of another name is another one, not the same one changed."""
    return any(_identity(item).startswith("name ") for item in items)


def _identity(item: Json) -> str:
    name = item.get("name") if isinstance(item, dict) else None
    return f"name {name}" if isinstance(name, str) else _canonical(item)


def _scalar_text(value: Json, style: str) -> str:
    """Write a scalar in the quotes *style* if it is text and takes them."""
    if isinstance(value, str) and style == "'" and "\n" not in value:
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, str) and (style == '"' or set(value) & set("\n,[]{}") or plain_scalar(value or "~") != value):
        return json.dumps(value, ensure_ascii=False)
    return _dumped(value).removesuffix("\n")


def _dumped(value: Json) -> str:
    """Return *value* as YAML, without the mark of the document's end that stands below a scalar."""
    text = dump_yaml(value)
    return text[: -len("...\n")] if text.endswith("\n...\n") else text
