"""The kinds of things that commands take by name."""

from typing import Final

import click
from click.shell_completion import CompletionItem

UPSTREAM: Final = "upstream"
VIRTUAL_SERVICE: Final = "virtualservice"
FUNCTION: Final = "function"
ROUTE: Final = "route"
SECRET: Final = "secret"
PROBLEM: Final = "problem"

STORED = {UPSTREAM: "Upstream", VIRTUAL_SERVICE: "VirtualService"}
"""The kinds that are objects of their own, and what the model calls them."""

ALIASES = {
    UPSTREAM: ("upstreams", "us"),
    VIRTUAL_SERVICE: ("virtualservices", "virtual_service", "virtual_services", "virtual-service", "vs"),
    FUNCTION: ("functions", "fn"),
    ROUTE: ("routes",),
    SECRET: ("secrets",),
    PROBLEM: ("problems",),
}


class Kind(click.ParamType[str]):
    """A kind, under any of its names; the value is the one in `ALIASES`."""

    name = "kind"

    def __init__(self, *kinds: str) -> None:
        self.kinds = kinds

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        return "KIND"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        word = value.lower()
        for kind in self.kinds:
            if word == kind or word in ALIASES[kind]:
                return kind
        self.fail(f"{value!r} is no kind (kinds: {', '.join(self.kinds)})", param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return [CompletionItem(kind) for kind in self.kinds if kind.startswith(incomplete.lower())]
