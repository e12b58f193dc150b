"""What a witness remembers: never turned back, by races, by other processes, by death, by damage."""

import multiprocessing
import os
import signal
import sqlite3
import threading
import time

import pytest

from detente.errors import DamageError, LedgerError
from detente.ledger.formats.keys import signatures_by
from detente.ledger.formats.note import Note, parse_signature_lines
from detente.ledger.witness.respond import Head
from detente.ledger.witness.state import WitnessState
from tests.ledger.witness.logs import ORIGIN, WITNESS_KEY, MemoryLog, cosigner, forked, numbered

LOG = MemoryLog(numbered(64))
OTHER = MemoryLog(forked(64, 2))
FROM_THE_START = MemoryLog(forked(64, 0))
SPAWN = multiprocessing.get_context("spawn")


def advance(state, head):
    state.advance(ORIGIN, lambda _: (head, b"note"))


def test_the_file_is_made_once_and_on_purpose(tmp_path):
    path = tmp_path / "state"
    with pytest.raises(LedgerError, match="can be deceived"):
        WitnessState.open(path)
    assert not path.exists()
    WitnessState.create(path).close()
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(LedgerError, match="never begins anew"):
        WitnessState.create(path)
    assert WitnessState.open(path).head(ORIGIN) == Head()


def test_a_place_where_no_file_can_be(tmp_path):
    with pytest.raises(LedgerError, match="cannot be made"):
        WitnessState.create(tmp_path / "nowhere" / "state")


def test_what_was_signed_is_there_after_opening_again(tmp_path):
    state = WitnessState.create(tmp_path / "state")
    advance(state, Head(5, b"r" * 32, 7))
    state.close()
    again = WitnessState.open(tmp_path / "state")
    assert again.head(ORIGIN) == Head(5, b"r" * 32, 7)
    assert again.note(ORIGIN) == b"note"
    assert again.note("another") is None


@pytest.mark.parametrize("back", [Head(4, b"r" * 32, 7), Head(5, b"s" * 32, 7), Head(6, b"r" * 32, 6)])
def test_the_file_itself_refuses_to_go_back(tmp_path, back):
    state = WitnessState.create(tmp_path / "state")
    advance(state, Head(5, b"r" * 32, 7))
    with pytest.raises(DamageError, match="would go back"):
        advance(state, back)
    assert state.head(ORIGIN) == Head(5, b"r" * 32, 7)
    advance(state, Head(6, b"s" * 32, 7))


def test_what_a_decision_raises_leaves_no_trace(tmp_path):
    state = WitnessState.create(tmp_path / "state")

    def fails(_):
        raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError):
        state.advance(ORIGIN, fails)
    assert state.head(ORIGIN) == Head()
    advance(state, Head(5, b"r" * 32, 7))  # and the lock was given back


@pytest.mark.parametrize("content", [b"", b"something else, and long enough to be looked at" * 50])
def test_another_file_is_no_state(tmp_path, content):
    path = tmp_path / "state"
    path.write_bytes(content)
    with pytest.raises(LedgerError):
        WitnessState.open(path)
    assert path.read_bytes() == content


def test_another_database_is_no_state(tmp_path):
    with sqlite3.connect(tmp_path / "state") as connection:
        connection.execute("CREATE TABLE t (x)")
    connection.close()
    with pytest.raises(LedgerError, match="version 0"):
        WitnessState.open(tmp_path / "state")


def test_damage_is_noticed_before_anything_is_signed(tmp_path):
    path = tmp_path / "state"
    state = WitnessState.create(path)
    advance(state, Head(5, b"r" * 32, 7))
    state.close()
    page = bytearray(path.read_bytes())
    for at in range(4096, len(page), 97):
        page[at] ^= 0x55
    path.write_bytes(page)
    with pytest.raises(LedgerError):
        WitnessState.open(path)


def test_a_disk_that_takes_nothing_signs_nothing(tmp_path):
    witness = cosigner(tmp_path)
    assert witness.answer(LOG.request(0, 3)).status == 200
    witness._state._connection.execute("PRAGMA query_only = 1")
    with pytest.raises(LedgerError):
        witness.answer(LOG.request(3, 5))
    witness._state._connection.execute("PRAGMA query_only = 0")
    assert witness.answer(LOG.request(3, 5)).status == 200


