"""The work of functions written for gloo, for Envoy's transform and ext_proc filters and for nginx with Lua."""

import json
from pathlib import Path

from benchmarks.configs import PLAIN_POST, cluster, static_envoy
from benchmarks.harness import Load

LARGE = json.dumps(
    {
        "id": 123456,
        "items": [{"sku": f"A-{n:05}", "count": n, "note": "left at the door, “fragile”"} for n in range(125)],
    },
    ensure_ascii=False,
)
LOADS = {
    "plain": Load("/plain/pet"),
    "plain, matched by a regex": Load("/plains/123456/pets"),
    "plain, 45-byte POST": Load("/plain/pet", PLAIN_POST.body),
    "plain, 10 KB POST": Load("/plain/pet", json.dumps(json.loads(LARGE))),
    "headers, lowered": Load("/lowered"),
    "header copied, lowered": Load("/copied"),
    "headers, Lua": Load("/headers"),
    "path, lowered": Load("/pets/123456"),
    "path and header, lowered": Load("/users/123456/pets"),
    "path and header, Lua": Load("/users/123456/pets?from=1"),
    "45-byte body to body": Load("/body", PLAIN_POST.body),
    "10 KB body to body": Load("/large", json.dumps(json.loads(LARGE))),
    "response template": Load("/answer"),
}
"""The requests to gloo, by what their routes do."""

_SPEC = {
    "lowered": {"headers": {"x-client": "gloo", "x-agent": "{{ header('user-agent') }}"}},
    "copied": {"headers": {"x-client": "{{ header('x-team') }}"}},
    "headers": {"headers": {"x-client": "{{ 'gloo' }}", "x-agent": "{{ header('user-agent') ~ '' }}"}},
    "pets": {"path": "/find?id={{ id }}"},
    "users": {"path": "/find?id={{ id }}", "headers": {"x-client": "{{ id }}"}},
    "body": {"path": "/find", "body": '{"wanted": {{ id }}, "title": "{{ name }}", "note": "{{ note }}"}'},
    "large": {
        "path": "/find",
        "body": '{"wanted": {{ id }}, "lines": [{% for x in items %}{"article": "{{ x.sku }}", "pieces": {{ x.count }},'
        ' "text": "{{ x.note }}"}{% if not loop.is_last %},{% endif %}{% endfor %}]}',
    },
    "answer": {"response": {"body": '{"pet": {"number": {{ id }}, "called": "{{ name }}", "state": "{{ status }}"}}'}},
}


_PATTERNS = {"pets": "/pets/{id}", "users": "/users/{id}/pets"}
"""The paths of the functions that take a part of it."""


def write_gloo_functions(folder: Path, upstream_port: int, *, many: int = 0) -> None:
    """Write the configuration for gloo; *many* adds as many functions, each with a route ``/many/N``."""
    functions = [{"name": name, "spec": spec} for name, spec in _SPEC.items()]
    routes = [_route({"path_regex": "/plains/[0-9]+/pets"}, None), _route({"path_prefix": "/plain"}, None)]
    for name in _SPEC:
        path = _PATTERNS.get(name, f"/{name}")
        match = {"path_regex": path.replace("{id}", "[0-9]+")} if name in _PATTERNS else {"path_exact": path}
        routes.append(
            {**_route(match, name), "extensions": {"parameters": {"path": path}} if name in _PATTERNS else {}}
        )
    for number in range(many):
        body = f'{{"kind": {number}, "title": "{{{{ name }}}}", "more": {{{{ default(more, []) }}}}}}'
        functions.append({"name": f"many-{number}", "spec": {"path": f"/find/{number}/{{{{ id }}}}", "body": body}})
        routes.append(_route({"path_exact": f"/many/{number}"}, f"many-{number}"))
        routes.append(_route({"path_exact": f"/none/{number}"}, None))
    upstream = {
        "name": "bench",
        "type": "service",
        "spec": {"hosts": [{"addr": "127.0.0.1", "port": upstream_port}]},
        "service_info": {"type": "REST"},
        "functions": functions,
    }
    for kind, written in (("upstreams", upstream), ("virtual_services", {"name": "bench", "routes": routes})):
        (folder / kind).mkdir(parents=True)
        (folder / kind / "bench.yaml").write_text(json.dumps(written))


def _route(match: dict[str, str], function: str | None) -> dict[str, object]:
    called = {"function": {"upstream_name": "bench", "function_name": function}}
    return {"request_matcher": match, "single_destination": called if function else {"upstream": {"name": "bench"}}}


