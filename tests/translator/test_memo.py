"""Remembering what a leaf of the translation gave for the same inputs."""

from gloo.translator.memo import Memo


def test_the_same_objects_give_the_same_result_without_being_asked_again() -> None:
    memo, made = Memo(), list[int]()

    def make(inputs: list[int]) -> int:
        made.append(1)
        return sum(inputs)

    inputs = [1, 2]
    assert [memo.once(make, inputs), memo.once(make, inputs)] == [3, 3]
    assert len(made) == 1
    assert memo.once(make, [1, 2]) == 3
    assert len(made) == 2


def test_what_is_not_asked_for_during_a_turn_is_forgotten() -> None:
    memo, inputs, made = Memo(), object(), list[object]()
    memo.once(made.append, inputs)
    memo.turn()
    memo.once(made.append, inputs)
    assert len(made) == 1
    memo.turn()
    memo.turn()
    memo.once(made.append, inputs)
    assert len(made) == 2
