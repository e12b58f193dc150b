"""The parsers of our own texts and files, each with something that it reads."""

from detente.ledger.check.answer import Answer, parse_answer
from detente.ledger.check.lookup import Part, Query, Tail
from detente.ledger.formats.note import Note, parse_note
from detente.ledger.formats.payload import commit, encode_payload, open_payload
from detente.ledger.formats.signed_statements import Action, Gap, KeyChange, sign_statement
from detente.ledger.formats.sorted_index import Row, Run, SortedIndex
from detente.ledger.formats.statements import Begin, End, Erased, Heartbeat, IndexRoot, Sealed
from detente.ledger.formats.tiles import encode_bundle
from detente.ledger.formats.tree import Frontier, leaf_hash
from detente.ledger.store.journal import HEADER_SIZE, Header, commit_frame, data_frame, read_header, replay
from detente.ledger.store.sources import Sources
from detente.ledger.witness.evidence import Evidence, parse_evidence
from detente.ledger.witness.request import parse_request
from tests.ledger.examples import CHECKPOINT, ENTRIES, LOG, NOTE, ORIGIN, TREE

_SEALED = Sealed(commit(bytes(32), b"who"), 3, "text/plain")
_INDEX = SortedIndex(0, [Row(b"gate-1", 10 + at, at, leaf_hash(entry)) for at, entry in enumerate(ENTRIES)])


def _journal():
    tree = Frontier()
    before = tree.root()
    tree.extend(list(map(leaf_hash, ENTRIES)))
    frame = data_frame(tree.size, tree.root(), encode_bundle(ENTRIES))
    return bytes(Header(0, before)) + frame + commit_frame(tree.size, NOTE)


def _answer():
    query = Query("gate-1", 0, 99)
    run = query.answer(_INDEX)
    part = Part(4, ENTRIES[4], tuple(TREE.inclusion(4)), run)
    return bytes(Answer(query, (part,), Tail((ENTRIES[12],), (CHECKPOINT.root,)), parse_note(NOTE)))


def _replayed(data):
    read_header(data)
    return list(replay(data, HEADER_SIZE, Frontier()))


PARSERS = {
    "begin": (Begin.parse, bytes(Begin("s1", "gate 2.3"))),
    "heartbeat": (Heartbeat.parse, bytes(Heartbeat(7))),
    "end": (End.parse, bytes(End(7))),
    "sealed": (Sealed.parse, bytes(_SEALED)),
    "erased": (Erased.parse, bytes(Erased(3, _SEALED.commitment, "asked for", "an officer"))),
    "index": (IndexRoot.parse, bytes(_INDEX.root)),
    "gap": (Gap.parse, sign_statement(Gap(ORIGIN, "gate-1", 5, 3, "queue full"), [LOG])),
    "key": (KeyChange.parse, sign_statement(KeyChange(ORIGIN, Action.ADD, LOG.public, 9, "yearly"), [LOG])),
    "payload": (lambda data: open_payload(data, _SEALED), encode_payload(bytes(32), b"who")),
    "answer": (parse_answer, _answer()),
    "rows": (Run.parse, bytes(_INDEX.run(2, 6))),
    "journal": (_replayed, _journal()),
    "sources": (Sources.parse, bytes(Sources(13, 20, {"gate-1": 13}))),
    "request to a witness": (parse_request, b"old 0\n\n" + NOTE),
    "evidence": (
        parse_evidence,
        bytes(Evidence(parse_note(NOTE), Note(CHECKPOINT.text, (LOG.sign(CHECKPOINT.text),)))),
    ),
}
