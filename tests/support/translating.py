"""From a text as users write it to what the translator makes of it."""

from gloo.envoy.readable import readable
from gloo.envoy.snapshot import ResourceType
from gloo.model.artifact import Artifact
from gloo.model.base import Json
from gloo.model.codec import decode
from gloo.model.secret import Secret
from gloo.model.snapshot import ConfigSnapshot
from gloo.model.source import Document
from gloo.plugins.registry import BUILT_IN, Plugins
from gloo.translator import Gateway, Translation, translate
from gloo.translator.memo import Memo

PLUGINS = Plugins.of(BUILT_IN)
GATEWAY = Gateway(trusted_roots=b"-- roots --")


def config_of(*texts: str, secrets: tuple[Secret, ...] = (), artifacts: tuple[Artifact, ...] = ()) -> ConfigSnapshot:
    """Return the configuration in *texts*, each a document of its own (``config.yaml``, ``config-2.yaml``, ...)."""
    names = ("config.yaml", *(f"config-{number}.yaml" for number in range(2, len(texts) + 1)))
    documents = (Document(name, text) for name, text in zip(names, texts, strict=True))
    objects = (item for document in documents for item in decode(document))
    named = {artifact.name: artifact for artifact in artifacts}
    return ConfigSnapshot.of(objects, {secret.name: secret for secret in secrets}, named)


def translated(*texts: str, memo: Memo | None = None, artifacts: tuple[Artifact, ...] = ()) -> Translation:
    """Translate *texts* with the built-in plugins; raise SnapshotError if what comes out does not hold together."""
    translation = translate(config_of(*texts, artifacts=artifacts), PLUGINS, gateway=GATEWAY, memo=memo)
    for snapshot in translation.snapshots.values():
        snapshot.check()
    return translation


def virtual_hosts(translation: Translation, role: str = "ingress") -> dict[str, Json]:
    """Return the virtual hosts of *role* by name."""
    tables = translation.snapshots[role].of_type(ResourceType.ROUTE).values()
    return {host["name"]: host for table in tables for host in readable(table).get("virtual_hosts", ())}


def routes(translation: Translation, host: str) -> list[Json]:
    """Return the routes of the virtual host *host* of the role ingress, from a plain list."""
    found: list[Json] = virtual_hosts(translation)[host].get("routes", [])
    return found


def clusters(translation: Translation, role: str = "ingress") -> dict[str, Json]:
    """Return the clusters of *role* by name."""
    of_type = translation.snapshots[role].of_type(ResourceType.CLUSTER)
    return {name: readable(cluster) for name, cluster in of_type.items()}
