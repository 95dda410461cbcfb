"""Where Envoys get their configuration, and where those of each role listen, as the settings say it."""

import re
import socket
import stat
from ipaddress import ip_address
from pathlib import Path

from gloo.control_plane.settings import Settings
from gloo.errors import ProxyError, SettingsError
from gloo.model.base import Value, is_name, replace
from gloo.translator.domains import DEFAULT_ROLE
from gloo.translator.gateway import Gateway

LOOPBACK = "127.0.0.1"
_ADDRESS = re.compile(r"(?:(?P<host>[^:\[\]\s]+|\[[0-9A-Fa-f:.]+\]):)?(?P<port>\d{1,5})\Z")
_PORTS = re.compile(r"(?P<role>[^=]*)=(?P<plain>\d{1,5}):(?P<secure>\d{1,5})\Z")
_MOST_PORT = 65535
_SOCKET_PATH_LIMIT = 107  # struct sockaddr_un: 108 bytes with the final zero


class Address(Value, frozen=True):
    """A host and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_ip(self) -> bool:
        """Whether the host is an IP address, and no name."""
        try:
            ip_address(self.host)
        except ValueError:
            return False
        return True

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine gets there."""
        return ip_address(self.host).is_loopback if self.is_ip else self.host == "localhost"


def xds_socket(settings: Settings) -> Path | None:
    """Return the socket that the settings name; raise SettingsError where it can't be one."""
    if not settings.xds_socket:
        return None
    path = Path(settings.xds_socket).absolute()
    if len(str(path).encode()) > _SOCKET_PATH_LIMIT:
        raise SettingsError(f"xds_socket: {path} is too long for a Unix socket (at most {_SOCKET_PATH_LIMIT} bytes)")
    return path


def xds_address(settings: Settings) -> Address | None:
    """Return the address that the settings name; raise SettingsError for a port that is none."""
    if not settings.xds_address:
        return None
    found = _ADDRESS.match(settings.xds_address)
    if found is None:
        raise SettingsError(f"xds_address: {settings.xds_address!r} is no HOST:PORT (e.g. 127.0.0.1:18000)")
    return Address((found["host"] or LOOPBACK).strip("[]"), _port(found["port"], "xds_address"))


def role_ports(settings: Settings) -> dict[str, tuple[int, int]]:
    """Return the ports, HTTP and HTTPS, of the roles that have their own; raise SettingsError for what can't be."""
    found: dict[str, tuple[int, int]] = {}
    for entry in filter(None, settings.role_ports.split(",")):
        parts = _PORTS.match(entry)
        if parts is None:
            raise SettingsError(f"role_ports: {entry!r} is no ROLE=HTTP:HTTPS (e.g. internal=9080:9443)")
        role = parts["role"]
        if not is_name(role) or role in found:
            raise SettingsError(f"role_ports: {role!r} {'stands there twice' if role in found else 'is no role'}")
        if role == DEFAULT_ROLE:
            raise SettingsError(f"role_ports: the ports of {role} are http_port and https_port")
        found[role] = _port(parts["plain"], "role_ports"), _port(parts["secure"], "role_ports")
    return found


def with_role_ports(gateway: Gateway, settings: Settings) -> Gateway:
    """Return *gateway* with those of the roles that have ports of their own; raises as `role_ports`."""
    ports = role_ports(settings).items()
    by_role = {role: replace(gateway, http_port=plain, https_port=secure) for role, (plain, secure) in ports}
    return replace(gateway, by_role=by_role) if by_role else gateway


def _port(text: str, setting: str) -> int:
    if not 1 <= int(text) <= _MOST_PORT:
        raise SettingsError(f"{setting}: port {text} is not between 1 and {_MOST_PORT}")
    return int(text)


def check_socket(path: Path) -> None:
    """Raise ProxyError unless a socket can be made at *path*: nothing is there, or one that nobody listens on."""
    if not path.parent.is_dir():
        raise ProxyError(f"xds_socket: there is no folder {path.parent}")
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise ProxyError(f"xds_socket: {path} is there already, and no socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return
    raise ProxyError(f"xds_socket: another process listens on {path} (name another one: --xds-socket PATH)")
