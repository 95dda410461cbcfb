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
from gloo.envoy.route import FilterConfigs, HeaderChange
from gloo.envoy.snapshot import Resource, ResourceType
from gloo.envoy.tls import secret_from_ads

PATH = "x-gloo-path"
"""A header that each target sets for a cluster with `path_written`, whatever the client sent: a mark and a path."""

_PATH_SCRIPT = f"""\
function envoy_on_request(handle)
  local headers = handle:headers()
  local told, path = headers:get("{PATH}"), headers:get(":path")
  if not told then return end
  headers:remove("{PATH}")
  local rest = told:sub(1, 1) == "+" and path or path:match("%?.*") or ""
  headers:replace(":path", told:sub(2) .. rest)
end
"""
METHOD = "x-gloo-method"
"""A header that each target sets for a cluster with `method_written`, whatever the client sent.

A HEAD stays one: Envoy would hand its client the body of the answer to another method.
"""

_METHOD_SCRIPT = f"""\
function envoy_on_request(handle)
  local headers = handle:headers()
  local told = headers:get("{METHOD}")
  if not told then return end
  headers:remove("{METHOD}")
  if headers:get(":method") ~= "HEAD" then headers:replace(":method", told) end
end
"""
CHOSEN = "x-gloo-key"
"""A header that a target sets for a cluster with `chosen`: the name of the header whose value is wanted."""

_CHOICE = """\
function envoy_on_request(handle)
  local headers = handle:headers()
  local wanted = headers:get("%s")
  local value = wanted and headers:get(wanted)
  headers:remove("%s")
  for _, name in ipairs({%s}) do headers:remove(name) end
  if value then headers:replace("%s", value) end
end
"""


FOR_FILTERS = frozenset({PATH, METHOD, CHOSEN})
"""All such headers; a request with one is finished by the filters of its own cluster, and by no other."""


def path_before(path: str) -> HeaderChange:
    """Return what makes `path_written` put *path* before the one that the route makes of the client's."""
    return HeaderChange(PATH, f"+{path}")


def path_instead(path: str) -> HeaderChange:
    """Return what makes `path_written` put *path* in its place; the query stays."""
    return HeaderChange(PATH, f"={path}")


def path_written() -> tuple[str, TypedConfig]:
    """Return what writes the path as the target's header says, and takes the header away."""
    return "gloo.upstream.path", _lua(_PATH_SCRIPT)


def method_written() -> tuple[str, TypedConfig]:
    """Return what writes the method as the target's header says, and takes the header away."""
    return "gloo.upstream.method", _lua(_METHOD_SCRIPT)


def chosen(header: str, names: tuple[str, ...]) -> tuple[str, TypedConfig]:
    """Return what sets *header* to the value of the one of the headers *names* that `CHOSEN` names; all these go."""
    listed = ", ".join(f'"{name}"' for name in names)
    return f"gloo.upstream.{header}", _lua(_CHOICE % (CHOSEN, CHOSEN, listed, header))


def _lua(script: str) -> TypedConfig:
    config = lua_pb2.Lua(default_source_code=base_pb2.DataSource(inline_string=script))
    config.clear_route_cache.value = False
    return typed(config)


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
