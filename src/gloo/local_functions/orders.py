"""What a worker is told when it starts, and what it says back: one line of JSON each."""

from typing import Literal

import msgspec

Kind = Literal["lambda", "google", "cloudevent", "asgi"]
SERVE = "serve"
"""Says to a worker that it is wanted, after its report."""
FUNCTION_HEADER = "x-gloo-function"
"""Says which function a request is for, its name percent-encoded; set by the route, whatever the client sent."""


class FunctionOrder(msgspec.Struct, frozen=True):
    """One function to serve: its name, and what stands for it in the module."""

    name: str
    handler: str
    kind: Kind


class Order(msgspec.Struct, frozen=True):
    """What to load and where to serve it.

    Args:
        upstream: for messages.
        file: the module, an absolute path.
        listener: the file descriptor of a bound socket that does not listen yet.
    """

    upstream: str
    file: str
    functions: tuple[FunctionOrder, ...]
    listener: int


class Finding(msgspec.Struct, frozen=True):
    """One thing that is wrong with a module; *function* is empty when it is about all of it.

    Args:
        missing: it may come by itself: a file that does not exist yet.
    """

    problem: str
    function: str = ""
    hint: str = ""
    missing: bool = False


class Report(msgspec.Struct, frozen=True):
    """What came of loading: whether the module could be run at all, and what is wrong."""

    loaded: bool
    findings: tuple[Finding, ...] = ()
