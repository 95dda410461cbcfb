"""What every structure that users write has in common."""

import dataclasses
import re
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import msgspec

__all__ = ["NAME_RULE", "Json", "Model", "Name", "Value", "exactly_one", "is_name", "replace"]

Json = Any
"""A JSON value whose shape somebody else knows: a plugin's `spec`, a function's `spec`, a route's `extensions`."""

NAME_RULE = "lower-case DNS labels joined by dots, at most 253 characters"
_LONGEST_NAME = 253
_NAME = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$(?!\n)"
Name = Annotated[str, msgspec.Meta(max_length=_LONGEST_NAME, pattern=_NAME, description=NAME_RULE)]


def is_name(text: str) -> bool:
    """Say whether *text* can be the name of an object."""
    return len(text) <= _LONGEST_NAME and re.match(_NAME, text) is not None


class Model(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of all that users write: frozen, by keyword, no unknown fields.

    A rule that spans fields is a `__post_init__` that raises ValueError; the decoder adds object, path and line.
    """


class Value(msgspec.Struct, frozen=True):
    """Base of what gloo makes by the ten thousand: like a frozen dataclass, at a fifth of its price.

    What `_unshown` names does not stand in the `repr`: it is long, or may hold a key.
    """

    _unshown: ClassVar[tuple[str, ...]] = ()

    def __repr__(self) -> str:
        shown = (name for name in self.__struct_fields__ if name not in self._unshown)
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"


if TYPE_CHECKING:
    from dataclasses import replace
else:

    def replace(value, /, **changes):
        """Return *value*, a structure or a dataclass, with some of its fields changed."""
        change = msgspec.structs.replace if isinstance(value, msgspec.Struct) else dataclasses.replace
        return change(value, **changes)


def exactly_one(what: str, **fields: object) -> None:
    """Raise ValueError unless just one of *fields* is given."""
    given = [name for name, value in fields.items() if value is not None]
    if len(given) != 1:
        names = ", ".join(fields)
        raise ValueError(f"{what} takes exactly one of {names}; {', '.join(given) or 'none'} is given")
