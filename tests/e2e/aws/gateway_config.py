"""The configuration of the tests with Lambda functions: one function for each shape of events and answers."""

import json
from pathlib import Path

from tests.e2e.aws.lambda_peer import Answer, LambdaPeer

from gloo.model.base import Json

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 400
ECHO = {"response": "passthrough"}
FUNCTIONS: dict[str, Json] = {
    "body": {},
    "live": {"qualifier": "live"},
    "v2": {"request": "api_gateway_v2", **ECHO},
    "v1": {"request": "api_gateway_v1", **ECHO},
    "alb": {"request": "alb", **ECHO},
    "alb-multi": {"request": "alb", "multi_value": True, **ECHO},
    "envoy": {"request": "envoy"},
    "as-v2": {"request": "api_gateway_v2"},
    "as-v1": {"request": "api_gateway_v1"},
    "as-alb": {"request": "alb"},
}


def write_config(folder: Path, peer: LambdaPeer) -> Path:
    """Write a route ``/NAME`` for each function, and ``/async`` for an asynchronous call."""
    write_secret(folder, peer.keys)
    endpoint = {"host": "127.0.0.1", "port": peer.port, "tls": False}
    spec = {"region": "eu-west-1", "account_id": "123456789012", "secret_ref": "aws", "endpoint": endpoint}
    functions = [{"name": name, "spec": {"function_name": name, **fields}} for name, fields in FUNCTIONS.items()]
    upstream = {"name": "aws", "type": "aws", "spec": spec, "functions": functions}
    plain = {"name": "plain", "type": "service", "spec": {"hosts": [{"addr": "127.0.0.1", "port": peer.port}]}}
    routes = [*(route(name, name) for name in FUNCTIONS), route("async", "as-v2", execution_style="async")]
    retries = {"extensions": {"max_retries": 2}}
    routes.append(route("again", "body") | retries)
    routes.append(route("", "v2") | {"request_matcher": None, "event_matcher": {"event_type": "org.example.a"}})
    shares = [
        {"upstream": {"name": "plain"}, "weight": 20},
        {"function": {"upstream_name": "aws", "function_name": "as-v2"}, "weight": 80},
    ]
    routes.append({"request_matcher": {"path_exact": "/split"}, "multiple_destinations": shares})
    config = {"upstreams": [upstream, plain], "virtual_services": [{"name": "default", "routes": routes}]}
    (folder / "gloo.yaml").write_text(json.dumps(config))
    return folder


def write_secret(folder: Path, keys: dict[str, str]) -> None:
    """Write the last of *keys*, in one step as a careful writer does."""
    *_, (key, secret) = keys.items()
    (folder / "secrets").mkdir(parents=True, exist_ok=True)
    new = folder / "secrets" / ".aws.new"
    new.touch(0o600)
    new.write_text(json.dumps({"access_key": key, "secret_key": secret}))
    new.replace(folder / "secrets" / "aws.yaml")


def route(path: str, function: str, **extensions: str) -> Json:
    destination = {"function": {"upstream_name": "aws", "function_name": function}}
    matcher = {"path_regex": f"/{path}(/.*)?"}
    return {"request_matcher": matcher, "single_destination": destination, "extensions": extensions}


def result(**fields: Json) -> Answer:
    return Answer(json.dumps(fields).encode())
