"""Artifacts: texts that upstreams need and that stand beside the configuration, each under a name."""

from gloo.model.base import Value


class Artifact(Value, frozen=True):
    """One artifact as its store holds it.

    Args:
        name: a path below the place of all artifacts: ``legal/terms.txt``.
        text: what it holds; empty where there is a problem.
        problem: why its text can't be taken as it stands; empty if it can.
        hint: what to do about that.
    """

    _unshown = ("text",)
    name: str
    text: str = ""
    problem: str = ""
    hint: str = ""


def is_artifact_name(name: str) -> bool:
    """Say whether a store may look for *name*: it leads to no other place than its own, nor to what is hidden."""
    return "\0" not in name and all(step and not step.startswith(".") for step in name.split("/"))
