"""Which secrets a configuration asks for; no others are read."""

from gloo.model.snapshot import ConfigSnapshot
from gloo.plugins.registry import Plugins
from gloo.translator import certificates, tokens, upstreams
from gloo.translator.memo import Memo


def wanted_secrets(config: ConfigSnapshot, plugins: Plugins, memo: Memo) -> frozenset[str]:
    """Return the names of the secrets that upstreams and virtual services name."""
    found: set[str] = set()
    for item in config.upstreams.values():
        found.update(memo.once(upstreams.secret_names, item, plugins))
    for item in config.virtual_services.values():
        found.update(certificates.secret_names(item))
        found.update(tokens.secret_names(item))
    return frozenset(found)
