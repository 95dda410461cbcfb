r"""What Envoy's router changes of a request on its way out: headers, host, path; in its order.

Source: Envoy's API, `config.route.v3.RouteAction` and `HeaderValueOption`; proven against a real Envoy.
"""

import re
from collections.abc import Sequence

import re2

from gloo.envoy.route import Forward, HeaderChange, PathMatch, Route, Target
from gloo.envoy.route_policy import HostRewrite
from gloo.envoy.upstream_filters import FOR_FILTERS, METHOD, PATH
from gloo.explain.matching import path_holds
from gloo.explain.placeholders import is_told
from gloo.explain.request import Headers, Request, joined_lines
from gloo.functions.lowering import WHOLE_HEADER
from gloo.model.base import replace
from gloo.model.duration import Duration

_COMMAND = re.compile(
    r"%%|%REQ\((?P<name>[^?():]*:?[^?():]*)(?:\?(?P<other>[^()]*))?\)(?::(?P<length>\d+))?%|" + WHOLE_HEADER.pattern
)
_USUAL_TIMEOUT = Duration(15 * 10**9)
_TIMEOUT = "x-envoy-expected-rq-timeout-ms"
_WHOLE_TIME = "x-envoy-upstream-rq-timeout-ms"
_TIME_OF_A_TRY = "x-envoy-upstream-rq-per-try-timeout-ms"
_HEDGED = "x-envoy-hedge-on-per-try-timeout"
_FOR_THE_ROUTER = frozenset(
    (
        *(_TIME_OF_A_TRY, _HEDGED, "x-envoy-retry-on", "x-envoy-retry-grpc-on", "x-envoy-max-retries"),
        *("x-envoy-retriable-status-codes", "x-envoy-retriable-header-names"),
        *("x-envoy-upstream-rq-timeout-alt-response", "x-envoy-upstream-stream-duration-ms"),
    )
)
"""What the router reads, whoever has set it, and sends to nobody."""
_GROUP = re.compile(r"\\([0-9\\])")


def outgoing(request: Request, route: Route, target: Target, *, endpoint_name: str = "") -> Request:
    """Return *request* as it leaves for *target*; *endpoint_name* is the name of the host that gets it, if any."""
    action = route.action
    assert isinstance(action, Forward)
    request = _timed(request, action)
    sole = len(action.targets) == 1
    if sole:
        request = changed(request, (*target.request_headers, *route.request_headers), route.request_headers_removed)
    else:
        request = changed(request, target.request_headers)
        request = changed(request, route.request_headers, route.request_headers_removed)
    host, path = _host(request, action, target, endpoint_name), _path(request.path, action, route.match.path)
    told = (("x-envoy-original-host", request.host, host), ("x-envoy-original-path", request.path, path))
    originals = tuple((name, before) for name, before, after in told if after is not None)
    gone = _FOR_THE_ROUTER | dict(originals).keys()
    headers = joined_lines(tuple(pair for pair in request.headers if pair[0] not in gone))
    return replace(request, host=host or request.host, path=path or request.path, headers=(*headers, *originals))


def _timed(request: Request, action: Forward) -> Request:
    """Return *request* with the milliseconds that the upstream has, as the route says or a function in headers.

    In truth those that Envoy took are less.
    """
    retry, span = action.retry, _USUAL_TIMEOUT if action.timeout is None else action.timeout
    tried = retry.per_try if retry is not None else None
    whole, each = (_milliseconds(request, *pair) for pair in ((_WHOLE_TIME, span), (_TIME_OF_A_TRY, tried)))
    hedged = (retry is not None and retry.hedge) or request.header(_HEDGED) == "true"
    most = min((time for time in (whole, 0 if hedged else each) if time), default=0)
    request = changed(request, (HeaderChange(_TIMEOUT, str(most)),)) if most else request
    return changed(request, (), (_WHOLE_TIME, "x-envoy-upstream-alt-stat-name"))


def _milliseconds(request: Request, header: str, span: Duration | None) -> int:
    told = request.header(header) or ""
    return int(told) if re.fullmatch("[0-9]{1,18}", told) else 0 if span is None else span.nanoseconds // 10**6


def as_marked(request: Request, target: Target) -> Request:
    """Return *request* as the filters of the cluster write it, by the marks that *target* sets, which go."""
    marks = FOR_FILTERS.intersection(change.name for change in target.request_headers)
    told, method = (request.header(name) if name in marks else None for name in (PATH, METHOD))
    kept = tuple(pair for pair in request.headers if pair[0] not in marks)
    path, mark, query = request.path.partition("?")
    if told:
        path = f"{told[1:]}{path}" if told[0] == "+" else told[1:]
    if request.method == "HEAD":
        method = None
    return replace(request, method=method or request.method, path=f"{path}{mark}{query}", headers=kept)


