"""A call of a function with values given by hand: the request that its upstream would get."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from gloo.envoy.lua import LuaProgram
from gloo.errors import ConfigError, MissingReference, TemplateError
from gloo.explain.answer import Reply
from gloo.explain.arguments import Wants, calling_route, check_arguments, wants
from gloo.explain.bodies import Number, body_with, json_of, text_of
from gloo.explain.delivery import template_of_function
from gloo.explain.lua_run import Answer, FunctionRuntime
from gloo.explain.parameters import bound_by
from gloo.explain.request import LENGTHS, Headers, Request
from gloo.explain.responding import rendered_reply, with_marks
from gloo.explain.rules import Rule, rules_of
from gloo.explain.tables import Tables
from gloo.functions import FunctionTemplate, Parameter, Program, compile_function
from gloo.functions.extractors import Extractor
from gloo.functions.names import BodyFormat
from gloo.model.base import Json, Value, replace
from gloo.model.strict import nearest
from gloo.translator.upstream_functions import AcceptedFunction

_HEADER = "x-gloo-arg-"
"""How the headers begin in which a program finds the values that only a route would bring."""

_WHOLE = "(?s).*"


class FoundFunction(Value, frozen=True):
    """A function that is to be called."""

    upstream: str
    name: str
    function: AcceptedFunction


class Given(Value, frozen=True):
    """What a call is made of.

    Args:
        body: passed on as it is, where the function makes none.
    """

    arguments: Sequence[tuple[str, Json]] = ()
    headers: Headers = ()
    body: bytes | None = None

    @property
    def media_type(self) -> str:
        """What the body is, where no header says it: JSON, if it reads as that; empty for anything else."""
        if self.body is None or any(name == "content-type" for name, _ in self.headers):
            return ""
        try:
            json.loads(self.body)
        except (ValueError, RecursionError):
            return ""
        return "application/json"


class Prepared(Value, frozen=True):
    """A request that is to be sent, and what makes another answer of its answer.

    Args:
        notes: what the program left for the answer.
        marks: the headers in which the program looks for marks of the host.
    """

    request: Request
    program: LuaProgram
    notes: bytes | None
    rules: tuple[Rule, ...]
    marks: Mapping[str, str]

    def reply(self, answer: Answer, host: Mapping[str, str]) -> Reply:
        """Return what the response templates make of *answer*; *host* has the marks of the host that gave it."""
        marked = with_marks(answer, self.marks, host)
        reply = rendered_reply(marked, self.notes, self.program, self.rules, FunctionRuntime())
        if reply.answer is None or not reply.rule:
            return reply
        kept = tuple(pair for pair in reply.answer.headers if pair[0] not in LENGTHS)
        return replace(reply, answer=replace(reply.answer, headers=kept))


def find_function(name: str, tables: Tables) -> FoundFunction:
    """Return the function called ``upstream/function``; raise MissingReference or ConfigError when none can be."""
    known = [
        f"{upstream}/{function}"
        for upstream, found in tables.upstreams.items()
        if found.accepted is not None
        for function in found.accepted.functions
    ]
    upstream, _, function = name.partition("/")
    accepted = tables.upstreams[upstream].accepted if upstream in tables.upstreams else None
    if accepted is None or function not in accepted.functions:
        hint = nearest(name, known) if known else "there are no functions"
        raise MissingReference("", "", f"there is no function {name!r} that works", hint)
    return FoundFunction(upstream, name, accepted.functions[function])


def argument(text: str) -> tuple[str, Json]:
    """Return name and value of ``name=value``: a JSON value where it is one, with all its digits, else text."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise ConfigError("", "--arg", f"{text!r} gives no value", "e.g. --arg id=7")
    try:
        found: Json = json.loads(value, parse_float=Number, parse_constant=_no_json)
        json_of(found)  # nested too deep to be written, it is text
    except (ValueError, RecursionError):
        return name, value
    return name, found


def _no_json(word: str) -> Json:
    raise ValueError(word)  # NaN and Infinity, which Python takes


