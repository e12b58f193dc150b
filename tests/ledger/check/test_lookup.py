"""Look-up: an answer has everything, and whatever is dropped, added or altered in it is caught."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.errors import FormatError, ProofError
from detente.ledger.check.findings import Findings, Verdict
from detente.ledger.check.indices import Indices
from detente.ledger.check.lookup import Part, Query, Tail, check_row, verify_lookup
from detente.ledger.formats.checkpoint import Checkpoint
from detente.ledger.formats.entry import Kind, parse_entry
from detente.ledger.formats.ranges import run_ranges, verify_run
from detente.ledger.formats.sorted_index import Row, Run, SortedIndex
from detente.ledger.formats.statements import LARGEST_SEGMENT, IndexRoot
from detente.ledger.formats.tree import Frontier, inclusion_ranges, leaf_hash
from tests.ledger.check.logs import ORIGIN, Log

LEAVES = [leaf_hash(b"%d" % number) for number in range(70)]


def _root(leaves):
    frontier = Frontier()
    frontier.extend(leaves)
    return frontier.root()


def _path(leaves, ranges):
    return [_root(leaves[start:end]) for start, end in ranges]


# --- range proofs -------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [*range(1, 18), 31, 32, 33, 70])
def test_every_run_is_proved(size):
    leaves, root = LEAVES[:size], _root(LEAVES[:size])
    for start in range(size):
        for end in range(start + 1, size + 1):
            ranges = run_ranges(start, end, size)
            assert len(ranges) <= 2 * size.bit_length()
            assert {i for low, high in ranges for i in range(low, high)} == {*range(start), *range(end, size)}
            verify_run(start, size, leaves[start:end], _path(leaves, ranges), root)


def test_one_leaf_needs_the_hashes_of_an_inclusion_proof():
    for size in range(1, 40):
        for index in range(size):
            assert sorted(run_ranges(index, index + 1, size)) == sorted(inclusion_ranges(index, size))


@given(st.data())
def test_any_other_run_is_refused(data):
    size = data.draw(st.integers(2, 40))
    start = data.draw(st.integers(0, size - 1))
    end = data.draw(st.integers(start + 1, size))
    leaves, root = LEAVES[:size], _root(LEAVES[:size])
    run, path = leaves[start:end], _path(leaves, run_ranges(start, end, size))
    match data.draw(st.sampled_from(["alter", "drop", "add", "move", "path", "shorter", "longer"])):
        case "alter":
            run[data.draw(st.integers(0, len(run) - 1))] = LEAVES[-1]
        case "drop":
            del run[data.draw(st.integers(0, len(run) - 1))]
        case "add":
            run.insert(data.draw(st.integers(0, len(run))), LEAVES[-1])
        case "move":
            start += data.draw(st.sampled_from([-1, 1]))
        case "path" if path:
            path[data.draw(st.integers(0, len(path) - 1))] = LEAVES[-1]
        case "shorter" if path:
            path.pop()
        case _:
            path.append(LEAVES[-1])
    with pytest.raises(ProofError):
        verify_run(start, size, run, path, root)


def test_hashes_of_another_length_are_refused():
    with pytest.raises(ProofError, match="31 bytes"):
        verify_run(0, 2, [LEAVES[0]], [LEAVES[1][:31]], _root(LEAVES[:2]))
    with pytest.raises(ProofError, match="no such run"):
        verify_run(0, 2, [], [], _root(LEAVES[:2]))


# --- runs of rows -------------------------------------------------------------------------------

SOURCES = ["a", "ab", "b", "c"]
PLACES = st.lists(st.tuples(st.sampled_from(SOURCES), st.integers(0, 6)), min_size=1, max_size=40)


def _index(places, start=100):
    rows = [
        Row(source.encode(), time, start + at, leaf_hash(b"%d" % at))
        for at, (source, time) in enumerate(places)
    ]
    return SortedIndex(start, rows)


def _query(data):
    since, until = sorted(data.draw(st.tuples(st.integers(0, 7), st.integers(0, 7))))
    return Query(data.draw(st.sampled_from([*SOURCES, "d"])), since, until)


@given(PLACES, st.data())
def test_an_answer_is_complete(places, data):
    index, query = _index(places), _query(data)
    run = query.answer(index)
    wanted = [
        row
        for row in index.rows
        if row.source == query.source.encode() and query.since <= row.time <= query.until
    ]
    assert list(query.verify(run, index.root)) == wanted
    assert len(run.rows) <= len(wanted) + 2, "no more neighbours than needed"
    assert Run.parse(bytes(run)) == run
    assert index.root.root == _root([leaf_hash(row.data) for row in index.rows])


@given(PLACES, st.data())
def test_any_row_dropped_added_or_altered_is_caught(places, data):
    index, query = _index(places), _query(data)
    run = query.answer(index)
    rows, at = list(run.rows), data.draw(st.integers(0, len(run.rows) - 1))
    match data.draw(
        st.sampled_from(["drop", "add", "source", "time", "entry", "leaf", "swap", "stretch", "at"])
    ):
        case "drop":
            del rows[at]
        case "add":
            rows.insert(at, rows[at]._replace(leaf=bytes(32)))
        case "source":
            rows[at] = rows[at]._replace(source=rows[at].source + b"x")
        case "time":
            rows[at] = rows[at]._replace(time=rows[at].time + 1)
        case "entry":
            rows[at] = rows[at]._replace(entry=rows[at].entry + 1)
        case "leaf":
            rows[at] = rows[at]._replace(leaf=bytes(32))
        case "swap" if len(rows) > 1:
            rows[0], rows[-1] = rows[-1], rows[0]
        case "at":
            run = Run(run.start, run.end, run.at + 1, run.rows, run.path)
        case _:
            run = Run(run.start, run.end + 1, run.at, run.rows, run.path)
    with pytest.raises(ProofError):
        query.verify(Run(run.start, run.end, run.at, tuple(rows), run.path), index.root)


@given(PLACES, st.data())
def test_a_true_run_that_stops_short_is_caught(places, data):
    index, query = _index(places), _query(data)
    wanted = set(query.verify(query.answer(index), index.root))
    at = data.draw(st.integers(0, len(index.rows) - 1))
    end = data.draw(st.integers(at + 1, len(index.rows)))
    try:
        found = query.verify(index.run(at, end), index.root)
    except ProofError:
        return
    assert set(found) == wanted, "what is accepted is complete"


def test_rows_out_of_order_or_from_elsewhere():
    rows = [Row(b"a", 1, 100, bytes(32)), Row(b"a", 2, 101, bytes(32))]
    index = SortedIndex(100, rows)
    index.rows.reverse()
    again = SortedIndex.__new__(SortedIndex)
    again.rows, again.start = index.rows, 100
    level = [leaf_hash(row.data) for row in again.rows]
    again._levels = [level, [_root(level)]]
    with pytest.raises(ProofError, match="not in order"):
        Query("a", 0, 9).verify(again.run(0, 2), again.root)
    twice = SortedIndex(100, [rows[0], rows[0]._replace(leaf=bytes(31) + b"\1")])
    with pytest.raises(ProofError, match="not in order"):
        Query("a", 0, 9).verify(twice.run(0, 2), twice.root)
    outside = SortedIndex(100, [Row(b"a", 1, 102, bytes(32))])
    with pytest.raises(ProofError, match="one of entry 102"):
        Query("a", 0, 9).verify(outside.run(0, 1), outside.root)


@pytest.mark.parametrize("rows", [0, LARGEST_SEGMENT + 1])
def test_an_index_has_some_rows_and_not_too_many(rows):
    with pytest.raises(FormatError, match="rows"):
        SortedIndex(0, [Row(b"a", 1, at, bytes(32)) for at in range(rows)])


@given(st.binary(max_size=300) | st.data())
def test_runs_from_elsewhere_are_told_and_nothing_breaks(data):
    if not isinstance(data, bytes):
        body = bytearray(bytes(Query("b", 2, 5).answer(_index([("a", 1), ("b", 3), ("b", 4), ("c", 2)] * 3))))
        for _ in range(data.draw(st.integers(1, 3))):
            body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
        data = bytes(body)
    with contextlib.suppress(FormatError):
        assert bytes(Run.parse(data)) == data, "one spelling"


HASH = b"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="


@pytest.mark.parametrize(
    "lines",
    [
        [b"row a 1 100 " + HASH],  # no newline at the end
        [b"hash " + HASH, b"row a 1 100 " + HASH, b""],
        [b"row \x01 1 100 " + HASH, b""],
        [b"row  1 100 " + HASH, b""],
        [b"raw a 1 100 " + HASH, b""],
        [b"row a 01 100 " + HASH, b""],
        [b"row a 1 100", b""],
        [b"", b""],
    ],
)
def test_other_spellings_of_a_run_are_refused(lines):
    head = [b"detente-rows/v1", b"from 100", b"to 101", b"at 0"]
    assert Run.parse(b"\n".join([*head, b"row a 1 100 " + HASH, b""])).rows[0].entry == 100
    with pytest.raises(FormatError):
        Run.parse(b"\n".join([*head, *lines]))


def test_a_run_that_breaks_off_is_refused():
    with pytest.raises(FormatError, match="found the end"):
        Run.parse(b"detente-rows/v1\nfrom 100\nto 101\n")


# --- the whole log ------------------------------------------------------------------------------


class Indexed:
    """A log with two indices and a tail."""

    def __init__(self):
        self.log = Log()
        for at in range(40):
            self.log.say(SOURCES[at * 7 % 4], step=at % 3)
        self.parts = [self._index(0, 25), self._index(25, 41)]
        for at in range(5):
            self.log.say(SOURCES[at % 4])
        self.size = len(self.log.entries)
        self.head = Checkpoint(ORIGIN, self.size, self.log.root())

    def rows(self, start, end):
        entries = map(parse_entry, self.log.entries[start:end])
        leaves = self.log.leaves()[start:end]
        return [
            Row(x.source.encode(), x.time, start + at, leaf)
            for at, (x, leaf) in enumerate(zip(entries, leaves, strict=True))
        ]

    def _index(self, start, end):
        index = SortedIndex(start, self.rows(start, end))
        return self.log.ledger(bytes(index.root), Kind.INDEX), index

    def part(self, place, query):
        at, index = self.parts[place]
        path = _path(self.log.leaves(), inclusion_ranges(at, self.size))
        return Part(at, self.log.entries[at], tuple(path), query.answer(index))

    def tail(self, start=41):
        path = _path(self.log.leaves(), run_ranges(start, self.size, self.size))
        return Tail(tuple(self.log.entries[start:]), tuple(path))


LOG = Indexed()
QUERY = Query("ab", 1_000_000_005, LOG.log.now)


def test_several_indices_and_the_tail_make_one_answer():
    found = verify_lookup(QUERY, [LOG.part(0, QUERY), LOG.part(1, QUERY)], LOG.head, LOG.tail())
    wanted = [row for row in LOG.rows(0, LOG.size) if row.source == b"ab" and row.time >= QUERY.since]
    assert sorted(found.rows) == sorted(wanted)
    assert (found.covered, found.uncovered) == (((0, LOG.size),), ())
    for row in found.rows:
        check_row(row, LOG.log.entries[row.entry])


def test_what_no_index_covers_is_said_to_be_uncovered():
    found = verify_lookup(QUERY, [LOG.part(0, QUERY), LOG.part(1, QUERY)], LOG.head)
    assert found.uncovered == ((41, LOG.size),)
    assert found.sentence.endswith(
        f"there are no others among entries 0 to 40; nothing is said of entries 41 to {LOG.size - 1}"
    )
    found = verify_lookup(QUERY, [LOG.part(1, QUERY)], LOG.head)
    assert found.uncovered == ((0, 25), (41, LOG.size))
    assert verify_lookup(QUERY, [], LOG.head).uncovered == ((0, LOG.size),)


def test_without_indices_the_entries_themselves_do():
    whole = Tail(tuple(LOG.log.entries), ())
    found = verify_lookup(QUERY, [], LOG.head, whole)
    assert (found.covered, len(found.rows)) == (
        ((0, LOG.size),),
        sum(x.source == b"ab" and x.time >= QUERY.since for x in LOG.rows(0, LOG.size)),
    )


def test_stretches_left_out_or_turned_round_are_caught():
    with pytest.raises(ProofError, match="begins at 0, expected 41"):
        verify_lookup(QUERY, [LOG.part(1, QUERY), LOG.part(0, QUERY)], LOG.head)
    with pytest.raises(ProofError, match="expected 25"):
        verify_lookup(QUERY, [LOG.part(0, QUERY), LOG.part(0, QUERY)], LOG.head)


def test_an_index_must_be_in_the_log_and_by_the_ledger():
    part = LOG.part(0, QUERY)
    with pytest.raises(ProofError, match="another root"):
        verify_lookup(
            QUERY,
            [
                Part(
                    part.index,
                    part.entry.replace(b"to 25", b"to 24").replace(b"count 25", b"count 24"),
                    part.path,
                    part.run,
                )
            ],
            LOG.head,
        )
    log = Log()
    index = SortedIndex(0, [Row(b"a", 1, 0, bytes(32))])
    for source, kind, match in (
        ("a", Kind.INDEX, "expected an index"),
        ("ledger", Kind.RECORD, "expected an index"),
    ):
        at = log.say(source, bytes(index.root), kind)
        path = tuple(_path(log.leaves(), inclusion_ranges(at, at + 1)))
        head = Checkpoint(ORIGIN, at + 1, log.root())
        with pytest.raises(ProofError, match=match):
            verify_lookup(QUERY, [Part(at, log.entries[at], path, QUERY.answer(index))], head)
    log = Log()
    log.ledger(bytes(index.root), Kind.INDEX)
    with pytest.raises(ProofError, match="beyond itself"):
        verify_lookup(
            QUERY, [Part(0, log.entries[0], (), QUERY.answer(index))], Checkpoint(ORIGIN, 1, log.root())
        )


@pytest.mark.parametrize("at", range(5))
def test_a_tail_with_an_entry_left_out_or_changed_is_caught(at):
    parts = [LOG.part(0, QUERY), LOG.part(1, QUERY)]
    tail = LOG.tail()
    entries = list(tail.entries)
    entries[at] = entries[at].replace(b"said", b"sang") if at else entries[at] + b"!"
    with pytest.raises(ProofError, match="another root"):
        verify_lookup(QUERY, parts, LOG.head, Tail(tuple(entries), tail.path))
    del entries[at]
    with pytest.raises(ProofError, match="expected 6"):
        verify_lookup(QUERY, parts, LOG.head, Tail(tuple(entries), tail.path))


def test_a_row_that_lies_about_its_entry():
    row = LOG.rows(0, 1)[0]
    for lie in (row._replace(source=b"zz"), row._replace(time=0), row._replace(leaf=bytes(32))):
        with pytest.raises(ProofError, match="entry 0"):
            check_row(lie, LOG.log.entries[0])


def test_queries():
    with pytest.raises(FormatError, match="in order"):
        Query("a", 2, 1)
    with pytest.raises(FormatError, match="source"):
        Query("", 1, 2)


# --- made anew by auditors ----------------------------------------------------------------------


def audit(log, special, *, hidden=(), part=7, start=0):
    """Show a log to the auditor's indices; `special` are (index of entry)s to check."""
    findings = Findings()
    indices = Indices(findings, start)
    for at in range(start, len(log.entries), part):
        entries = log.entries[at : at + part]
        places = [
            None if index in hidden else (parse_entry(data).source.encode(), parse_entry(data).time)
            for index, data in enumerate(entries, at)
        ]
        indices.take(at, places, [leaf_hash(data) for data in entries])
        saved = indices.save()
        indices = Indices(findings, start)
        indices.load(saved)
        for index in special:
            if at <= index < at + part:
                indices.check(index, parse_entry(log.entries[index]))
    return [(x.verdict, x.sentence) for x in findings], indices.covered


