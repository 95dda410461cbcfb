"""Which secrets and artifacts a configuration asks for; no others are read."""

from gloo.model.base import Value
from gloo.model.snapshot import ConfigSnapshot
from gloo.plugins.registry import Plugins
from gloo.translator import certificates, tokens
from gloo.translator.memo import Memo
from gloo.translator.upstream_needs import needs_of


class WantedNames(Value, frozen=True):
    """The names of all that is asked for, by what it is."""

    secrets: frozenset[str]
    artifacts: frozenset[str]


def wanted_names(config: ConfigSnapshot, plugins: Plugins, memo: Memo) -> WantedNames:
    """Return what upstreams and virtual services name, in one pass over them."""
    secrets: set[str] = set()
    artifacts: set[str] = set()
    for item in config.upstreams.values():
        needs = memo.once(needs_of, item, plugins)
        secrets.update(needs.secrets)
        artifacts.update(needs.artifacts)
    for item in config.virtual_services.values():
        secrets.update(certificates.secret_names(item))
        secrets.update(tokens.secret_names(item))
    return WantedNames(frozenset(secrets), frozenset(artifacts))


def wanted_secrets(config: ConfigSnapshot, plugins: Plugins, memo: Memo) -> frozenset[str]:
    """Return the names of the secrets alone."""
    return wanted_names(config, plugins, memo).secrets
