"""Small logs in memory, honest ones, from which tests take away, hide and change things."""

from detente.ledger.check.claims import Head, KeptReceipt
from detente.ledger.formats.entry import LEDGER, Kind, encode_entry, parse_entry
from detente.ledger.formats.keys import Algorithm, SecretKey
from detente.ledger.formats.signed_statements import Gap, sign_statement
from detente.ledger.formats.statements import Begin, End, Heartbeat
from detente.ledger.formats.tree import Frontier, leaf_hash

ORIGIN = "example.org/ledger"
KEY = SecretKey(ORIGIN, Algorithm.ED25519, bytes(32))
OTHER = SecretKey(ORIGIN, Algorithm.ED25519, bytes(31) + b"\1")


class Log:
    """What a ledger would have written: sources counted without holes, times that rise."""

    def __init__(self):
        self.entries = []
        self.last = {}
        self.now = 1_000_000_000

    def say(self, source, body=b"said", kind=Kind.RECORD, *, takes=1, step=1):
        self.last[source] = self.last.get(source, 0) + takes
        self.now += step
        self.entries.append(encode_entry(kind, source, self.last[source], self.now, bytes(body)))
        return len(self.entries) - 1

    def records(self, source, count):
        for _ in range(count):
            self.say(source)
        return self

    def begin(self, source, session="s1"):
        return self.say(source, Begin(session, "gate 0.8"), Kind.BEGIN)

    def heartbeat(self, source):
        return self.say(source, Heartbeat(self.last.get(source, 0)), Kind.HEARTBEAT)

    def end(self, source):
        return self.say(source, End(self.last.get(source, 0)), Kind.END)

    def gap(self, source, count, *keys, origin=ORIGIN):
        gap = Gap(origin, source, self.last.get(source, 0) + 1, count, "queue full")
        return self.say(source, sign_statement(gap, keys or [KEY]), Kind.GAP, takes=count)

    def ledger(self, body, kind):
        return self.say(LEDGER, body, kind)

    def root(self, size=None):
        frontier = Frontier()
        frontier.extend(self.leaves()[:size])
        return frontier.root()

    def leaves(self):
        return [leaf_hash(entry) for entry in self.entries]

    def head(self, size=None, by="witness east"):
        size = len(self.entries) if size is None else size
        return Head(size, self.root(size), by)

    def receipt(self, index):
        entry = parse_entry(self.entries[index])
        return KeptReceipt(index, entry.source, entry.number, leaf_hash(self.entries[index]), self.head())

    def receipts(self, source):
        return [
            self.receipt(index)
            for index, data in enumerate(self.entries)
            if parse_entry(data).source == source
        ]

    def without(self, *indices):
        """Return the log of one who takes these entries out and makes a new tree of the rest."""
        other = Log()
        other.entries = [entry for index, entry in enumerate(self.entries) if index not in indices]
        return other
