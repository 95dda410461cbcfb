"""Where a redirect sends a client: Envoy's `Location`."""

from gloo.envoy.route import PathMatch, Redirect
from gloo.explain.request import Request
from gloo.explain.rewriting import with_prefix

_ANY = PathMatch("prefix", "/")
_DEFAULT_PORTS = {"http": "80", "https": "443"}


def location(request: Request, redirect: Redirect, match: PathMatch) -> str:
    """Return the address that *redirect* gives for *request*, which *match* has matched."""
    scheme = "https" if redirect.https else request.scheme
    host, port = _split(request.host)
    if redirect.host:
        host, port = redirect.host, ""
    if redirect.port:
        port = str(redirect.port)
    elif port == _DEFAULT_PORTS[request.scheme] and scheme != request.scheme:
        port = ""
    return f"{scheme}://{host}{f':{port}' if port else ''}{_target(request, redirect, match)}"


def secure_location(request: Request, ports: tuple[int, int] | None) -> str:
    """Return where `http_redirect` sends *request*; *ports* are those of the gateway, HTTP and HTTPS, if known.

    A client that names our HTTP port is sent to our HTTPS port, see `gloo.envoy.fixed_host`.
    """
    named = ports is not None and request.host.endswith(f":{ports[0]}")
    return location(request, Redirect(https=True, port=ports[1] if ports is not None and named else 0), _ANY)


def _split(host: str) -> tuple[str, str]:
    name, _, port = host.rpartition(":")
    return (name, port) if name and port.isdigit() else (host, "")


def _target(request: Request, redirect: Redirect, match: PathMatch) -> str:
    path, mark, query = request.path.partition("?")
    tail = "" if redirect.strip_query else mark + query
    if redirect.path:
        return redirect.path + ("" if "?" in redirect.path else tail)
    return (path if redirect.prefix is None else with_prefix(path, match, redirect.prefix)) + tail
