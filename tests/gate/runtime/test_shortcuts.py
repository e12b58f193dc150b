"""Index, filter, snapshot and parts: each a shortcut that must never say what is not so."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.errors import GateError, UnavailableError
from detente.gate.decision import Decision
from detente.gate.entries import Adopted, encode
from detente.gate.runtime.filter import Filter
from detente.gate.runtime.gate import Gate
from detente.gate.runtime.index import Index, hash_of
from detente.gate.runtime.index_file import Damaged, IndexFile
from detente.gate.runtime.parts import joined, split
from detente.gate.runtime.snapshot import pieces_of, read
from detente.gate.state import State
from tests.gate.runtime.sites import policy
from tests.gate.runtime.test_restart import Clock, crowded


def decision(number: int, action: str = "") -> Decision:
    return Decision(f"e{number}", action or f"a{number}", "shield", "allow", (), "normal", "", "", number)


def written(index: Index, size: int) -> None:
    index.cut(size, b"root")
    index.write()


def test_places_are_found_wherever_they_wait(tmp_path: Path) -> None:
    index = Index(tmp_path / "index")
    for number in range(1, 601):
        index.note(decision(number), 2 * number)
    written(index, 1201)
    for number in range(601, 1001):
        index.note(decision(number), 2 * number)
    index.cut(2001, b"root")
    for number in range(1001, 1101):
        index.note(decision(number), 2 * number)
    for number in range(1, 1101):
        assert list(index.of_action(f"a{number}")) == [2 * number]
        start, end = index.of_evaluation(number)
        assert start <= 2 * number < end
        assert end - start <= 2 * 256 or end > 1 << 60
    assert list(index.of_action("other")) == []
    index.close()


def test_the_latest_place_comes_first(tmp_path: Path) -> None:
    index = Index(tmp_path / "index")
    for number, place in ((1, 10), (2, 3_000_000), (3, 9_000_000)):
        index.note(decision(number, "a"), place)
        written(index, place + 1)
    index.note(decision(4, "a"), 9_000_005)
    assert list(index.of_action("a")) == [9_000_005, 9_000_000, 3_000_000, 10]
    index.close()
    index = Index(tmp_path / "index")
    assert index.size == 9_000_001
    assert list(index.of_action("a")) == [9_000_000, 3_000_000, 10]
    index.note(decision(3, "a"), 9_000_000)
    assert index.waiting == 0, "what the file covers is not written twice"
    index.close()


def test_a_file_that_takes_nothing_keeps_what_waits_and_then_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sqlite3

    from detente.gate.runtime import index as module

    index = Index(tmp_path / "index")
    index.note(decision(1), 1)

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(index.file, "write", full)
        written(index, 2)
        assert list(index.of_action("a1")) == [1]
        patched.setattr(module, "_MOST", 0)
        with pytest.raises(UnavailableError, match="takes nothing more"):
            list(index.of_action("new"))
    written(index, 3)
    assert index.waiting == 0
    assert list(index.of_action("a1")) == [1]
    index.close()


def test_rows_that_were_changed_are_noticed(tmp_path: Path) -> None:
    path = tmp_path / "index"
    for change in (
        "DELETE FROM ids WHERE place = 5",
        "UPDATE ids SET place = 6 WHERE place = 5",
        "UPDATE ids SET hash = hash + 1 WHERE place = 5",
        "INSERT INTO ids VALUES (0, 1, 7)",
        "DELETE FROM sums",
    ):
        path.unlink(missing_ok=True)
        file = IndexFile(path)
        file.write([[(hash_of(f"a{at}"), at) for at in range(10)]], [], 10, b"")
        file.write([[(hash_of(f"b{at}"), 1_500_000 + at) for at in range(10)]], [], 1_500_010, b"")
        file.check()
        with file.transaction() as run:
            run.execute(change)
        with pytest.raises(Damaged, match="not those that were written"):
            file.check()
        file.close()


def test_a_filter_forgets_nothing() -> None:
    # Null: strange hashes look familiar as often as the formula says. 20,000 among 2^27 bits: (1 - e^(-4 x 20,000 / 2^27))^4 < 1e-12.
    chance = random.Random(8)
    added = [chance.getrandbits(63) for _ in range(20_000)]
    filtered = Filter()
    filtered.add(added)
    assert all(one in filtered for one in added)
    assert not any(chance.getrandbits(63) in filtered for _ in range(20_000))


def test_a_filter_is_kept_and_completed(tmp_path: Path) -> None:
    file = IndexFile(tmp_path / "index")
    rows = [(hash_of(f"a{at}"), at) for at in range(2000)]
    file.write([rows[:400], rows[400:1000]], [], 1000, b"")
    file.keep_filter(file.load_filter(), 1000)
    file.write([rows[1000:]], [], 2000, b"")
    filtered = file.load_filter()
    assert all(hashed in filtered for hashed, _ in rows)
    with file.transaction() as run:
        run.execute("UPDATE facts SET value = zeroblob(100) WHERE name = 'filter'")
    filtered = file.load_filter()
    assert all(hashed in filtered for hashed, _ in rows), "a damaged one is made anew from all rows"
    file.close()


@pytest.mark.parametrize("seed", range(3))
def test_a_state_is_read_as_it_was_kept(seed: int) -> None:
    with Gate(policy(), clock=Clock()) as gate:
        crowded(gate, 400, seed)
        state = gate.state
    found = read(pieces_of(state, 7, b"root", 3, pause=0.0))
    assert found is not None
    head, again = found
    assert again == state
    assert (head.size, head.root, head.adopted) == (7, b"root".hex(), 3)
    assert all(
        getattr(state, field) for field in ("answered", "events", "holds", "closed", "clocks", "sensed")
    )


def test_a_snapshot_with_any_bit_changed_is_none() -> None:
    with Gate(policy(), clock=Clock()) as gate:
        crowded(gate, 60)
        pieces = pieces_of(gate.state, 7, b"root", 3, pause=0.0)
    chance = random.Random(5)
    for _ in range(300):
        at = chance.randrange(len(pieces))
        body = bytearray(pieces[at])
        body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
        changed = [*pieces[:at], bytes(body), *pieces[at + 1 :]]
        found = read(changed)
        assert found is None or (at == 0 and found[1] == read(pieces)[1])  # type: ignore[index]
    assert read([]) is None
    assert read(pieces[:-1]) is None


def test_a_state_without_anything_is_kept_too() -> None:
    found = read(pieces_of(State(), 0, b"", -1, pause=0.0))
    assert found is not None
    assert found[1] == State()


@settings(max_examples=40, deadline=None)
@given(text=st.text(max_size=400), times=st.integers(1, 600), limit=st.integers(400, 4000))
def test_parts_come_to_the_whole(text: str, times: int, limit: int) -> None:
    entry = Adopted(1, "gate", "d", "1", {"text": text * times}, {})
    bodies = split(encode(entry), limit=limit)
    assert all(len(body) <= 65_023 for body in bodies)
    places = list(enumerate(bodies, 10))
    assert list(joined(places)) == [(10 + len(bodies) - 1, entry)]
    if len(bodies) > 1:
        assert list(joined(places[1:])) == [], "of one whose beginning was not read there is nothing to say"


def test_parts_that_do_not_fit_are_no_entry() -> None:
    bodies = list(split(encode(Adopted(1, "gate", "d", "1", {"text": "x" * 200_000}, {}))))
    bodies[0] = bodies[0].replace(b"xxx", b"xyx", 1)
    with pytest.raises(GateError, match="do not come to"):
        list(joined(enumerate(bodies)))
    with pytest.raises(GateError, match="was this ledger written by a gate"):
        list(joined([(0, b'{"type":"part","text":5}')]))
