"""Listeners as Envoy gets them, told in a few words."""

from gloo.envoy.readable import readable
from gloo.envoy.snapshot import EnvoySnapshot, ResourceType
from gloo.model.base import Json


def listener_in(snapshot: EnvoySnapshot, name: str) -> Json:
    """Return the listener *name* as plain values; None where there is none."""
    found = snapshot.of_type(ResourceType.LISTENER).get(name)
    return readable(found) if found is not None else None


def chains_of(snapshot: EnvoySnapshot, name: str) -> dict[str, tuple[str, ...]]:
    """Return the server names of each chain by its certificate.

    ``(all)`` marks a chain without names, ``none`` the chain that closes connections.
    """
    listener = listener_in(snapshot, name)
    found = {}
    for chain in listener["filter_chains"] if listener else ():
        names = tuple(chain["filter_chain_match"].get("server_names", ()))
        found[_certificate(chain) + ("" if names else " (all)")] = names
    return found


def _certificate(chain: Json) -> str:
    if "transport_socket" not in chain:
        return "none"
    config = chain["transport_socket"]["typed_config"]
    context = config.get("downstream_tls_context", config)["common_tls_context"]
    return str(context["tls_certificate_sds_secret_configs"][0]["name"])