def test_true_indices_are_found_true():
    assert audit(LOG.log, [at for at, _ in LOG.parts]) == ([], 41)


def test_an_index_that_leaves_out_or_makes_up_is_found_out():
    log = Log().records("a", 6).records("b", 6)
    rows = [
        Row(parse_entry(x).source.encode(), parse_entry(x).time, at, leaf_hash(x))
        for at, x in enumerate(log.entries)
    ]
    for lie in (
        rows[3]._replace(source=b"b"),
        rows[3]._replace(time=rows[3].time + 1),
        rows[3]._replace(leaf=bytes(32)),
        rows[4],
    ):
        other = Log()
        other.entries, other.last, other.now = list(log.entries), dict(log.last), log.now
        at = other.ledger(bytes(SortedIndex(0, [*rows[:3], lie, *rows[4:]]).root), Kind.INDEX)
        found, _ = audit(other, [at])
        assert [verdict for verdict, _ in found] == [Verdict.FALSE]
        assert "leaves out or makes up" in found[0][1]


@pytest.mark.parametrize(
    "body, source, verdict, match",
    [
        (bytes(IndexRoot(0, 20, bytes(32))), "ledger", Verdict.FALSE, "beyond itself"),
        (bytes(IndexRoot(0, 5, bytes(32))), "a", Verdict.FALSE, "only the ledger makes"),
        (b"from 0\n", "ledger", Verdict.FALSE, "expected 4"),
    ],
)
def test_indices_that_cannot_be(body, source, verdict, match):
    log = Log().records("a", 6)
    at = log.say(source, body, Kind.INDEX)
    found, covered = audit(log, [at])
    assert [x for x, _ in found] == [verdict]
    assert match in found[0][1]
    assert covered is None


