"""Views compared: forks become evidence, truncated and stale are named as such, and evidence stands alone."""

import multiprocessing
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.errors import FormatError, LedgerError, ProofError
from detente.ledger.formats.note import Note
from detente.ledger.store.create import create
from detente.ledger.store.draft import Draft
from detente.ledger.store.ledger import Ledger
from detente.ledger.store.reader import Reader
from detente.ledger.witness.compare import Relation, compare
from detente.ledger.witness.evidence import Difference, Evidence, check_evidence, parse_evidence
from detente.ledger.witness.monitor import Verdict, compare_views, watch
from detente.ledger.witness.seen import SeenFile
from detente.ledger.witness.views import open_view, signed_head
from tests.ledger.witness.logs import LOG_KEY, NOW, ORIGIN, STRANGER, MemoryLog, forked, numbered, signed

KEYS = [LOG_KEY.public]
SIZES = (0, 1, 2, 3, 4, 5, 7, 8, 9, 13, 16, 17)


class Tampered:
    """A view whose tiles were changed after they were written."""

    def __init__(self, log):
        self.log = log

    def note(self):
        return self.log.note()

    def node(self, level, index, size):
        return bytes(32)

    def inclusion(self, index, size):
        return self.log.inclusion(index, size)

    def consistency(self, old, new):
        return self.log.consistency(old, new)


class Bare(Tampered):
    """A view that shows its head and nothing else."""

    def node(self, level, index, size):
        raise LedgerError("not found")


def heads(first, second):
    return signed_head(first.note(), KEYS), signed_head(second.note(), KEYS)


# --- two views ----------------------------------------------------------------------------------


def test_one_history_in_any_two_sizes():
    for one in SIZES:
        for other in SIZES:
            found = compare_views(MemoryLog(numbered(one)), MemoryLog(numbered(other)), KEYS)
            expected = "same" if one == other else "ahead" if one < other else "behind"
            assert found.relation == expected, (one, other)
            assert found.evidence is None


