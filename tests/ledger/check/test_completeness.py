"""Every verdict about what is missing: dropped, withheld, deleted, cut off, never acknowledged."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.errors import LedgerError
from detente.ledger.check.claims import Claims, Head
from detente.ledger.check.completeness import Completeness
from detente.ledger.check.findings import Finding, Findings, Verdict
from detente.ledger.check.keys import KeyHistory
from detente.ledger.formats.entry import Kind, encode_entry
from detente.ledger.formats.signed_statements import Gap, sign_statement
from detente.ledger.formats.statements import Heartbeat
from detente.ledger.formats.tree import Frontier
from tests.ledger.check.logs import KEY, ORIGIN, OTHER, Log


def check(log, *, hidden=(), claims=None, start=0, part=4, history=None):
    """Show a log in parts, and return what is found, with the fold."""
    claims, findings = claims or Claims(), Findings()
    fold = Completeness(history or KeyHistory(ORIGIN, [KEY.public]), claims, findings, start)
    entries, leaves, frontier = log.entries, log.leaves(), Frontier()
    findings.extend(claims.see_root(0, frontier.root()))
    for at in range(start, len(entries), part):
        end = min(at + part, len(entries))
        claims.see(at, leaves[at:end], set(hidden))
        for index in range(at, end):
            if index in hidden:
                fold.hide(index)
            else:
                fold.take(index, entries[index : index + 1])
            frontier.append(leaves[index])
            findings.extend(claims.see_root(index + 1, frontier.root()))
    findings.extend(fold.finish(len(entries)))
    return list(findings), fold


def verdicts(log, **options):
    found, _ = check(log, **options)
    return [(x.verdict, x.source, x.first, x.last) for x in found]


def _mixed():
    log = Log()
    log.begin("gate-1")
    log.records("gate-1", 4)
    log.records("sensor", 3)
    log.heartbeat("gate-1")
    log.records("gate-1", 3)
    log.end("gate-1")
    return log.records("sensor", 2)


# --- nothing is missing -------------------------------------------------------------------------


def test_an_honest_log():
    found, fold = check(_mixed())
    assert found == []
    account = fold.accounts[b"gate-1"]
    assert (account.last, account.records, account.sessions, account.ended) == (10, 7, 1, True)
    assert fold.accounts[b"sensor"].records == 5


@pytest.mark.parametrize("part", [1, 3, 100])
def test_parts_change_nothing(part):
    log = _mixed().without(3, 6)
    assert verdicts(log, part=part) == verdicts(log, part=4)


def test_a_stretch_goes_on_from_wherever_sources_are():
    log = Log().records("gate-1", 5).records("sensor", 2)
    assert verdicts(log, start=2) == []
    assert verdicts(log.without(3), start=2) == [(Verdict.DELETED, "gate-1", 4, 4)]
    log = Log().records("gate-1", 3)
    log.gap("gate-1", 5)
    assert verdicts(log, start=3) == [(Verdict.DROPPED, "gate-1", 4, 8)]


# --- dropped ------------------------------------------------------------------------------------


def test_dropped_by_the_word_of_the_log():
    log = Log().records("gate-1", 2)
    log.gap("gate-1", 3)
    log.records("gate-1", 1)
    found, fold = check(log)
    assert [str(x) for x in found] == [
        f"dropped: numbers 3 to 5 of gate-1 were lost, and {ORIGIN} says so: queue full"
    ]
    assert "entry 2" in found[0].evidence[0]
    assert fold.accounts[b"gate-1"].lost == 3


def test_a_gap_that_nobody_signed_who_may():
    log = Log().records("gate-1", 2)
    log.gap("gate-1", 3, OTHER)
    assert verdicts(log.records("gate-1", 1)) == [(Verdict.DELETED, "gate-1", 3, 5)]


@pytest.mark.parametrize(
    "gap",
    [
        Gap("example.org/other", "gate-1", 3, 3, "queue full"),
        Gap(ORIGIN, "gate-2", 3, 3, "queue full"),
        Gap(ORIGIN, "gate-1", 2, 3, "queue full"),
    ],
)
def test_a_gap_from_elsewhere(gap):
    log = Log().records("gate-1", 2)
    log.say("gate-1", sign_statement(gap, [KEY]), Kind.GAP, takes=3)
    assert verdicts(log) == [(Verdict.FALSE, "", 0, 0), (Verdict.DELETED, "gate-1", 3, 4)]


def test_a_gap_does_not_hide_a_hole_before_it():
    log = Log().records("gate-1", 3)
    log.gap("gate-1", 2)
    assert verdicts(log.without(2)) == [(Verdict.DROPPED, "gate-1", 4, 5), (Verdict.DELETED, "gate-1", 3, 3)]


def test_a_gap_takes_no_number_twice():
    log = Log().records("gate-1", 3)
    gap = Gap(ORIGIN, "gate-1", 2, 3, "queue full")
    log.say("gate-1", sign_statement(gap, [KEY]), Kind.GAP)
    assert (Verdict.FALSE, "", 0, 0) in verdicts(log)


# --- deleted and withheld -----------------------------------------------------------------------


def test_deleted():
    found, _ = check(_mixed().without(2, 3))
    assert [str(x) for x in found] == [
        "deleted: numbers 3 to 4 of gate-1 are gone, and no gap says that they were lost"
    ]
    assert found[0].evidence == ("entry 1 is its number 2, and entry 2 goes on after number 4",)


def test_deleted_at_the_beginning():
    found, _ = check(Log().records("gate-1", 3).without(0))
    assert (found[0].verdict, found[0].first, found[0].last) == (Verdict.DELETED, 1, 1)
    assert "nothing of it comes before" in found[0].evidence[0]


def test_withheld():
    found, _ = check(_mixed(), hidden={2, 3})
    assert [x.verdict for x in found] == [Verdict.WITHHELD]
    assert (found[0].source, found[0].first, found[0].last) == ("gate-1", 3, 4)


def test_hidden_elsewhere_does_not_excuse_a_hole():
    log = Log().records("a", 2).records("b", 2).records("a", 3)
    assert verdicts(log.without(5), hidden={1}) == [
        (Verdict.WITHHELD, "a", 2, 2),
        (Verdict.DELETED, "a", 4, 4),
    ]


def test_a_receipt_says_that_what_is_withheld_is_there():
    log = _mixed()
    found, _ = check(log, hidden={2, 3}, claims=Claims(receipts=log.receipts("gate-1")))
    assert [x.verdict for x in found] == [Verdict.WITHHELD]
    assert any("receipt for number 3 of gate-1 as entry 2" in line for line in found[0].evidence)


def test_a_receipt_for_a_hidden_last_entry():
    log = _mixed()
    last = len(log.entries) - 1
    claims = Claims(receipts=[log.receipt(last)])
    assert verdicts(log, hidden={last}, claims=claims) == [(Verdict.WITHHELD, "sensor", 5, 5)]


def test_a_receipt_turns_withheld_into_deleted_where_something_else_is_there():
    log = _mixed()
    receipts = log.receipts("gate-1")
    log.entries[2] = encode_entry(Kind.RECORD, "gate-1", 3, log.now, b"something else")
    claims = Claims(receipts=receipts)
    found = verdicts(log, hidden={2, 3}, claims=claims)
    assert (Verdict.DELETED, "gate-1", 3, 4) in found


def test_a_changed_entry_is_told_by_its_receipt_and_by_a_head():
    log = _mixed()
    receipt = log.receipt(3)
    log.entries[3] = log.entries[3].replace(b"said", b"sang")
    found, _ = check(log, claims=Claims(receipts=[receipt]))
    assert [x.verdict for x in found] == [Verdict.DELETED, Verdict.DELETED]
    assert "another root" in found[0].sentence
    assert "number 4 of gate-1 was acknowledged as entry 3: something else is there" in found[1].sentence


def test_an_older_head_that_the_tree_contradicts():
    log = _mixed()
    head = log.head(6)
    assert verdicts(log, claims=Claims([head])) == []
    found = verdicts(log.without(1).records("gate-1", 3), claims=Claims([head]))
    assert (Verdict.DELETED, "", 0, 0) in found
    assert verdicts(log, claims=Claims([Head(0, bytes(32), "x")])) == [(Verdict.DELETED, "", 0, 0)]


def test_a_receipt_for_a_later_place_is_the_same_evidence_in_any_parts():
    log = Log().records("a", 3)
    receipt = replace(log.receipt(1), index=3)
    log = log.without(1)
    log.last = {}
    log.records("b", 3)
    (first, *_), _ = check(log, claims=Claims(receipts=[receipt]), part=1)
    (again, *_), _ = check(log, claims=Claims(receipts=[receipt]), part=100)
    assert (first.verdict, first.source, first.first) == (Verdict.DELETED, "a", 2)
    assert first == again
    assert "comes only later" in first.evidence[1]


# --- cut off, and never there -------------------------------------------------------------------


def test_truncated_tail():
    log = _mixed()
    head = log.head()
    log.entries = log.entries[:9]
    found, _ = check(log, claims=Claims([head]))
    assert found[0].verdict is Verdict.UNFINISHED
    assert found[1].verdict is Verdict.TRUNCATED
    assert "size 15, and 9 entries are shown: the last 6 are cut off" in found[1].sentence
    assert "witness east" in found[1].evidence[0]


def test_a_receipt_beyond_the_end_names_the_numbers():
    log = _mixed()
    claims = Claims(receipts=log.receipts("sensor"))
    log.entries = log.entries[:13]
    assert verdicts(log, claims=claims)[-1] == (Verdict.TRUNCATED, "sensor", 4, 5)


def test_never_acknowledged():
    log = _mixed()
    claims = Claims(receipts=log.receipts("sensor"), sent={"sensor": 8, "gate-1": 10, "radar": 2})
    assert verdicts(log, claims=claims) == [
        (Verdict.NEVER_ACKNOWLEDGED, "radar", 1, 2),
        (Verdict.NEVER_ACKNOWLEDGED, "sensor", 6, 8),
    ]


def test_what_may_be_in_the_part_not_shown_is_not_called_never_acknowledged():
    log = _mixed()
    head = log.head()
    log.entries = log.entries[:14]
    found = verdicts(log, claims=Claims([head], sent={"sensor": 8}))
    assert found == [(Verdict.TRUNCATED, "", 0, 0), (Verdict.UNCHECKED, "sensor", 5, 8)]
    assert verdicts(_mixed(), hidden={14}, claims=Claims(sent={"sensor": 5})) == [
        (Verdict.UNCHECKED, "sensor", 5, 5)
    ]


def test_received_beyond_the_end_and_sent_without_receipt():
    log = _mixed()
    claims = Claims(receipts=[log.receipt(14)], sent={"sensor": 6})  # for number 5
    log.entries = log.entries[:13]
    assert verdicts(log, claims=claims) == [
        (Verdict.TRUNCATED, "", 0, 0),
        (Verdict.TRUNCATED, "sensor", 5, 5),
        (Verdict.UNCHECKED, "sensor", 4, 4),
        (Verdict.UNCHECKED, "sensor", 6, 6),
    ]


# --- what sources say of themselves -------------------------------------------------------------


def test_an_open_session_accuses_nobody():
    log = Log()
    log.begin("gate-1", "s1")
    log.records("gate-1", 2)
    found, _ = check(log)
    assert [x.verdict for x in found] == [Verdict.UNFINISHED]
    assert not found[0].verdict.accuses
    log.begin("gate-1", "s2")
    found, fold = check(log)
    assert "did not end its session s1 and began s2" in found[0].sentence
    assert fold.accounts[b"gate-1"].sessions == 2


def test_a_heartbeat_that_counts_otherwise():
    log = Log().records("gate-1", 2)
    log.say("gate-1", Heartbeat(7), Kind.HEARTBEAT)
    found, _ = check(log)
    assert [x.verdict for x in found] == [Verdict.FALSE]
    assert "had counted to 7, and this is its number 3" in found[0].sentence


def test_after_the_end_comes_nothing_but_a_beginning():
    log = Log()
    log.begin("gate-1")
    log.end("gate-1")
    log.begin("gate-1", "s2")
    log.end("gate-1")
    assert verdicts(log) == []
    log.records("gate-1", 2)
    found, _ = check(log)
    assert [x.verdict for x in found] == [Verdict.FALSE]
    assert "had said in entry 3 that nothing more was to come" in found[0].sentence


@pytest.mark.parametrize(
    "entry",
    [
        b"no entry at all",
        b"detente-entry/v1\nrecord gate-1 3 10000000039",  # no newline after the head
        b"detente-entry/v2\nrecord gate-1 3 1000000003\n",
        b"detente-entry/v1\nrecord gate-1 3 01000000003\n",
        b"detente-entry/v1\nrecord gate-1 3 +1000000003\n",
        b"detente-entry/v1\nrecord gate-1 03 1000000003\n",
        b"detente-entry/v1\nrecord gate-1 3 9223372036854775808\n",  # 2^63
        b"detente-entry/v1\nrecord gate-1 3 1000000003 \n",
        b"detente-entry/v1\nrecord gate-1 3\n",
        b"detente-entry/v1\nRecord gate-1 3 1000000003\n",
        b"",
    ],
)
def test_what_is_no_entry(entry):
    log = Log().records("gate-1", 2)
    log.entries.append(entry)
    found, fold = check(log)
    assert [x.verdict for x in found] == [Verdict.FALSE]
    assert found[0].sentence.startswith("entry 2: it is none of ours")
    assert fold.accounts[b"gate-1"].last == 2


def test_repeated_numbers_and_times_that_fall():
    log = Log().records("gate-1", 2)
    log.entries.append(log.entries[1])
    found, _ = check(log)
    assert "number 2 of gate-1 is there already" in found[0].sentence
    log = Log().records("gate-1", 2)
    log.entries.append(encode_entry(Kind.RECORD, "gate-1", 3, log.now - 1, b""))
    found, _ = check(log)
    assert "is before that of the entry before it" in found[0].sentence


def test_a_malformed_statement():
    log = Log().records("gate-1", 1)
    log.say("gate-1", b"last one\n", Kind.HEARTBEAT)
    assert verdicts(log) == [(Verdict.FALSE, "", 0, 0)]


def test_special_entries_are_handed_on():
    log, seen = _mixed(), []
    fold = Completeness(KeyHistory(ORIGIN, [KEY.public]), Claims(), Findings())
    places = fold.take(0, log.entries, lambda index, entry: seen.append((index, entry.kind)))
    assert seen == [(0, Kind.BEGIN), (8, Kind.HEARTBEAT), (12, Kind.END)]
    assert places[0] == (b"gate-1", 1_000_000_001)
    assert len(places) == len(log.entries)


# --- in general ---------------------------------------------------------------------------------


@given(st.data())
def test_whatever_is_taken_out_is_told(data):
    log = Log()
    for source in data.draw(st.lists(st.sampled_from(["a", "b", "c"]), min_size=2, max_size=25)):
        if data.draw(st.integers(0, 5)) == 0:
            log.gap(source, data.draw(st.integers(1, 3)))
        else:
            log.say(source)
    taken = data.draw(st.sets(st.integers(0, len(log.entries) - 1), min_size=1))
    claims = Claims([log.head()], [log.receipt(index) for index in taken])
    shown = log.without(*taken)
    found, _ = check(shown, claims=claims)
    named = {
        (x.source, number)
        for x in found
        if x.verdict.accuses and x.source
        for number in range(x.first, x.last + 1)
    }
    assert {(x.source, x.number) for x in (log.receipt(index) for index in taken)} <= named
    honest, _ = check(log, claims=Claims([log.head()], [log.receipt(index) for index in taken]))
    assert not any(x.verdict.accuses for x in honest)


@given(st.data())
def test_whatever_is_hidden_is_told(data):
    sources = data.draw(st.lists(st.sampled_from(["a", "b", "c"]), min_size=2, max_size=25))
    log = Log()
    for source in sources:
        log.say(source)
    hidden = data.draw(st.sets(st.integers(0, len(sources) - 1), min_size=1))
    claims = Claims(receipts=[log.receipt(index) for index in hidden])
    found, _ = check(log, hidden=hidden, claims=claims)
    named = {(x.source, n) for x in found for n in range(x.first, x.last + 1)}
    assert {x.verdict for x in found} == {Verdict.WITHHELD}
    assert named == {(x.source, x.number) for x in map(log.receipt, hidden)}


# --- saving -------------------------------------------------------------------------------------


def test_findings_of_a_ruined_log_do_not_fill_the_memory():
    findings = Findings()
    for number in range(1, 3001):
        findings.add(
            Finding(verdict=Verdict.DELETED, sentence="gone", source="a", first=number, last=number + 1)
        )
    assert len(findings.kept) == 1000
    assert (findings.counts[Verdict.DELETED], findings.numbers[Verdict.DELETED]) == (3000, 6000)
    again = Findings()
    again.restore(findings.save())
    assert again.save() == findings.save()
    assert list(again) == list(findings)


def test_claims_that_come_later():
    log = _mixed()
    claims = Claims([log.head(4)])
    claims.see(0, log.leaves()[:6])
    list(claims.see_root(4, log.root(4)))
    claims = Claims.load(claims.save())
    joined = claims.join(Claims([log.head(4), log.head(9)], sent={"sensor": 9}), 6)
    assert joined.next_size() == 9
    assert joined.sent == {"sensor": 9}
    with pytest.raises(LedgerError, match="start anew"):
        claims.join(Claims([log.head(5)]), 6)
    with pytest.raises(LedgerError, match="start anew"):
        claims.join(Claims(receipts=[log.receipt(2)]), 6)


def test_saved_and_loaded_in_the_middle():
    log = _mixed().without(2, 6)
    history, claims = KeyHistory(ORIGIN, [KEY.public]), Claims()
    for cut in range(len(log.entries)):
        first, second = Findings(), Findings()
        fold = Completeness(history, claims, first)
        fold.take(0, log.entries[:cut])
        again = Completeness(history, claims, second)
        again.load(fold.save())
        again.take(cut, log.entries[cut:])
        assert [*first, *second] == check(log)[0]
