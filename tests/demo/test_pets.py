import pytest

from gloo.demo.pets import MOST_PETS, NewPet, Pets, StoreFull


def test_an_id_is_never_used_twice() -> None:
    pets = Pets()
    gone = pets.add(NewPet("Bello"))
    assert pets.remove(gone.id)
    assert pets.add(NewPet("Bello")).id == gone.id + 1


def test_the_store_has_an_end() -> None:
    pets = Pets()
    with pytest.raises(StoreFull):
        for _ in range(MOST_PETS + 1):
            pets.add(NewPet("Bello"))
    assert pets.remove(1)
    pets.add(NewPet("Bello"))


def test_a_list_is_by_id_of_one_status_and_no_longer_than_asked() -> None:
    pets = Pets()
    assert [pet.id for pet in pets.listed(None, 2)] == [1, 2]
    assert {pet.status for pet in pets.listed("sold", 100)} == {"sold"}
