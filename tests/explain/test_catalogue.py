"""The catalogue of functions."""

from tests.explain.shop import shop

from gloo.explain.catalogue import Caller, Need, catalogue


def test_each_function_says_what_it_needs_and_who_calls_it() -> None:
    get, add, broken = catalogue(shop())
    assert (get.name, get.kind, get.needs) == ("pets/get", "REST", (Need("id", ("path",)),))
    sources = (("id", "path /pet/{id}"), ("id", "header x-id {id}"))
    assert get.callers == (Caller("shop/1", sources), Caller("shop/3", (("id", "body field"),)))
    assert add.needs == (Need("name", ("body",)), Need("tags", ("body",)))
    assert (broken.works, broken.needs, broken.callers) == (False, (), ())
