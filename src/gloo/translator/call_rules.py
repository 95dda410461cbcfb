"""What functions say about their calls, whatever their kind: how long one may take, and whether it may be sent twice.

Envoy knows both for a route, not for each of its destinations. So destinations that say different things get what does
no harm to any: the longest time, and further tries only if all are idempotent. Where the route has its own word, that
counts.
"""

from collections.abc import Iterator, Sequence

from gloo.envoy.route import Action, Forward
from gloo.envoy.route_policy import RetryPolicy
from gloo.model.base import Value, replace
from gloo.model.duration import Duration
from gloo.model.path import join_path
from gloo.model.route import Route as ModelRoute
from gloo.model.status import Problem

AGAIN = RetryPolicy(
    ("connect-failure", "reset", "gateway-error"), 2, back_off=(Duration(100_000_000), Duration(1_000_000_000))
)
"""How idempotent calls are tried again: no connection, a connection that broke off, or 502, 503, 504."""

_UNSAID = Duration(15 * 10**9)  # Envoy's own


class CallRules(Value, frozen=True):
    """What is known of the calls of one destination; an upstream as a whole has only a name."""

    name: str
    timeout: Duration | None = None
    idempotent: bool | None = None


def with_rules(forward: Forward, rules: Sequence[CallRules]) -> Forward:
    """Return *forward* with what its destinations say; the extensions of the route are applied after this."""
    if len(rules) == 1 and rules[0].timeout is None and not rules[0].idempotent:
        return forward
    again = AGAIN if all(rule.idempotent for rule in rules) else None
    timeout = _longest(rules)
    return forward if again is None and timeout is None else replace(forward, timeout=timeout, retry=again)


def _longest(rules: Sequence[CallRules]) -> Duration | None:
    said = [rule.timeout for rule in rules if rule.timeout is not None]
    if not said:
        return None
    times = said if len(said) == len(rules) else [*said, _UNSAID]
    return max(times, key=lambda time: time.nanoseconds or float("inf"))


def rule_warnings(route: ModelRoute, before: Action, after: Action, rules: Sequence[CallRules]) -> Iterator[Problem]:
    """Yield what a user of *route* should know; *before* and *after* its extensions had their say."""
    if not isinstance(before, Forward) or not isinstance(after, Forward):
        return
    if after.timeout is before.timeout and len({rule.timeout for rule in rules}) > 1:
        each = ", ".join(f"{rule.name} {rule.timeout or _UNSAID}" for rule in rules)
        yield _warning("multiple_destinations", f"timeouts differ ({each}): all have {before.timeout}", "timeout")
    if after.retry is before.retry and before.retry is None and any(rule.idempotent for rule in rules):
        others = ", ".join(rule.name for rule in rules if not rule.idempotent)
        yield _warning("multiple_destinations", f"nothing is tried again: {others} is not idempotent", "retries")
    if after.retry is not None and (never := [rule.name for rule in rules if rule.idempotent is False]):
        field = next((name for name in ("retries", "max_retries") if name in route.extensions), "retries")
        problem = f"{', '.join(never)} is not idempotent, and yet tried again, as the route says so"
        yield Problem(field=join_path("extensions", field), problem=problem, hint="leave it out", warning=True)


def _warning(field: str, problem: str, extension: str) -> Problem:
    return Problem(field=field, problem=problem, hint=f"say it in extensions.{extension}", warning=True)
