"""The pets of the demo, kept in memory."""

from collections.abc import Iterator
from typing import Annotated, Literal, get_args

import msgspec

Status = Literal["available", "pending", "sold"]
STATUSES: tuple[str, ...] = get_args(Status)
MOST_PETS = 1000
LONGEST_NAME = 100
LONGEST_LIST = 100

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME)]


class NewPet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A pet as a client describes it; a field that is not here is refused."""

    name: Name
    status: Status = "available"


class Pet(NewPet, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A pet as the store knows it."""

    id: int


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to find, the body of ``POST /find``."""

    id: int


class StoreFull(Exception):
    """There is no room for another pet."""


_FIRST_PETS = (
    NewPet("Rex"),
    NewPet("Tom", "pending"),
    NewPet("Tweety", "sold"),
    NewPet("Zoë the tortoise"),
)


class Pets:
    """The stock, changed by one event loop only."""

    def __init__(self) -> None:
        self._pets: dict[int, Pet] = {}
        self._last_id = 0
        for pet in _FIRST_PETS:
            self.add(pet)

    def listed(self, status: str | None, limit: int) -> list[Pet]:
        """Return the first pets by id, those of one status if it is given."""
        chosen: Iterator[Pet] = (pet for pet in self._pets.values() if status in (None, pet.status))
        return [pet for _, pet in zip(range(limit), chosen, strict=False)]

    def get(self, pet_id: int) -> Pet | None:
        return self._pets.get(pet_id)

    def add(self, new: NewPet) -> Pet:
        """Keep *new* under an id never used before; raise `StoreFull` at `MOST_PETS`."""
        if len(self._pets) >= MOST_PETS:
            raise StoreFull
        self._last_id += 1
        return self.put(self._last_id, new)

    def put(self, pet_id: int, new: NewPet) -> Pet:
        """Keep *new* under *pet_id*, in place of what was there."""
        pet = Pet(name=new.name, status=new.status, id=pet_id)
        self._pets[pet_id] = pet
        return pet

    def remove(self, pet_id: int) -> bool:
        """Remove the pet; tell whether there was one."""
        return self._pets.pop(pet_id, None) is not None
