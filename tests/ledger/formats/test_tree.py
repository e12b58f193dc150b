"""Trees against the recursive definitions of RFC 6962, and proofs that somebody has tampered with."""

import random

import pytest

from detente.errors import ProofError
from detente.ledger.formats.memory import Tree
from detente.ledger.formats.tree import (
    EMPTY_ROOT,
    Frontier,
    leaf_hash,
    node_hash,
    verify_consistency,
    verify_inclusion,
)
from tests.oracles import merkle

MOST = 70
ENTRIES = [b"entry %d" % number for number in range(MOST)]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
LARGER = sorted(
    {*(2**k + d for k in range(7, 12) for d in (-1, 0, 1)), *random.Random(6962).sample(range(71, 3000), 12)}
)
OTHER = b"\x5a" * 32


@pytest.fixture(scope="module")
def tree():
    return Tree(LEAVES)


@pytest.mark.parametrize("size", range(MOST + 1))
def test_roots_and_every_proof_are_those_of_the_definitions(tree, size):
    entries = ENTRIES[:size]
    root = merkle.root(entries)
    assert tree.root(size) == root
    for index in range(size):
        path = merkle.inclusion(index, entries)
        assert tree.inclusion(index, size) == path
        verify_inclusion(LEAVES[index], index, size, path, root)
    for old in range(1, size + 1):
        path = merkle.consistency(old, entries)
        assert tree.consistency(old, size) == path
        verify_consistency(old, tree.root(old), size, root, path)


@pytest.mark.parametrize("size", LARGER)
def test_larger_trees_too(size):
    chance = random.Random(size)
    entries = [chance.randbytes(chance.randrange(40)) for _ in range(size)]
    tree, root = Tree(map(leaf_hash, entries)), merkle.root(entries)
    assert tree.root() == root
    for index in {0, size - 1, *chance.sample(range(size), 6)}:
        path = merkle.inclusion(index, entries)
        assert tree.inclusion(index) == path
        verify_inclusion(leaf_hash(entries[index]), index, size, path, root)
    for old in {1, size, *chance.sample(range(1, size), 6)}:
        path = merkle.consistency(old, entries)
        assert tree.consistency(old) == path
        verify_consistency(old, merkle.root(entries[:old]), size, root, path)


def test_a_frontier_knows_every_root_on_its_way():
    frontier = Frontier()
    for size, leaf in enumerate(LEAVES, 1):
        frontier.append(leaf)
        assert (frontier.size, frontier.root()) == (size, merkle.root(ENTRIES[:size]))
        assert len(frontier.parts) == size.bit_count()


def test_a_frontier_goes_on_from_its_parts():
    whole, half = Frontier(), Frontier()
    whole.extend(LEAVES)
    half.extend(LEAVES[:37])
    copy = Frontier(half.size, half.copy().parts)
    copy.extend(LEAVES[37:])
    assert (copy.root(), half.root()) == (whole.root(), merkle.root(ENTRIES[:37]))
    with pytest.raises(ProofError, match="frontier of size 37: found 2 hashes, expected 3"):
        Frontier(37, half.parts[:2])


# --- proofs that somebody has tampered with -------------------------------------------------------


@pytest.mark.parametrize("size", [2, 3, 7, 8, 13])
def test_an_entry_is_nowhere_else_and_in_no_other_size(tree, size):
    root = tree.root(size)
    for index in range(size):
        path = tree.inclusion(index, size)
        for elsewhere in range(-1, 2 * size):
            if elsewhere != index:
                with pytest.raises(ProofError):
                    verify_inclusion(LEAVES[index], elsewhere, size, path, root)


def bent(path):
    """Paths that differ from `path` in one bit, one hash, or one hash's place."""
    for at, part in enumerate(path):
        for bit in range(256):
            yield [*path[:at], (int.from_bytes(part) ^ 1 << bit).to_bytes(32), *path[at + 1 :]]
        yield [*path[:at], *path[at + 1 :]]
        yield [*path[:at], OTHER, *path[at:]]
        yield [*path[:at], part[:31], *path[at + 1 :]]
        yield [*path[:at], part + b"\0", *path[at + 1 :]]
        yield [*path[:at], b"", *path[at + 1 :]]
    yield [*path, OTHER]
    yield [*path, b""]
    if len(path) > 1:
        yield [path[1], path[0], *path[2:]]
        yield path[::-1]


@pytest.mark.parametrize("index, size", [(0, 1), (0, 2), (4, 5), (2, 7), (6, 7), (5, 8), (12, 13)])
def test_every_changed_inclusion_path_is_refused(tree, index, size):
    path, root = tree.inclusion(index, size), tree.root(size)
    verify_inclusion(LEAVES[index], index, size, path, root)
    for changed in bent(path):
        with pytest.raises(ProofError):
            verify_inclusion(LEAVES[index], index, size, changed, root)


@pytest.mark.parametrize(
    "old, new", [(0, 5), (1, 1), (5, 5), (1, 2), (2, 3), (3, 7), (4, 8), (6, 13), (12, 13)]
)
def test_every_changed_consistency_path_is_refused(tree, old, new):
    path, roots = tree.consistency(old, new), (tree.root(old), tree.root(new))
    verify_consistency(old, roots[0], new, roots[1], path)
    for changed in bent(path):
        with pytest.raises(ProofError):
            verify_consistency(old, roots[0], new, roots[1], changed)


