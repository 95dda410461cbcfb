"""Write Lua text: literals and names. The output is plain ASCII whatever goes in."""

import re

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_KEYWORDS = re.compile(
    "and|break|do|else|elseif|end|false|for|function|goto|if|in|local|nil|not|or|repeat|return|then|true|until|while"
)
_ESCAPES = {ord('"'): '\\"', ord("\\"): "\\\\", ord("\n"): "\\n"}


def quoted(text: str) -> str:
    """Write *text* as a Lua string literal of its UTF-8 bytes."""
    return '"' + "".join(map(_byte, text.encode("utf-8", "surrogatepass"))) + '"'


def _byte(byte: int) -> str:
    if byte in _ESCAPES:
        return _ESCAPES[byte]
    return chr(byte) if 32 <= byte < 127 else f"\\{byte:03d}"


def field(table: str, key: str) -> str:
    """Write the access to the field *key* of the variable *table*."""
    if _NAME.fullmatch(key) and not _KEYWORDS.fullmatch(key):
        return f"{table}.{key}"
    return f"{table}[{quoted(key)}]"


def call(function: str, *arguments: str) -> str:
    """Write a call of a function of the runtime."""
    return f"{function}({', '.join(arguments)})"
