"""Where a secret value could show: the forms that it takes on its way, and the places of a running gateway."""

import base64
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

_LEAST = 12


def forms_of(value: str) -> Iterator[bytes]:
    """Yield *value* and what stays of it inside base64, wherever in it the value begins; of PEM text, each line."""
    lines = [line for line in value.splitlines() if len(line) >= _LEAST and not line.startswith("-----")]
    for raw in map(str.encode, lines):
        yield raw
        yield raw.hex().encode()
        for offset in range(3):
            encoded = base64.b64encode(b"\0" * offset + raw)
            yield encoded[4 if offset else 0 : -4]


def found_in(outputs: Mapping[str, bytes], values: Iterable[str]) -> list[str]:
    """Return the names of the *outputs* that show one of *values* in any form."""
    forms = [form for value in values for form in forms_of(value)]
    assert forms and min(map(len, forms)) >= _LEAST, "too short to be told from chance"
    return [name for name, output in outputs.items() if any(form in output for form in forms)]


def files_below(folder: Path) -> dict[str, bytes]:
    """Return the contents of all regular files below *folder*."""
    return {str(file): file.read_bytes() for file in folder.rglob("*") if file.is_file() and not file.is_symlink()}


def command_lines() -> dict[str, bytes]:
    """Return the command line of every process of this machine that still runs."""
    return {f"ps {pid}": line for pid in _processes() if (line := _read(pid, "cmdline"))}


def environments_below(process: int) -> dict[str, bytes]:
    """Return the environments of the processes that *process* started, and of those that they did."""
    parents = {pid: int(stat.rpartition(b")")[2].split()[1]) for pid in _processes() if (stat := _read(pid, "stat"))}
    family, grown = {process}, True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in family} - family
        family, grown = family | more, bool(more)
    return {
        f"environment {pid} of {_read(pid, 'comm').decode().strip()}": _read(pid, "environ")
        for pid in family - {process}
    }


def _processes() -> Iterator[int]:
    return (int(name) for name in os.listdir("/proc") if name.isdigit())  # noqa: PTH208 - thousands, names alone


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:  # it is gone
        return b""
