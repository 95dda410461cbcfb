"""Filters of a cluster: what happens to each request on its way to that upstream, after the route had its say.

They run once for each try of a request, on the same headers, so each leaves nothing for a second run to do again.
"""

from envoy.config.core.v3 import base_pb2
from envoy.extensions.filters.http.credential_injector.v3 import credential_injector_pb2
from envoy.extensions.filters.http.lua.v3 import lua_pb2
from envoy.extensions.filters.http.upstream_codec.v3 import upstream_codec_pb2
from envoy.extensions.http.injected_credentials.generic.v3 import generic_pb2
from envoy.extensions.transport_sockets.tls.v3 import secret_pb2

from gloo.envoy.message import Message, TypedConfig, pack, packed, serialize, typed
from gloo.envoy.route import FilterConfigs
from gloo.envoy.snapshot import Resource, ResourceType
from gloo.envoy.tls import secret_from_ads

PATH_PREFIX = "x-gloo-path-prefix"
"""A header that a target sets for a cluster with `path_prefixed`: what is to stand before the path."""

_SCRIPT = f"""\
function envoy_on_request(handle)
  local headers = handle:headers()
  local prefix = headers:get("{PATH_PREFIX}")
  if prefix then
    headers:remove("{PATH_PREFIX}")
    headers:replace(":path", prefix .. headers:get(":path"))
  end
end
"""


def path_prefixed() -> tuple[str, TypedConfig]:
    """Return what puts the text of the header `PATH_PREFIX` before the path, and takes the header away."""
    config = lua_pb2.Lua(default_source_code=base_pb2.DataSource(inline_string=_SCRIPT))
    config.clear_route_cache.value = False
    return "gloo.upstream.path_prefix", typed(config)


def injected(header: str, secret: str) -> tuple[str, TypedConfig]:
    """Return what sets *header* to the value in Envoy's *secret*, whatever the client sent."""
    generic = generic_pb2.Generic(credential=secret_from_ads(secret), header=header)
    credential = credential_injector_pb2.CredentialInjector(overwrite=True)
    credential.credential.name = "envoy.http.injected_credentials.generic"
    credential.credential.typed_config.CopyFrom(pack(generic))
    return f"gloo.upstream.{header}.{secret}", typed(credential)


def header_secret(name: str, value: str) -> Resource:
    """Return the value of a header as a secret for Envoy, which shows it in no dump."""
    secret = secret_pb2.Secret(name=name)
    secret.generic_secret.secret.inline_string = value
    return Resource(ResourceType.SECRET, name, serialize(secret))


def set_upstream_filters(options: Message, filters: FilterConfigs) -> None:
    """Write *filters* into *options*, the HTTP options of a cluster, with the one that must end them."""
    last = ("envoy.filters.http.upstream_codec", typed(upstream_codec_pb2.UpstreamCodec()))
    for name, config in (*filters, last):
        options.http_filters.add(name=name).typed_config.CopyFrom(packed(config))
