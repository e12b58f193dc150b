"""The audit of a whole log: everything at once, in any parts, saved and gone on with."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.errors import FormatError, LedgerError
from detente.ledger.check.audit import Audit
from detente.ledger.check.claims import Claims
from detente.ledger.check.findings import Verdict
from detente.ledger.check.keys import KeyHistory, Standing
from detente.ledger.check.payloads import Presence
from detente.ledger.check.saved import encode_state
from detente.ledger.formats.checkpoint import Checkpoint
from detente.ledger.formats.entry import Kind, parse_entry
from detente.ledger.formats.signed_statements import Action, KeyChange, sign_statement
from detente.ledger.formats.sorted_index import Row, SortedIndex
from detente.ledger.formats.statements import Erased, Sealed
from detente.ledger.formats.tree import leaf_hash
from tests.ledger.check.logs import KEY, ORIGIN, OTHER, Log

FIRST = KeyHistory(ORIGIN, [KEY.public])


def _index(log, start, end):
    rows = []
    for at, data in enumerate(log.entries[start:end], start):
        entry = parse_entry(data)
        rows.append(Row(entry.source.encode(), entry.time, at, leaf_hash(data)))
    log.ledger(bytes(SortedIndex(start, rows).root), Kind.INDEX)


def _full():
    """Return a log with something of everything."""
    log = Log()
    log.begin("gate-1")
    log.records("gate-1", 9).records("sensor", 5)
    sealed = log.say("gate-1", Sealed(bytes(32), 3, "text/plain"), Kind.SEALED)
    _index(log, 0, 10)
    change = KeyChange(ORIGIN, Action.ADD, OTHER.public, len(log.entries) + 1, "rotation")
    log.ledger(sign_statement(change, [KEY, OTHER]), Kind.KEY)
    log.gap("sensor", 4, OTHER)
    log.heartbeat("sensor")
    change = KeyChange(ORIGIN, Action.RETIRE, KEY.public, len(log.entries) + 2, "rotation")
    log.ledger(sign_statement(change, [KEY]), Kind.KEY)
    log.say("ledger", Erased(sealed, bytes(32), "asked for", "the operator"), Kind.ERASED)
    _index(log, 10, len(log.entries))
    log.records("sensor", 6)
    log.end("gate-1")
    return log


FULL = _full()


def _head(log):
    return Checkpoint(ORIGIN, len(log.entries), log.root())


def _run(log, *, claims=None, part=7, look=None, save=False):
    audit = Audit(FIRST, claims, look)
    for at in range(0, len(log.entries), part):
        audit.take(log.entries[at : at + part])
        if save:
            audit = Audit.load(audit.save(), look=look)
    return audit


def _found(report):
    return [(x.verdict, x.source, x.first, x.last) for x in report.findings]


ABSENT = {"look": lambda *_: Presence.ABSENT}


def test_an_honest_log_holds():
    claims = Claims(
        [FULL.head(size) for size in (0, 1, 7, 20, len(FULL.entries))],
        FULL.receipts("gate-1"),
        {"sensor": 16},
    )
    report = _run(FULL, claims=claims, **ABSENT).finish(_head(FULL))
    assert report.holds
    assert _found(report) == [(Verdict.DROPPED, "sensor", 6, 9)]
    assert report.accounts["gate-1"].records == 9
    assert report.accounts["sensor"].lost == 4
    assert (report.indexed, report.erased) == (len(FULL.entries) - 8, 1)
    assert report.history.judge(KEY.public, len(FULL.entries)).standing is Standing.RETIRED_BEFORE
    assert FIRST.judge(OTHER.public, 30).standing is Standing.UNKNOWN, "what was given stays as it is"


@pytest.mark.parametrize("part", [1, 2, 5, 256])
@pytest.mark.parametrize("save", [False, True])
def test_neither_parts_nor_saving_change_anything(part, save):
    log = FULL.without(3, 12)
    claims = [Claims([FULL.head(20), FULL.head()], FULL.receipts("gate-1"), {"sensor": 30}) for _ in range(2)]
    whole = _run(log, claims=claims[0], part=1000, **ABSENT).finish(_head(log))
    parts = _run(log, claims=claims[1], part=part, save=save, **ABSENT).finish(_head(log))
    assert sorted(map(repr, parts.findings)) == sorted(map(repr, whole.findings))
    assert parts.findings.counts == whole.findings.counts
    assert parts.accounts == whole.accounts
    assert not whole.holds
    assert {Verdict.DELETED, Verdict.TRUNCATED, Verdict.UNCHECKED} <= set(whole.findings.counts)


@given(st.data())
@settings(deadline=None, max_examples=60)
def test_any_changed_byte_is_caught(data):
    log = Log()
    log.entries = list(FULL.entries)
    index = data.draw(st.integers(0, len(log.entries) - 1))
    entry = bytearray(log.entries[index])
    entry[data.draw(st.integers(0, len(entry) - 1))] ^= data.draw(st.integers(1, 255))
    log.entries[index] = bytes(entry)
    report = _run(log).finish(_head(FULL))
    assert not report.holds
    assert any("another root" in x.sentence and "the log itself" in x.sentence for x in report.findings)


def test_a_log_that_ends_before_its_own_head():
    audit = _run(FULL)
    longer = Checkpoint(ORIGIN, len(FULL.entries) + 5, bytes(32))
    report = audit.finish(longer)
    assert [x.verdict for x in report.findings if x.verdict.accuses] == [Verdict.TRUNCATED]
    assert "the last 5 are cut off" in str(list(report.findings)[-1])
    with pytest.raises(LedgerError, match="expected the 3 of the signed head"):
        audit.finish(Checkpoint(ORIGIN, 3, bytes(32)))


def test_what_was_saved_goes_on_as_if_nothing_had_been():
    report = _run(FULL, part=3, save=True, **ABSENT).finish(_head(FULL))
    assert (report.holds, report.indexed) == (True, len(FULL.entries) - 8)


def test_finishing_changes_nothing():
    log = FULL.without(len(FULL.entries) - 1)
    audit = _run(log)
    before = audit.save()
    assert list(audit.finish(_head(log)).findings) == list(audit.finish(_head(log)).findings)
    assert audit.finish(_head(log)).findings.counts[Verdict.UNFINISHED] == 1
    assert audit.save() == before
    audit.take([])
    assert audit.save() == before


def test_a_payload_that_is_withheld():
    log = FULL.without(*range(21, len(FULL.entries)))
    report = _run(log, **ABSENT).finish(_head(log))
    assert (Verdict.WITHHELD, "gate-1", 11, 11) in _found(report)
    report = _run(FULL, look=lambda *_: Presence.PRESENT).finish(_head(FULL))
    assert [x.sentence for x in report.findings if x.verdict is Verdict.FALSE] == [
        "entry 21: it says that the payload of entry 15 is erased, and it is still there"
    ]


def test_entries_that_are_not_shown():
    audit = Audit(FIRST, Claims(receipts=FULL.receipts("gate-1")))
    shown = [None if at in {4, 5} else data for at, data in enumerate(FULL.entries)]
    shown[8] = b"something else"
    audit.take_against(shown, FULL.leaves())
    report = audit.finish(_head(FULL))
    assert [x for x in _found(report) if x[0] is Verdict.WITHHELD] == [
        (Verdict.WITHHELD, "", 0, 0),
        (Verdict.WITHHELD, "", 0, 0),
        (Verdict.WITHHELD, "gate-1", 5, 6),
        (Verdict.WITHHELD, "", 0, 0),
        (Verdict.WITHHELD, "gate-1", 9, 9),
    ]
    assert "another root" not in str([str(x) for x in report.findings]), "the tree is whole"
    assert report.findings.counts[Verdict.UNCHECKED] == 1, "the index over them cannot be made anew"


def test_keys_and_indices_are_the_ledgers():
    log = Log()
    change = KeyChange(ORIGIN, Action.ADD, OTHER.public, 5, "rotation")
    log.say("gate-1", sign_statement(change, [KEY, OTHER]), Kind.KEY)
    log.ledger(sign_statement(change, [OTHER]), Kind.KEY)
    report = _run(log).finish(_head(log))
    assert [x.sentence for x in report.findings] == [
        "entry 0: a change of keys by gate-1, which only the ledger makes",
        f"entry 1: add of key {ORIGIN}+{OTHER.public.id.hex()}: it is signed by no key that was in force and could say so",
    ]
    assert report.history.judge(OTHER.public, 9).standing is Standing.UNKNOWN


def test_a_false_index_is_found():
    log = Log().records("a", 5)
    _index(log, 0, 3)
    log.entries[-1] = log.entries[-1].replace(b"to 3", b"to 4").replace(b"count 3", b"count 4")
    report = _run(log).finish(_head(log))
    assert [x.verdict for x in report.findings] == [Verdict.FALSE]


# --- saving -------------------------------------------------------------------------------------


@given(st.data())
@settings(deadline=None)
def test_a_changed_byte_in_what_was_saved_is_told(data):
    saved = bytearray(_SAVED)
    saved[data.draw(st.integers(0, len(saved) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(FormatError):
        Audit.load(bytes(saved))


_SAVED = _run(FULL).save()


@pytest.mark.parametrize("state", [{}, {"claims": 1}, {"claims": {"heads": [], "receipts": [], "sent": {}}}])
def test_a_state_of_something_else_is_told(state):
    with pytest.raises(FormatError, match="something else than was saved"):
        Audit.load(encode_state(state))
    with pytest.raises(FormatError):
        Audit.load(b"")
    with pytest.raises(FormatError, match="no object"):
        Audit.load(encode_state([]))


def test_what_was_interrupted_among_entries_is_not_saved():
    def interrupt(*_):
        raise KeyboardInterrupt

    audit = Audit(FIRST, look=interrupt)
    audit.take(FULL.entries[:15])
    audit.save()
    with pytest.raises(KeyboardInterrupt):
        audit.take(FULL.entries[15:])
    with pytest.raises(LedgerError, match="interrupted"):
        audit.save()


def test_claims_that_come_later():
    audit = _run(FULL.without(*range(15, len(FULL.entries))))
    saved = audit.save()
    with pytest.raises(LedgerError, match="start anew"):
        Audit.load(saved, Claims([FULL.head(9)]))
    audit = Audit.load(saved, Claims([FULL.without(16).head(20)], sent={"sensor": 99}))
    audit.take(FULL.entries[15:])
    found = _found(audit.finish(_head(FULL)))
    assert (Verdict.DELETED, "", 0, 0) in found
    assert (Verdict.NEVER_ACKNOWLEDGED, "sensor", 17, 99) in found
