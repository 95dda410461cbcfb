"""A route that is told unreachable is unreachable."""

from collections.abc import Iterable, Mapping
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.route_model import Request, condition_holds, path_matches, takes

from gloo.translator.route_path import Condition, Entry, PathKind, PathMatch
from gloo.translator.route_reach import Hidden, unreachable

HIDDEN = Hidden(1, (0,))
CONDITIONS = tuple(Condition("header", name, "present") for name in "xy")
X, Y = (frozenset({condition}) for condition in CONDITIONS)
NONE: frozenset[Condition] = frozenset()

texts = st.text("/aAb", max_size=4).map(lambda text: f"/{text}")
PLAIN: tuple[PathKind, ...] = ("prefix", "exact", "segment_prefix")
plain_kinds = st.sampled_from(PLAIN)
plain_paths = st.builds(PathMatch, plain_kinds, texts, st.booleans())
REGEXES = (
    *("/", "/a.*", ".*", "/(a|b)/.*", "/a|/b.*", "/a?b.*", "/ab", "(?i)/ab.*", "/[aA]/?", "/.+", "/a(/.*)?", "/a/.+"),
    *("/a/[ab]+", "(?i)/a|/b", "/a(b|/a.*)", "/(a|b)(/.*)?"),
)
regexes = st.sampled_from(REGEXES)
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
def test_the_earlier_routes_take_every_request_of_the_unreachable_one(
    entries: tuple[Entry, ...], asked: list[Request]
) -> None:
    near = [Request(entry.path.value + end, *_named(entry)) for entry in entries for end in ("", "/", "b", "/a")]
    near += [Request(request.path.swapcase(), request.method, request.properties) for request in near]
    for hidden in unreachable(entries):
        assert max(hidden.early) < hidden.late
        for request in (*asked, *near):
            taken = any(takes(entries[early], request) for early in hidden.early)
            assert not takes(entries[hidden.late], request) or taken


def _named(entry: Entry) -> tuple[str, frozenset[str]]:
    """Return a method and the properties that *entry* asks for."""
    return min(entry.methods, default="PUT"), frozenset(condition.name for condition in entry.conditions)


Sent = tuple[str, str, Mapping[str, tuple[str, ...]]]
"""A request: path, method, and headers with all their values."""

VALUES = ((), ("",), ("1",), ("2",), ("12",), ("1", "2"), ("2", "12"))
FEW = ((), ("1",), ("2", "1"))
ALL_SENT: tuple[Sent, ...] = tuple(
    (path, method, {"x": x, "y": y})
    for path, method, x, y in product(("/", "/a", "/a/b", "/b"), ("GET", "POST", "PUT"), VALUES, FEW)
)
values = st.one_of(
    st.tuples(st.sampled_from(("exact", "prefix", "regex")), st.sampled_from(("1", "2", "12"))),
    st.sampled_from((("present", ""), ("exact", ""), ("regex", "1.*"), ("regex", ".*"))),
)
headers = st.builds(
    lambda name, value, inverted: Condition("header", name, value[0], value[1], inverted),
    st.sampled_from(("x", "x", "y")),
    values,
    st.booleans(),
)
verbs = st.builds(lambda verb: Condition("header", ":method", "exact", verb), st.sampled_from(("GET", "POST")))
conditional = st.tuples(
    st.integers(0, 1),
    st.sampled_from((PathMatch("prefix", "/"), PathMatch("exact", "/a"), PathMatch("regex", "/a.*"))),
    methods,
    st.frozensets(st.one_of(headers, headers, headers, verbs), max_size=2),
)


def sent_takes(entry: Entry, sent: Sent) -> bool:
    path, method, named = sent
    sent_values = {**named, ":method": (method,)}
    return (
        path_matches(entry.path, path)
        and (not entry.methods or method in entry.methods)
        and all(condition_holds(each, sent_values[each.name]) for each in entry.conditions)
    )


def _forms(rows: Iterable[tuple[int, PathMatch, frozenset[str], frozenset[Condition]]]) -> tuple[Entry, ...]:
    """Return *rows* as routes, of which some are a second form of the one before."""
    index = -1
    entries = []
    for step, path, verbs_taken, needed in rows:
        index = max(index + step, 0)
        entries.append(Entry(index, path, verbs_taken, needed))
    return tuple(entries)


@settings(max_examples=300, deadline=None)
@given(entries=st.lists(conditional, min_size=2, max_size=7).map(_forms))
def test_no_request_reaches_an_unreachable_route(entries: tuple[Entry, ...]) -> None:
    for hidden in unreachable(entries):
        late = [entry for entry in entries if entry.index == hidden.late]
        early = [entry for entry in entries if entry.index in hidden.early]
        for sent in ALL_SENT:
            if any(sent_takes(entry, sent) for entry in late) and not any(sent_takes(entry, sent) for entry in early):
                assert hidden.once
                assert any(len(each) > 1 for each in sent[2].values())


@given(entries=tables)
def test_equal_routes_are_always_found(entries: tuple[Entry, ...]) -> None:
    twice = (*entries, *(Entry(entry.index + len(entries), *_parts(entry)) for entry in entries))
    assert {hidden.late for hidden in unreachable(twice)} >= {entry.index + len(entries) for entry in entries}


