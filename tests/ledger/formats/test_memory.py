import random
from hashlib import sha256

import pytest

from detente.errors import ProofError
from detente.ledger.formats.memory import Tree
from detente.ledger.formats.tree import EMPTY_ROOT, leaf_hash

LEAVES = [leaf_hash(b"%d" % number) for number in range(300)]


def test_however_it_grew_it_is_the_same_tree():
    one_by_one, chance = Tree(), random.Random(5)
    assert [one_by_one.append(leaf) for leaf in LEAVES] == list(range(300))
    in_groups, taken = Tree(), 0
    while taken < len(LEAVES):
        if chance.random() < 0.3:
            in_groups.append(LEAVES[taken])
            taken += 1
        else:
            group = LEAVES[taken : taken + chance.randrange(1, 40)]
            in_groups.extend(group)
            taken += len(group)
    whole = Tree(iter(LEAVES))
    for size in range(301):
        assert one_by_one.root(size) == in_groups.root(size) == whole.root(size)
    for level in range(9):
        for index in range(300 >> level):
            assert one_by_one.node(level, index) == in_groups.node(level, index) == whole.node(level, index)


def test_an_empty_tree_has_the_root_of_nothing():
    tree = Tree()
    assert (len(tree), tree.root(), tree.root(0)) == (0, EMPTY_ROOT, sha256(b"").digest())
    tree.extend([])
    assert (len(tree), tree.consistency(0), tree.root()) == (0, [], EMPTY_ROOT)
    with pytest.raises(ProofError):
        tree.inclusion(0)


def test_what_it_does_not_have_it_does_not_prove():
    tree = Tree(LEAVES[:5])
    for ask in (
        lambda: tree.root(6),
        lambda: tree.root(-1),
        lambda: tree.inclusion(5),
        lambda: tree.inclusion(-1),
        lambda: tree.inclusion(0, 6),
        lambda: tree.inclusion(4, 4),
        lambda: tree.consistency(5, 6),
        lambda: tree.node(0, 5),
        lambda: tree.node(0, -1),
        lambda: tree.node(1, 2),
        lambda: tree.node(3, 0),
    ):
        with pytest.raises(ProofError):
            ask()


@pytest.mark.parametrize("wrong", [b"", b"x" * 31, b"x" * 33, b"x" * 64])
def test_a_hash_of_another_length_changes_nothing(wrong):
    tree = Tree(LEAVES[:3])
    before = tree.root()
    with pytest.raises(ProofError):
        tree.append(wrong)
    with pytest.raises(ProofError):
        tree.extend([LEAVES[3], wrong])
    assert (len(tree), tree.root()) == (3, before)
    assert tree.append(LEAVES[3]) == 3
    assert tree.root() == Tree(LEAVES[:4]).root()


def test_what_it_gives_away_is_no_longer_its_own():
    tree = Tree(LEAVES[:2])
    assert all(type(part) is bytes for part in (*tree.inclusion(1), tree.root(), tree.node(0, 1)))
