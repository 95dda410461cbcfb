"""gloo version."""

from tests.cli.command_line import gloo, told

from gloo import __version__


def test_gloo_envoy_and_plugins_are_told() -> None:
    found = told("version")
    assert found["gloo"] == __version__
    assert found["envoy"][0].isdigit()
    assert "service" in found["upstream_types"]
    assert "REST" in found["service_types"]


def test_an_envoy_that_is_not_there_does_not_hide_the_rest() -> None:
    said = gloo("version", "--envoy", "/no/envoy").stdout
    assert "envoy: none: Envoy: '/no/envoy' is not an executable file" in said
    assert said.startswith(f"gloo: {__version__}\n")


def test_a_program_that_is_no_envoy_is_told_as_such() -> None:
    assert "does not tell" in gloo("version", "--envoy", "/bin/false").stdout
