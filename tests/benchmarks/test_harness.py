import os
import time

import pytest
from benchmarks.harness import BenchmarkError, Measurement, alternate, compare, cpu_seconds, envoy_below, find_program


def run_of(cost: float) -> Measurement:
    return Measurement(requests=1_000_000, seconds=10, cpu=cost)


def test_a_ratio_is_the_median_of_the_ratios_within_each_round() -> None:
    results = {"a": [run_of(10), run_of(40), run_of(60)], "b": [run_of(10), run_of(20), run_of(20)]}
    ratio = compare(results, "a", "b")
    assert (ratio.cost, ratio.least, ratio.most) == (2, 1, 3)
    assert ratio.throughput == 1


def test_runs_take_turns_in_turning_order() -> None:
    order: list[str] = []

    def run(name: str) -> Measurement:
        order.append(name)
        return run_of(1)

    results = alternate({"a": lambda: run("a"), "b": lambda: run("b")}, 3)
    assert order == ["a", "b", "b", "a", "a", "b"]
    assert [len(runs) for runs in results.values()] == [3, 3]


def test_cpu_time_counts_work() -> None:
    before = cpu_seconds(os.getpid())
    end = time.process_time() + 0.1
    while time.process_time() < end:
        pass
    assert 0.05 < cpu_seconds(os.getpid()) - before < 1


def test_a_process_without_an_envoy_is_an_error() -> None:
    with pytest.raises(BenchmarkError, match="runs no Envoy"):
        envoy_below(os.getpid())


def test_a_missing_program_is_named_with_its_package() -> None:
    with pytest.raises(BenchmarkError, match=r"no-such-program is missing \(apt-get install some-package\)"):
        find_program("no-such-program", "some-package")
