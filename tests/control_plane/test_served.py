"""Which certificates serve, noted without their keys."""

from gloo.control_plane.served import digests, served_before
from gloo.model.secret import Secret

ONE = Secret("one", {"tls.crt": "certificate one", "tls.key": "key one"})
TWO = Secret("two", {"ca_chain": "certificate two", "private_key": "key two"})


def test_a_secret_that_holds_the_certificate_that_served_counts_as_good_again() -> None:
    served = digests({"one": ONE, "two": TWO})

    assert served_before({"one": ONE, "two": TWO, "three": ONE}, served).pairs == {"one": ONE, "two": TWO}


def test_another_certificate_does_not() -> None:
    other = Secret("one", {"tls.crt": "certificate other", "tls.key": "key one"})

    assert served_before({"one": other}, digests({"one": ONE, "two": TWO})).pairs == {}


def test_no_key_is_in_a_digest() -> None:
    assert digests({"one": ONE}) == digests({"one": Secret("one", {"tls.crt": "certificate one", "tls.key": "other"})})
