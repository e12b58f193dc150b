"""Reading a folder that holds the tiles of one size only, as its writer left them."""

import pytest

from detente.errors import LedgerError
from detente.ledger.formats.checkpoint import Checkpoint
from detente.ledger.formats.memory import Tree
from detente.ledger.formats.tree import leaf_hash
from detente.ledger.store.reader import Reader
from tests.ledger.directory import write
from tests.ledger.examples import ORIGIN, note

SIZE = 600
ENTRIES = [b"%d" % number for number in range(SIZE)]
TREE = Tree(map(leaf_hash, ENTRIES))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("log")
    write(made, ENTRIES, bytes(note(Checkpoint(ORIGIN, SIZE, TREE.root()))))
    return made


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 513, 598, 599, 600])
def test_it_proves_what_the_log_was_at_sizes_that_were_never_published(folder, size):
    reader = Reader(folder)
    assert reader.root(size) == TREE.root(size)
    assert list(reader.entries(0, size)) == ENTRIES[:size]
    for index in {0, size // 2, size - 1}:
        assert reader.inclusion(index, size) == TREE.inclusion(index, size)
    for old in {0, 1, size // 2, size - 1, size}:
        assert reader.consistency(old, size) == TREE.consistency(old, size)


def test_it_does_not_make_up_what_is_not_there(folder):
    for ask in (lambda: Reader(folder).root(601), lambda: list(Reader(folder).entries(600, 601))):
        with pytest.raises(LedgerError):
            ask()


def test_one_that_is_gone_is_named(folder):
    (folder / "tile/0/002.p/88").rename(folder / "away")
    try:
        for size in (599, 600):
            with pytest.raises(LedgerError, match=r"tile/0/002.* found nothing there"):
                Reader(folder).root(size)
    finally:
        (folder / "away").rename(folder / "tile/0/002.p/88")
