"""YAML and JSON text to plain values, and back.

YAML is read by the 1.2 core schema (``yes`` and ``on`` are text, as JSON users expect); a key given twice, a tag,
a merge key with a surprise, an alias bomb: all are errors with a line, since nothing a user wrote may be lost.
"""

import math
import re
from collections.abc import Callable

import yaml

from gloo.errors import ConfigError
from gloo.model.base import Json
from gloo.model.depth import DEEPEST, too_deep
from gloo.model.plain_yaml import plain_values
from gloo.model.yaml_nodes import compose_nodes

_INT = re.compile(r"[-+]?[0-9]+\Z")
_HEX = re.compile(r"0x[0-9a-fA-F]+\Z")
_OCT = re.compile(r"0o[0-7]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_WORDS: dict[str, Json] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_QUOTED = frozenset("'\"|>")
_MOST_ALIASED = 100_000
_TEMPLATE = "a template is written in quotes: '{{ id }}'"
"""For braces that begin a mapping of YAML, where a template was meant."""


class TextError(ConfigError):
    """The text is not YAML or JSON that can be used: `line` says where."""

    def __init__(self, problem: str, hint: str = "", *, line: int = 1) -> None:
        super().__init__("", "", problem, hint)
        self.line = line


def parse_text(text: str) -> list[Json]:
    """Read every document of *text*; empty documents are left out as None.

    Raises:
        TextError: the text is neither YAML nor JSON, or holds a duplicate key, a tag, or aliases beyond reason.
    """
    check_depth(text)
    value = plain_values(text)
    return [value] if value is not None else parse_carefully(text)


def check_depth(text: str) -> None:
    """Raise TextError if *text* is nested deeper than any reader of YAML is to go down."""
    if (line := too_deep(text)) is not None:
        raise TextError(f"is nested deeper than {DEEPEST} levels", line=line)


def parse_carefully(text: str) -> list[Json]:
    """Read *text* as `parse_text` does, without its short cut; it must be known not to be too deep."""
    try:
        nodes = list(compose_nodes(text))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = min(mark.line + 1, max(len(text.splitlines()), 1)) if mark else 1  # the end of the text is its last line
        said = ", ".join(part for part in (error.context, error.problem) if part)
        raise TextError(f"is neither YAML nor JSON: {said}", _hint(text, line), line=line) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise TextError(f"is neither YAML nor JSON: {str(error).splitlines()[0]}") from error
    try:
        return [_Values().value(node) for node in nodes]
    except RecursionError as error:
        raise TextError("is nested too deep, or holds itself by an alias") from error


def _hint(text: str, line: int) -> str:
    lines = text.splitlines()
    said = lines[line - 1] if line <= len(lines) else ""
    if "\t" in said:
        return "YAML is indented by spaces, never by tabs"
    return _TEMPLATE if "{{" in said or "{%" in said else ""


class _Values:
    """Turns the nodes of one document into values."""

    def __init__(self) -> None:
        self._made = 0
        self._kinds: dict[type, Callable[..., Json]] = {
            yaml.ScalarNode: self._scalar,
            yaml.SequenceNode: self._sequence,
            yaml.MappingNode: self._mapping,
        }

    def value(self, node: yaml.Node) -> Json:
        self._made += 1
        if self._made > _MOST_ALIASED and self._made > 2 * node.end_mark.index:
            raise TextError("its aliases grow beyond reason", line=node.start_mark.line + 1)
        return self._kinds[type(node)](node)

    def _scalar(self, node: yaml.ScalarNode) -> Json:
        _check_tag(node)
        if node.style and node.style in _QUOTED:
            return node.value
        try:
            return plain_scalar(node.value)
        except ValueError as error:
            problem = f"{node.value[:20]}... is a number beyond reason"
            raise TextError(problem, "quote what is to be text", line=node.start_mark.line + 1) from error

    def _sequence(self, node: yaml.SequenceNode) -> Json:
        _check_tag(node)
        return [self.value(item) for item in node.value]

    def _mapping(self, node: yaml.MappingNode) -> Json:
        _check_tag(node)
        values: dict[str, Json] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                hint = _TEMPLATE if isinstance(key, yaml.MappingNode) else ""
                raise TextError("a key must be text", hint, line=key.start_mark.line + 1)
            if key.value == "<<" and not key.style:
                _merge(values, self.value(value), key.start_mark.line + 1)
            elif key.value in values and key.value not in _merged(node, self):
                raise TextError(
                    f"the key {key.value!r} is given twice", "keep one of them", line=key.start_mark.line + 1
                )
            else:
                values[key.value] = self.value(value)
        return values


def _check_tag(node: yaml.Node) -> None:
    """Raise TextError if a tag was written on *node*."""
    if node.tag:
        tag = node.tag.replace("tag:yaml.org,2002:", "!!")
        raise TextError(f"the tag {tag} means nothing here", "quote what is to be text", line=node.start_mark.line + 1)


def _merge(values: dict[str, Json], merged: Json, line: int) -> None:
    for source in merged if isinstance(merged, list) else [merged]:
        if not isinstance(source, dict):
            raise TextError("a merge key (<<) takes a mapping", line=line)
        for name, value in source.items():
            values.setdefault(name, value)


def _merged(node: yaml.MappingNode, values: _Values) -> set[str]:
    """Return the keys that a merge key brought: the mapping's own keys may replace those."""
    names: set[str] = set()
    own = [key.value for key, _ in node.value]
    for key, value in node.value:
        if key.value == "<<" and not key.style:
            merged = values.value(value)
            names.update(*(merged if isinstance(merged, list) else [merged]))
    return {name for name in names if own.count(name) == 1}


def plain_scalar(text: str) -> Json:
    """Resolve an unquoted scalar by the YAML 1.2 core schema (YAML 1.2.2, section 10.3.2).

    Infinity and not-a-number stay text, since JSON has neither.

    Raises:
        ValueError: a number that is too large to be kept.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    if _INT.match(text):
        return int(text)
    if _FLOAT.match(text):
        return _finite(float(text))
    if _HEX.match(text):
        return int(text, 16)
    return int(text, 8) if _OCT.match(text) else text


def _finite(number: float) -> float:
    if math.isinf(number):
        raise ValueError("out of range")
    return number


class _Dumper(yaml.CSafeDumper):
    """Writes lists indented below their key, as the examples do."""


def _represent_text(dumper: _Dumper, value: str) -> yaml.Node:
    quoted = plain_scalar(value) != value if value else True
    style = "|" if "\n" in value else '"' if quoted else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _represent_text)


def dump_yaml(value: Json) -> str:
    """Write *value* as block YAML that reads back as the same value here and under YAML 1.1."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=110)
