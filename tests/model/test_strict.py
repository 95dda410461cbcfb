"""Plain values to typed structures, strictly."""

from collections.abc import Mapping

import pytest

from gloo.model.base import Json, Model
from gloo.model.duration import Duration
from gloo.model.strict import decode_struct, nearest, snake_case, to_builtins


class Leaf(Model, frozen=True, kw_only=True):
    max_age: Duration
    tags: tuple[str, ...] = ()


class Root(Model, frozen=True, kw_only=True):
    first_leaf: Leaf | None = None
    named_leaves: Mapping[str, Leaf] = {}
    choice: int | Leaf | None = None
    anything: Json = None


def test_keys_of_structures_are_renamed_and_keys_of_mappings_are_not() -> None:
    root, problems = decode_struct(
        {"firstLeaf": {"maxAge": "1s"}, "namedLeaves": {"myLeaf": {"maxAge": "2s"}}, "anything": {"someKey": 1}}, Root
    )
    assert problems == ()
    assert root is not None
    assert root.first_leaf == Leaf(max_age=Duration(10**9))
    assert list(root.named_leaves) == ["myLeaf"]
    assert root.anything == {"someKey": 1}


def test_a_null_means_that_an_optional_field_is_not_given() -> None:
    assert decode_struct({"firstLeaf": {"maxAge": "1s", "tags": None}}, Root)[1] == ()


def test_a_null_for_a_required_field_is_a_fault() -> None:
    _, problems = decode_struct({"first_leaf": {"max_age": None}}, Root)
    assert [problem.field for problem in problems] == ["first_leaf.max_age"]


def test_faults_stand_below_where_the_structure_is() -> None:
    _, problems = decode_struct({"named_leaves": {"a.b": {"max_age": "1s", "tgas": []}}}, Root, at="spec")
    assert [(each.field, each.hint) for each in problems] == [('spec.named_leaves["a.b"].tgas', "did you mean 'tags'?")]


def test_inside_a_union_the_part_of_the_same_shape_is_asked() -> None:
    _, problems = decode_struct({"choice": {"max_age": "never"}}, Root)
    assert [problem.field for problem in problems] == ["choice.max_age"]


def test_a_wrong_kind_is_told_in_the_words_of_yaml() -> None:
    _, problems = decode_struct({"choice": "x"}, Root)
    assert [problem.problem for problem in problems] == ["expected a whole number or a mapping, got text"]


@pytest.mark.parametrize("value", [None, 5, "text", [], True])
def test_what_is_no_mapping_is_one_fault_of_the_whole(value: Json) -> None:
    root, problems = decode_struct(value, Root)
    assert root is None
    assert [problem.field for problem in problems] == [""]


def test_a_key_in_both_spellings_is_not_silently_dropped() -> None:
    _, problems = decode_struct({"firstLeaf": {"maxAge": "1s"}, "first_leaf": {"maxAge": "2s"}}, Root)
    assert [problem.field for problem in problems] == ["firstLeaf"]


def test_a_structure_reads_back_from_its_plain_values() -> None:
    root = Root(first_leaf=Leaf(max_age=Duration(1500 * 10**6), tags=("a",)))
    assert to_builtins(root) == {"first_leaf": {"max_age": "1500ms", "tags": ("a",)}}
    assert decode_struct(to_builtins(root), Root) == (root, ())


@pytest.mark.parametrize(
    ("name", "snake"),
    [
        ("virtualServices", "virtual_services"),
        ("path_prefix", "path_prefix"),
        ("maxAge2Go", "max_age2_go"),
        ("URL", "URL"),
    ],
)
def test_camel_case_becomes_snake_case(name: str, snake: str) -> None:
    assert snake_case(name) == snake


def test_where_no_name_is_near_all_are_told() -> None:
    assert nearest("zzz", ["b", "a"]) == "valid: a, b"
