"""Since when each virtual service is known."""

from gloo.control_plane.first_seen import FirstSeen


def test_what_is_new_is_known_since_now_and_what_is_not_stays() -> None:
    seen = FirstSeen({"a": 1.0, "gone": 1.0})

    since = seen.of({"a", "b"}, 5.0)

    assert since == {"a": 1.0, "b": 5.0}
    assert seen.of({"b", "a"}, 9.0) is since


def test_what_comes_back_is_new() -> None:
    seen = FirstSeen({"a": 1.0})
    seen.of(set(), 5.0)

    assert seen.of({"a"}, 9.0) == {"a": 9.0}
