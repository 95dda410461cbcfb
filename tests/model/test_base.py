"""What every structure that users write has in common."""

import msgspec
import pytest

from gloo.model.base import Model, Name, exactly_one, is_name


class Named(Model, frozen=True, kw_only=True):
    name: Name


@pytest.mark.parametrize("name", ["a", "petstore", "my-app.v2", "0", "a" * 63, ".".join(["a" * 63] * 3 + ["a" * 61])])
def test_names_are_lower_case_dns_labels_joined_by_dots(name: str) -> None:
    assert msgspec.convert({"name": name}, Named).name == name
    assert is_name(name)


@pytest.mark.parametrize(
    "name",
    ["", "A", "a_b", "-a", "a-", "a..b", ".a", "a.", "a b", "a/b", "ä", "a\n", "a" * 64, ".".join(["a" * 63] * 4)],
)
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"name": name}, Named)
    assert not is_name(name)


def test_objects_are_frozen() -> None:
    named = Named(name="a")
    with pytest.raises(AttributeError):
        named.name = "b"  # type: ignore[misc]  # the point of the test


def test_exactly_one_takes_one() -> None:
    exactly_one("a thing", left=None, right=1)


@pytest.mark.parametrize(("left", "right", "said"), [(None, None, "none is given"), (1, 2, "left, right is given")])
def test_exactly_one_says_what_is_given(left: object, right: object, said: str) -> None:
    with pytest.raises(ValueError, match=f"a thing takes exactly one of left, right; {said}"):
        exactly_one("a thing", left=left, right=right)
