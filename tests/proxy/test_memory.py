"""The memory that Envoy may have: what is said, or a share of what there is."""

import os
from pathlib import Path

import pytest

from gloo.errors import SettingsError
from gloo.proxy.memory import LEAST, default_of, memory_of, present

MACHINE = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


@pytest.mark.parametrize(("given", "expected"), [("512MiB", 2**29), ("2GB", 2 * 10**9), ("134217728", LEAST)])
def test_what_is_given_counts(given: str, expected: int) -> None:
    assert memory_of(given) == expected


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("much", "envoy_memory: 'much' is not a size (e.g. 65536, 256KB, 1MiB)"),
        ("100MiB", "envoy_memory: '100MiB' is less than Envoy needs (at least 128MiB)"),
    ],
)
def test_what_can_not_be_is_refused(given: str, told: str) -> None:
    with pytest.raises(SettingsError) as error:
        memory_of(given)
    assert str(error.value) == told


def test_without_a_word_most_of_what_there_is() -> None:
    assert memory_of("") == default_of(present())
    assert present() <= MACHINE


@pytest.mark.parametrize(
    ("all_memory", "heap"), [(10 * 2**30, 8 * 2**30), (512 * 2**20, 312 * 2**20), (256 * 2**20, LEAST), (0, LEAST)]
)
def test_in_small_containers_there_is_room_for_what_is_beside_the_heap(all_memory: int, heap: int) -> None:
    assert default_of(all_memory) == heap


def _written(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_the_least_limit_of_all_control_groups_around_counts(tmp_path: Path) -> None:
    root = _written(
        tmp_path,
        {
            "proc/self/cgroup": "0::/pods/one/gloo\n",
            "sys/fs/cgroup/pods/one/gloo/memory.max": "max\n",
            "sys/fs/cgroup/pods/one/memory.max": "300000000\n",
            "sys/fs/cgroup/pods/memory.max": "400000000\n",
        },
    )
    assert present(root) == min(MACHINE, 300_000_000)


def test_the_limit_of_a_container_stands_at_its_root(tmp_path: Path) -> None:
    root = _written(tmp_path, {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "200000000\n"})
    assert present(root) == min(MACHINE, 200_000_000)


def test_control_groups_of_version_1_count_too(tmp_path: Path) -> None:
    root = _written(
        tmp_path,
        {
            "proc/self/cgroup": "5:cpu,cpuacct:/a\n4:memory:/a\n1:name=systemd:/a\n",
            "sys/fs/cgroup/memory/a/memory.limit_in_bytes": "9223372036854771712\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "250000000\n",
        },
    )
    assert present(root) == min(MACHINE, 250_000_000)


def test_a_system_without_control_groups_has_no_limit(tmp_path: Path) -> None:
    assert present(tmp_path) == MACHINE
