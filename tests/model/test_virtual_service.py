"""Virtual services and their domains."""

import pytest

from gloo.model.virtual_service import VirtualService


@pytest.mark.parametrize(
    ("domains", "effective"),
    [
        ((), ("*",)),
        (("",), ("*",)),
        (("A.example.org", "a.example.org"), ("a.example.org",)),
        (("b", "*", ""), ("b", "*")),
    ],
)
def test_no_domain_and_an_empty_one_mean_every_domain(domains: tuple[str, ...], effective: tuple[str, ...]) -> None:
    assert VirtualService(name="a", domains=domains).effective_domains == effective
