"""A patch changes the value that it should, and no other line."""

import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gloo.model.base import Json
from gloo.model.text import dump_yaml, parse_text
from gloo.storage.yaml_patch import patch_yaml, same

TEXT = """\
# heading
name: shop   # the name
hosts:
  # first
  - {addr: a, port: 80}  # primary
  # second
  - addr: "b"
    port: 81

note: |
  two
  lines
# about tags
tags: [x, 'y']
"""


def patched(text: str, new: Json) -> str:
    node = yaml.compose(text, Loader=yaml.CSafeLoader)
    assert node is not None
    return patch_yaml(text, node, old=parse_text(text)[0], new=new)


def changed(**values: Json) -> str:
    return patched(TEXT, {**parse_text(TEXT)[0], **values})


def test_a_scalar_changes_in_place_and_keeps_its_quotes() -> None:
    assert changed(name="bank") == TEXT.replace("name: shop ", "name: bank ")
    hosts = [{"addr": "a", "port": 80}, {"addr": 'c"', "port": 81}]
    assert changed(hosts=hosts) == TEXT.replace('"b"', '"c\\""')


def test_a_value_inside_braces_changes_in_place() -> None:
    hosts = [{"addr": "a", "port": 8080}, {"addr": "b", "port": 81}]
    assert changed(hosts=hosts) == TEXT.replace("port: 80}", "port: 8080}")
    assert changed(tags=["x", "it's"]) == TEXT.replace("'y'", "'it''s'")


def test_an_item_goes_with_its_comment_and_leaves_those_of_others() -> None:
    cut = '  # first\n  - {addr: a, port: 80}  # primary\n  # second\n  - addr: "b"\n    port: 81\n'
    named = "h:\n# one\n- name: a\n# two\n- name: b # end\n"
    assert cut in TEXT
    assert patched(named, {"h": [{"name": "b"}]}) == "h:\n# two\n- name: b # end\n"
    assert patched(named, {"h": [{"name": "c"}, {"name": "b"}]}) == "h:\n- name: c\n# two\n- name: b # end\n"


def test_keys_come_at_the_end_of_their_mapping_and_go_with_their_comment() -> None:
    values = parse_text(TEXT)[0]
    del values["tags"]
    assert patched(TEXT, values) == TEXT.partition("# about tags")[0]
    assert changed(extra={"a": [1]}) == TEXT + "extra:\n" + dump_yaml({"a": [1]}).replace("a:", "  a:").replace(
        "- 1", "  - 1"
    )


def test_a_block_scalar_is_written_anew() -> None:
    assert changed(note="three\nnew\nlines\n") == TEXT.replace("two\n  lines", "three\n  new\n  lines")


def test_true_is_not_one_and_one_is_not_a_float() -> None:
    assert not same({"a": True}, {"a": 1})
    assert patched("a: 1\n", {"a": True}) == "a: true\n"


KEYS = st.sampled_from(["name", "a", "b", "camelCase", "yes", "1", "x-y"])
LEAVES = (
    st.none() | st.booleans() | st.integers(-9, 99) | st.text(st.characters(codec="utf-8", exclude_categories=["C"]))
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(KEYS, VALUES, min_size=1, max_size=5)


@given(OBJECTS, OBJECTS)
@example({"name": None}, {"name": "0..."})
@settings(max_examples=300, deadline=None)
def test_any_object_becomes_any_other(old: dict[str, Json], new: dict[str, Json]) -> None:
    assert same(parse_text(patched(dump_yaml(old), new)), [new])


@given(OBJECTS, OBJECTS)
@settings(max_examples=100, deadline=None)
def test_text_around_the_node_stays(old: dict[str, Json], new: dict[str, Json]) -> None:
    text = f"# before\nobject:\n{yaml.safe_dump([old], allow_unicode=True)}# after\nlast: 1 # end\n"
    result = patched(text, {"object": [new], "last": 1})
    assert result.startswith("# before\n") and result.endswith("# after\nlast: 1 # end\n")
