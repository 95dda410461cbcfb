"""What becomes of a request: the virtual service, the route, and what its destinations or its client get."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from gloo.envoy.answer_notes import ANSWER_NOTES
from gloo.envoy.function_headers import FUNCTION_HEADERS, read_function_headers
from gloo.envoy.lua import ANSWERS_FILTER, LUA_FILTER, read_program
from gloo.envoy.route import DirectResponse, Forward, HeaderChange, Redirect, Route, Target
from gloo.explain.arrival import arrived
from gloo.explain.delivery import Called, called_function, endpoint_names
from gloo.explain.domains import DomainChoice, fitting_domains
from gloo.explain.grpc_form import in_form
from gloo.explain.head import refused
from gloo.explain.lua_run import Answer, FunctionRuntime
from gloo.explain.makers import maker
from gloo.explain.matching import Refusal, refusal
from gloo.explain.placeholders import unescaped
from gloo.explain.policies import policies
from gloo.explain.preflight import preflight_answer, with_origin
from gloo.explain.redirects import location, secure_location
from gloo.explain.refusing import broken, by_filter, error_body, not_upgraded, too_large
from gloo.explain.request import LENGTHS, Headers, Request
from gloo.explain.rewriting import as_marked, outgoing, response_headers, with_headers, with_prefix
from gloo.explain.rules import Rule, rules_of_destination
from gloo.explain.secret_headers import SecretHeader, with_secrets
from gloo.explain.tables import TableRoute, Tables
from gloo.explain.tokens import FoundToken, found_token, verified
from gloo.model.base import Value, replace
from gloo.model.status import Problem
from gloo.translator.domains import DEFAULT_ROLE

NO_ROUTE = Answer(
    404, (("content-type", "application/json"),), error_body(404, "no route matches this request", "no_route")
)


class Tried(Value, frozen=True):
    """A route that was asked, and the matcher that said no; None for the one that took the request."""

    candidate: TableRoute
    refusal: Refusal | None


class Reply(Value, frozen=True):
    """What becomes of an answer of the upstream.

    Args:
        rule: the response template that takes it; empty where it passes as it is.
        answer: what the client gets; None where that can't be told, for the reason in `note`.
        note: what else should be known.
    """

    rule: str
    answer: Answer | None
    note: str = ""


class Delivery(Value, frozen=True):
    """One destination, and what happens on the way there.

    Args:
        upstream: its name.
        share: of the requests of the route, 0 to 1.
        function: the function that is called, with what it takes out of the request; None where none is.
        sent: the request that the upstream gets; None where the function refuses it.
        refused: the answer in that case; where no client waits for it, it is known to the log alone.
        made_by: who makes the request of a function of templates: Envoy itself, a Lua program, or both.
        further: filters that change the request after that, in ways that only Envoy knows: calls of cloud functions.
        keyed: headers that get a secret of the upstream, in `sent` they are missing.
        rules: the response templates for its answers.
        notes: what the program keeps of the request for them.
        reply: what becomes of the answer that `gloo.explain.responding.answered` was asked about.
    """

    upstream: str
    share: float
    function: Called | None
    sent: Request | None
    refused: Answer | None = None
    further: tuple[str, ...] = ()
    made_by: str = ""
    keyed: tuple[SecretHeader, ...] = ()
    rules: tuple[Rule, ...] = ()
    notes: bytes | None = None
    reply: Reply | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """What becomes of one request.

    Args:
        request: the request as Envoy has it when it looks for a route, or as it was sent where it looks for none.
        domains: the domains that the host fits, the one that won first; empty where nobody answers for it.
        tried: the routes that were asked, in their order; the last one took it unless none did.
        deliveries: where it goes; empty when the gateway itself answers.
        answer: what it answers then.
        accepted: what it answers before it makes the call, where no client waits for that.
        policies: what else the route says, name and meaning.
        problems: what is wrong with the virtual service.
        token: what the token says that the route demands.
        reason: why the gateway answers, where no route tells.
    """

    request: Request
    domains: tuple[DomainChoice, ...] = ()
    tried: tuple[Tried, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    answer: Answer | None = None
    accepted: Answer | None = None
    policies: tuple[tuple[str, str], ...] = ()
    problems: tuple[Problem, ...] = ()
    token: FoundToken | None = None
    reason: str = ""
    chosen: TableRoute | None = field(init=False)

    def __post_init__(self) -> None:
        taken = self.tried[-1] if self.tried and self.tried[-1].refusal is None else None
        object.__setattr__(self, "chosen", taken.candidate if taken else None)

    @property
    def service(self) -> str:
        """The virtual service that answers; empty where there is none."""
        return self.domains[0].service if self.domains else ""

    @property
    def unrouted(self) -> bool:
        """Whether no route takes the request, nor anything else."""
        return self.answer == in_form(NO_ROUTE, self.request)

    @property
    def route(self) -> str:
        """The route that took the request, ``virtual-service/index``; empty where there is none."""
        return f"{self.service}/{self.chosen.index}" if self.chosen else ""


def explain(request: Request, tables: Tables, runtime: FunctionRuntime, *, role: str = DEFAULT_ROLE) -> Explanation:
    """Say what becomes of *request*, as a client sends it, at the gateways of *role*."""
    if (refusal := refused(request)) is not None:
        return Explanation(request, answer=refusal.answer, reason=refusal.reason)
    request = arrived(request)
    secure = request.scheme == "https"
    elsewhere = () if secure else tables.redirecting_domains(role)
    domains = fitting_domains(request.host, (*tables.domains(role, secure=secure), *elsewhere))
    if not domains:
        return Explanation(request, answer=in_form(NO_ROUTE, request))
    service = domains[0].service
    if (domains[0].domain, service) in elsewhere:
        answer = Answer(301, (("location", secure_location(request, tables.ports.get(role))),))
        return Explanation(request, domains, answer=in_form(answer, request), problems=tables.problems(service))
    tried = tuple(_tried(tables.routes(service), request))
    nowhere = in_form(NO_ROUTE, request)
    found = Explanation(request, domains, tried, answer=nowhere, problems=tables.problems(service))
    return found if found.chosen is None else _followed(found, found.chosen, tables, runtime)


def _tried(routes: tuple[TableRoute, ...], request: Request) -> Iterator[Tried]:
    for candidate in routes:
        said_no = refusal(candidate.route.match, request)
        yield Tried(candidate, said_no)
        if said_no is None:
            return


def _followed(found: Explanation, chosen: TableRoute, tables: Tables, runtime: FunctionRuntime) -> Explanation:
    action, also, seen = chosen.route.action, policies(chosen.route), found.request
    if (unmoved := not_upgraded(seen, chosen.route)) is not None:
        upgrade = ("upgrade", f"the route allows none to {seen.header('upgrade')!r}")
        return replace(found, answer=in_form(unmoved, seen), policies=(upgrade, *also))
    if (long := too_large(seen, chosen.route)) is not None:
        return replace(found, answer=in_form(long, seen), policies=also)
    if (preflight := preflight_answer(seen, chosen.route)) is not None:
        return replace(found, answer=preflight, policies=also)
    if (jwt := tables.jwt(found.service)) is not None:
        token = found_token(seen, chosen.demand, jwt) if chosen.demand is not None else None
        if isinstance(token, Answer):
            denied = by_filter(token, seen, chosen.route)
            return replace(found, answer=in_form(denied, seen), policies=also)
        found, seen = replace(found, token=token), verified(seen, token, jwt)
    if (fault := broken(seen, chosen.route)) is not None:
        return replace(found, answer=in_form(fault, seen), policies=also)
    if chosen.route.later == "gateway":
        from gloo.explain.later import ACCEPTED, as_later  # noqa: PLC0415 - rare, and start-up counts

        accepted = replace(ACCEPTED, headers=_told(ACCEPTED.headers, chosen.route, seen))
        found, seen = replace(found, accepted=in_form(accepted, seen)), as_later(seen)
    if isinstance(action, Forward):
        whole = sum(target.weight for target in action.targets)
        deliveries = tuple(
            replace(delivery, share=target.weight / whole, made_by=maker(chosen.route, target, found.request))
            for position, target in enumerate(action.targets)
            for delivery in (_delivery(seen, chosen, position, tables, runtime),)
        )
        return replace(found, deliveries=deliveries, answer=None, policies=also)
    answer = _direct(action, chosen.route, found.request) if isinstance(action, DirectResponse) else None
    if isinstance(action, Redirect):
        answer = _redirected(action, chosen.route, found.request)
    return replace(found, answer=answer and in_form(answer, found.request), policies=also)


def _delivery(
    request: Request, chosen: TableRoute, position: int, tables: Tables, runtime: FunctionRuntime
) -> Delivery:
    """Return what becomes of *request* at one destination of the route, the one at *position*."""
    action = chosen.route.action
    assert isinstance(action, Forward)
    target = action.targets[position]
    function = called_function(chosen.written, position, request, tables, runtime)
    rules = rules_of_destination(chosen.written, position, tables)
    rendered, notes = _rendered(request, target, runtime)
    if isinstance(rendered, Answer):
        heard = chosen.route.later != "gateway"
        refusal = in_form(by_filter(rendered, request, chosen.route, script=True), request) if heard else rendered
        return Delivery(target.cluster, 1.0, function, None, refusal, rules=rules)
    names = endpoint_names(tables.upstreams[target.cluster])
    leaving = outgoing(rendered, chosen.route, target, endpoint_name=next(iter(names), ""))
    leaving, keyed = with_secrets(leaving, tables.upstreams[target.cluster])
    sent, further = _framed(as_marked(leaving, target)), _further(target)
    delivery = Delivery(target.cluster, 1.0, function, sent, further=further, rules=rules, notes=notes)
    return replace(delivery, keyed=keyed)


def _framed(request: Request) -> Request:
    return replace(request, headers=tuple(pair for pair in request.headers if pair[0] not in LENGTHS))


_OURS = (LUA_FILTER, ANSWERS_FILTER, ANSWER_NOTES, FUNCTION_HEADERS)
"""Filters whose work is done here."""


def _further(target: Target) -> tuple[str, ...]:
    return tuple(name for name, _ in target.filters if name not in _OURS)


def _rendered(request: Request, target: Target, runtime: FunctionRuntime) -> tuple[Request | Answer, bytes | None]:
    """Return *request* as it leaves the filters, or what refuses it, and the notes for its answer.

    The program of an answer leaves the same notes as Envoy where that makes the request.
    """
    notes = None
    filters = dict(target.filters)
    config = filters.get(LUA_FILTER) or filters.get(ANSWERS_FILTER)
    program = read_program(config) if config is not None else None
    if program is not None:
        rendered, notes = runtime.run_noting(program, request)
        if isinstance(rendered, Answer):
            return rendered, None
        request = rendered
    if (headers := filters.get(FUNCTION_HEADERS)) is not None:
        request = with_headers(request, read_function_headers(headers))
    return replace(request, path=unescaped(request.path)), notes


def _direct(action: DirectResponse, route: Route, request: Request) -> Answer:
    own = (HeaderChange("content-type", action.content_type), *action.headers)
    leads = action.status == 201 or 300 <= action.status < 400
    headers = (("location", f"{request.scheme}://{request.host}{request.path}"),) if leads else ()
    return _typed(Answer(action.status, _told(headers, route, request, own), action.body.encode()))


def _redirected(action: Redirect, route: Route, request: Request) -> Answer:
    """Return the answer; where a prefix is exchanged, Envoy has written the new path when it fills in formats."""
    match, (path, mark, query) = route.match.path, request.path.partition("?")
    written = path if action.prefix is None else with_prefix(path, match, action.prefix)
    headers = (("location", location(request, action, match)),)
    return _typed(Answer(action.code, _told(headers, route, replace(request, path=f"{written}{mark}{query}"))))


def _typed(answer: Answer) -> Answer:
    """Return *answer* of the gateway without a type where it has no body."""
    kept = tuple(pair for pair in answer.headers if answer.body or pair[0] != "content-type")
    return replace(answer, headers=kept)


def _told(headers: Headers, route: Route, request: Request, own: tuple[HeaderChange, ...] = ()) -> Headers:
    """Return *headers* of an answer of the gateway, changed as *route* says."""
    changed = response_headers(headers, request, (*own, *route.response_headers), route.response_headers_removed)
    return with_origin(changed, request, route)
