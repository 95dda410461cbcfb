"""Measure serverless functions: ``python -m benchmarks.serverless`` from the repository; two minutes.

**Lambda**: CPU time of Envoy per call against plain proxying of the same bytes by the same Envoy. Lambda is played by
the upstream of the other benchmarks, which answers everything: what is measured is making the call and signing it.

**Local functions**: CPU time of the process of functions per request, against the same ASGI application behind uvicorn
alone; a second of a core divided by it is how many a core does. Envoy's own time comes on top, and is in the table.
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from benchmarks.configs import PLAIN_POST, nginx
from benchmarks.harness import (
    LOAD_CORE,
    PROXY_CORE,
    BenchmarkError,
    Load,
    Measurement,
    Runs,
    Target,
    alternate,
    compare,
    envoy_below,
    find_program,
    free_port,
    measure,
    started,
    wait_for_answer,
)

_LARGE = json.dumps({"lines": [{"article": f"A-{number:05}", "pieces": number} for number in range(270)]})
_BODIES = {"45 bytes": PLAIN_POST.body, "10 KB": _LARGE}
_KINDS = {
    "plain": "plain proxying",
    "body": "Lambda, body passed on",
    "event": "Lambda, event of API Gateway 2.0",
    "url": "Function URL",
}
_MODULE = """
async def app(scope, receive, send):
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def handler(event, context):
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": event["body"]}
"""
_ALONE, _ASGI, _LAMBDA = "the application behind uvicorn", "local function, kind asgi", "local function, kind lambda"
_LOCAL = {_ASGI: Load("/asgi", PLAIN_POST.body), _LAMBDA: Load("/lambda", PLAIN_POST.body)}
_ENVOY = "Envoy before a local function"


def main() -> int:
    """Measure, print the tables, and return the status to end with."""
    options = _parser().parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="gloo-bench-") as name:
            for part in (_lambda_runs, _local_runs):
                folder = Path(name) / part.__name__
                folder.mkdir()
                with ExitStack() as stack:
                    runs, report = part(stack, folder)
                    timed = {name: partial(run, seconds=options.seconds, folder=folder) for name, run in runs.items()}
                    report(alternate(timed, options.rounds))
    except BenchmarkError as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks.serverless", description="Measure serverless functions.")
    parser.add_argument("--rounds", type=int, default=5, help="how often each run is made (default 5)")
    parser.add_argument("--seconds", type=int, default=2, help="length of one run (default 2)")
    return parser


Measured = tuple[Mapping[str, Callable[..., Measurement]], Callable[[Runs], None]]


def _lambda_runs(stack: ExitStack, folder: Path) -> Measured:
    port, log = free_port(), folder / "upstream.log"
    (folder / "nginx.conf").write_text(nginx(folder, port))
    command = [find_program("nginx", "nginx-light"), "-c", str(folder / "nginx.conf"), "-e", str(log)]
    stack.enter_context(started(command, core=LOAD_CORE, log=log))
    wait_for_answer(port, Load("/"), log=log)
    loads = {
        f"{title}, {size}": Load(f"/{kind}", body) for kind, title in _KINDS.items() for size, body in _BODIES.items()
    }
    target = stack.enter_context(_gateway(folder / "config", _lambda_config(port), loads))
    envoy = Target(target.port, envoy_below(target.pid))
    return {name: partial(measure, envoy, load) for name, load in loads.items()}, _report_lambda


def _local_runs(stack: ExitStack, folder: Path) -> Measured:
    config = folder / "config"
    config.mkdir()
    (config / "functions.py").write_text(_MODULE)
    gateway = stack.enter_context(_gateway(config, _local_config(), _LOCAL))
    port, log = free_port(), folder / "uvicorn.log"
    options = ["--app-dir", str(config), "--port", str(port), "--no-access-log", "--log-level", "warning"]
    command = [sys.executable, "-m", "uvicorn", "functions:app", *options]
    alone = stack.enter_context(started(command, core=PROXY_CORE, log=log))
    wait_for_answer(port, Load("/", PLAIN_POST.body), log=log)
    envoy, worker = envoy_below(gateway.pid), _worker_below(gateway.pid)
    runs = {name: partial(measure, Target(gateway.port, worker), load) for name, load in _LOCAL.items()}
    runs[_ALONE] = partial(measure, Target(port, alone), Load("/", PLAIN_POST.body))
    runs[_ENVOY] = partial(measure, Target(gateway.port, envoy), _LOCAL[_ASGI])
    return runs, _report_local


def _lambda_config(port: int) -> Mapping[str, object]:
    place = {"host": "127.0.0.1", "port": port, "tls": False}
    known = {"region": "eu-west-1", "secret_ref": "aws"}
    called = {**known, "account_id": "123456789012", "endpoint": place}
    functions = [{"name": "body"}, {"name": "event", "spec": {"request": "api_gateway_v2"}}]
    upstreams = [
        {"name": "plain", "type": "service", "spec": {"hosts": [{"addr": "127.0.0.1", "port": port}]}},
        {"name": "called", "type": "aws", "spec": called, "functions": functions},
        {
            "name": "url",
            "type": "aws",
            "spec": {**known, "url": f"http://127.0.0.1:{port}"},
            "functions": [{"name": "url"}],
        },
    ]
    routes = [
        _route("plain", {"upstream": {"name": "plain"}}),
        *(_route(name, _function("called", name)) for name in ("body", "event")),
        _route("url", _function("url", "url")),
    ]
    return {"upstreams": upstreams, "virtual_services": [{"name": "default", "routes": routes}]}


def _local_config() -> Mapping[str, object]:
    functions = [
        {"name": "asgi", "spec": {"handler": "app", "kind": "asgi"}},
        {"name": "lambda", "spec": {"handler": "handler", "kind": "lambda"}},
    ]
    upstream = {"name": "here", "type": "local", "spec": {"module": "functions.py"}, "functions": functions}
    routes = [_route(name, _function("here", name)) for name in ("asgi", "lambda")]
    return {"upstreams": [upstream], "virtual_services": [{"name": "default", "routes": routes}]}


def _route(path: str, destination: Mapping[str, object]) -> Mapping[str, object]:
    return {"request_matcher": {"path_exact": f"/{path}"}, "single_destination": destination}


def _function(upstream: str, name: str) -> Mapping[str, object]:
    return {"function": {"upstream_name": upstream, "function_name": name}}


@contextmanager
def _gateway(folder: Path, config: Mapping[str, object], loads: Mapping[str, Load]) -> Iterator[Target]:
    """Run gloo with *config*; the process is that of gloo itself."""
    (folder / "secrets").mkdir(parents=True)
    (folder / "gloo.yaml").write_text(json.dumps(config))
    secret = folder / "secrets" / "aws.yaml"
    secret.touch(0o600)
    secret.write_text("access_key: AKIDEXAMPLE\nsecret_key: not-a-real-key\n")
    port, log = free_port(), folder.with_suffix(".log")
    program = shutil.which("gloo") or str(Path(sys.executable).parent / "gloo")
    ports = ["--http-port", str(port), "--https-port", str(free_port()), "--bind", "127.0.0.1", "--concurrency", "1"]
    with started([program, "run", str(folder), *ports], core=PROXY_CORE, log=log) as pid:
        for load in loads.values():
            wait_for_answer(port, load, log=log)
        yield Target(port, pid)


def _worker_below(pid: int) -> int:
    """Return the process of local functions that *pid* runs."""
    for children in (Path("/proc") / str(pid)).glob("task/*/children"):
        for child in children.read_text().split():
            if (Path("/proc") / child / "comm").read_text().strip() != "envoy":
                return int(child)
    raise BenchmarkError(f"process {pid} runs no local functions")


def _report_lambda(results: Runs) -> None:
    _report_costs(results, "Envoy")
    print(f"\n{'CPU of the call / of plain proxying (median)':<52}{'ratio':>8}{'least-most':>14}")
    for size in _BODIES:
        for title in list(_KINDS.values())[1:]:
            _report_ratio(results, f"{title}, {size}", f"{_KINDS['plain']}, {size}")


def _report_local(results: Runs) -> None:
    print()
    _report_costs(results, "the process")
    print(f"\n{'CPU of the function / of uvicorn alone (median)':<52}{'ratio':>8}{'least-most':>14}")
    for name in (_ASGI, _LAMBDA, _ENVOY):
        _report_ratio(results, name, _ALONE)


def _report_costs(results: Runs, whose: str) -> None:
    print(f"{f'run (CPU of {whose})':<52}{'us/request':>12}{'per core and second':>22}")
    for name, runs in results.items():
        middle = sorted(runs, key=lambda run: run.cost)[len(runs) // 2]
        print(f"{name:<52}{middle.cost:>12.1f}{1e6 / middle.cost:>22.0f}")


def _report_ratio(results: Runs, name: str, base: str) -> None:
    ratio = compare(results, name, base)
    print(f"{name:<52}{ratio.cost:>8.3f}{f'{ratio.least:.2f}-{ratio.most:.2f}':>14}")


if __name__ == "__main__":
    sys.exit(main())