BY_HAND = {
    "nothing": "function envoy_on_request(handle) end",
    "headers": """function envoy_on_request(handle)
  local id, headers = handle:filterContext():get("id"), handle:headers()
  headers:replace("x-client", "gloo")
  headers:replace("x-agent", headers:get("user-agent") or "")
end""",
    "path and header": """function envoy_on_request(handle)
  local id, headers = handle:filterContext():get("id"), handle:headers()
  headers:replace("x-client", headers:get(":path"):sub(8))
  headers:replace(":path", "/find?id=" .. headers:get(":path"):sub(8))
end""",
}
"""Lua as short as it can be: what is left of the cost of a function in Lua is Envoy's own."""


def envoy_lua(port: int, upstream_port: int, *, script: str) -> str:
    """Return the bootstrap of an Envoy whose Lua filter calls *script*, which finds what it needs by the route."""
    bootstrap = json.loads(static_envoy(port, upstream_port))
    manager = bootstrap["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]
    kind = "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua"
    codes = {"own": {"inline_string": script}}
    config = {"@type": kind, "source_codes": codes, "clear_route_cache": False}
    manager["http_filters"].insert(0, {"name": "lua", "typed_config": config})
    told = {"@type": f"{kind}PerRoute", "name": "own", "filter_context": {"id": "a3f2c1d4e5b6"}}
    for host in manager["route_config"]["virtual_hosts"]:
        for route in host["routes"]:
            route["typed_per_filter_config"] = {"lua": told}
    return json.dumps(bootstrap)


def envoy_transform(port: int, upstream_port: int) -> str:
    """Return the bootstrap of an Envoy whose transform filter makes the 45-byte body."""
    bootstrap = json.loads(static_envoy(port, upstream_port))
    manager = bootstrap["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]
    body = {"wanted": "%REQUEST_BODY(id)%", "title": "%REQUEST_BODY(name)%", "note": "%REQUEST_BODY(note)%"}
    config = {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.transform.v3.TransformConfig",
        "request_transformation": {"body_transformation": {"body_format": {"json_format": body}, "action": "REPLACE"}},
    }
    manager["http_filters"].insert(0, {"name": "transform", "typed_config": config})
    return json.dumps(bootstrap)


def envoy_ext_proc(port: int, upstream_port: int, *, service_port: int) -> str:
    """Return the bootstrap of an Envoy that has the service on *service_port* make the 45-byte body."""
    bootstrap = json.loads(static_envoy(port, upstream_port))
    resources = bootstrap["static_resources"]
    manager = resources["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]
    config = {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor",
        "grpc_service": {"envoy_grpc": {"cluster_name": "service"}, "timeout": "5s"},
        "message_timeout": "5s",
        "processing_mode": {
            "request_header_mode": "SEND",  # else they have gone upstream when the answer to the body changes them
            "request_body_mode": "BUFFERED",
            "response_header_mode": "SKIP",
        },
    }
    manager["http_filters"].insert(0, {"name": "ext_proc", "typed_config": config})
    protocol = {
        "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        "explicit_http_config": {"http2_protocol_options": {}},
    }
    options = {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": protocol}
    resources["clusters"].append(cluster("service", service_port) | {"typed_extension_protocol_options": options})
    return json.dumps(bootstrap)


_NGINX = """
daemon off;
master_process off;
load_module /usr/lib/nginx/modules/ndk_http_module.so;
load_module /usr/lib/nginx/modules/ngx_http_lua_module.so;
pid {folder}/nginx-lua.pid;
error_log {folder}/nginx-lua.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path {folder}/lua-body;
  proxy_temp_path {folder}/lua-proxy;
  fastcgi_temp_path {folder}/lua-fastcgi;
  uwsgi_temp_path {folder}/lua-uwsgi;
  scgi_temp_path {folder}/lua-scgi;
  init_by_lua_block {{ cjson = require("cjson") }}
  upstream bench {{ server 127.0.0.1:{upstream}; keepalive 32; }}
  proxy_http_version 1.1;
  proxy_set_header connection "";
  server {{
    listen 127.0.0.1:{port};
    location /plain {{ proxy_pass http://bench; }}
    location /body {{
      rewrite_by_lua_block {{
        ngx.req.read_body()
        local from = cjson.decode(ngx.req.get_body_data())
        ngx.req.set_uri("/find")
        ngx.req.set_body_data(cjson.encode({{wanted = from.id, title = from.name, note = from.note}}))
      }}
      proxy_pass http://bench;
    }}
    location ~ ^/users/([0-9]+)/pets$ {{
      set $id $1;
      rewrite_by_lua_block {{
        ngx.req.set_header("x-client", ngx.var.id)
        ngx.req.set_uri("/find")
        ngx.req.set_uri_args("id=" .. ngx.escape_uri(ngx.var.id))
      }}
      proxy_pass http://bench;
    }}
  }}
}}
"""


def nginx_lua(folder: Path, port: int, upstream_port: int) -> str:
    """Return the configuration of an nginx whose Lua does the work of ``/body`` and ``/users/N/pets``."""
    return _NGINX.format(folder=folder, port=port, upstream=upstream_port)
