"""Codes that form a tree: agreement at each level of it, with ancestors counted in, and by distance in the tree."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from itertools import accumulate
from typing import Any

from autocoder.agree.alpha import Metric, krippendorff_alpha
from autocoder.agree.ratings import NotComparable, Rows, is_missing
from autocoder.agree.result import Coefficient
from autocoder.agree.sets import as_set

Tree = str | Mapping[Any, Any]
"""The tree of codes: each code's parent (None or absent for a root), or what separates the parts of a code's path."""
Sets = list[list[frozenset[Any] | None]]


def path_of(code: Hashable, tree: Tree = "/") -> tuple[Hashable, ...]:
    """Return a code with its ancestors, from the root down.

    >>> path_of("A/a1"), path_of("a1", {"a1": "A"})
    (('A', 'A/a1'), ('A', 'a1'))
    """
    if isinstance(tree, str):
        return tuple(accumulate(str(code).split(tree), lambda above, part: f"{above}{tree}{part}"))
    found = [code]
    while (parent := tree.get(found[-1])) is not None:
        if parent in found:
            raise NotComparable(f"the tree of codes goes in a circle at {parent!r}; give each code one ancestry.")
        found.append(parent)
    return tuple(reversed(found))


def at_level(ratings: Rows, level: int, tree: Tree = "/") -> Sets:
    """Return the sets of codes with each code replaced by its ancestor at a level (1 is the roots).

    A code above the level stays as it is.
    """
    if level < 1:
        raise NotComparable("the levels of a tree are counted from 1, the roots.")
    return _replaced(ratings, tree, lambda path: path[:level][-1:])


def with_ancestors(ratings: Rows, tree: Tree = "/") -> Sets:
    """Return the sets of codes with the ancestors of each code added."""
    return _replaced(ratings, tree, lambda path: path)


def agreement_by_level(
    ratings: Rows, tree: Tree = "/", metric: Metric = "masi", levels: Collection[int] | None = None
) -> dict[int, Coefficient]:
    """Return Krippendorff's alpha on the sets of codes at each level of the tree, the roots first.

    A gap between two levels says how deep coders agree.
    """
    paths = [path_of(code, tree) for row in ratings for given in row if not is_missing(given) for code in as_set(given)]
    depth = max(map(len, paths), default=1)
    chosen = range(1, depth + 1) if levels is None else levels
    return {level: krippendorff_alpha(at_level(ratings, level, tree), metric) for level in chosen}


def ancestor_closure_alpha(ratings: Rows, tree: Tree = "/", metric: Metric = "jaccard") -> Coefficient:
    """Return Krippendorff's alpha on the sets of codes with their ancestors: near misses in the tree count in part."""
    return krippendorff_alpha(with_ancestors(ratings, tree), metric)


def tree_distance(tree: Tree = "/") -> Callable[[Any, Any], float]:
    """Return the distance of two codes in a tree, 1 - 2 s / (d + e): s shared steps of paths of d and e.

    It is one less the similarity of Wu and Palmer (1994).
    Use it as ``weights`` of a weighted kappa or AC2, or as the ``metric`` of alpha.

    >>> round(tree_distance()("A/a1", "A/a2"), 4), tree_distance()("A/a1", "B")
    (0.5, 1.0)
    """

    def distance(first: Hashable, second: Hashable) -> float:
        one, other = set(path_of(first, tree)), set(path_of(second, tree))
        return 1 - 2 * len(one & other) / (len(one) + len(other))

    return distance


def code_present(ratings: Rows, code: Hashable) -> list[list[int | None]]:
    """Return 1 where a coder gave the code, 0 where not, None where the unit was not seen, of ratings that are sets.

    >>> code_present([[["pay", "alone"], [], None]], "pay")
    [[1, 0, None]]
    """
    return [[None if is_missing(given) else int(code in as_set(given)) for given in row] for row in ratings]


def _replaced(ratings: Rows, tree: Tree, change: Callable[[tuple[Hashable, ...]], Sequence[Hashable]]) -> Sets:
    def codes(given: object) -> frozenset[Any]:
        return frozenset(code for each in as_set(given) for code in change(path_of(each, tree)))

    return [[None if is_missing(given) else codes(given) for given in row] for row in ratings]
