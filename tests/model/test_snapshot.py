"""All configuration at one moment."""

from tests.support.translating import config_of


def test_of_two_objects_with_one_name_the_first_stays_and_tells_of_the_other() -> None:
    config = config_of("name: a\ntype: first\n", "# note\nname: a\ntype: second\n")
    (item,) = config.upstreams.values()
    assert item.source.document.name == "config.yaml"
    (problem,) = item.problems
    assert (problem.file, problem.line, problem.warning) == ("config-2.yaml", 2, True)


def test_an_upstream_and_a_virtual_service_may_share_a_name() -> None:
    config = config_of("name: a\ntype: x\n---\nname: a\nroutes: []\n")
    assert [item.ref for item in config.objects] == ["Upstream/a", "VirtualService/a"]
    assert all(not item.problems for item in config.objects)
