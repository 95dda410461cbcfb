"""Who is to blame, from Envoy's words."""

from gloo.envoy.snapshot import ResourceType
from gloo.xds.nack import split_error

CDS = "Error adding/updating cluster(s) "
LDS = "Error adding/updating listener(s) "


def test_each_cluster_gets_its_own_words() -> None:
    text = CDS + "a: bad host, b: bad port"
    assert split_error(ResourceType.CLUSTER, text, ["b", "a", "c"]) == {"a": "bad host", "b": "bad port"}


def test_a_comma_or_colon_inside_a_message_does_not_split_it() -> None:
    text = CDS + "a: one, two: three, b: four"
    assert split_error(ResourceType.CLUSTER, text, ["a", "b"]) == {"a": "one, two: three", "b": "four"}


def test_listeners_stand_on_lines_of_their_own() -> None:
    text = LDS + "l: cannot bind '1.2.3.4:1': no\nm: duplicate\n"
    expected = {"l": "cannot bind '1.2.3.4:1': no", "m": "duplicate"}
    assert split_error(ResourceType.LISTENER, text, ["l", "m"]) == expected


def test_a_name_that_ends_like_another_is_not_mistaken_for_it() -> None:
    text = CDS + "my-a: bad"
    assert split_error(ResourceType.CLUSTER, text, ["a", "my-a"]) == {"my-a": "bad"}


def test_a_text_that_names_nobody_blames_nobody() -> None:
    assert split_error(ResourceType.CLUSTER, "Invalid duration: a: 1", ["a"]) == {}
    assert split_error(ResourceType.ROUTE, CDS + "a: bad", ["a"]) == {}
    assert split_error(ResourceType.CLUSTER, CDS + "x: bad", ["a"]) == {}