def _parts(entry: Entry) -> tuple[PathMatch, frozenset[str], frozenset[Condition]]:
    return entry.path, entry.methods, entry.conditions


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (prefix("/"), regex("/a/.*")),
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
        (regex("/[a-z]+"), exact("/abc")),
        (regex("(/a|/b).*"), exact("/abc")),
        (regex(".*"), prefix("/a")),
        (regex("/.*"), prefix("/a")),
        (regex("/a.*"), prefix("/ab")),
        (regex("/u/.*"), regex("/u/[0-9]+")),
        (regex("/u/.+"), regex("/u/[0-9]+")),
        (regex("/u/.+"), prefix("/u/x")),
        (regex("/a.*|/b.*"), prefix("/b")),
        (regex("(?i)/A.*"), prefix("/ab")),
        (prefix("/u"), regex("/ua.*|/ub.*")),
        (prefix("/u/"), regex("/(u)/(a|b)")),
        (prefix("/A", False), regex("(?i)/a/[0-9]")),
        (prefix("/a"), exact("/a;b")),
        (prefix("/a;"), prefix("/a;b")),
        (regex("/a.*"), regex("/a.*")),
        (PathMatch("template", "/{x}"), PathMatch("template", "/{x}")),
    ],
)
def test_a_wider_path_hides_a_narrower_one_behind_it_only(earlier: PathMatch, later: PathMatch) -> None:
    assert unreachable(table(earlier, later)) == (HIDDEN,)
    if earlier != later:
        assert unreachable(table(later, earlier)) == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (prefix(""), regex(".*")),
        (prefix("/a"), regex("/a.*")),
        (exact("/a"), regex("/a")),
        (exact("/a", False), regex("(?i)/A")),
        (segment("/u"), regex("/u(/.*)?")),
        (segment("/u"), regex("/u|/u/.*")),
    ],
)
def test_two_ways_to_write_a_path_hide_each_other(one: PathMatch, other: PathMatch) -> None:
    assert unreachable(table(one, other)) == unreachable(table(other, one)) == (HIDDEN,)


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
        (regex("/a.+"), prefix("/a")),
        (regex("/u/.*"), segment("/u")),
        (regex("/u/.+"), regex("/u/[0-9]*")),
        (regex("/u/[0-9]+"), regex("/u/.*")),
        (prefix("/u/"), regex("(?i)/u/.*")),
        (prefix("/u/"), regex("/u(/.*)?")),
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
    assert unreachable(entries) == ((HIDDEN,) if hidden else ())


def test_the_first_of_several_is_named() -> None:
    assert unreachable(table(prefix("/a"), prefix("/"), exact("/a/b"))) == (Hidden(2, (0,)),)


GET, POST, BOTH = frozenset({"GET"}), frozenset({"POST"}), frozenset({"GET", "POST"})


def header(value: str, *, inverted: bool = False, kind: str = "exact", name: str = "x") -> frozenset[Condition]:
    return frozenset({Condition("header", name, kind, value, inverted)})


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (((GET, NONE), (POST, NONE), (BOTH, NONE)), ((2, (0, 1)),)),
        (((GET, NONE), (POST, X), (BOTH, NONE)), ()),
        (((GET, NONE), (POST, NONE), (frozenset(), NONE)), ()),
        (((GET, X), (POST, X), (BOTH, X | Y)), ((2, (0, 1)),)),
        (((frozenset(), header("1")), (frozenset(), header("1", inverted=True)), (frozenset(), NONE)), ((2, (0, 1)),)),
        (((frozenset(), header("1")), (frozenset(), header("2", inverted=True)), (frozenset(), NONE)), ()),
        (((frozenset(), header("", kind="present")), (frozenset(), header("1"))), ((1, (0,)),)),
        (((frozenset(), header("ab", kind="prefix")), (frozenset(), header("abc"))), ((1, (0,)),)),
        (((frozenset(), header("1")), (frozenset(), header("", kind="present"))), ()),
        (((frozenset(), header("GET", name=":method")), (GET, NONE)), ((1, (0,)),)),
        (((GET, NONE), (frozenset(), header("GET", name=":method"))), ((1, (0,)),)),
        (((POST, NONE), (frozenset(), header("GET", name=":method"))), ()),
    ],
)
def test_conditions_that_follow_or_complete_each_other_hide_a_route(
    rows: tuple[tuple[frozenset[str], frozenset[Condition]], ...], found: tuple[tuple[int, tuple[int, ...]], ...]
) -> None:
    entries = (Entry(index, prefix("/a"), *row) for index, row in enumerate(rows))
    assert unreachable(entries) == tuple(Hidden(*each) for each in found)


def test_what_only_a_header_that_comes_twice_reaches_is_told_as_that() -> None:
    rows = (header("1", inverted=True), header("2"))
    entries = (Entry(index, prefix("/a"), frozenset(), conditions) for index, conditions in enumerate(rows))
    assert unreachable(entries) == (Hidden(1, (0,), once=True),)


def test_a_route_of_several_forms_is_hidden_when_all_of_them_are() -> None:
    first, second, third = (Entry(0, exact("/a")), Entry(1, exact("/a")), Entry(1, exact("/b")))
    assert unreachable((first, second, third)) == ()
    assert unreachable((first, Entry(0, exact("/b")), second, third)) == (HIDDEN,)
