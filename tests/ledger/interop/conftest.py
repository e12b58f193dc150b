"""A log of 70,000 entries in a folder, written the plain way and by our own store."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from detente.ledger.formats.checkpoint import Checkpoint
from detente.ledger.formats.memory import Tree
from detente.ledger.formats.tree import leaf_hash
from detente.ledger.store.create import create
from detente.ledger.store.draft import Draft
from detente.ledger.store.ledger import Ledger
from detente.ledger.store.reader import Reader
from tests.ledger.directory import write
from tests.ledger.examples import LOG, ORIGIN, QUANTUM_LOG, WITNESS, note

SIZE = 70_000
SIGNERS = [LOG, WITNESS, *([QUANTUM_LOG] if QUANTUM_LOG else [])]


@dataclass(frozen=True)
class Log:
    """One log, and what it should be."""

    path: Path
    entries: list[bytes]
    tree: Tree
    secret: object
    """The log's Ed25519 key."""

    @property
    def reader(self):
        return Reader(self.path)


def plain(path):
    entries = [b"entry %d" % number + b"." * (number % 61) for number in range(SIZE)]
    tree = Tree(map(leaf_hash, entries))
    write(path, entries, bytes(note(Checkpoint(ORIGIN, SIZE, tree.root()), SIGNERS)))
    return Log(path, entries, tree, LOG)


def stored(path):
    folder = create(path, "store.example/log", ml_dsa=QUANTUM_LOG is not None)
    with Ledger(path, publish_every=None) as ledger:
        for start in range(0, SIZE, 10_000):
            ledger.append_many([Draft("gate-1", b"held %d" % n) for n in range(start, start + 10_000)])
            ledger.publish()
    entries = list(Reader(path).entries(0, SIZE))
    return Log(path, entries, Tree(map(leaf_hash, entries)), folder.secrets()[0])


@pytest.fixture(scope="session", params=[plain, stored], ids=["written plainly", "written by the store"])
def log(request, tmp_path_factory):
    return request.param(tmp_path_factory.mktemp("log") / "log")
