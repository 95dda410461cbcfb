"""gloo delete."""

from pathlib import Path

from tests.cli.command_line import gloo


def test_an_object_is_deleted_and_its_empty_file_with_it(folder: Path) -> None:
    said = gloo("delete", "us", "petstore", "-d", folder).stdout
    assert said == "Upstream/petstore deleted (upstreams/petstore.yaml)\n"
    assert list((folder / "upstreams").iterdir()) == []


def test_routes_that_lose_their_upstream_are_named(folder: Path) -> None:
    gloo("route", "add", "--path-prefix", "/", "--upstream", "petstore", "-d", folder)
    said = gloo("delete", "upstream", "petstore", "-d", folder).stderr
    assert "VirtualService/default: routes[0].single_destination.upstream.name: there is no upstream 'petstore'" in said


def test_what_is_not_there_is_an_error_with_the_nearest_name(folder: Path) -> None:
    said = gloo("delete", "us", "petsore", "-d", folder, status=1).stderr
    assert said == "Error: Upstream/petsore does not exist (did you mean 'petstore'?)\n"
    assert "there are no virtualservices" in gloo("delete", "vs", "default", "-d", folder, status=1).stderr


def test_only_objects_can_be_deleted(folder: Path) -> None:
    assert "(kinds: upstream, virtualservice)" in gloo("delete", "route", "x", "-d", folder, status=2).stderr
