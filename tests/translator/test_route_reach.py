"""A route that is told unreachable is unreachable."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.route_model import Request, path_matches, takes

from gloo.translator.route_path import Condition, Entry, PathKind, PathMatch
from gloo.translator.route_reach import unreachable

CONDITIONS = tuple(Condition("header", name, "present") for name in "xy")
X, Y = (frozenset({condition}) for condition in CONDITIONS)
NONE: frozenset[Condition] = frozenset()

texts = st.text("/aAb", max_size=4).map(lambda text: f"/{text}")
PLAIN: tuple[PathKind, ...] = ("prefix", "exact", "segment_prefix")
plain_kinds = st.sampled_from(PLAIN)
plain_paths = st.builds(PathMatch, plain_kinds, texts, st.booleans())
regexes = st.sampled_from(("/", "/a.*", ".*", "/(a|b)/.*", "/a|/b.*", "/a?b.*", "/ab", "(?i)/ab.*", "/[aA]/?"))
paths = st.one_of(plain_paths, st.builds(PathMatch, st.just("regex"), regexes))
methods = st.frozensets(st.sampled_from(("GET", "POST")), max_size=2)
conditions = st.frozensets(st.sampled_from(CONDITIONS), max_size=2)
tables = st.lists(st.tuples(paths, methods, conditions), min_size=2, max_size=8).map(
    lambda rows: tuple(Entry(index, *row) for index, row in enumerate(rows))
)
requests = st.builds(
    Request, texts, st.sampled_from(("GET", "POST", "PUT")), st.frozensets(st.sampled_from(("x", "y")), max_size=2)
)


def table(*paths: PathMatch) -> tuple[Entry, ...]:
    return tuple(Entry(index, path) for index, path in enumerate(paths))


def prefix(value: str, case_sensitive: bool = True) -> PathMatch:
    return PathMatch("prefix", value, case_sensitive)


def segment(value: str, case_sensitive: bool = True) -> PathMatch:
    return PathMatch("segment_prefix", value, case_sensitive)


def exact(value: str, case_sensitive: bool = True) -> PathMatch:
    return PathMatch("exact", value, case_sensitive)


def regex(value: str) -> PathMatch:
    return PathMatch("regex", value)


@settings(max_examples=150, deadline=None)
@given(entries=tables, asked=st.lists(requests, min_size=5, max_size=20))
def test_the_earlier_route_takes_every_request_of_the_unreachable_one(
    entries: tuple[Entry, ...], asked: list[Request]
) -> None:
    near = [Request(entry.path.value + end, *_named(entry)) for entry in entries for end in ("", "/", "b", "/a")]
    near += [Request(request.path.swapcase(), request.method, request.properties) for request in near]
    for later, earlier in unreachable(entries):
        assert earlier < later
        for request in (*asked, *near):
            assert not takes(entries[later], request) or takes(entries[earlier], request)


def _named(entry: Entry) -> tuple[str, frozenset[str]]:
    """Return a method and the properties that *entry* asks for."""
    return min(entry.methods, default="PUT"), frozenset(condition.name for condition in entry.conditions)


@given(entries=tables)
def test_equal_routes_are_always_found(entries: tuple[Entry, ...]) -> None:
    twice = (*entries, *(Entry(entry.index + len(entries), *_parts(entry)) for entry in entries))
    assert {later for later, _ in unreachable(twice)} >= {entry.index + len(entries) for entry in entries}


def _parts(entry: Entry) -> tuple[PathMatch, frozenset[str], frozenset[Condition]]:
    return entry.path, entry.methods, entry.conditions


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (prefix("/"), regex("/a/.*")),
        (prefix(""), regex(".*")),
        (prefix("/a"), prefix("/ab")),
        (prefix("/a"), segment("/a")),
        (prefix("/A", False), prefix("/ab")),
        (prefix("/1/"), prefix("/1/a", False)),
        (prefix("/a"), PathMatch("template", "/a/{x}")),
        (segment("/a"), exact("/a")),
        (segment("/a"), segment("/a/b")),
        (segment("/a"), prefix("/a/")),
        (segment("/a"), regex("/a/[0-9]+")),
        (segment("/A", False), exact("/a", False)),
        (exact("/a", False), exact("/A")),
        (exact("/a"), regex("/a")),
        (regex("/[a-z]+"), exact("/abc")),
        (regex("(/a|/b).*"), exact("/abc")),
        (regex("/a.*"), regex("/a.*")),
        (PathMatch("template", "/{x}"), PathMatch("template", "/{x}")),
    ],
)
def test_a_wider_path_hides_a_narrower_one_behind_it_only(earlier: PathMatch, later: PathMatch) -> None:
    assert unreachable(table(earlier, later)) == ((1, 0),)
    if earlier != later and not path_matches(exact(later.value), earlier.value):
        assert unreachable(table(later, earlier)) == ()


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (prefix("/ab"), prefix("/a")),
        (prefix("/a"), prefix("/A", False)),
        (prefix("/a/"), segment("/a")),
        (segment("/a"), prefix("/a")),
        (segment("/a"), segment("/ab")),
        (exact("/a"), exact("/a", False)),
        (exact("/a"), exact("/a;b")),
        (segment("/a"), exact("/a;b")),
        (regex("/[a-z]+"), exact("/Abc")),
        (regex("/.*"), prefix("/a")),
        (prefix("/a"), regex("/ab?|/b")),
        (PathMatch("any"), prefix("/")),
        (prefix(""), PathMatch("any")),
    ],
)
def test_a_path_that_is_not_surely_wider_hides_nothing(earlier: PathMatch, later: PathMatch) -> None:
    assert unreachable(table(earlier, later)) == ()


@pytest.mark.parametrize(
    ("earlier", "later", "hidden"),
    [
        ((frozenset(), NONE), ({"GET"}, X), True),
        (({"GET", "POST"}, NONE), ({"GET"}, NONE), True),
        (({"GET"}, NONE), ({"GET", "POST"}, NONE), False),
        (({"GET"}, NONE), (frozenset(), NONE), False),
        ((frozenset(), X), (frozenset(), X | Y), True),
        ((frozenset(), X | Y), (frozenset(), X), False),
        ((frozenset(), X), (frozenset(), Y), False),
        ((frozenset(), X), (frozenset(), NONE), False),
    ],
)
def test_a_route_with_more_conditions_hides_nothing(
    earlier: tuple[set[str], frozenset[Condition]], later: tuple[set[str], frozenset[Condition]], hidden: bool
) -> None:
    entries = [
        Entry(index, prefix("/a"), frozenset(names), beside) for index, (names, beside) in enumerate((earlier, later))
    ]
    assert unreachable(entries) == (((1, 0),) if hidden else ())


def test_the_first_of_several_is_named() -> None:
    assert unreachable(table(prefix("/a"), prefix("/"), exact("/a/b"))) == ((2, 0),)
