"""A real Envoy chooses the same route from the match tree as from the plain list."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import re2
from envoy.config.core.v3.extension_pb2 import TypedExtensionConfig
from envoy.config.route.v3.route_components_pb2 import HeaderMatcher, QueryParameterMatcher, RouteMatch
from envoy.extensions.path.match.uri_template.v3.uri_template_match_pb2 import UriTemplateMatchConfig
from envoy.type.matcher.v3.regex_pb2 import RegexMatcher
from envoy.type.matcher.v3.string_pb2 import StringMatcher
from google.protobuf.wrappers_pb2 import BoolValue
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.route_envoy import Question, RouteEnvoy, answering, running_envoy

from gloo.envoy.route_tree import Leaf, RouteTree, route_fields
from gloo.translator.route_path import Condition, Entry, PathMatch
from gloo.translator.route_reach import unreachable
from gloo.translator.route_table import Bounds, compile_table

PAIRS = int(os.environ.get("ROUTE_PAIRS", "10000"))
PAIRS_A_TABLE = 100
METHODS = ("GET", "POST", "HEAD", "OPTIONS", "DELETE")
CONDITIONS = (
    Condition("header", "x-a", "exact", "1"),
    Condition("header", "x-a", "present"),
    Condition("header", "x-b", "present", inverted=True),
    Condition("header", "x-a", "exact", "2"),
    Condition("header", "x-a", "exact", "1", inverted=True),
    Condition("header", ":method", "exact", "GET"),
    Condition("query", "q", "exact", "1"),
    Condition("query", "r", "present"),
)

texts = st.lists(
    st.sampled_from(
        ("a", "A", "b", "B", "ab", "/", "/", "/a", "/b", "/ab/", "1", ".", "..", "%2F", "%61", ";", "é", "-")
    ),
    max_size=4,
).map(lambda parts: "/" + "".join(parts))
odd_texts = st.one_of(texts, texts, texts, st.tuples(texts, st.sampled_from("?#"), texts).map("".join))
atoms = st.sampled_from(
    (
        "a",
        "A",
        "b",
        "/",
        "/a",
        "/b",
        r"\.",
        r"\-",
        ".",
        ".*",
        "[ab]",
        "[^/]+",
        r"[|\]]",
        "(a|b)",
        "(/a|/b)?",
        "(?:/a)*",
    ),
)
pieces = st.tuples(atoms, st.sampled_from(("", "", "", "", "*", "+", "?", "{0,2}", "??"))).map("".join)
branches = st.lists(pieces, max_size=4).map("".join)
starts = st.sampled_from(("/", "/", "/", "/a", "", "^/", "(?i)/", "(?:/a|/b)", r"/\Qa|b\E", "/a|/"))
regexes = st.tuples(starts, branches, st.sampled_from(("", "", "", "$", ".*", "|/b.*", "|"))).map("".join)
templates = st.sampled_from(("/a/{x}", "/{x}", "/*/b", "/a/**", "/{x}/b/{y}", "/a", "/ab/{x=*}", "/**"))


def _is_regex(text: str) -> bool:
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(text, options)
    except re2.error:
        return False
    return True


paths = st.one_of(
    st.builds(PathMatch, st.just("prefix"), st.one_of(odd_texts, st.just("")), st.booleans()),
    st.builds(PathMatch, st.just("exact"), odd_texts, st.booleans()),
    st.builds(PathMatch, st.just("segment_prefix"), texts.map(lambda text: text.rstrip("/") or "/a"), st.booleans()),
    st.builds(PathMatch, st.just("regex"), regexes.filter(bool).filter(_is_regex)),
    st.builds(PathMatch, st.just("template"), templates),
)
routes = st.tuples(
    paths,
    st.one_of([st.frozensets(st.sampled_from(METHODS), max_size=size) for size in (0, 0, 2)]),
    st.one_of([st.frozensets(st.sampled_from(CONDITIONS), max_size=size) for size in (0, 0, 2)]),
)
targets = st.tuples(odd_texts, st.sampled_from(("", "", "?q=1", "?r", "?q=1&r=2", "/", "x", "//", "/../a"))).map(
    "".join
)
headers = st.sampled_from(
    (
        *((), (), (("x-a", "1"),), (("x-a", "2"),), (("x-b", "1"),)),
        *((("x-a", "1"), ("x-b", "")), (("x-a", "1"), ("x-a", "2"))),
    )
)
bounds = st.builds(
    Bounds, st.just(0), st.just(0.0), copies=st.integers(0, 4), share=st.sampled_from((0.0, 0.5, 1.0, 2.0, 100.0))
)


@dataclass(frozen=True, slots=True)
class Case:
    """A table and what to ask of it."""

    entries: tuple[Entry, ...]
    questions: tuple[Question, ...]
    bounds: Bounds
    normalised: bool


def _sendable(text: str) -> str:
    """Make a target of *text* that Envoy does not refuse before it looks for a route."""
    return "/" + text.removeprefix("/").replace("#", "?").replace("é", "%C3%A9").replace("É", "%C3%89")


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw a table, and questions of which most are close to its paths."""
    table = draw(st.lists(routes, min_size=1, max_size=24))
    entries = tuple(Entry(index, *parts) for index, parts in enumerate(table))
    near = [entry.path.value for entry in entries if entry.path.kind != "regex"] or ["/"]
    aimed = st.tuples(st.sampled_from(near), st.sampled_from(("", "", "/", "x", "/a", "?q=1", "?r", ";x", "%2F", "A")))
    wanted = st.one_of(targets, aimed.map("".join), aimed.map("".join).map(str.swapcase))
    target = wanted.map(_sendable)
    seeds = draw(st.lists(st.tuples(target, st.sampled_from(METHODS), headers), min_size=10, max_size=25))
    return Case(entries, _spread(seeds), draw(bounds), draw(st.booleans()))


