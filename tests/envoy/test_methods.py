"""The methods that Envoy takes; `tests/explain/test_envoy_agrees.py` asks a real one."""

from gloo.envoy.methods import METHODS


def test_methods_are_in_upper_case_and_connect_has_no_path() -> None:
    assert all(method == method.upper() for method in METHODS)
    assert "CONNECT" not in METHODS
