"""The functions of an upstream: a bad one is left out, and no other is."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from gloo.errors import ConfigError, TemplateError
from gloo.model.artifact import Artifact
from gloo.model.base import Json, Model, Value
from gloo.model.duration import Duration, check_milliseconds
from gloo.model.path import join_path, parse_path
from gloo.model.status import Problem
from gloo.model.strict import decode_struct, field_names, left_out, near_names, rest_of
from gloo.model.upstream import Function, Upstream
from gloo.plugins.base import FunctionPlugin
from gloo.translator.reports import collected, problem_of, problems_of
from gloo.translator.upstream_needs import with_artifacts


class AcceptedFunction(Value, frozen=True):
    """A function that routes can call, with the plugin that knows how, and the annotations of its upstream."""

    plugin: FunctionPlugin[Any, Any]
    fields: Model
    timeout: Duration | None = None
    idempotent: bool | None = None
    annotations: Mapping[str, str] = {}


def accepted_functions(
    upstream: Upstream,
    listed: Iterable[tuple[int, Function]],
    plugin: FunctionPlugin[Any, Any],
    artifacts: Mapping[str, Artifact] | None,
) -> tuple[dict[str, AcceptedFunction], frozenset[str], tuple[Problem, ...]]:
    """Decode and check the functions; a bad one is reported and left out, and those that are Pending are named.

    *listed* are functions of *upstream* with their index; *artifacts* is None where it is not known which there are.
    """
    accepted: dict[str, AcceptedFunction] = {}
    pending: set[str] = set()
    problems: list[Problem] = []
    for index, function in listed:
        at = f"functions[{index}]"
        if function.name in accepted:
            problems.append(Problem(field=f"{at}.name", problem=f"{function.name!r} is given twice", hint="rename one"))
            continue
        fields, found = _function(upstream, function, plugin, artifacts, at=f"{at}.spec")
        try:
            check_milliseconds(function.timeout, "timeout", zero="for no limit")
        except ConfigError as error:
            fields, found = None, (*found, problem_of(error, at))
        problems += found
        if any(problem.pending for problem in found):
            pending.add(function.name)
        if fields is not None:
            rules = (function.timeout, function.idempotent)
            accepted[function.name] = AcceptedFunction(plugin, fields, *rules, upstream.metadata.annotations)
    return accepted, frozenset(pending), tuple(problems)


def _function(
    upstream: Upstream,
    function: Function,
    plugin: FunctionPlugin[Any, Any],
    artifacts: Mapping[str, Artifact] | None,
    *,
    at: str,
) -> tuple[Model | None, tuple[Problem, ...]]:
    fields, problems = decode_struct(dict(function.spec), plugin.function_model, at=at)
    name = f"{upstream.name}/{function.name}"
    if fields is None:
        hint = _service_hint(upstream, plugin)
        told = tuple(msgspec.structs.replace(problem, hint=hint or problem.hint) for problem in problems)
        return None, (*told, *_faults_of_rest(name, function.spec, plugin, at=at))
    if artifacts is None and plugin.artifacts(fields):
        return fields, ()
    try:
        fields = with_artifacts(fields, plugin, artifacts or {})
        plugin.check_function(name, fields)
    except (ConfigError, TemplateError) as error:
        return None, problems_of(error, at)
    warnings = (problem_of(warning, at) for warning in plugin.function_warnings(name, fields))
    return fields, tuple(msgspec.structs.replace(warning, warning=True) for warning in warnings)


def _service_hint(upstream: Upstream, plugin: FunctionPlugin[Any, Any]) -> str:
    if upstream.service_info is None and plugin.function_model.__struct_fields__ == ():
        return "functions of a service need service_info, e.g. {type: REST}"
    return ""


def _faults_of_rest(
    name: str, spec: Mapping[str, Json], plugin: FunctionPlugin[Any, Any], *, at: str
) -> tuple[Problem, ...]:
    """Return what else is wrong with a function that has unknown fields; with any other fault it is not known.

    An unknown field counts as the one that it is nearest to: others may depend on that. What is wrong with its own
    value is not told before it has the right name.
    """
    model = plugin.function_model
    lost, names = left_out(dict(spec), model), field_names(model)
    if not lost.isdisjoint(names):
        return ()
    meant = {name: close[0] for name in lost if (close := near_names(name, names))}
    renamed = {meant.get(name, name): value for name, value in spec.items()}
    fields = rest_of({**renamed, **spec}, model)
    if fields is None or left_out(renamed, model) & {*names} or plugin.artifacts(fields):
        return ()
    found = collected(lambda: plugin.check_function(name, fields))
    told = [problem for problem in found if parse_path(problem.field)[:1] not in {(each,) for each in meant.values()}]
    return tuple(msgspec.structs.replace(problem, field=join_path(at, problem.field)) for problem in told)
