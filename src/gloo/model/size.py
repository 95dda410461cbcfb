"""Sizes as users write them: ``256KB``, ``1MiB``; whole numbers are bytes."""

import re

_UNITS = {"": 1, "B": 1, "KB": 10**3, "KiB": 2**10, "MB": 10**6, "MiB": 2**20, "GB": 10**9, "GiB": 2**30}
_SIZE = re.compile(r"([0-9]{1,15}) ?([A-Za-z]*)")


def parse_size(value: int | str) -> int:
    """Return the bytes of *value*.

    Raises:
        ValueError: it is no size.
    """
    if isinstance(value, int):
        return value
    found = _SIZE.fullmatch(value)
    if found is None or found[2] not in _UNITS:
        raise ValueError(f"{value!r} is not a size (e.g. 65536, 256KB, 1MiB)")
    return int(found[1]) * _UNITS[found[2]]


def size_of(given: int | str | None) -> int | None:
    """Return the bytes that *given* says, if it is given; raise ValueError if it is no size."""
    return None if given is None else parse_size(given)
