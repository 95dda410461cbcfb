"""What every stored object carries beside its own fields."""

from gloo.model.metadata import Metadata
from gloo.model.strict import decode_struct, to_builtins


def test_annotations_are_kept_as_they_stand() -> None:
    metadata, problems = decode_struct({"annotations": {"Gloo.Source/x": "a"}, "resourceVersion": "7"}, Metadata)
    assert problems == ()
    assert metadata == Metadata(resource_version="7", annotations={"Gloo.Source/x": "a"})


def test_empty_metadata_is_written_as_nothing() -> None:
    assert to_builtins(Metadata()) == {}