def test_two_histories_in_any_two_sizes_from_any_entry():
    """Every fork is caught, its first differing entry found, and the evidence holds for a third person."""
    for one in SIZES[1:]:
        for other in SIZES[1:]:
            for at in {0, 1, min(one, other) // 2, min(one, other) - 1}:
                if at < min(one, other):
                    found = compare_views(MemoryLog(numbered(one)), MemoryLog(forked(other, at)), KEYS)
                    assert found.relation is Relation.FORK, (one, other, at)
                    fork = check_evidence(parse_evidence(bytes(found.evidence)), KEYS)
                    assert fork.index == at
                    assert {fork.first.checkpoint.size, fork.second.checkpoint.size} == {one, other}


def test_a_fork_is_proved_by_one_readable_side():
    """The larger side's tiles alone prove it; the entry that differs stays unknown."""
    small, large = MemoryLog(numbered(5)), MemoryLog(forked(9, 3))
    for view in (None, Bare(small), Tampered(small)):
        found = compare(*_pair(small, view, large, large))
        assert found.relation is Relation.FORK
        assert check_evidence(found.evidence, KEYS).index is None


def _pair(first, first_view, second, second_view):
    one, other = heads(first, second)
    return one, first_view, other, second_view


def test_two_roots_of_one_size_need_no_tiles():
    one, other = MemoryLog(numbered(5)), MemoryLog(forked(5, 3))
    found = compare(*_pair(one, None, other, None))
    assert found.relation is Relation.FORK
    assert check_evidence(found.evidence, KEYS).index is None


@pytest.mark.parametrize("kind", [Tampered, Bare])
def test_tiles_that_do_not_lead_to_the_head_prove_nothing(kind):
    """An honest log with damaged tiles is not accused of a fork."""
    small, large = MemoryLog(numbered(5)), MemoryLog(numbered(9))
    found = compare(*_pair(small, None, large, kind(large)))
    assert (found.relation, found.evidence) == (Relation.UNPROVEN, None)


def test_damaged_tiles_of_the_smaller_side_do_not_matter():
    small, large = MemoryLog(numbered(5)), MemoryLog(numbered(9))
    assert compare(*_pair(small, Tampered(small), large, large)).relation is Relation.AHEAD


def test_views_of_two_logs_are_not_compared():
    other = MemoryLog(numbered(5), (STRANGER,))
    with pytest.raises(ProofError, match="two views of one"):
        compare_views(MemoryLog(numbered(5)), other, [*KEYS, STRANGER.public])


def test_a_head_that_nobody_signed_is_not_compared():
    note = MemoryLog(numbered(5)).note()
    with pytest.raises(ProofError, match="no signature"):
        signed_head(Note(note.text, (STRANGER.sign(note.text),)), KEYS)
    with pytest.raises(ProofError, match="does not hold"):
        signed_head(Note(note.text, MemoryLog(numbered(6)).note().signatures), KEYS)
    with pytest.raises(ProofError, match="none of the given keys"):
        signed_head(note, [STRANGER.public])


# --- evidence -----------------------------------------------------------------------------------

FORK = compare_views(MemoryLog(numbered(5)), MemoryLog(forked(9, 3)), KEYS).evidence
SAME_SIZE = compare_views(MemoryLog(numbered(5)), MemoryLog(forked(5, 3)), KEYS).evidence


def test_evidence_is_text_with_both_signed_notes():
    text = bytes(FORK).decode()
    assert text.startswith("detente-fork/v1\ncheckpoint 5\nlog.example/one\n5\n")
    assert bytes(FORK.first).decode() in text
    assert bytes(FORK.second).decode() in text
    assert re.search(r"^entry 3$", text, re.MULTILINE)


@settings(max_examples=400)
@given(st.sampled_from([bytes(FORK), bytes(SAME_SIZE)]), st.data())
def test_no_changed_byte_is_still_evidence(data, draw):
    changed = bytearray(data)
    at = draw.draw(st.integers(0, len(data) - 1))
    changed[at] ^= draw.draw(st.integers(1, 255))
    with pytest.raises((FormatError, ProofError)):
        check_evidence(parse_evidence(bytes(changed)), KEYS)


@given(st.integers(0, 4), st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(lines, junk):
    head = b"".join(bytes(FORK).splitlines(keepends=True)[: lines * 4])
    for data in (junk, head + junk, bytes(FORK) + junk[:1] + b"x"):
        with pytest.raises(FormatError):
            parse_evidence(data)


@pytest.mark.parametrize("count", ["99999999999", "9223372036854775807", "-1", "0"])
def test_counts_are_not_believed(count):
    text = bytes(FORK).decode()
    for word in ("checkpoint", "path"):
        with pytest.raises(FormatError):
            parse_evidence(re.sub(rf"{word} \d+", f"{word} {count}", text).encode())


def test_a_path_is_never_longer_than_a_tree_is_high():
    hashes = "\n".join(["A" * 43 + "="] * 65)
    with pytest.raises(FormatError, match="65 hashes"):
        parse_evidence(re.sub(r"path \d+\n", f"path 65\n{hashes}\n", bytes(FORK).decode()).encode())


def test_an_honest_log_cannot_be_accused():
    """Two heads of one history, with every forged prefix, path and entry we can think of."""
    log = MemoryLog(numbered(9))
    other = MemoryLog(forked(9, 3))
    first, second = log.note_at(5), log.note_at(9)
    root = signed_head(first, KEYS).checkpoint.root
    foreign = signed_head(other.note_at(5), KEYS).checkpoint.root
    leaf = log.node(0, 1, 5)
    same = Difference(1, (leaf, leaf), (tuple(log.inclusion(1, 5)), tuple(other.inclusion(1, 9))))
    path, foreign_path = tuple(log.consistency(5, 9)), tuple(other.consistency(5, 9))
    for evidence, why in (
        (Evidence(first, second, root, path), "agree"),
        (Evidence(first, second, foreign, path), "does not lead to the older root"),
        (Evidence(first, second, foreign, foreign_path), "does not lead to the newer root"),
        (Evidence(first, second, foreign, ()), "found 0 hashes"),
        (Evidence(first, second), "expected a prefix"),
        (Evidence(first, first, root, ()), "expected a prefix"),
        (Evidence(first, first), "agree"),
        (Evidence(second, first, root, path), "larger checkpoint first"),
        (Evidence(first, second, root, path, FORK.difference), "agree"),
        (Evidence(first, other.note_at(5), None, (), FORK.difference), "leads to another root|found"),
        (Evidence(FORK.first, FORK.second, FORK.prefix, FORK.path, same), "the same under both"),
    ):
        with pytest.raises(ProofError, match=why):
            check_evidence(evidence, KEYS)


def test_evidence_needs_the_log_s_own_signatures():
    forger = MemoryLog(forked(9, 3), (STRANGER,))
    accused = Evidence(MemoryLog(numbered(9)).note(), forger.note())
    with pytest.raises(ProofError):
        check_evidence(accused, KEYS)
    with pytest.raises(ProofError, match="expected one"):
        check_evidence(accused, [*KEYS, STRANGER.public])


# --- one log, watched ---------------------------------------------------------------------------


@pytest.fixture
def seen(tmp_path):
    return tmp_path / "seen"


def look(log, seen, at=NOW, **options):
    return watch(log, KEYS, seen, clock=lambda: at, **options).verdict


def test_a_log_that_grows(seen):
    found = [look(MemoryLog(numbered(size)), seen) for size in (0, 3, 3, 9, 17)]
    assert found == ["first", "grown", "same", "grown", "grown"]
    assert all(verdict.is_good for verdict in found)


def test_a_truncated_tail_is_named_and_not_forgotten(seen):
    look(MemoryLog(numbered(9)), seen)
    for _ in range(2):
        finding = watch(MemoryLog(numbered(6)), KEYS, seen, clock=lambda: NOW)
        assert (finding.verdict, finding.evidence) == (Verdict.TRUNCATED, None)
        assert "3 are cut off" in finding.why
    assert look(MemoryLog(numbered(9)), seen) == "same"
    assert not Verdict.TRUNCATED.is_good


def test_a_truncated_tail_with_another_in_its_place_is_a_fork(seen):
    look(MemoryLog(numbered(9)), seen)
    for size in (9, 12):
        finding = watch(MemoryLog(forked(size, 6)), KEYS, seen, clock=lambda: NOW)
        assert finding.verdict is Verdict.FORK
        check_evidence(finding.evidence, KEYS)
    assert look(MemoryLog(numbered(9)), seen) == "same", "a fork does not take the place of what was seen"


def test_stale_is_nothing_new_for_too_long(seen):
    log = MemoryLog(numbered(9))
    assert look(log, seen, max_age=60) == "first"
    assert look(log, seen, NOW + 60, max_age=60) == "same"
    assert look(log, seen, NOW + 61, max_age=60) == "stale"
    assert look(log, seen, NOW + 61) == "same"
    assert look(MemoryLog(numbered(10)), seen, NOW + 90, max_age=60) == "grown"
    assert look(MemoryLog(numbered(10)), seen, NOW + 140, max_age=60) == "same"


def test_larger_without_its_tiles_is_unproven_and_not_kept(seen):
    look(MemoryLog(numbered(5)), seen)
    assert look(Bare(MemoryLog(forked(9, 3))), seen) == "unproven"
    assert look(MemoryLog(numbered(9)), seen) == "grown"


def test_a_log_that_shows_nothing_is_an_error_and_changes_nothing(seen, tmp_path):
    look(MemoryLog(numbered(5)), seen)
    before = seen.read_bytes()
    (tmp_path / "emptied").mkdir()
    with pytest.raises(LedgerError, match="found nothing there"):
        watch(Reader(tmp_path / "emptied"), KEYS, seen)
    assert seen.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"x", b"detente-seen/v1\n", b"detente-seen/v1\nsince x\n"])
