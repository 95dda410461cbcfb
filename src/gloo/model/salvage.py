"""Reading what can be read of a route, or of the providers of tokens, that can't be decoded.

A broken route must keep its place: its requests get an error, not the answer of a later route that it would have
shadowed. So its matcher is read leniently: conditions that can't be read are left out, a misspelt key counts as the
name nearest to it. Where not even the path can be read, nothing is known about the route's place and None is returned.
"""

import difflib
import re
from collections.abc import Mapping

import msgspec

from gloo.model.base import Json
from gloo.model.jwt import Jwt, JwtProvider, SalvagedJwt
from gloo.model.rest import rest_of_route
from gloo.model.route import BrokenRoute, EventMatcher, RequestMatcher
from gloo.model.status import Problem
from gloo.model.strict import convert, decode_struct, snake_case

_PATHS = ("path_prefix", "path_segment_prefix", "path_regex", "path_exact")


def salvage_route(raw: Json, problems: tuple[Problem, ...]) -> BrokenRoute:
    """Return the broken route that stands in the place of *raw*."""
    fields = _near(raw, ("request_matcher", "event_matcher"))
    return BrokenRoute(
        request_matcher=_request_matcher(fields.get("request_matcher")),
        event_matcher=_event_matcher(fields.get("event_matcher")),
        problems=problems,
        rest=rest_of_route(raw),
    )


def without_providers(raw: Mapping[str, Json]) -> dict[str, Json]:
    """Return the `jwt` of a virtual service, if it has one, with no provider in it."""
    jwt = raw.get("jwt")
    if not isinstance(jwt, dict) or not isinstance(jwt.get("providers"), dict):
        return {}
    return {"jwt": {**jwt, "providers": {}}}


def salvage_jwt(shell: Jwt, raw: Json) -> Jwt:
    """Return *shell* with those providers of *raw* that can be decoded; what is wrong with others is kept beside."""
    good: dict[str, JwtProvider] = {}
    broken: dict[str, tuple[Problem, ...]] = {}
    for name, each in raw["providers"].items():
        alone, problems = decode_struct({"providers": {name: each}}, Jwt, at="jwt")
        if alone is None:
            broken[name] = problems
        else:
            good |= alone.providers
    return SalvagedJwt(providers=good, default=shell.default, broken=broken)


def _event_matcher(raw: Json) -> EventMatcher | None:
    try:
        return convert(raw, EventMatcher)
    except msgspec.ValidationError:
        return None


def _request_matcher(raw: Json) -> RequestMatcher | None:
    fields = _near(raw, (*_PATHS, "verbs"))
    paths = {name: fields[name] for name in _PATHS if isinstance(fields.get(name), str)}
    if len(paths) != 1:
        return None
    verbs = fields.get("verbs")
    readable = tuple(verbs) if isinstance(verbs, list) and all(isinstance(verb, str) for verb in verbs) else ()
    return RequestMatcher(**paths, verbs=readable)


def _near(raw: Json, names: tuple[str, ...]) -> Mapping[str, Json]:
    """Return the fields of *raw* under the name of *names* that each is or is nearest to."""
    found: dict[str, Json] = {}
    for key, value in raw.items() if isinstance(raw, dict) else ():
        close = difflib.get_close_matches(snake_case(key), names, n=1, cutoff=0.8)
        if close and (close[0] not in found or key == close[0]):
            found[close[0]] = value
    return found


def literal_head(regex: str) -> str:
    """Return the text that every match of *regex* starts with, as far as it is plain; ``""`` when it may be anything.

    Needs no valid regex, so that a broken one still shows where its route would have stood.
    """
    if "|" in regex:
        return ""
    head = re.match(r"\^?((?:[^\\^$.|?*+()\[\]{}]|\\[^A-Za-z0-9])*)", regex)
    assert head is not None
    text = head[1]
    if regex[head.end() : head.end() + 1] in {"?", "*", "{"}:
        text = text[:-2] if text[-2:-1] == "\\" else text[:-1]
    return re.sub(r"\\(.)", r"\1", text)
