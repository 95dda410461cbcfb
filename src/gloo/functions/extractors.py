"""Extractors: variables that a regular expression takes out of the request.

An extractor is a parameter whose pattern is a regex over the whole value. What it does not match is missing, as with
any other parameter, except that the modes that replace give the value as it is.
"""

import re
from typing import Literal

from gloo.functions import lua
from gloo.functions.regex import Regex, compile_pattern
from gloo.functions.source import Source
from gloo.model.base import Value

Mode = Literal["extract", "single_replace", "replace_all"]


class Extractor(Value, frozen=True):
    """What is done with the value.

    Args:
        name: of the variable; a dot nests.
        regex: RE2 syntax; it must match the whole value, except to replace all.
        subgroup: which group is the value, or is replaced; 0 is the whole match.
        mode: ``extract`` the group; replace it in the value (``single_replace``); or replace every match
            (``replace_all``).
        replacement_text: the new text; to replace all, ``$1`` stands for a group and ``$$`` for a dollar sign.
    """

    name: str
    regex: str
    subgroup: int = 0
    mode: Mode = "extract"
    replacement_text: str | None = None

    @property
    def field(self) -> str:
        """Its name in error messages."""
        return f"extractors.{self.name}"


class WrittenExtractor(Value, frozen=True):
    """Lua: a *constant* outside of the function, and the *value* taken from a text."""

    constant: str
    value: str


def write_extractor(extractor: Extractor, text: str, index: int) -> WrittenExtractor:
    """Write what *extractor* makes of the Lua value *text*; raise `TemplateError` for what is wrong with it."""
    source = Source.of(f"{extractor.field}.regex", extractor.regex)
    name, given = f"r{index}", extractor.replacement_text or ""
    kept = named_groups(given) if extractor.mode == "replace_all" else {extractor.subgroup}
    regex = compile_pattern(source, kept=kept)
    _check(extractor, regex)
    match extractor.mode:
        case "extract":
            value = lua.call("gloo.extract", text, name, str(extractor.subgroup))
        case "single_replace":
            value = lua.call("gloo.replace_group", text, name, str(extractor.subgroup), lua.quoted(given))
        case "replace_all":
            parts = replacement(Source.of(f"{extractor.field}.replacement_text", given), regex, pattern=source)
            value = lua.call("gloo.replace_all", text, name, parts)
    return WrittenExtractor(f"local {name} = {regex.lua}", value)


def check_extractor(extractor: Extractor) -> None:
    """Raise `TemplateError` for what is wrong with *extractor*, also where no template uses it."""
    write_extractor(extractor, "", 0)


def named_groups(text: str) -> set[int]:
    """Return the groups that a replacement needs: those that it names, and the whole match."""
    return {0, *(int(digit) for digit in re.findall(r"\$([0-9])", text))}


def replacement(source: Source, regex: Regex, *, pattern: Source) -> str:
    """Write the parts of a replacement as a Lua list: texts, and numbers of groups."""
    if regex.may_be_empty:
        raise pattern.error(0, "the regex matches an empty text, so there is no end of replacing", "use + instead of *")
    parts: list[str] = []
    at, text = 0, source.text
    while at < len(text):
        if text[at] != "$":
            end = next((i for i in range(at, len(text)) if text[i] == "$"), len(text))
            parts.append(lua.quoted(text[at:end]))
            at = end
            continue
        digit = text[at + 1 : at + 2]
        if digit != "$" and not (digit.isdecimal() and digit.isascii() and int(digit) <= regex.groups):
            known = "$0" if not regex.groups else f"$0 to ${regex.groups}"
            raise source.error(
                at, f"{text[at : at + 2]!r} names no group of the regex", f"{known}; $$ is a dollar sign"
            )
        parts.append(lua.quoted("$") if digit == "$" else digit)
        at += 2
    return f"{{{', '.join(parts)}}}"


def _check(extractor: Extractor, regex: Regex) -> None:
    source = Source.of(extractor.field, "")
    if extractor.subgroup > regex.groups:
        raise source.error(0, f"the regex has no group {extractor.subgroup}", f"it has {regex.groups}")
    if extractor.mode == "extract" and extractor.replacement_text is not None:
        raise source.error(0, "to extract needs no replacement_text", "leave it out, or set mode: single_replace")
    if extractor.mode != "extract" and extractor.replacement_text is None:
        raise source.error(0, "to replace needs a replacement_text")
    if extractor.mode == "replace_all" and extractor.subgroup:
        raise source.error(0, "to replace all takes no subgroup", "name groups in replacement_text, as $1")