def test_a_stretch_that_does_not_follow_on():
    log = Log().records("a", 12)
    rows = [Row(b"a", parse_entry(x).time, at, leaf_hash(x)) for at, x in enumerate(log.entries)]
    special = [log.ledger(bytes(SortedIndex(0, rows[:5]).root), Kind.INDEX)]
    special.append(log.ledger(bytes(SortedIndex(6, rows[6:9]).root), Kind.INDEX))
    found, covered = audit(log, special)
    assert "expected 5, where the last ended" in found[0][1]
    assert covered == 5


def test_what_cannot_be_made_anew_is_said_to_be_unchecked():
    found, _ = audit(LOG.log, [LOG.parts[0][0]], hidden={3})
    assert [x for x, _ in found] == [Verdict.UNCHECKED]
    found, _ = audit(LOG.log, [LOG.parts[1][0]], start=30)
    assert [x for x, _ in found] == [Verdict.UNCHECKED]
    assert "comes so late" in found[0][1]


def test_memory_stays_flat():
    findings = Findings()
    indices = Indices(findings)
    for at in range(0, 5 * LARGEST_SEGMENT, 4096):
        indices.take(at, [(b"a", at)] * 4096, [bytes(32)] * 4096)
    assert LARGEST_SEGMENT <= len(indices._rows) <= 2 * LARGEST_SEGMENT
    assert indices._rows[-1][2] == 5 * LARGEST_SEGMENT - 1
    assert indices._rows[0][2] == indices._first
