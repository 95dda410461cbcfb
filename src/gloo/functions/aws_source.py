"""The Lua runtime of Lambda functions: it makes their events, and reads their answers."""

from functools import cache

from gloo.functions.runtime_source import joined

_PARTS = ("budget", "values", "operators", "json", "print", "lambda_event", "lambda_answer", "lambda_entry")


@cache
def aws_source() -> str:
    """Return the text of the runtime."""
    return joined(_PARTS)
