"""The catalogue of functions."""

from tests.explain.shop import SHOP, shop
from tests.support.translating import PLUGINS, config_of

from gloo.explain.catalogue import Caller, Need, catalogue
from gloo.explain.tables import tables_of


def test_each_function_says_what_it_needs_and_who_calls_it() -> None:
    get, add, broken = catalogue(shop())
    assert (get.name, get.kind, get.needs) == ("pets/get", "REST", (Need("id", ("path",)),))
    sources = (("id", "path /pet/{id}"), ("id", "header x-id {id}"))
    assert get.callers == (Caller("shop/1", sources), Caller("shop/3", (("id", "body field"),)))
    assert add.needs == (Need("name", ("body",)), Need("tags", ("body",)))
    assert (broken.works, broken.needs, broken.callers) == (False, (), ())


def test_what_an_extractor_finds_has_a_source_too() -> None:
    spec = '{extractors: {id: {header: x-key, regex: "k-(.*)", subgroup: 1}}, path: "/pets/{{ id }}"}'
    config = SHOP.replace("""{headers: {":method": GET}, path: "/pets/{{ id }}"}""", spec)
    get, *_ = catalogue(tables_of(config_of(config), PLUGINS))
    sources = (("id", "header x-key"), ("id", "path /pet/{id}"), ("id", "header x-id {id}"))
    assert get.callers == (Caller("shop/1", sources), Caller("shop/3", (("id", "header x-key"),)))
