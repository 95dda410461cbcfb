"""Objects are edited where they stand, and nothing else is."""

import pytest

from gloo.errors import Conflict, NotFound
from gloo.model.source import Document
from gloo.model.text import parse_text
from gloo.storage import Edit
from gloo.storage.edit import place_object, put_object, remove_object

BUNDLE = Document(
    "all.yaml",
    """\
# our gateway
upstreams:
  # the shop
  - name: shop   # main
    type: service

  # the bank
  - name: bank
    type: service
    connectionTimeout: 5s   # slow

virtual_services:
  - name: default
    routes:
    # first
    - request_matcher: {path_prefix: /a}
      single_destination: {upstream: {name: shop}}
""",
)
PARTS = Document(
    "upstreams/many.yaml",
    "# shop\nname: shop\ntype: service\n---\n# bank\nname: bank\ntype: service\n---\nname: toys\ntype: service\n",
    "Upstream",
)
ROUTE = {"request_matcher": {"path_prefix": "/a"}, "single_destination": {"upstream": {"name": "shop"}}}


def test_an_object_leaves_a_bundle_with_its_comment() -> None:
    text = BUNDLE.text.replace("  # the shop\n  - name: shop   # main\n    type: service\n", "")
    assert remove_object(BUNDLE, "Upstream", "shop") == text


def test_the_last_object_of_a_kind_leaves_an_empty_list() -> None:
    assert (remove_object(BUNDLE, "VirtualService", "default") or "").endswith("slow\n\nvirtual_services: []\n")


def test_a_camel_case_field_stays_one() -> None:
    change = Edit("Upstream", {"name": "bank", "type": "service", "connection_timeout": "7s"})
    assert put_object(BUNDLE, change) == BUNDLE.text.replace("5s", "7s")


def test_a_route_put_first_leaves_the_others_and_their_comments() -> None:
    new = {"request_matcher": {"path_prefix": "/new"}, "single_destination": {"upstream": {"name": "bank"}}}
    text = put_object(BUNDLE, Edit("VirtualService", {"name": "default", "routes": [new, ROUTE]}))
    head, _, tail = BUNDLE.text.partition("    # first\n")
    assert text.startswith(head) and text.endswith("    # first\n" + tail)
    assert parse_text(text)[0]["virtual_services"][0]["routes"] == [new, ROUTE]


@pytest.mark.parametrize(("name", "left"), [("shop", (1, 2)), ("bank", (0, 2)), ("toys", (0, 1))])
def test_a_part_leaves_a_file_of_several_and_the_others_stay_as_they_are(name: str, left: tuple[int, int]) -> None:
    parts = PARTS.text.split("---\n")
    text = remove_object(PARTS, "Upstream", name)
    assert (text or "").removeprefix("---\n") == "---\n".join(parts[index] for index in left)


def test_a_part_of_several_is_changed_alone() -> None:
    text = put_object(PARTS, Edit("Upstream", {"name": "bank", "type": "rest"}))
    assert text == PARTS.text.replace("name: bank\ntype: service", "name: bank\ntype: rest")


def test_the_last_object_leaves_nothing() -> None:
    assert remove_object(Document("upstreams/a.yaml", "# a\nname: a\ntype: x\n", "Upstream"), "Upstream", "a") is None


def test_an_object_joins_the_file_that_has_its_name() -> None:
    document = Document("upstreams/bank.yaml", "# other\nname: shop\ntype: service", "Upstream")
    placed = place_object([document], Edit("Upstream", {"name": "bank", "type": "rest"}))
    assert placed and placed.text == "# other\nname: shop\ntype: service\n---\nname: bank\ntype: rest\n"


def test_json_stays_json() -> None:
    document = Document("all.json", '{"upstreams": [{"name": "bank", "type": "service"}]}')
    text = put_object(document, Edit("Upstream", {"name": "bank", "type": "rest"}))
    assert text == '{\n  "upstreams": [\n    {\n      "name": "bank",\n      "type": "rest"\n    }\n  ]\n}\n'


def test_what_others_share_by_an_anchor_is_never_changed_with_it() -> None:
    text = "upstreams:\n- name: a\n  type: service\n  spec: &s {x: 1}\n- name: b\n  type: service\n  spec: *s\n"
    change = Edit("Upstream", {"name": "b", "type": "service", "spec": {"x": 2}})
    edited = parse_text(put_object(Document("all.yaml", text), change))[0]["upstreams"]
    assert [upstream["spec"] for upstream in edited] == [{"x": 1}, {"x": 2}]


def test_an_anchor_that_others_need_does_not_go() -> None:
    text = "name: a\ntype: service\nspec: &s {x: 1}\n---\nname: b\ntype: rest\n"
    document = Document("upstreams/a.yaml", text, "Upstream")
    assert remove_object(document, "Upstream", "a") == "---\nname: b\ntype: rest\n"
    bundle = "upstreams:\n- name: a\n  type: service\n  spec: &s {x: 1}\n- name: b\n  type: service\n  spec: *s\n"
    left = remove_object(Document("all.yaml", bundle), "Upstream", "a")
    assert parse_text(left or "") == [{"upstreams": [{"name": "b", "type": "service", "spec": {"x": 1}}]}]


def test_a_text_that_cannot_be_read_is_not_edited() -> None:
    document = Document("upstreams/bank.yaml", "name: bank\n- x\n", "Upstream")
    with pytest.raises(Conflict, match=r"upstreams/bank\.yaml:2: .*mend it first"):
        put_object(document, Edit("Upstream", {"name": "bank", "type": "rest"}))


def test_what_is_not_there_cannot_be_removed() -> None:
    with pytest.raises(NotFound, match=r"all\.yaml holds no Upstream/nobody"):
        remove_object(BUNDLE, "Upstream", "nobody")


def test_line_breaks_of_another_system_stay() -> None:
    document = Document("upstreams/a.yaml", "# c\r\nname: a\r\ntype: service\r\n", "Upstream")
    text = put_object(document, Edit("Upstream", {"name": "a", "type": "rest", "spec": {}}))
    assert text == "# c\r\nname: a\r\ntype: rest\r\nspec: {}\r\n"
