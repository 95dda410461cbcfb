"""What Envoy says when it refuses something, in one short sentence.

Envoy writes the whole message that it refuses before the reason: thousands of characters, and secrets may be among
them. Of that nothing is kept.
"""

import re

_RULE = re.compile(r"(\w+?)ValidationError\.(\w+)(?:\[[^\]|]*\])?: (.*?)\)*\s*\Z", re.DOTALL)
_RULES = "Proto constraint validation failed ("
_DUMP = "goo.gle/debug"
_CAUSE = " | caused by "
_LONGEST = 300
_BREAK = r"\n"  # as Envoy writes one in its log
_CUT = "...(truncated)"
UNSAID = "a reason is not given"


def refusal_text(said: str) -> str:
    """Return the reason in what Envoy *said*, as ``RegexMatcher.regex: value length must be at least 1 characters``."""
    _, found, rules = said.rpartition(_RULES)
    if found:
        rule = _RULE.search(rules.rpartition(_CAUSE)[2])
        return _shortened(f"{rule[1]}.{_snake(rule[2])}: {rule[3]}" if rule else rules)
    if _DUMP in said:  # the reason, if it is there, stands behind the dump, which ends with a line break or a brace
        reason = said.rpartition("\n: ")[2] if "\n: " in said else said.rpartition("} : ")[2]
        return UNSAID if _DUMP in reason or said.endswith(_CUT) else _shortened(reason)
    return _shortened(said)


def log_text(line: str) -> str:
    """Return a *line* of Envoy's log; where it tells of a refusal, with the reason alone."""
    before, found, _ = line.partition(_DUMP)
    return f"{before}{refusal_text(line.replace(_BREAK, chr(10)))}" if found else line


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def _shortened(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 3]}..."
