"""Regular expressions as Envoy reads them: RE2, checked before anything is published."""

import re

import re2

from gloo.errors import ConfigError

_GROUP = re.compile(r"\\(.?)", re.DOTALL)


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
