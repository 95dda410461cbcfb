"""The match tree chooses what the list chooses, and does not grow without bound."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.route_model import Request, first

from gloo.envoy.route_tree import RouteTree
from gloo.translator.route_path import Condition, Entry, PathKind, PathMatch
from gloo.translator.route_table import Bounds, compile_table

ALWAYS = Bounds(smallest=0, gain=0.0, copies=100)
CONDITIONS = tuple(Condition("header", name, "present") for name in "xy")
GET = frozenset({"GET"})

texts = st.text("/aAb?;", max_size=5).map(lambda text: f"/{text}")
PLAIN: tuple[PathKind, ...] = ("prefix", "exact", "segment_prefix")
plain_kinds = st.sampled_from(PLAIN)
plain_paths = st.builds(PathMatch, plain_kinds, texts, st.booleans())
regexes = st.sampled_from(
    ("/", "/a.*", ".*", "/(a|b)/.*", "/a|/b.*", "/a?b.*", "/ab", "(?i)/ab.*", "/[aA]/?", r"/a\?.*")
)
paths = st.one_of(plain_paths, plain_paths, st.builds(PathMatch, st.just("regex"), regexes))
methods = st.frozensets(st.sampled_from(("GET", "POST")), max_size=1)
conditions = st.frozensets(st.sampled_from(CONDITIONS), max_size=1)
tables = st.lists(st.tuples(paths, methods, conditions), min_size=1, max_size=12).map(
    lambda rows: tuple(Entry(index, *row) for index, row in enumerate(rows))
)
requests = st.builds(
    Request, texts, st.sampled_from(("GET", "POST")), st.frozensets(st.sampled_from(("x", "y")), max_size=2)
)
bounds = st.builds(Bounds, st.just(0), st.just(0.0), st.integers(0, 3), st.sampled_from((0.0, 1.0, 2.0, 50.0)))


def table(*paths: PathMatch, methods: frozenset[str] = frozenset()) -> tuple[Entry, ...]:
    return tuple(Entry(index, path, methods) for index, path in enumerate(paths))


def compiled(*paths: PathMatch, methods: frozenset[str] = frozenset()) -> dict[str, tuple[int, ...]]:
    """Return the leaves by prefix; the empty one is the fallback."""
    tree = compile_table(table(*paths, methods=methods), ALWAYS)
    assert tree is not None
    return {leaf.prefix: leaf.routes for leaf in tree.leaves} | ({"": tree.otherwise} if tree.otherwise else {})


def leaf(tree: RouteTree, path: str) -> tuple[int, ...]:
    """Return the routes that Envoy tries for *path* (with its query)."""
    fitting = [leaf for leaf in tree.leaves if path.startswith(leaf.prefix)]
    return max(fitting, key=lambda leaf: len(leaf.prefix)).routes if fitting else tree.otherwise


def numbered(kind: PathKind, count: int, pattern: str = "/r{:05}") -> list[PathMatch]:
    return [PathMatch(kind, pattern.format(number)) for number in range(count)]


@settings(max_examples=200, deadline=None)
@given(entries=tables, asked=st.lists(requests, min_size=1, max_size=12), bounds=bounds)
def test_the_tree_chooses_what_the_list_chooses(
    entries: tuple[Entry, ...], asked: list[Request], bounds: Bounds
) -> None:
    tree = compile_table(entries, bounds)
    if tree is None:
        return
    for request in asked:
        tried = tuple(entries[index] for index in leaf(tree, request.path))
        assert first(tried, request) == first(entries, request), (request, tree)


def test_an_empty_table_and_a_small_one_stay_lists() -> None:
    assert compile_table(()) is None
    assert compile_table(table(*numbered("prefix", 15))) is None
    assert compile_table(table(*numbered("prefix", 16))) is not None


def test_a_table_that_a_tree_can_not_divide_stays_a_list() -> None:
    assert compile_table(table(*numbered("regex", 100, ".*/r{}"))) is None
    assert compile_table(table(*[PathMatch("prefix", "/same")] * 100, methods=GET)) is None
    assert (
        compile_table(table(*(PathMatch("prefix", f"/r{number}", case_sensitive=False) for number in range(100))))
        is None
    )


def test_nested_prefixes_are_tried_in_the_order_of_the_list() -> None:
    paths = [PathMatch("prefix", text) for text in ("/a/b", "/a", "/a/b/c", "/")]
    leaves = compiled(*paths, methods=GET)
    assert leaves == {"/a/b/c": (0, 1, 2, 3), "/a/b": (0, 1, 3), "/a": (1, 3), "/": (3,)}


def test_what_stands_behind_a_route_that_takes_all_is_left_out() -> None:
    paths = [PathMatch("prefix", text) for text in ("/a/b", "/a", "/a/b/c", "/", "/d")]
    assert compiled(*paths) == {"/a/b": (0,), "/a": (1,), "/": (3,)}


def test_an_exact_path_is_in_one_leaf_only() -> None:
    leaves = compiled(PathMatch("exact", "/a"), PathMatch("prefix", "/a/b"), PathMatch("regex", "/a/b/c"))
    assert leaves == {"/a": (0,), "/a/b": (1,)}


def test_a_segment_prefix_goes_on_below_its_slash_only() -> None:
    paths = [PathMatch("segment_prefix", "/api"), PathMatch("prefix", "/api/v1"), PathMatch("prefix", "/apix")]
    assert compiled(*paths) == {"/api": (0,), "/api/v1": (0, 1), "/apix": (2,)}


def test_a_case_insensitive_path_goes_on_where_its_letters_fit() -> None:
    paths = [PathMatch("prefix", "/1/Api", False), PathMatch("prefix", "/1/aPIx"), PathMatch("prefix", "/1/b")]
    assert compiled(*paths) == {"/1/": (0,), "/1/aPIx": (0, 1), "/1/b": (2,)}


@pytest.mark.parametrize("end", ["?", "#", ";"])
def test_no_leaf_looks_beyond_the_path(end: str) -> None:
    """`:path` carries the query: a longer prefix there would take requests away from those it belongs to."""
    assert compiled(PathMatch("prefix", f"/a{end}b"), PathMatch("exact", "/a"), methods=GET) == {"/a": (0, 1)}


@pytest.mark.parametrize(
    ("regex", "head"),
    [
        ("/a/[0-9]+", "/a/"),
        ("^/a/x$", "/a/x"),
        (r"/a\.b.*", "/a.b"),
        ("/ab?", "/a"),
        ("/ab*", "/a"),
        ("/ab{2}", "/a"),
        ("/ab+", "/ab"),
        (r"/a\.?b", "/a"),
        ("/a(b|c)", "/a"),
        ("/a[|]b", "/a"),
        (r"/a\|b", "/a|b"),
        (r"/a\Q|\Eb", "/"),
        ("/a(?i)b", "/"),
        ("/a(?i)?", "/"),
        ("/a(?:b|c)?", "/a"),
        ("/a|/b", ""),
        ("(/a)|/b", ""),
        ("/a[(]b|/c", ""),
        ("/a[^]|)]b", "/a"),
        ("/a[[:alpha:]|]b", "/a"),
        ("(?i)/a", ""),
        (".*", ""),
        (r"/a\d", "/a"),
        ("/a$b", "/a"),
    ],
)
def test_a_regex_stands_at_its_literal_head(regex: str, head: str) -> None:
    leaves = compiled(PathMatch("regex", regex), PathMatch("prefix", "-z"), methods=GET)
    assert 0 in leaves[head]
    assert (leaves["-z"] == (0, 1)) == (head == "")


def test_a_template_stands_at_its_literal_head() -> None:
    leaves = compiled(PathMatch("template", "/a/{x}"), PathMatch("template", "/b*"), PathMatch("any"))
    assert leaves == {"/a/": (0, 2), "/b": (1, 2), "": (2,)}


def test_a_catch_all_regex_before_many_prefixes_doubles_the_table_at_most() -> None:
    tree = compile_table(table(PathMatch("regex", ".*x"), *numbered("prefix", 2000)))
    assert tree is not None
    assert tree.size <= 2 * 2001
    assert max(len(leaf.routes) for leaf in tree.leaves) == 2


@pytest.mark.parametrize("wide", [3, 30, 300, 1000])
@pytest.mark.parametrize("place", [0, 1000, 2000])
def test_wide_routes_never_make_more_than_three_of_each_route(wide: int, place: int) -> None:
    narrow = numbered("prefix", 2000)
    paths = [*narrow[:place], *numbered("regex", wide, ".*x{}"), *narrow[place:]]
    tree = compile_table(table(*paths, methods=GET), Bounds(smallest=0, gain=0.0))
    assert tree is None or tree.size <= 3 * len(paths)


def test_wide_routes_behind_plain_prefixes_cost_nothing() -> None:
    tree = compile_table(table(*numbered("prefix", 2000), *numbered("regex", 1000, ".*x{}")))
    assert tree is not None
    assert tree.size == 3000


def test_deeply_nested_heads_are_compiled() -> None:
    paths = [PathMatch("prefix", "/" + "a" * length) for length in range(3000)]
    tree = compile_table(table(*reversed(paths)))
    assert tree is not None
    assert tree.size == 3000
