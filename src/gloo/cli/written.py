"""Objects as their authors wrote them."""

from collections.abc import Mapping

from gloo.model.base import Json
from gloo.model.codec import ConfigObject, written
from gloo.model.route import BrokenRoute
from gloo.model.strict import to_builtins
from gloo.model.virtual_service import VirtualService


def canonical(item: ConfigObject) -> Mapping[str, Json]:
    """Return *item* in the one spelling, defaults left out; one that can't be decoded whole as it is written."""
    if item.value is None or has_broken_routes(item):
        return written(item)
    plain: Mapping[str, Json] = to_builtins(item.value)
    kept = {name: value for name, value in plain.items() if name != "status"}
    if item.discovered:
        kept["functions"] = [each for each in plain["functions"] if each["name"] not in item.discovered]
    return {name: value for name, value in kept.items() if name != "functions" or value}


def has_broken_routes(item: ConfigObject) -> bool:
    """Tell whether some of the routes of *item* could not be decoded."""
    return isinstance(item.value, VirtualService) and any(isinstance(each, BrokenRoute) for each in item.value.routes)
