"""The Lua runtime of Lambda functions: it makes their events, and reads their answers."""

from functools import cache
from importlib.resources import files

_PARTS = ("budget", "values", "operators", "json", "print", "lambda_event", "lambda_answer", "lambda_entry")


@cache
def aws_source() -> str:
    """Return the text of the runtime; its files share the table ``gloo``, as those of the other runtime do."""
    folder = files("gloo.functions") / "runtime"
    texts = (f"do\n{(folder / f'{part}.lua').read_text(encoding='ascii')}end\n" for part in _PARTS)
    return f"local gloo = {{}}\n{''.join(texts)}"