def test_another_file_is_not_what_was_seen(seen, content):
    seen.write_bytes(content)
    with pytest.raises(FormatError):
        look(MemoryLog(numbered(5)), seen)
    assert seen.read_bytes() == content


def test_what_was_seen_is_checked_again(seen):
    look(MemoryLog(numbered(5)), seen)
    seen.write_bytes(seen.read_bytes().replace(b"\n5\n", b"\n4\n"))
    with pytest.raises(ProofError):
        look(MemoryLog(numbered(9)), seen)


def test_a_place_that_cannot_be_written(tmp_path):
    with pytest.raises(LedgerError, match="cannot be kept"):
        look(MemoryLog(numbered(5)), tmp_path / "nowhere" / "seen")


def _watch_sizes(sizes, seen, barrier):
    barrier.wait()
    for size in sizes:
        look(MemoryLog(numbered(size)), seen)


@pytest.mark.slow
def test_two_monitors_of_one_file_never_set_each_other_back(seen):
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(3)
    ranges = range(1, 30, 2), range(2, 30, 2), range(30, 0, -1)
    processes = [spawn.Process(target=_watch_sizes, args=(sizes, seen, barrier)) for sizes in ranges]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert SeenFile(seen).read(KEYS).head.checkpoint.size == 30


def test_a_head_of_nothing_with_a_root_is_a_fork(seen):
    look(MemoryLog(numbered(5)), seen)
    liar = MemoryLog([])
    liar.note = lambda: signed(0, b"r" * 32)
    liar.node = MemoryLog(numbered(5)).node
    finding = watch(liar, KEYS, seen)
    assert finding.verdict is Verdict.FORK
    check_evidence(finding.evidence, KEYS)


