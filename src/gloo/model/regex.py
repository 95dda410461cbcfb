"""Regular expressions as Envoy reads them: RE2, checked before anything is published."""

import re

import re2

from gloo.errors import ConfigError

_GROUP = re.compile(r"\\(.?)", re.DOTALL)
_ATOM = re.compile(r"\\.|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]|.", re.DOTALL)
_PLAIN_ESCAPE = re.compile(r"\\[dwsbtnrfv!-/:-@\[-^`{-~]")


def check_regex(pattern: str, field: str) -> int:
    """Return the number of groups in *pattern*; raise ConfigError unless Envoy, which uses RE2, takes it."""
    if not pattern:
        raise ConfigError("", field, "a regular expression can't be empty", "leave it out, or write .*")
    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(pattern, options=options)
    except re2.error as error:
        said = error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else str(error)
        raise ConfigError("", field, f"{pattern!r} is no RE2 regular expression: {said}") from error
    groups: int = compiled.groups
    return groups


def check_substitution(substitution: str, field: str, *, groups: int) -> None:
    r"""Raise ConfigError unless each backslash in *substitution* is doubled or names one of *groups* (``\0``: all)."""
    for found in _GROUP.finditer(substitution):
        after = found[1]
        if after == "\\" or (after in "0123456789" and after and int(after) <= groups):
            continue
        known = r"\0" if groups == 0 else rf"\0 to \{groups}"
        raise ConfigError("", field, f"{found[0]!r} names no group of the pattern", rf"{known}, or \\ for a backslash")


def confined(pattern: str, stop: str) -> str:
    """Return an expression for the texts without the sign *stop* that *pattern* takes, to stand amid others.

    Raises:
        ConfigError: that can't be said of *pattern*, sign by sign.
    """
    atoms = _ATOM.findall(pattern)
    if "|" not in _outermost(atoms):
        atoms = atoms[1:] if atoms[:1] == ["^"] else atoms
        atoms = atoms[:-1] if atoms[-1:] == ["$"] else atoms
    return "".join([_confined(atom, stop) for atom in atoms])


def _outermost(atoms: list[str]) -> list[str]:
    """Return those of *atoms* that stand in no group."""
    depth, found = 0, []
    for atom in atoms:
        depth += (atom == "(") - (atom == ")")
        if depth == 0:
            found.append(atom)
    return found


def _confined(atom: str, stop: str) -> str:
    if atom in ("^", "$"):
        raise ConfigError("", "", f"{atom!r} can't stand amid it", "leave it out: the whole value is compared")
    if atom == ".":
        return f"[^{stop}]"
    if atom.startswith("[^"):
        rest = atom[2:]
        return f"[^{stop}\\{rest}" if rest[0] in "]-" else f"[^{stop}{rest}"
    if atom.startswith("\\") and not _PLAIN_ESCAPE.match(atom):
        raise ConfigError("", "", f"{atom!r} can't be used here", f"say it by a class, e.g. [^{stop}]")
    if atom.strip("\\") == stop or (atom.startswith("[") and re2.fullmatch(atom, stop) is not None):
        raise ConfigError("", "", f"{atom!r} takes {stop!r}, which ends a value", f"e.g. [^{stop}]")
    return atom
