"""Two views of one log: whether they show the same log, and if not, what proves it.

Nothing is believed that does not lead to a signed head. A view whose tiles do not lead to the head it shows proves neither
that the log is whole nor that it forked: that is told as what it is.
"""

from dataclasses import dataclass
from enum import StrEnum

from detente.errors import LedgerError, ProofError
from detente.ledger.formats.tree import perfect_parts, range_root, verify_consistency, verify_inclusion
from detente.ledger.witness.evidence import Difference, Evidence
from detente.ledger.witness.views import SignedHead, View

__all__ = ["Comparison", "Relation", "compare"]


class Relation(StrEnum):
    """How the second head stands to the first."""

    SAME = "same"
    """The same tree."""
    AHEAD = "ahead"
    """The second continues the first."""
    BEHIND = "behind"
    """The first continues the second."""
    FORK = "fork"
    """They cannot both be true: evidence."""
    UNPROVEN = "unproven"
    """The tiles are missing, or do not lead to the head they are shown under."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was found, and what proves it."""

    relation: Relation
    why: str
    """A sentence for a person."""
    evidence: Evidence | None = None
    """For a fork."""


def compare(
    first: SignedHead, first_view: View | None, second: SignedHead, second_view: View | None
) -> Comparison:
    """Compare two signed heads of one log.

    Parameters
    ----------
    first, second
        The heads, each checked.
    first_view, second_view
        Where the tiles under each can be read; None for a head that was kept alone.

    Raises
    ------
    ProofError
        The heads are of two logs.

    """
    if first.checkpoint.origin != second.checkpoint.origin:
        raise ProofError(
            f"found the logs {first.checkpoint.origin} and {second.checkpoint.origin}, expected two views of one"
        )
    if first.checkpoint.size > second.checkpoint.size:
        turned = _in_order(second, second_view, first, first_view)
        relation = Relation.BEHIND if turned.relation is Relation.AHEAD else turned.relation
        return Comparison(relation, turned.why, turned.evidence)
    return _in_order(first, first_view, second, second_view)


def _in_order(
    small: SignedHead, small_view: View | None, large: SignedHead, large_view: View | None
) -> Comparison:
    """Compare where the first is not larger."""
    one, other = small.checkpoint, large.checkpoint
    if one.size == other.size:
        if one.root == other.root:
            return Comparison(Relation.SAME, f"both show {one.size:,} entries with the same root")
        prefix: bytes | None = None
        path: tuple[bytes, ...] = ()
    else:
        try:
            root, path = _prefix(one.size, large, [large_view, small_view])
        except LedgerError as error:
            return Comparison(Relation.UNPROVEN, f"{one.size:,} entries and {other.size:,}: {error}")
        if root == one.root:
            return Comparison(Relation.AHEAD, f"{other.size:,} entries continue {one.size:,}")
        prefix = root
    difference = _difference(small, small_view, large, large_view)
    found = "" if difference is None else f"; entry {difference.index:,} differs"
    return Comparison(
        Relation.FORK,
        f"{one.origin} signed two histories: {one.size:,} entries and {other.size:,} that do not continue them{found}",
        Evidence(small.note, large.note, prefix, path, difference),
    )


def _prefix(size: int, head: SignedHead, views: list[View | None]) -> tuple[bytes, tuple[bytes, ...]]:
    """Return the root of the first `size` entries under a head, and the path that proves it, from the first view that can.

    Raises
    ------
    LedgerError
        No view has the tiles, or they do not lead to the head.

    """
    failure = LedgerError("no tiles can be read that would show whether one continues the other")
    for view in views:
        if view is None:
            continue
        try:
            return _prefix_in(view, size, head)
        except LedgerError as error:
            failure = LedgerError(f"the tiles do not show whether one continues the other: {error}")
    raise failure


def _prefix_in(view: View, size: int, head: SignedHead) -> tuple[bytes, tuple[bytes, ...]]:
    whole = head.checkpoint
    root = range_root(0, size, lambda level, index: view.node(level, index, whole.size))
    path = view.consistency(size, whole.size)
    verify_consistency(size, root, whole.size, whole.root, path)
    return root, tuple(path)


def _difference(
    small: SignedHead, small_view: View | None, large: SignedHead, large_view: View | None
) -> Difference | None:
    """Return the first entry that differs, with its proofs, where both views can be read and lead to their heads."""
    if small_view is None or large_view is None:
        return None
    sizes = small.checkpoint.size, large.checkpoint.size
    views = small_view, large_view
    try:
        index = _first_difference(views, sizes)
        if index is None:
            return None
        leaves = tuple(view.node(0, index, size) for view, size in zip(views, sizes, strict=True))
        paths = tuple(tuple(view.inclusion(index, size)) for view, size in zip(views, sizes, strict=True))
        for head, leaf, path in zip((small, large), leaves, paths, strict=True):
            verify_inclusion(leaf, index, head.checkpoint.size, path, head.checkpoint.root)
    except LedgerError:
        return None  # two signed heads are evidence enough
    return Difference(index, (leaves[0], leaves[1]), (paths[0], paths[1]))


def _first_difference(views: tuple[View, View], sizes: tuple[int, int]) -> int | None:
    """Return the first index below the smaller size whose hashes differ: down the tree, two looks a level."""

    def differ(level: int, index: int) -> bool:
        return views[0].node(level, index, sizes[0]) != views[1].node(level, index, sizes[1])

    for part in perfect_parts(0, min(sizes)):
        level, index = part
        if differ(level, index):
            while level:
                level, index = level - 1, 2 * index
                index += not differ(level, index)
            return index
    return None