# --- real ledgers -------------------------------------------------------------------------------


@pytest.fixture
def forked_ledgers(tmp_path):
    """Two folders of one log that went apart after 300 entries."""
    import shutil

    folder = create(tmp_path / "one", ORIGIN)
    with Ledger(folder.path, publish_every=None) as ledger:
        ledger.append_many([Draft("gate", b"%d" % index) for index in range(300)])
    shutil.copytree(folder.path, tmp_path / "other")
    for name, count in (("one", 250), ("other", 700)):
        with Ledger(tmp_path / name, publish_every=None) as ledger:
            ledger.append_many([Draft("gate", f"{name} {index}".encode()) for index in range(count)])
    return tmp_path / "one", tmp_path / "other", folder.known_keys()


def test_a_fork_between_two_folders_is_found_to_the_entry(forked_ledgers):
    one, other, keys = forked_ledgers
    found = compare_views(Reader(one), Reader(other), keys)
    assert found.relation is Relation.FORK
    fork = check_evidence(parse_evidence(bytes(found.evidence)), keys)
    assert (fork.index, fork.first.checkpoint.size, fork.second.checkpoint.size) == (300, 550, 1000)


def test_a_view_over_the_network(forked_ledgers):
    import functools
    import threading
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    one, other, keys = forked_ledgers

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=other))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        with open_view(f"http://127.0.0.1:{server.server_port}/") as view:
            assert compare_views(Reader(one), view, keys).relation is Relation.FORK
            assert compare_views(Reader(other), view, keys).relation is Relation.SAME
            with pytest.raises(LedgerError, match="answered 404"):
                view.tile(7, 0, 1)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    with (
        pytest.raises(LedgerError, match="cannot be read: ConnectError"),
        open_view("http://127.0.0.1:9") as view,
    ):
        view.note()


def test_places_that_are_none(tmp_path):
    with pytest.raises(LedgerError, match="found no folder"), open_view(str(tmp_path / "nowhere")):
        pass
    with pytest.raises(FormatError, match="https://"), open_view("http://log.example/one"):
        pass
