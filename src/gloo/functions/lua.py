"""Write Lua text: literals and names. The output is plain ASCII whatever goes in."""

import json
import re

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_KEYWORDS = re.compile(
    "and|break|do|else|elseif|end|false|for|function|goto|if|in|local|nil|not|or|repeat|return|then|true|until|while"
)
_ESCAPES = {code: f"\\{code:03d}" for code in (*range(32), *range(127, 256))} | {
    ord('"'): '\\"',
    ord("\\"): "\\\\",
    ord("\n"): "\\n",
}


def quoted(text: str) -> str:
    """Write *text* as a Lua string literal of its UTF-8 bytes."""
    return quoted_bytes(text.encode("utf-8", "surrogatepass"))


def literal(value: str | int | float | bool | None) -> str:
    """Write a JSON scalar as the runtime has it: a number that Lua may not hold exactly keeps its digits."""
    match value:
        case None:
            return "gloo.null"
        case bool():
            return boolean(value)
        case str():
            return quoted(value)
    digits = json.dumps(value)
    return digits if digits.isdigit() and len(digits) <= 14 else f"{{[0] = {quoted(digits)}}}"


def quoted_bytes(raw: bytes) -> str:
    """Write *raw* as a Lua string literal."""
    return f'"{raw.decode("latin-1").translate(_ESCAPES)}"'


def field(table: str, key: str) -> str:
    """Write the access to the field *key* of the variable *table*."""
    if _NAME.fullmatch(key) and not _KEYWORDS.fullmatch(key):
        return f"{table}.{key}"
    return f"{table}[{quoted(key)}]"


def call(function: str, *arguments: str) -> str:
    """Write a call of a function of the runtime."""
    return f"{function}({', '.join(arguments)})"


def boolean(value: bool) -> str:
    """Write *value*."""
    return "true" if value else "false"
