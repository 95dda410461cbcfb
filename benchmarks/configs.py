"""The same work written three times: for the upstream, by hand for Envoy, and for gloo."""

import json
from pathlib import Path

from benchmarks.harness import Load

PLAIN = Load("/plain/pet")
PLAIN_POST = Load("/plain/pet", '{"id": 123456, "name": "Rex", "note": "a dog"}')
FUNCTION = Load("/function", PLAIN_POST.body)

_ANSWER = '{"id": 123456, "name": "Rex", "status": "available"}'

_NGINX = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location / {{ default_type application/json; return 200 '{answer}'; }}
  }}
}}
"""

_VIRTUAL_SERVICE = """
name: bench
routes:
- request_matcher: {path_prefix: /plain}
  single_destination: {upstream: {name: bench}}
- request_matcher: {path_exact: /function}
  single_destination: {function: {upstream_name: bench, function_name: find}}
"""

_UPSTREAM = """
name: bench
type: service
spec:
  hosts:
  - {{addr: 127.0.0.1, port: {port}}}
service_info: {{type: REST}}
functions:
- name: find
  spec:
    path: /find
    body: '{{"wanted": {{{{ id }}}}, "title": "{{{{ name }}}}", "note": "{{{{ note }}}}"}}'
"""


def nginx(folder: Path, port: int) -> str:
    """Return the configuration of a small upstream that answers everything with the same JSON."""
    return _NGINX.format(folder=folder, port=port, answer=_ANSWER)


def write_gloo_config(folder: Path, upstream_port: int) -> None:
    """Write what a user of gloo would write into *folder*."""
    for name, text in (("virtual_services", _VIRTUAL_SERVICE), ("upstreams", _UPSTREAM.format(port=upstream_port))):
        (folder / name).mkdir(parents=True)
        (folder / name / "bench.yaml").write_text(text)


def static_envoy(port: int, upstream_port: int) -> str:
    """Return a bootstrap such as one writes by hand to proxy a path prefix to one upstream."""
    route: dict[str, object] = {"match": {"prefix": "/plain"}, "route": {"cluster": "bench"}}
    return _bootstrap(port, [route], [cluster("bench", upstream_port)])


def static_upstream(port: int) -> str:
    """Return the bootstrap of an Envoy that stands in for nginx as the upstream."""
    body = {"inline_string": _ANSWER}
    route: dict[str, object] = {"match": {"prefix": "/"}, "direct_response": {"status": 200, "body": body}}
    return _bootstrap(port, [route], [])


def _bootstrap(port: int, routes: list[dict[str, object]], clusters: list[dict[str, object]]) -> str:
    api = "type.googleapis.com/envoy.extensions.filters"
    connection = {
        "@type": f"{api}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "ingress",
        "route_config": {"virtual_hosts": [{"name": "bench", "domains": ["*"], "routes": routes}]},
        "http_filters": [{"name": "router", "typed_config": {"@type": f"{api}.http.router.v3.Router"}}],
    }
    listener = {
        "name": "http",
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
        "filter_chains": [{"filters": [{"name": "http", "typed_config": connection}]}],
    }
    return json.dumps({"static_resources": {"listeners": [listener], "clusters": clusters}})


def cluster(name: str, port: int) -> dict[str, object]:
    """Return a cluster of one host on 127.0.0.1."""
    address = {"socket_address": {"address": "127.0.0.1", "port_value": port}}
    endpoints = [{"lb_endpoints": [{"endpoint": {"address": address}}]}]
    return {
        "name": name,
        "type": "STATIC",
        "connect_timeout": "5s",
        "load_assignment": {"cluster_name": name, "endpoints": endpoints},
    }
