"""All configuration at one moment."""

from tests.support.translating import config_of


def test_of_two_objects_with_one_name_the_first_stays_and_each_tells_of_the_other() -> None:
    config = config_of("name: a\ntype: first\n", "# note\nname: a\ntype: second\n")
    first, other = config.upstreams.values()

    assert (first.name, first.source.document.name) == ("a", "config.yaml")
    (note,) = first.problems
    assert (note.file, note.line, note.warning) == ("config.yaml", 1, True)
    assert "in config-2.yaml:2, is left out" in note.problem

    assert (other.name, other.value) == ("config-2.yaml#0", None)
    (fault,) = other.problems
    assert (fault.file, fault.line, fault.warning) == ("config-2.yaml", 2, False)
    assert fault.problem == "the Upstream in config.yaml:1 has the name 'a'; this one is left out"


def test_an_upstream_and_a_virtual_service_may_share_a_name() -> None:
    config = config_of("name: a\ntype: x\n---\nname: a\nroutes: []\n")
    assert [item.ref for item in config.objects] == ["Upstream/a", "VirtualService/a"]
    assert all(not item.problems for item in config.objects)