# --- races --------------------------------------------------------------------------------------


def test_nobody_judges_while_another_decides(tmp_path):
    """Another process's view of the file: it waits, and then sees what was decided, not what was before."""
    one, other = WitnessState.create(tmp_path / "state"), WitnessState.open(tmp_path / "state")
    seen = []
    judged = threading.Event()

    def judge(last):
        seen.append(last.size)
        judged.set()

    thread = threading.Thread(target=lambda: other.advance(ORIGIN, judge))

    def decide(_):
        thread.start()
        judged.wait(0.3)
        return Head(5, b"r" * 32, 7), b"note"

    one.advance(ORIGIN, decide)
    thread.join()
    assert seen == [5]


def signatures(body, log, size):
    """The cosignature in an answer, checked."""
    note = Note(log.note_at(size).text, parse_signature_lines(body.decode()))
    return signatures_by(note, WITNESS_KEY.public)


def push(witness, log, until, record, start):
    """Ask for one size after the other, in a race with others; record what was signed."""
    start.wait()
    size = 0
    while size < until:
        answer = witness.answer(log.request(size, size + 1))
        if answer.status == 200:
            assert signatures(answer.body, log, size + 1)
            record.append((log is OTHER, size + 1))
            size += 1
        elif answer.status == 409:
            told = int(answer.body)
            if told == size:  # another root: the other history has won
                return
            size = told
        else:
            assert answer.status == 422
            return


@pytest.mark.slow
def test_threads_with_two_histories_get_one_signed(tmp_path):
    """Two clients push one history, two push another; above the fork, sizes of one history alone are signed."""
    witness = cosigner(tmp_path)
    records = [[] for _ in range(4)]
    start = threading.Barrier(4)
    threads = [
        threading.Thread(target=push, args=(witness, log, 40, record, start))
        for log, record in zip((LOG, OTHER, LOG, OTHER), records, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    histories = {which for record in records for which, size in record if size > 2}
    assert len(histories) == 1
    assert witness._state.head(ORIGIN).size == 40


def _push_in_process(folder, other, barrier, queue):
    record = []
    push(cosigner(folder), OTHER if other else LOG, 25, record, barrier)
    queue.put({which for which, size in record if size > 2})


@pytest.mark.slow
def test_processes_with_two_histories_get_one_signed(tmp_path):
    cosigner(tmp_path)
    barrier, queue = SPAWN.Barrier(3), SPAWN.Queue()
    processes = [
        SPAWN.Process(target=_push_in_process, args=(tmp_path, other, barrier, queue))
        for other in (False, True, True)
    ]
    for process in processes:
        process.start()
    found = [queue.get(timeout=60) for _ in processes]
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert len(set.union(*found)) == 1
    assert WitnessState.open(tmp_path / "state").head(ORIGIN).size == 25


def _sign_for_ever(folder, queue):
    witness = cosigner(folder)
    size = witness._state.head(ORIGIN).size
    while True:
        following = size % 60 + 1 if size < 60 else size
        answer = witness.answer(LOG.request(size, following))
        assert answer.status == 200
        queue.put((following, answer.body))
        size = following


@pytest.mark.slow
def test_killed_at_any_moment_nothing_signed_is_forgotten(tmp_path):
    """kill -9 a witness that signs as fast as it can; whatever it gave out is covered by what it remembers."""
    cosigner(tmp_path)
    largest = 0
    for turn in range(12):
        queue = SPAWN.SimpleQueue()
        process = SPAWN.Process(target=_sign_for_ever, args=(tmp_path, queue))
        process.start()
        given_out, _ = queue.get()
        time.sleep(0.001 * turn)
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        while not queue.empty():
            try:
                given_out, body = queue.get()
            except (EOFError, OSError):
                break
            assert signatures(body, LOG, given_out)
        largest = max(largest, given_out)
        head = WitnessState.open(tmp_path / "state").head(ORIGIN)
        assert head.size >= largest
        other = FROM_THE_START.request(head.size, min(64, head.size + 1))
        assert cosigner(tmp_path).answer(other).status in {409, 422}
