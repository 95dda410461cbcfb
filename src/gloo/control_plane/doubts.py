"""Verdicts on what Envoy refuses as a part of something larger, while it is not known whose fault that is."""

from collections.abc import Iterable, Mapping

from gloo.envoy.refusal_text import refusal_text
from gloo.envoy.snapshot import Reference, ResourceType
from gloo.model.status import Problem
from gloo.model.virtual_service import VirtualService
from gloo.translator import Translation
from gloo.translator.listeners import HTTP
from gloo.translator.reports import Reports, located, status_of
from gloo.translator.shadows import RouteOrder
from gloo.translator.virtual_services import VirtualHost


def with_doubts(translation: Translation, refused: Mapping[Reference, str], unproven: Iterable[VirtualHost]) -> Reports:
    """Return the reports of *translation*: what Envoy has *refused* does not run, so nothing in it is Accepted.

    Of a route table that are the *unproven* virtual hosts, those that it has not taken before; what stood there before
    them goes on. Of a listener that is all that it serves.
    """
    reports = dict(translation.reports)
    doubted = {f"VirtualService/{host.name}" for host in unproven}
    for (kind, name), said in refused.items():
        for ref, order in translation.orders.items():
            if (kind is ResourceType.ROUTE and ref in doubted) or (
                kind is ResourceType.LISTENER and _is_secure(order) == (name != HTTP)
            ):
                told = f"Envoy refuses the {kind.name.lower()} {name!r} that it is a part of: {refusal_text(said)}"
                problem = Problem(problem=told, hint="what ran before goes on", pending=True)
                reports[ref] = status_of((*reports[ref].problems, *located(order.item, (problem,))))
    return reports


def _is_secure(order: RouteOrder) -> bool:
    return isinstance(order.item.value, VirtualService) and order.item.value.ssl_config is not None