def test_every_changed_bit_of_leaf_and_roots_is_noticed(tree):
    path, root = tree.inclusion(4, 7), tree.root(7)
    between, older = tree.consistency(5, 7), tree.root(5)
    for bit in range(256):
        flip = lambda data, bit=bit: (int.from_bytes(data) ^ 1 << bit).to_bytes(32)  # noqa: E731
        for leaf, top in ((flip(LEAVES[4]), root), (LEAVES[4], flip(root))):
            with pytest.raises(ProofError):
                verify_inclusion(leaf, 4, 7, path, top)
        for below, top in ((flip(older), root), (older, flip(root))):
            with pytest.raises(ProofError):
                verify_consistency(5, below, 7, top, between)


def believing(old, new, steps):
    """Check consistency as one must not: each step says itself on which side it belongs, and whether the older tree has it."""
    small = large = b""
    for part, left, in_older in steps:
        small = (
            (node_hash(part, small) if left else node_hash(small, part))
            if small and in_older
            else small or part
        )
        large = (node_hash(part, large) if left else node_hash(large, part)) if large else part
    return (small, large) == (old, new)


def test_a_proof_whose_maker_chose_the_layout_is_refused():
    """Honest were [a, b]; later the log is [x, y, a, b], and its maker says that nothing before was changed."""
    x, y, a, b = (leaf_hash(entry) for entry in (b"x", b"y", b"a", b"b"))
    before, inserted = node_hash(a, b), node_hash(x, y)
    old, new = before, node_hash(inserted, before)
    assert new == Tree([x, y, a, b]).root()
    assert believing(old, new, [(before, False, True), (inserted, True, False)])
    lies = ([inserted], [before], [before, inserted], [inserted, before], [a, b, inserted], [])
    for path in lies:
        with pytest.raises(ProofError):
            verify_consistency(2, old, 4, new, path)
    verify_consistency(2, inserted, 4, new, [before])  # what did happen can be proved


def test_a_node_is_no_leaf():
    """An entry made of two hashes does not pass for the node above them."""
    tree = Tree(LEAVES[:4])
    forged = LEAVES[0] + LEAVES[1]
    with pytest.raises(ProofError):
        verify_inclusion(leaf_hash(forged), 0, 2, [tree.node(1, 1)], tree.root())


# --- edges: decision 0017 -------------------------------------------------------------------------


def test_every_tree_extends_the_empty_one_by_an_empty_proof(tree):
    for size in (0, 1, 2, 7):
        verify_consistency(0, EMPTY_ROOT, size, tree.root(size), [])
        assert tree.consistency(0, size) == []
    with pytest.raises(ProofError, match="found 1 hashes, expected 0"):
        verify_consistency(0, EMPTY_ROOT, 2, tree.root(2), [OTHER])
    with pytest.raises(ProofError, match="older root is not that of the empty tree"):
        verify_consistency(0, OTHER, 2, tree.root(2), [])
    with pytest.raises(ProofError, match="newer root is not that of the empty tree"):
        verify_consistency(0, EMPTY_ROOT, 0, OTHER, [])


def test_nothing_is_in_the_empty_tree():
    with pytest.raises(ProofError, match="inclusion of entry 0 in a tree of size 0: no such entry"):
        verify_inclusion(LEAVES[0], 0, 0, [], EMPTY_ROOT)


def test_one_size_has_one_root():
    verify_consistency(3, OTHER, 3, OTHER, [])
    with pytest.raises(ProofError, match="two roots of one size"):
        verify_consistency(3, OTHER, 3, EMPTY_ROOT, [])
    with pytest.raises(ProofError, match="found 1 hashes, expected 0"):
        verify_consistency(3, OTHER, 3, OTHER, [OTHER])


@pytest.mark.parametrize("old, new", [(4, 3), (-1, 3), (1, 0)])
def test_sizes_are_in_order(tree, old, new):
    with pytest.raises(ProofError, match="expected the older not to be larger"):
        verify_consistency(old, OTHER, new, OTHER, [])
    with pytest.raises(ProofError, match="expected the older not to be larger"):
        tree.consistency(old, new)


@pytest.mark.parametrize("wrong", [b"", OTHER[:31], OTHER + b"\0", OTHER * 2])
def test_hashes_have_32_bytes_wherever_they_stand(tree, wrong):
    path, root = tree.inclusion(0, 2), tree.root(2)
    for leaf, steps, top in ((wrong, path, root), (LEAVES[0], [wrong], root), (LEAVES[0], path, wrong)):
        with pytest.raises(ProofError, match=f"found a hash of {len(wrong)} bytes, expected 32"):
            verify_inclusion(leaf, 0, 2, steps, top)
    for below, steps, top in ((wrong, [], root), (tree.root(1), [wrong], root), (tree.root(1), path, wrong)):
        with pytest.raises(ProofError, match=f"found a hash of {len(wrong)} bytes, expected 32"):
            verify_consistency(1, below, 2, top, steps)
    # a single leaf whose root is itself, and two roots that agree, are no way around
    with pytest.raises(ProofError, match="expected 32"):
        verify_inclusion(wrong, 0, 1, [], wrong)
    with pytest.raises(ProofError, match="expected 32"):
        verify_consistency(1, wrong, 1, wrong, [])


def test_sizes_beyond_any_log_cost_nothing():
    with pytest.raises(ProofError, match="expected 62"):
        verify_inclusion(OTHER, 1, 2**62, [OTHER] * 61, OTHER)
    with pytest.raises(ProofError, match="another root"):
        verify_inclusion(OTHER, 2**62, 2**63 - 1, [OTHER] * 63, OTHER)
    with pytest.raises(ProofError, match="expected"):
        verify_consistency(2**62 - 1, OTHER, 2**63 - 1, OTHER, [])
