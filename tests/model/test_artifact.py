"""The names of artifacts."""

import pytest

from gloo.model.artifact import Artifact, is_artifact_name


@pytest.mark.parametrize("name", ["terms.txt", "legal/terms.txt", "a", "ü b.txt", "a..b/c"])
def test_a_path_below_the_folder_is_a_name(name: str) -> None:
    assert is_artifact_name(name)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "/", "/etc/passwd", "../a", "a/../b", "a/..", "a//b", "a/", "./a", ".hidden", "a/.b", "a\0"]
)
def test_what_leads_elsewhere_is_none(name: str) -> None:
    assert not is_artifact_name(name)


def test_no_log_has_the_text() -> None:
    assert "nice" not in repr(Artifact("terms.txt", "be nice"))
