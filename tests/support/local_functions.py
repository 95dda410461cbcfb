"""Folders with Python functions, and requests as a worker gets them."""

import json
from pathlib import Path

import httpx
from starlette.types import ASGIApp

from gloo.model.base import Json
from gloo.plugins.base import FunctionKind, PythonFunction, PythonWorker
from gloo.plugins.local import socket_of


def write_functions(folder: Path, code: str, **kinds: FunctionKind) -> Path:
    """Write *code* as the module of an upstream ``local`` with these functions, each at the path of its name."""
    folder.mkdir(exist_ok=True)
    (folder / "code.py").write_text(code)
    functions = [{"name": name, "spec": {"kind": kind}} for name, kind in kinds.items()]
    upstream = {"name": "local", "type": "local", "spec": {"module": "code.py"}, "functions": functions}
    routes = [route(f"/{name}", name) for name in kinds]
    config = {"upstreams": [upstream], "virtual_services": [{"name": "default", "routes": routes}]}
    (folder / "gloo.yaml").write_text(json.dumps(config))
    return folder


def route(path: str, function: str) -> Json:
    """Return a route to a function of the upstream."""
    called = {"function": {"upstream_name": "local", "function_name": function}}
    return {"request_matcher": {"path_prefix": path}, "single_destination": called}


def worker_of(**kinds: FunctionKind) -> PythonWorker:
    """Return the worker of `write_functions`."""
    functions = (PythonFunction(name, name, kind, "functions[0]") for name, kind in kinds.items())
    return PythonWorker("local", "code.py", tuple(functions), socket_of("local"))


async def ask(application: ASGIApp, method: str = "GET", url: str = "/", **options: object) -> httpx.Response:
    """Send one request to *application* as a client of the gateway; *options* as `httpx` has them."""
    transport = httpx.ASGITransport(application, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.example.org") as client:
        return await client.request(method, url, **options)  # type: ignore[arg-type]  # passed on as they come
