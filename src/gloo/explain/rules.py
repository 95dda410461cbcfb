"""The response templates of a destination, in the order in which they are asked, and the answers that each is for."""

from gloo.explain.delivery import function_at, template_of_function
from gloo.explain.tables import Tables
from gloo.functions import Condition, ResponseTemplate
from gloo.model.base import Value
from gloo.model.route import Route
from gloo.plugins.registry import extension_of
from gloo.plugins.rest import RestExtension, route_response


class Rule(Value, frozen=True):
    """A response template, by the field where it stands, and in words which answers it is for."""

    template: str
    takes: str


def rules_of_destination(route: Route, position: int, tables: Tables) -> tuple[Rule, ...]:
    """Return the rules of the destination of *route* at *position*; those of the route itself come first."""
    found = function_at(route, position, tables)
    template = template_of_function(*found) if found is not None else None
    if found is None or template is None:
        return ()
    extension, _ = extension_of(found[1].plugin, route.extensions)
    own = route_response(extension) if isinstance(extension, RestExtension) else ()
    return rules_of((*own, *template.responses))


def rules_of(templates: tuple[ResponseTemplate, ...]) -> tuple[Rule, ...]:
    """Return the rules that *templates* are."""
    return tuple(Rule(each.field, condition_text(each.when)) for each in templates)


def condition_text(when: Condition) -> str:
    """Return the answers that *when* describes: ``5xx or 429 with content-type: application/json*``."""
    statuses = " or ".join(when.statuses or ("2xx",)).replace("any", "any status")
    headers = " and ".join(f"{name}: {value}" for name, value in when.headers)
    return f"{statuses} with {headers}" if headers else statuses
