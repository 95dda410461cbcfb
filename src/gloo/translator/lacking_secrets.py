"""Secrets that an object names and can't have: there are none, or they are there and can't be used."""

from gloo.errors import ConfigError, MissingReference
from gloo.model.base import Value


class SpoiltSecret(Value, frozen=True):
    """A secret that its store has, but not in a form that can be used."""

    name: str
    problem: str


def lacking_secret(field: str, name: str, problem: str = "", *, then: str = "it is used") -> ConfigError:
    """Return what is wrong at *field*: it names a secret that does not exist, or can't be used for this *problem*."""
    if problem:
        return ConfigError("", field, f"secret {name!r}: {problem}", f"{then} once it is mended")
    return MissingReference("", field, f"there is no secret named {name!r}", f"{then} once it exists")