def _spread(seeds: list[tuple[str, str, tuple[tuple[str, str], ...]]]) -> tuple[Question, ...]:
    """Cross what was drawn, so that targets meet other methods and headers too, up to `PAIRS_A_TABLE` questions."""
    count = len(seeds)
    return tuple(
        Question(seeds[i % count][0], seeds[(i + i // count) % count][1], seeds[(i + 2 * (i // count)) % count][2])
        for i in range(PAIRS_A_TABLE)
    )


def _match(entry: Entry) -> RouteMatch:
    match = RouteMatch(case_sensitive=BoolValue(value=entry.path.case_sensitive))
    value = entry.path.value
    if entry.path.kind == "prefix":
        match.prefix = value
    elif entry.path.kind == "exact":
        match.path = value
    elif entry.path.kind == "segment_prefix":
        match.path_separated_prefix = value
    elif entry.path.kind == "regex":
        match.safe_regex.regex = value
    else:
        template = TypedExtensionConfig(name="envoy.path.match.uri_template.uri_template_matcher")
        template.typed_config.Pack(UriTemplateMatchConfig(path_template=value))
        match.path_match_policy.CopyFrom(template)
    if entry.methods:
        methods = RegexMatcher(regex="|".join(sorted(entry.methods)))
        match.headers.append(HeaderMatcher(name=":method", string_match=StringMatcher(safe_regex=methods)))
    for condition in sorted(entry.conditions, key=CONDITIONS.index):
        _add_condition(match, condition)
    return match


def _add_condition(match: RouteMatch, condition: Condition) -> None:
    exact = StringMatcher(exact=condition.value) if condition.kind == "exact" else None
    present = True if exact is None else None
    if condition.place == "query":
        match.query_parameters.append(
            QueryParameterMatcher(name=condition.name, string_match=exact, present_match=present)
        )
    else:
        match.headers.append(
            HeaderMatcher(
                name=condition.name,
                string_match=exact,
                present_match=present,
                invert_match=condition.inverted,
                treat_missing_header_as_empty=condition.inverted and exact is not None,
            )
        )


@pytest.fixture(scope="module")
def envoy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RouteEnvoy]:
    with running_envoy(tmp_path_factory.mktemp("envoy")) as running:
        yield running


@settings(
    max_examples=max(1, PAIRS // PAIRS_A_TABLE),
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
@given(case=cases())
def test_the_tree_chooses_what_the_list_chooses(case: Case, envoy: RouteEnvoy) -> None:
    tree = compile_table(case.entries, case.bounds)
    serialised = [answering(_match(entry), entry.index) for entry in case.entries]
    envoy.publish(list=route_fields(serialised), tree=route_fields(serialised, tree))
    by_list = envoy.ask(case.questions, "list", normalised=case.normalised)
    by_tree = envoy.ask(case.questions, "tree", normalised=case.normalised)
    differing = [
        (question, expected, answer)
        for question, expected, answer in zip(case.questions, by_list, by_tree, strict=True)
        if expected != answer
    ]
    assert not differing, tree
    hidden = {each.late for each in unreachable(case.entries) if not each.once}
    assert hidden.isdisjoint(answer.chosen for answer in by_list)


def test_envoy_tries_no_other_leaf_where_none_of_the_routes_matches(envoy: RouteEnvoy) -> None:
    """Why each leaf has to hold the routes of all shorter prefixes."""
    routes = [answering(RouteMatch(prefix=prefix), index) for index, prefix in enumerate(("/a/x", "/a", "/"))]
    tree = RouteTree((Leaf("/a", (1,)), Leaf("/a/", (0,))), otherwise=(2,))
    envoy.publish(tree=route_fields(routes, tree))
    questions = [Question(target) for target in ("/a/x", "/a", "/b", "/a/y")]
    assert [answer.chosen for answer in envoy.ask(questions, "tree")] == [0, 1, 2, None]