def rendered(called: FoundFunction, given: Given, host: str, tables: Tables) -> Prepared | Answer:
    """Return the request of a call, or the answer where the function refuses what is *given*.

    What parameters would find in a request is given to the program as text, all else as fields of the body that it
    reads. That body goes on to the upstream only where the function passes on what it reads as a whole; `given.body`
    does where the function makes no body of its own.

    Raises:
        ConfigError: the function has no use for an argument, or is none of templates.
    """
    template = template_of_function(called.name, called.function)
    if template is None:
        hint = "call it --via gateway; gloo explain shows what a route sends"
        raise ConfigError("", called.name, "is no function of templates", hint)
    found = wants(template, called.function, calling_route(called.name, tables))
    check_arguments(found, given.arguments)
    texts, fields = _sorted(found, given)
    program = _program(template, found, texts)
    asked = _asked(template, found, given, texts=texts, fields=fields, host=host)
    runtime = FunctionRuntime()
    lua = LuaProgram(program.id, program.source)
    result, notes = runtime.run_noting(lua, asked)
    if isinstance(result, Answer):
        return result
    marks = {f"x-gloo-host-{index}": mark for index, mark in enumerate(program.hosts, 1)}
    sent = _cleaned(result, asked, given, template=template, found=found)
    return Prepared(sent, lua, notes, rules_of(template.responses), marks)


def _sorted(found: Wants, given: Given) -> tuple[dict[str, str], list[tuple[str, Json]]]:
    """Return the arguments that parameters would find, and the others."""
    texts = {name: text_of(value) for name, value in given.arguments if name in found.texts}
    fields = [(name, value) for name, value in given.arguments if name not in texts]
    if given.body is not None and fields and found.anything:
        raise ConfigError(
            "", "--arg", f"{fields[0][0]!r} is a field of the body, which --body gives", "give one of them"
        )
    return texts, fields


def _program(template: FunctionTemplate, found: Wants, texts: Mapping[str, str]) -> Program:
    """Compile *template* so that it finds *texts*, and whatever only a route would bring, in headers of ours."""
    extractors = tuple(each for each in template.extractors if not set(bound_by(each)) & texts.keys())
    kept = {name for each in extractors for name in bound_by(each)}
    headers = tuple(
        Parameter("header", f"{_HEADER}{index}", extractor=Extractor(name, _WHOLE))
        for index, name in enumerate(found.texts)
        if name not in kept
    )
    try:
        return compile_function(replace(template, extractors=extractors, parse_body=_form(template)), headers)
    except TemplateError as error:
        raise ConfigError("", template.name, str(error)) from error


def _form(template: FunctionTemplate) -> BodyFormat:
    """Return how the program reads the fields that it is given."""
    return "json" if template.parse_body == "none" else template.parse_body


def _asked(
    template: FunctionTemplate,
    found: Wants,
    given: Given,
    *,
    texts: Mapping[str, str],
    fields: Sequence[tuple[str, Json]],
    host: str,
) -> Request:
    """Return the request that the program gets."""
    media_type, body = body_with(nested(fields), _form(template)) if fields else (given.media_type, given.body)
    kind = (("content-type", media_type),) if body is not None and media_type else _kinds(given.headers)
    headers = tuple(pair for pair in given.headers if pair[0] != "content-type")
    ours = tuple((f"{_HEADER}{i}", texts[name]) for i, name in enumerate(found.texts) if name in texts)
    makes_body = template.writes_body or found.anything or given.body is not None
    return Request("POST" if makes_body else "GET", host, "/", (*headers, *kind, *ours), body)


def _cleaned(result: Request, asked: Request, given: Given, *, template: FunctionTemplate, found: Wants) -> Request:
    """Return *result* without what was only put into *asked* for the program to find it."""
    headers = tuple(each for each in result.headers if each[0] != "content-length" and not each[0].startswith(_HEADER))
    if template.writes_body or found.anything or asked.body is given.body:
        return replace(result, headers=headers)
    kept = tuple(pair for pair in headers if pair != ("content-type", asked.header("content-type")))
    said = (("content-type", given.media_type),) if given.media_type else _kinds(given.headers)
    return replace(result, headers=kept if _kinds(kept) else (*kept, *said), body=given.body)


def _kinds(headers: Headers) -> Headers:
    return tuple(pair for pair in headers if pair[0] == "content-type")


def nested(arguments: Sequence[tuple[str, Json]]) -> dict[str, Json]:
    """Return *arguments* as one object; a dot in a name nests."""
    whole: dict[str, Any] = {}
    for name, value in arguments:
        *outer, last = name.split(".")
        at = whole
        for step in outer:
            at = at.setdefault(step, {})
            if not isinstance(at, dict):
                raise ConfigError("", "--arg", f"{name!r} is a field of what is no object")
        at[last] = value
    return whole
