"""Upstreams to be asked, and answers, for the tests of discovery."""

from tests.support.platform_server import wanted

from gloo.discovery.wanted import Wanted
from gloo.model.upstream import Function
from gloo.plugins.discovery import Discovered


def faas(name: str = "faas", *, gateway: str = "http://127.0.0.1:1", every: str = "5m", most: int = 500) -> Wanted:
    """Return an upstream of type openfaas as it is to be asked."""
    return wanted(
        f'{{name: {name}, type: openfaas, spec: {{gateway: "{gateway}"}}, '
        f"discovery: {{functions: true, every: {every}, most: {most}}}}}"
    )


def has(*names: str, silent: tuple[str, ...] = (), left_out: tuple[str, ...] = ()) -> Discovered:
    """Return the answer of an upstream that has functions of these names."""
    return Discovered(tuple(Function(name=name) for name in names), silent, left_out)
