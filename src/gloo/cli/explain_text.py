"""What `gloo explain` prints: the road of a request, step by step."""

import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from gloo.cli.matcher_text import describe
from gloo.explain.answer import Delivery, Explanation, Reply, Tried
from gloo.explain.lua_run import Answer
from gloo.explain.request import Request
from gloo.explain.tables import Tables
from gloo.explain.tokens import FoundToken
from gloo.model.base import Json, replace
from gloo.model.strict import to_builtins


def explanation_text(found: Explanation, tables: Tables, folder: Path) -> str:
    """Return *found* for people."""
    return "\n".join(_lines(found, tables, folder))


def _lines(found: Explanation, tables: Tables, folder: Path) -> Iterator[str]:
    request = found.request
    yield f"{request.method} {request.scheme}://{request.host}{request.path}"
    if found.reason:
        yield f"no route is asked: {found.reason}"
    elif not found.domains:
        yield f"no virtual service answers for {request.host} by {request.scheme}"
    else:
        first = found.domains[0]
        yield f"virtual service {first.service}: domain {first.domain} ({first.reason})"
        yield from (f"  passed over: {each.service}, domain {each.domain}" for each in found.domains[1:])
    for _, forms in groupby(found.tried, key=lambda each: each.candidate.index):
        yield _tried(tuple(forms), found, tables, folder)
    if found.domains and found.chosen is None and found.tried:
        yield "  no route matches"
    if found.token is not None:
        yield from _token(found.token)
    if found.accepted is not None:
        yield from _answer("the client gets at once", found.accepted)
    for delivery in found.deliveries:
        yield from _delivery(delivery, heard=found.accepted is None)
    if found.answer is not None:
        yield from _answer("the gateway answers", found.answer)
    if found.policies:
        yield "policies"
        yield from (f"  {name}: {meaning}" for name, meaning in found.policies)
    if found.problems:
        yield f"problems of VirtualService/{found.service}"
        for problem in found.problems:
            yield f"  {replace(problem, file=str(folder / problem.file)) if problem.file else problem}"


def _tried(forms: tuple[Tried, ...], found: Explanation, tables: Tables, folder: Path) -> str:
    """Return the line of one route; an event has several *forms*, each with its own refusal."""
    tried = forms[-1]
    index = tried.candidate.index
    if tried.refusal is not None:
        refusals = dict.fromkeys(str(each.refusal) for each in forms)
        return f"  routes[{index}] no: {'; '.join(refusals)}"
    source = tables.item(found.service).source
    place = f"{folder / source.document.name}:{source.line_of(f'routes[{index}]')}"
    extra = "" if tried.candidate.route.name.count("/") == 1 else f", its part {tried.candidate.route.name!r}"
    return f"  routes[{index}] takes it: {describe(tried.candidate.written)} ({place}{extra})"


def _token(token: FoundToken) -> Iterator[str]:
    yield f"a token is demanded: {token.demand}"
    if not token.provider:
        yield "  the request has none"
        return
    yield f"  the request has one for {token.provider}; nothing of it was verified. Templates would get"
    for name, value in token.claims.items():
        yield f"  jwt_claim({json.dumps(name)}) = {json.dumps(value, ensure_ascii=False)}"


def _delivery(delivery: Delivery, *, heard: bool) -> Iterator[str]:
    share = "" if delivery.share == 1 else f" ({delivery.share:.0%} of the requests)"
    if delivery.function is not None:
        yield f"function {delivery.function.name}"
        for value in delivery.function.values:
            told = "absent" if value.value is None else value.value
            yield f"  {value.name} = {told}  from {value.source}"
        if delivery.made_by:
            yield f"  made by {delivery.made_by}"
    if delivery.refused is not None:
        whom = "the gateway answers" if heard else "nothing is sent, and the log alone tells of the"
        yield from _answer(f"the function refuses{share}; {whom}", delivery.refused)
    if delivery.sent is not None:
        yield f"upstream {delivery.upstream} gets{share}"
        yield from (f"  {line}" for line in request_lines(delivery.sent))
        if delivery.keyed:
            yield f"  ... with {', '.join(each.name for each in delivery.keyed)} from the upstream's secret"
        if delivery.further:
            yield f"  ... as changed by {', '.join(delivery.further)}, which only Envoy can do"
        yield from _rules(delivery)
        if delivery.reply is not None:
            yield from _reply(delivery.reply)


