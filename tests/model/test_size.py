"""Sizes in words."""

import pytest

from gloo.model.size import parse_size


@pytest.mark.parametrize(
    ("text", "size"),
    [(7, 7), ("7", 7), ("7B", 7), ("2KB", 2000), ("2KiB", 2048), ("1 MB", 1_000_000), ("1MiB", 1_048_576)],
)
def test_a_size_is_so_many_bytes(text: int | str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "KB", "-1", "1.5MB", "1mb", "1TB", "1 M B"])
def test_other_texts_are_no_sizes(text: str) -> None:
    with pytest.raises(ValueError, match="is not a size"):
        parse_size(text)
