"""Check that a port is free before Envoy opens it, and name who has it.

Envoy listens with SO_REUSEPORT: a second gateway on the same port would start without an error and take half of the
connections of the first one. A plain bind, without that option, finds out.
"""

import errno
import socket
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path

from gloo.errors import ProxyError

_NO_IPV6 = (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL)


def check_free(bind: str, port: int, *, flag: str) -> str:
    """Return the address to bind: *bind* itself, or ``0.0.0.0`` for ``::`` on a host without IPv6.

    Args:
        bind: an IP address; ``::`` means all addresses of both families.
        port: 0 is always free.
        flag: the option that sets the port, ``--http-port``, for the hint.

    Raises:
        ProxyError: the port is taken (it says by whom if that can be known), not permitted, or *bind* is no address
            of this host.
    """
    try:
        _bind(bind, port)
    except OSError as error:
        if bind == "::" and error.errno in _NO_IPV6:
            return check_free("0.0.0.0", port, flag=flag)  # noqa: S104 - what the user asked for, less IPv6
        raise ProxyError(_explain(error, bind, port, flag=flag)) from error
    except ValueError as error:
        raise ProxyError(f"bind address {bind!r} is not an IP address (e.g. 127.0.0.1, or :: for all)") from error
    return bind


def _bind(bind: str, port: int) -> None:
    family = socket.AF_INET6 if ip_address(bind).version == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # Connections of the past (TIME_WAIT) do not count; another listener still does.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if bind == "::":
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        probe.bind((bind, port))


def _explain(error: OSError, bind: str, port: int, *, flag: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is taken{_by_whom(port)} (pass another one: {flag} {_next_port(port)})"
    if error.errno == errno.EACCES:
        return f"port {port} is not permitted to this user (pass one above 1023: {flag} 8080)"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"bind address {bind} is not an address of this host"
    return f"port {port} on {bind} can't be opened: {error.strerror}"


def _next_port(port: int) -> int:
    return port + 1 if port < 65535 else port - 1


def _by_whom(port: int) -> str:
    owner = owner_of(port)
    return f" by {owner}" if owner else ""


def owner_of(port: int) -> str | None:
    """Name the process that listens on the TCP *port*: ``envoy (pid 12), started by gloo (pid 11)``.

    None where the system does not say: no ``/proc``, or a process of another user. Arguments are left out of the
    name, they may hold secrets.
    """
    inodes = _listening_inodes(port)
    if not inodes:
        return None
    for process in Path("/proc").glob("[0-9]*"):
        if _holds(process, inodes):
            return _describe(process)
    return None


def _listening_inodes(port: int) -> frozenset[str]:
    """Read the socket numbers of the listeners on *port* (fields: proc(5), ``/proc/net/tcp``)."""
    found = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        with suppress(OSError):
            for line in table.read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                    found.add(f"socket:[{fields[9]}]")
    return frozenset(found)


def _holds(process: Path, inodes: frozenset[str]) -> bool:
    try:
        files = list((process / "fd").iterdir())
    except OSError:
        return False  # gone meanwhile, or another user's
    for file in files:
        with suppress(OSError):
            if str(file.readlink()) in inodes:
                return True
    return False


def _describe(process: Path) -> str | None:
    try:
        text = _name(process)
        with suppress(OSError):
            # Fields after the name in parentheses: state, parent (proc(5), /proc/PID/stat).
            parent = (process / "stat").read_text().rpartition(")")[2].split()[1]
            if int(parent) > 1:
                text += f", started by {_name(process.parent / parent)}"
    except OSError:
        return None
    return text


def _name(process: Path) -> str:
    return f"{(process / 'comm').read_text().strip()} (pid {process.name})"
