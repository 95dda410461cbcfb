"""Compile an ordered route list into a match tree that chooses the same route for every request.

A *head* is a text that all paths of a route begin with. The tree maps heads to leaves, the longest that fits the path
is taken, and a leaf lists in the original order every route that could match there: its own and those of shorter heads.
`docs/decisions/0001-route-tree.md` has the reasons and the measurements.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from operator import attrgetter

from gloo.envoy.route_tree import Leaf, RouteTree
from gloo.model.base import Value
from gloo.translator.route_path import Entry, fold, literal_head


class Bounds(Value, frozen=True):
    """How far a tree may grow, and when it is worth it.

    Args:
        smallest: shorter tables stay lists.
        gain: the least factor by which the routes to try must shrink, on the average.
        copies: how many routes of shorter heads a leaf may copy, however few it has of its own ...
        share: ... or how many for each of its own. The tree then has at most 1 + max(copies, share) times the routes.
    """

    smallest: int = 16
    gain: float = 2.0
    copies: int = 2
    share: float = 2.0


BOUNDS = Bounds()

# `:path` carries the query. Where a head ends before these, it fits `:path` if, and only if, it fits the path alone.
_END = re.compile(r"[?#;]")
_LETTER_OR_END = re.compile(r"[A-Za-z?#;]")


class _Picky(Value, frozen=True):
    """A route that goes on to some longer heads only."""

    index: int
    text: str
    folded: bool

    def fits(self, head: str, small: str) -> bool:
        """Say whether a path that begins with *head*, longer than the own one, could match; *small* is it folded."""
        start = small if self.folded else head
        return start.startswith(self.text) or self.text.startswith(start)


@dataclass(slots=True)
class _Node:
    """One head, while the tree grows.

    Args:
        own: the routes with just this head; once leaves are cut, also those of longer heads without a leaf.
        wide: the own routes that go on to all longer heads; once inherited, those of shorter heads too.
        picky: likewise, those that go on to some longer heads.
        inner: whether there are longer heads.
        total: the first route that takes all requests of this head; none after it is ever asked.
    """

    head: str
    parent: "_Node | None" = None
    own: list[int] = field(default_factory=list)
    wide: list[int] = field(default_factory=list)
    picky: list[_Picky] = field(default_factory=list)
    inherited: Sequence[int] = ()
    inner: bool = False
    total: float = float("inf")


def compile_table(entries: Iterable[Entry], bounds: Bounds = BOUNDS) -> RouteTree | None:
    """Return the tree for *entries*, or None where the plain list is as good.

    The tree is exact: for every request the first route of its leaf that matches is the first of the list that matches.
    """
    ordered = sorted(entries, key=attrgetter("index"))
    if len(ordered) < bounds.smallest:
        return None
    nodes = _nodes(_placed(ordered))
    for node in nodes:
        _inherit(node)
    leaves = _leaves(nodes, bounds)
    work = sum(own * len(routes) for own, routes in leaves.values())
    _, otherwise = leaves.pop("", (0, ()))
    if not leaves or work * bounds.gain > len(ordered) ** 2:
        return None
    return RouteTree(tuple(Leaf(head, leaves[head][1]) for head in sorted(leaves)), otherwise)


def _placed(ordered: Iterable[Entry]) -> Mapping[str, _Node]:
    """Put each route at its head."""
    nodes = {"": _Node("")}
    for entry in ordered:
        _place(entry, nodes)
    return nodes


def _place(entry: Entry, nodes: dict[str, _Node]) -> None:
    path, (text, whole) = entry.path, literal_head(entry.path)
    folded = not path.case_sensitive
    stop = (_LETTER_OR_END if folded else _END).search(text)
    head = text[: stop.start()] if stop else text
    if (node := nodes.get(head)) is None:
        node = nodes[head] = _Node(head)
    node.own.append(entry.index)
    if stop and _END.match(stop[0]):
        return  # what comes next in the path is in no head: no longer head fits
    if folded and stop:
        node.picky.append(_Picky(entry.index, fold(text), folded=True))
    elif path.kind == "segment_prefix":
        node.picky.append(_Picky(entry.index, f"{text}/", folded=False))
    elif not whole:
        node.wide.append(entry.index)
        if path.kind == "prefix" and entry.unconditional and entry.index < node.total:
            node.total = entry.index


def _nodes(placed: Mapping[str, _Node]) -> list[_Node]:
    """Return the nodes of all heads and of the places where heads part, each after its parent, with parents set."""
    heads = sorted(placed)
    branches = {_shared(*pair) for pair in pairwise(heads)}
    nodes = [placed.get(head) or _Node(head) for head in sorted(branches.union(heads))]
    above = [nodes[0]]
    for node in nodes[1:]:
        while not node.head.startswith(above[-1].head):
            above.pop()
        node.parent = above[-1]
        node.parent.inner = True
        above.append(node)
    return nodes


def _shared(one: str, other: str) -> str:
    """Return the longest text that both begin with."""
    for position, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return one[:position]
    return min(one, other, key=len)


def _inherit(node: _Node) -> None:
    """Hand down what goes on from the parent; leave out what stands behind a route that takes all."""
    if (parent := node.parent) is None:
        return
    node.total = min(node.total, parent.total)
    wide = node.inherited = _before(parent.wide, node.total + 1)
    if wide and node.inner:
        node.wide = sorted([*wide, *node.wide]) if node.wide else wide
    if parent.picky:
        small = fold(node.head)
        picky = [route for route in parent.picky if route.index <= node.total and route.fits(node.head, small)]
        node.inherited = sorted([*wide, *(route.index for route in picky)])
        node.picky = [*picky, *node.picky]


def _leaves(nodes: Sequence[_Node], bounds: Bounds) -> dict[str, tuple[int, tuple[int, ...]]]:
    """Return by head: how many routes a leaf has of its own, and all its routes.

    From the longest heads up: a node with too few routes for what they would have to copy hands them to its parent.
    """
    leaves = {}
    for node in reversed(nodes):
        if not (own := _before(sorted(node.own), node.total + 1)):
            continue
        copied = len(node.inherited)
        if node.parent is not None and copied > bounds.copies and copied > bounds.share * len(own):
            node.parent.own.extend(own)
        else:
            leaves[node.head] = len(own), tuple(sorted([*node.inherited, *own]) if copied else own)
    return leaves


def _before(routes: list[int], end: float) -> list[int]:
    """Return those of the sorted *routes* that stand before *end*, without a copy where that is all."""
    return routes if not routes or routes[-1] < end else routes[: bisect_left(routes, end)]
