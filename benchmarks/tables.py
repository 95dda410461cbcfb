"""Configuration folders of any size, for the benchmarks of scale and of change."""

from pathlib import Path

_OBJECTS_PER_FILE = 100


def write_services(folder: Path, count: int) -> None:
    """Write *count* virtual services of two routes each, and as many upstreams, 100 of a kind to a file."""
    folder.mkdir(parents=True, exist_ok=True)
    for first in range(0, count, _OBJECTS_PER_FILE):
        numbers = range(first, min(first + _OBJECTS_PER_FILE, count))
        upstreams = "".join(_upstream(number) for number in numbers)
        services = "".join(_service(number) for number in numbers)
        (folder / f"upstreams-{first:06}.yaml").write_text(f"upstreams:\n{upstreams}")
        (folder / f"services-{first:06}.yaml").write_text(f"virtual_services:\n{services}")


def _upstream(number: int) -> str:
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    return f"- name: up-{number}\n  type: service\n  spec:\n    hosts:\n    - {{addr: {address}, port: 80}}\n"


def _service(number: int) -> str:
    routes = "".join(
        f"  - request_matcher: {{path_prefix: {path}}}\n    single_destination: {{upstream: {{name: up-{number}}}}}\n"
        for path in ("/api", "/")
    )
    return f"- name: vs-{number}\n  domains: [host{number}.example.org]\n  routes:\n{routes}"


def service_file(folder: Path, service: int) -> Path:
    """Return the file that holds virtual service *service* of `write_routes`."""
    return folder / "virtual_services" / f"vs-{service:05}.yaml"


def write_routes(folder: Path, *, services: int, routes: int) -> None:
    """Write *services* virtual services of *routes* routes each, a file to each; all answer from the gateway itself."""
    (folder / "virtual_services").mkdir(parents=True, exist_ok=True)
    for service in range(services):
        service_file(folder, service).write_text(service_text(service, routes=routes))


def service_text(service: int, *, routes: int, changed: int = -1, answer: str = "unchanged") -> str:
    """Return a virtual service whose route *changed* answers *answer*."""
    lines = [f"name: vs-{service}", f"domains: [host{service}.example.org]", "routes:"]
    for route in range(routes):
        body = answer if route == changed else "unchanged"
        lines.append(f"- request_matcher: {{path_prefix: /route-{route:05}/}}")
        lines.append(f"  extensions: {{direct_response: {{status: 200, body: {body}}}}}")
    return "\n".join(lines) + "\n"
