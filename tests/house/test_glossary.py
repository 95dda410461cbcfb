"""One word, one thing: the glossary's words are used, its banned ones are not."""

import ast
import re

from tests.support.house import ROOT, modules, shown

_BANNED = re.compile(r"^\| (?:`[^`]+`(?:, )?)+ \|", re.MULTILINE)


def banned() -> set[str]:
    """Return the words of the table "Not our words" of the glossary."""
    table = (ROOT / "docs" / "glossary.md").read_text().partition("## Not our words")[2]
    return {word for row in _BANNED.findall(table) for word in re.findall(r"`([^`]+)`", row)}


def test_the_glossary_bans_some_words() -> None:
    assert len(banned()) >= 5


def test_no_class_or_function_is_named_by_a_banned_word() -> None:
    words = banned()
    found = [
        f"{shown(file)}:{node.lineno} {node.name}"
        for file in modules()
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        if words & set(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", node.name).lower().split("_"))
    ]
    assert found == []
