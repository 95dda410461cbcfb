"""Retries: try a request again when it fails.

.. code-block:: yaml

    extensions:
      retries:
        retry_on: [connect-failure, retriable-status-codes]
        retriable_status_codes: [503]
        num_retries: 3
        per_try_timeout: 500ms
        back_off: {base: 50ms, max: 1s}
        hedge: true

`max_retries: 3` is the form of 2018: up to three more tries after any 5xx, reset or failed connection. A request
with a body is tried again too: say so only for requests that do no harm when they arrive twice.
"""

from typing import Annotated, ClassVar

from msgspec import Meta

from gloo.envoy.route import Route
from gloo.envoy.route_policy import RetryPolicy
from gloo.errors import ConfigError
from gloo.model.base import Model, replace
from gloo.model.duration import Duration, check_milliseconds
from gloo.model.strict import nearest
from gloo.plugins.base import RoutePlugin, forward_of

_ANY_FAILURE = "5xx"
_BY_STATUS = "retriable-status-codes"
_CONDITIONS = (
    # of HTTP
    *(_ANY_FAILURE, "gateway-error", "reset", "reset-before-request", "connect-failure", "envoy-ratelimited"),
    *("retriable-4xx", "refused-stream", _BY_STATUS, "http3-post-connect-failure"),
    # of gRPC
    *("cancelled", "deadline-exceeded", "internal", "resource-exhausted", "unavailable"),
)
_DEFAULT_BASE = Duration(25_000_000)  # Envoy's own
_USUAL_TIMEOUT = Duration(15 * 10**9)  # Envoy's own
_MOST_FACTOR = 10  # Envoy's own: the longest wait is ten times the base

Count = Annotated[int, Meta(ge=1, le=2**32 - 1)]


class BackOff(Model, frozen=True, kw_only=True):
    """The random wait before a retry: up to `base`, doubled with every try, never more than `max`."""

    base: Annotated[Duration | None, Meta(description="the first wait at most; without a word 25ms")] = None
    max: Annotated[Duration | None, Meta(description="any wait at most; without a word ten times the base")] = None


class Retries(Model, frozen=True, kw_only=True):
    """When and how often to try again."""

    retry_on: Annotated[
        tuple[str, ...] | str, Meta(description="conditions, as a list or joined by commas; any of them is enough")
    ] = ()
    num_retries: Annotated[Count, Meta(description="retries at most, beside the first try")] = 1
    per_try_timeout: Annotated[Duration | None, Meta(description="how long one try may take")] = None
    per_try_idle_timeout: Annotated[Duration | None, Meta(description="how long one try may be silent")] = None
    back_off: Annotated[BackOff | None, Meta(description="the wait between tries")] = None
    retriable_status_codes: Annotated[
        tuple[Annotated[int, Meta(ge=400, le=599)], ...], Meta(description="answers to try again after")
    ] = ()
    hedge: Annotated[
        bool, Meta(description="when per_try_timeout passes, try again beside it and take the first good answer")
    ] = False
    other_hosts: Annotated[bool, Meta(description="prefer hosts that have not been tried yet")] = False

    @property
    def conditions(self) -> tuple[str, ...]:
        """The conditions in their order; codes stand for the condition about them, nothing for any failure."""
        given = self.retry_on.split(",") if isinstance(self.retry_on, str) else self.retry_on
        named = [text for each in given if (text := each.strip())]
        by_status = [_BY_STATUS] if self.retriable_status_codes else []
        return tuple(dict.fromkeys((*named, *by_status))) or (_ANY_FAILURE,)


class RetriesExtension(Model, frozen=True, kw_only=True):
    """What a route says about retries."""

    max_retries: Annotated[Count | None, Meta(description="retries at most, after any failure")] = None
    retries: Annotated[Retries | None, Meta(description="when and how often to try again")] = None


class Retry(RoutePlugin[RetriesExtension]):
    """Tries requests again."""

    extension_model: ClassVar[type[Model]] = RetriesExtension

    def route(self, route: Route, extension: RetriesExtension) -> Route:
        forward = forward_of(route, "retries" if extension.retries else "max_retries")
        return replace(route, action=replace(forward, retry=_policy(extension)))

    def warnings(self, route: Route, extension: RetriesExtension) -> tuple[ConfigError, ...]:
        each = extension.retries.per_try_timeout if extension.retries is not None else None
        whole = forward_of(route, "retries").timeout
        limit = whole if whole is not None else _USUAL_TIMEOUT
        if each is None or not limit.nanoseconds or each.nanoseconds <= limit.nanoseconds:
            return ()
        problem = f"{each} has no effect: all tries together have {limit}"
        return (ConfigError("", "retries.per_try_timeout", problem, "give a longer timeout, or a shorter one here"),)


def _policy(extension: RetriesExtension) -> RetryPolicy | None:
    retries = extension.retries
    if retries is None:
        return RetryPolicy((_ANY_FAILURE,), extension.max_retries) if extension.max_retries is not None else None
    if extension.max_retries is not None:
        raise ConfigError("", "max_retries", "retries says how often already", "write retries.num_retries")
    if retries.hedge and retries.per_try_timeout is None:
        raise ConfigError(
            "", "retries.hedge", "needs per_try_timeout: when to try again", "e.g. per_try_timeout: 500ms"
        )
    check_milliseconds(retries.per_try_timeout, "retries.per_try_timeout", zero="for no limit")
    check_milliseconds(retries.per_try_idle_timeout, "retries.per_try_idle_timeout", zero="for no limit")
    for condition in retries.conditions:
        if condition not in _CONDITIONS:
            hint = nearest(condition, list(_CONDITIONS))
            raise ConfigError("", "retries.retry_on", f"{condition!r} is no condition", hint)
    if _BY_STATUS in retries.conditions and not retries.retriable_status_codes:
        raise ConfigError("", "retries.retry_on", f"{_BY_STATUS} needs retriable_status_codes", "e.g. [503]")
    return RetryPolicy(
        retries.conditions,
        retries.num_retries,
        per_try=retries.per_try_timeout,
        per_try_idle=retries.per_try_idle_timeout,
        back_off=_back_off(retries.back_off),
        statuses=retries.retriable_status_codes,
        hedge=retries.hedge,
        avoid_hosts=retries.other_hosts,
    )


def _back_off(given: BackOff | None) -> tuple[Duration, Duration] | None:
    if given is None:
        return None
    base = given.base if given.base is not None else _DEFAULT_BASE
    most = given.max if given.max is not None else Duration(base.nanoseconds * _MOST_FACTOR)
    check_milliseconds(base, "retries.back_off.base")
    if most.nanoseconds < base.nanoseconds:
        raise ConfigError("", "retries.back_off.max", f"{most} is less than the base, {base}")
    return base, most