def changed(request: Request, changes: Sequence[HeaderChange], removed: Sequence[str] = ()) -> Request:
    """Return *request* with headers removed, then replaced, then added; formats see what was left by the removals."""
    kept = replace(request, headers=tuple(pair for pair in request.headers if pair[0] not in removed))
    overwritten = {each.name: filled(each, kept) for each in changes if each.action == "set"}
    added = tuple(
        (each.name, filled(each, kept))
        for each in changes
        if each.action == "append" or (each.action == "set_if_absent" and kept.header(each.name) is None)
    )
    host = overwritten.pop("host", overwritten.pop(":authority", kept.host))
    return replace(kept, host=host, headers=(*_overwritten(kept.headers, overwritten), *added))


def response_headers(
    headers: Headers, request: Request, changes: Sequence[HeaderChange], removed: Sequence[str] = ()
) -> Headers:
    """Return *headers* of an answer to *request* with the *changes*, whose formats see the request."""
    told = tuple(replace(each, value=filled(each, request), format=False) for each in changes)
    return changed(Request("", "", "", headers), told, removed).headers


def with_headers(request: Request, changes: Sequence[HeaderChange]) -> Request:
    """Return *request* with the headers of a function set; those whose value comes out empty are removed."""
    request = changed(request, changes)
    empty = {each.name for each in changes if not request.header(each.name)}
    return replace(request, headers=tuple(pair for pair in request.headers if pair[0] not in empty))


def _overwritten(headers: Headers, values: dict[str, str]) -> Headers:
    placed: dict[str, str] = {}
    result = []
    for name, value in headers:
        if name not in values:
            result.append((name, value))
        elif name not in placed:
            placed[name] = values[name]
            result.append((name, values[name]))
    return (*result, *((name, value) for name, value in values.items() if name not in placed))


def filled(change: HeaderChange, request: Request) -> str:
    """Return the value of *change*; commands that only a live Envoy could fill stay as they are written."""
    if not change.format:
        return change.value
    return _COMMAND.sub(lambda command: _filled(command, request), change.value)


def _filled(command: "re.Match[str]", request: Request) -> str:
    if command[0] == "%%":
        return "%"
    if whole := command["whole"]:
        return request.header(whole) or ""
    for name in (command["name"], command["other"]):
        value = request.first(name.lower()) if name else None
        if value is not None and command["length"] and not is_told(value):
            return command[0]
        if value is not None:
            return value[: int(command["length"])] if command["length"] else value
    return ""


def _host(request: Request, action: Forward, target: Target, endpoint_name: str) -> str | None:
    """Return the host that the router writes; None where it writes none."""
    if target.host_rewrite:
        return target.host_rewrite
    own = HostRewrite("auto") if any(each.auto_host_rewrite for each in action.targets) else None
    rewrite = action.host or own
    if rewrite is None:
        return None
    if rewrite.kind == "literal":
        return rewrite.value
    named = request.first(rewrite.value) if rewrite.kind == "header" else endpoint_name
    return named or None


def _path(target: str, action: Forward, match: PathMatch) -> str | None:
    """Return the path that the router writes; None where it writes none."""
    path, mark, query = target.partition("?")
    if action.prefix_rewrite is not None and (match.kind == "regex" or _begins(path, match)):
        return with_prefix(path, match, action.prefix_rewrite) + mark + query
    if action.regex_rewrite is not None:
        made = substituted(path, *action.regex_rewrite)
        return made + mark + query if made else None
    return None


def with_prefix(path: str, match: PathMatch, prefix: str) -> str:
    """Return *path* with what *match* matched replaced: all of it for an expression, else the text of the matcher.

    A path that a function has made may not begin with that text: then it stays.
    """
    if match.kind == "regex":
        return prefix
    return prefix + path[len(match.value) :] if _begins(path, match) else path


def _begins(path: str, match: PathMatch) -> bool:
    return path_holds(replace(match, kind="prefix"), path)


def substituted(text: str, pattern: str, substitution: str) -> str:
    """Replace all that *pattern* finds in *text*, as RE2's GlobalReplace does."""
    compiled = re2.compile(pattern)
    result, at, last = [], 0, -1
    while at <= len(text):
        found = compiled.search(text, at)
        if found is None:
            break
        result.append(text[at : found.start()])
        if found.start() == found.end() == last:  # nothing, right behind the last find
            result.append(text[at : at + 1])
            at += 1
            continue
        result.append(_expanded(substitution, found))
        at = last = found.end()
    return "".join(result) + text[at:]


def _expanded(substitution: str, found: "re.Match[str]") -> str:
    return _GROUP.sub(lambda group: "\\" if group[1] == "\\" else found[int(group[1])] or "", substitution)
