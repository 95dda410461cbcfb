"""Folders of configuration: upstreams of running hosts, each behind a route of its own name."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.support.named_host import NamedHost

from gloo.model.base import Json


def service(name: str, hosts: Iterable[NamedHost | tuple[str, int]], **options: Json) -> Json:
    """Return an upstream of *hosts*: running ones, or addresses with ports; *options* are fields beside `spec`."""
    places = [("127.0.0.1", host.port) if isinstance(host, NamedHost) else host for host in hosts]
    spec = {"hosts": [{"addr": address, "port": port} for address, port in places]}
    return {"name": name, "type": "service", "spec": spec, **options}


def write_config(folder: Path, *upstreams: Json, extensions: Mapping[str, Json] | None = None) -> Path:
    """Write *upstreams*, each at the path prefix ``/NAME``, and return the folder."""
    routes = [
        {
            "request_matcher": {"path_prefix": f"/{each['name']}"},
            "single_destination": {"upstream": {"name": each["name"]}},
            "extensions": dict(extensions or {}),
        }
        for each in upstreams
    ]
    folder.mkdir(exist_ok=True)
    config = {"upstreams": list(upstreams), "virtual_services": [{"name": "default", "routes": routes}]}
    (folder / "gloo.yaml").write_text(json.dumps(config))
    return folder