def _rules(delivery: Delivery) -> Iterator[str]:
    """Say which response templates there are and, where an answer is known, which one takes it."""
    if not delivery.rules:
        return
    yield "response templates, of which the first that is for an answer takes it"
    for rule in delivery.rules:
        taken = delivery.reply is not None and delivery.reply.rule == rule.template
        yield f"  {rule.template} is for {rule.takes}{': takes it' if taken else ''}"
    none = delivery.reply is not None and delivery.reply.answer is not None and not delivery.reply.rule
    yield f"  any other answer passes as it is{': so does this one' if none else ''}"


def _reply(reply: Reply) -> Iterator[str]:
    if reply.note:
        yield f"of its answer: {reply.note}"
    if reply.answer is not None:
        yield from _answer("the client gets", reply.answer)


def request_lines(request: Request) -> Iterator[str]:
    """Yield *request* as it would be sent, without what Envoy adds to every request."""
    yield f"{request.method} {request.path}"
    yield f"host: {request.host}"
    yield from (f"{name}: {value}" for name, value in request.headers)
    if request.body:
        yield ""
        yield from body_text(request.body).splitlines()


def _answer(title: str, answer: Answer) -> Iterator[str]:
    yield f"{title} {answer.status}"
    yield from (f"  {name}: {value}" for name, value in answer.headers)
    if answer.body:
        yield from ("", *(f"  {line}" for line in body_text(answer.body).splitlines()))
    if answer.log:
        yield f"  log: {answer.log}"


def body_text(body: bytes) -> str:
    """Return *body* as text; bytes that are none are shown as escapes."""
    return body.decode("utf-8", "backslashreplace")


def explanation_json(found: Explanation) -> Json:
    """Return *found* for programs."""
    return {
        "request": request_json(found.request),
        "virtual_service": found.service,
        "domain": found.domains[0].domain if found.domains else "",
        "passed_over": [{"virtual_service": each.service, "domain": each.domain} for each in found.domains[1:]],
        "route": found.route,
        "token": _token_json(found.token),
        "tried": [_tried_json(each) for each in found.tried],
        "destinations": [_delivery_json(each, heard=found.accepted is None) for each in found.deliveries],
        "answer": _answer_json(found.answer or found.accepted),
        "reason": found.reason,
        "policies": [{"name": name, "meaning": meaning} for name, meaning in found.policies],
        "problems": [to_builtins(problem) for problem in found.problems],
    }


def request_json(request: Request) -> Json:
    """Return *request* as plain values."""
    body = None if request.body is None else body_text(request.body)
    parts = {"method": request.method, "scheme": request.scheme, "host": request.host, "path": request.path}
    return {**parts, "headers": [list(pair) for pair in request.headers], "body": body}


def _token_json(token: FoundToken | None) -> Json:
    if token is None:
        return None
    claims = {"provider": token.provider, "claims": dict(token.claims), "verified": False} if token.provider else {}
    return {"demand": token.demand, **claims}


def _tried_json(tried: Tried) -> Json:
    no = tried.refusal
    refusal = {"matcher": no.matcher, "expected": no.expected, "actual": no.actual} if no else None
    return {"index": tried.candidate.index, "route": tried.candidate.route.name, "refusal": refusal}


def _delivery_json(delivery: Delivery, *, heard: bool) -> Json:
    called = delivery.function
    values = [{"name": v.name, "source": v.source, "value": v.value} for v in called.values] if called else []
    return {
        "upstream": delivery.upstream,
        "share": delivery.share,
        "function": called.name if called else "",
        "parameters": values,
        "made_by": delivery.made_by,
        "request": None if delivery.sent is None else request_json(delivery.sent),
        "changed_further_by": [*(each.filter for each in delivery.keyed), *delivery.further],
        "answer": _answer_json(delivery.refused) if heard else None,
        "unheard": None if heard else _answer_json(delivery.refused),
        "responses": [{"template": each.template, "takes": each.takes} for each in delivery.rules],
        "reply": _reply_json(delivery.reply),
    }


def _reply_json(reply: Reply | None) -> Json:
    if reply is None:
        return None
    return {"template": reply.rule, "answer": _answer_json(reply.answer), "note": reply.note}


def _answer_json(answer: Answer | None) -> Json:
    if answer is None:
        return None
    headers = [list(pair) for pair in answer.headers]
    return {"status": answer.status, "headers": headers, "body": body_text(answer.body)}
