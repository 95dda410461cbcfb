"""What becomes of an upstream's answer on its way to the client: header changes of the route, and response templates.

Envoy applies them in this order: what the route changes, the marks of the host, the program, the marks for browsers.
"""

from collections.abc import Mapping, Sequence

from gloo.envoy.function_headers import FUNCTION_HEADERS, read_host_marks
from gloo.envoy.lua import ANSWERS_FILTER, LuaProgram, read_program
from gloo.envoy.route import Forward, Target
from gloo.explain.answer import Delivery, Explanation, Reply
from gloo.explain.delivery import Endpoint, endpoints
from gloo.explain.lua_run import Answer, FunctionRuntime
from gloo.explain.preflight import with_origin
from gloo.explain.rewriting import response_headers
from gloo.explain.rules import Rule
from gloo.explain.tables import TableRoute, Tables
from gloo.explain.upstream_answer import BODILESS
from gloo.functions.limits import MOST_MADE
from gloo.model.base import replace


def answered(found: Explanation, answer: Answer, tables: Tables, runtime: FunctionRuntime) -> Explanation:
    """Return *found* with what its client gets when the upstream says *answer*."""
    if found.chosen is None:
        return found
    deliveries = tuple(
        replace(each, reply=_reply(found, position, answer, tables, runtime)) if each.sent is not None else each
        for position, each in enumerate(found.deliveries)
    )
    return replace(found, deliveries=deliveries)


def _reply(found: Explanation, position: int, answer: Answer, tables: Tables, runtime: FunctionRuntime) -> Reply:
    delivery, chosen = found.deliveries[position], found.chosen
    assert chosen is not None
    assert isinstance(chosen.route.action, Forward)
    target = chosen.route.action.targets[position]
    if found.accepted is not None:
        return Reply("", None, "no client waits for it")
    if delivery.further:
        return Reply("", None, f"{', '.join(delivery.further)} changes it, which only Envoy can do")
    arrived = _arrived(answer, delivery, chosen, target, tables)
    reply = rendered_reply(arrived, delivery.notes, _program(target), delivery.rules, runtime)
    reply = replace(reply, note=reply.note or _doubt(target, endpoints(tables.upstreams[delivery.upstream])))
    if reply.answer is None:
        return reply
    headers = with_origin(reply.answer.headers, found.request, chosen.route)
    body = b"" if found.request.method == "HEAD" else reply.answer.body
    return replace(reply, answer=replace(reply.answer, headers=headers, body=body))


def rendered_reply(
    answer: Answer,
    notes: bytes | None,
    program: LuaProgram | None,
    rules: tuple[Rule, ...],
    runtime: FunctionRuntime,
) -> Reply:
    """Return what the response templates in *program* make of *answer*; *notes* are what the request left for it."""
    if program is None or notes is None:
        return Reply("", answer)
    made = runtime.run_answer(program, notes, answer)
    name = rules[made.rule].template if made.rule is not None else ""
    if made.whole and len(answer.body) > MOST_MADE:
        return Reply(name, None, "it is longer than Envoy keeps (2 MiB): the client gets a plain 500")
    bodiless = made.whole and not answer.body and (answer.status in BODILESS or notes.split(b"\n")[1:2] == [b"HEAD"])
    return Reply(name, made.answer, "it has no body, and is left as it is" if bodiless else "")


def with_marks(answer: Answer, wanted: Mapping[str, str], marks: Mapping[str, str]) -> Answer:
    """Return *answer* with the headers in which a program looks for *marks* of the host, by what *wanted* says."""
    kept = tuple(pair for pair in answer.headers if pair[0] not in wanted)
    added = tuple((header, marks[mark]) for header, mark in wanted.items() if marks.get(mark))
    return replace(answer, headers=(*kept, *added))


def _arrived(answer: Answer, delivery: Delivery, chosen: TableRoute, target: Target, tables: Tables) -> Answer:
    """Return *answer* as the program sees it."""
    assert delivery.sent is not None
    route = chosen.route
    headers = response_headers(answer.headers, delivery.sent, route.response_headers, route.response_headers_removed)
    body = b"" if delivery.sent.method == "HEAD" else answer.body
    hosts = endpoints(tables.upstreams[delivery.upstream])
    return with_marks(Answer(answer.status, headers, body), _wanted(target), hosts[0].marks if hosts else {})


def _wanted(target: Target) -> Mapping[str, str]:
    """Return the headers of the answer that get a mark of the host."""
    return next((read_host_marks(config) for name, config in target.filters if name == FUNCTION_HEADERS), {})


def _doubt(target: Target, hosts: Sequence[Endpoint]) -> str:
    """Say whose marks were taken, where that matters: only Envoy knows which host will answer."""
    wanted = _wanted(target).values()
    if len({tuple(host.marks.get(mark) for mark in wanted) for host in hosts}) < 2:
        return ""
    first = hosts[0]
    return f"host_metadata() is that of {first.name or first.address}:{first.port}, the first of {len(hosts)} hosts"


def _program(target: Target) -> LuaProgram | None:
    return next((read_program(config) for name, config in target.filters if name == ANSWERS_FILTER), None)
