"""Routes that no request can reach: a warning, worked out after what matters more is published."""

from collections.abc import Mapping

from gloo.model.base import Value, replace
from gloo.model.codec import ConfigObject
from gloo.model.status import Problem, Status
from gloo.translator.bugs import bug_in
from gloo.translator.memo import Memo
from gloo.translator.reports import Reports, located, status_of
from gloo.translator.route_path import Entry
from gloo.translator.route_reach import Hidden, unreachable


class RouteOrder(Value, frozen=True):
    """The routes of one virtual service as their order decides between them."""

    item: ConfigObject
    entries: tuple[Entry, ...]


def with_shadows(reports: Reports, orders: Mapping[str, RouteOrder], memo: Memo | None = None) -> Reports:
    """Return *reports* with a warning on each route that can't be reached; *orders* is by reference."""
    memo = memo or Memo()
    found = dict(reports)
    for ref, order in orders.items():
        if warnings := memo.once(shadow_warnings, order):
            found[ref] = memo.once(_with, reports[ref], warnings)
    memo.turn()
    return found


def shadow_warnings(order: RouteOrder) -> tuple[Problem, ...]:
    """Return a warning for each route that can't be reached."""
    try:
        return located(order.item, tuple(map(_shadow, unreachable(order.entries))))
    except Exception as error:  # noqa: BLE001 - a bug about the order of routes keeps none of them from running
        _, problem = bug_in(order.item.ref, error, at="routes")
        return located(order.item, (replace(problem, warning=True),))


def _shadow(hidden: Hidden) -> Problem:
    return Problem(field=f"routes[{hidden.late}]", problem=_said(hidden), hint="move it up, or remove it", warning=True)


def _said(hidden: Hidden) -> str:
    *others, last = [f"routes[{index}]" for index in hidden.early]
    who = f"{', '.join(others)} and {last} together take" if others else f"{last} takes"
    if hidden.once:
        return f"can hardly be reached: {who} all of its requests, but those that send a header twice"
    return f"can never be reached: {who} all of its requests"


def _with(status: Status, warnings: tuple[Problem, ...]) -> Status:
    return status_of((*status.problems, *warnings))
