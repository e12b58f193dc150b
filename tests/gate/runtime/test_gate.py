"""The gate that lives: what it gives out, when, and to whom."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from detente.errors import (
    ConflictError,
    GateError,
    UnavailableError,
    UnknownError,
    UnrecordedStopError,
)
from detente.gate.commands import Propose, Stop
from detente.gate.decision import Decision
from detente.gate.entries import Conflicted, Decided, Entry, Killed
from detente.gate.fold import fold
from detente.gate.recent import Recent
from detente.gate.request import Action, Incident, KillOrder, ModeOrder, Outcome, Premise, Vote
from detente.gate.runtime.gate import Gate
from detente.gate.runtime.record import MemoryRecord
from detente.gate.state import State
from tests.gate.runtime.sites import Crowd, block, policy, ticking, wipe
from tests.gate.runtime.slow import SlowRecord, slow_gate


@pytest.fixture
def slow() -> Iterator[tuple[Gate, SlowRecord]]:
    with slow_gate() as both:
        yield both


def _adopted() -> State:
    return State(policy=policy().digest)


@pytest.fixture
def gate() -> Iterator[Gate]:
    with Gate(policy(), clock=ticking().__next__) as gate:
        yield gate


def test_an_answer_leaves_when_it_is_recorded_and_not_before(slow: tuple[Gate, SlowRecord]) -> None:
    gate, record = slow
    pending = gate.submit(Propose("shield", block("a1")))
    record.reached.acquire()
    assert not pending.done()
    assert gate.state.decided == 0, "what is not durable was shown"
    with pytest.raises(UnavailableError, match="no durable record within"):
        pending.result(0.01)
    record.let.release()
    answer = pending.result(10)
    assert isinstance(answer, Decision)
    assert answer.effect == "allow"
    assert gate.state.decided == 1


def test_a_repeat_waits_for_the_record_of_the_first(slow: tuple[Gate, SlowRecord]) -> None:
    gate, record = slow
    first = gate.submit(Propose("shield", block("a1")))
    record.reached.acquire()
    second = gate.submit(Propose("shield", block("a1")))
    assert not second.done(), "an answer left that stands on what is not recorded"
    record.let.release()
    one, two = first.result(10), second.result(10)
    assert isinstance(one, Decision)
    assert isinstance(two, Decision)
    assert (two.repeated, two.evaluation, two.reasons) == (True, one.evaluation, one.reasons)
    assert gate.submit(Propose("shield", block("a1"))).done(), (
        "nothing is being recorded, so nothing is waited for"
    )


def test_who_asks_meanwhile_shares_a_group(slow: tuple[Gate, SlowRecord]) -> None:
    gate, record = slow
    pending = [gate.submit(Propose("shield", block("a0")))]
    record.reached.acquire()
    pending += [gate.submit(Propose("shield", block(f"a{at}"))) for at in range(1, 41)]
    record.let.release(2)
    answers = [one.result(10) for one in pending]
    assert record.groups == [1, 40]
    assert [answer.evaluation for answer in answers if isinstance(answer, Decision)] == [
        f"e{at}" for at in range(1, 42)
    ]


def test_what_is_not_recorded_never_happened(
    slow: tuple[Gate, SlowRecord], caplog: pytest.LogCaptureFixture
) -> None:
    gate, record = slow
    record.fails = 1
    pending = [gate.submit(Propose("shield", block("a0")))]
    record.reached.acquire()
    pending += [gate.submit(Propose("shield", block(f"a{at}"))) for at in range(1, 5)]
    record.let.release()
    for one in pending:
        with pytest.raises(UnavailableError, match="no durable record, so no action: the disk is full"):
            one.result(10)
    _wait_until(lambda: not gate.trouble)
    assert gate.state == _adopted()
    record.let.release()
    answer = gate.propose("shield", block("a0"))
    assert (answer.evaluation, answer.repeated) == ("e1", False)
    assert caplog.messages == [
        "nothing can be recorded, so nothing goes ahead: the disk is full", "it is recorded again, and decided",
    ]  # fmt: skip


def test_what_turns_out_to_be_recorded_did_happen(slow: tuple[Gate, SlowRecord]) -> None:
    gate, record = slow
    record.fails, record.keeps = 1, True
    pending = gate.submit(Propose("shield", block("a0")))
    record.let.release()
    with pytest.raises(UnavailableError):
        pending.result(10)
    _wait_until(lambda: not gate.trouble)
    assert gate.state.decided == 1
    answer = gate.propose("shield", block("a0"))
    assert (answer.evaluation, answer.repeated) == ("e1", True)
    assert gate.explain("a0").decision.evaluation == "e1"


def test_nothing_is_decided_while_the_record_is_not_known(slow: tuple[Gate, SlowRecord]) -> None:
    gate, record = slow
    record.fails, record.recoveries_fail = 1, 2
    with pytest.raises(UnavailableError):
        _released(gate, record, "a0")
    if gate.trouble:
        with pytest.raises(UnavailableError, match="no durable record, so no action"):
            gate.propose("shield", block("a1"))
    _wait_until(lambda: not gate.trouble)
    assert record.recoveries_fail == 0
    record.let.release()
    assert gate.propose("shield", block("a1")).effect == "allow"


def _released(gate: Gate, record: SlowRecord, name: str) -> Decision:
    record.let.release()
    return gate.propose("shield", block(name))


def test_a_stop_counts_for_the_very_next_decision(slow: tuple[Gate, SlowRecord]) -> None:
    gate, record = slow
    stop = gate.submit(Stop("ana", KillOrder("enough")))
    record.reached.acquire()
    after = gate.submit(Propose("shield", block("a1")))
    record.let.release(2)
    answer = after.result(10)
    assert isinstance(answer, Decision)
    assert (answer.effect, answer.mode) == ("deny", "halted")
    assert stop.done()


def test_a_stop_that_was_not_recorded_counts_before_anything_else(slow: tuple[Gate, SlowRecord]) -> None:
    gate, record = slow
    record.fails = 1
    stop = gate.submit(Stop("ana", KillOrder("enough")))
    record.let.release(3)
    with pytest.raises(UnavailableError):
        stop.result(10)
    _wait_until(lambda: not gate.trouble)
    assert gate.propose("shield", block("a1")).mode == "halted"
    assert [type(entry) for _, entry in gate.entries(0)] == [Killed, Decided]


def test_a_stop_that_was_not_recorded_is_told_and_shown(slow: tuple[Gate, SlowRecord]) -> None:
    gate, record = slow
    record.fails, record.recoveries_fail = 1, 1_000_000
    record.let.release()
    with pytest.raises(UnrecordedStopError, match="it stands, and could not be recorded: touch KILL"):
        gate.kill("ana", KillOrder("enough"))
    with pytest.raises(UnrecordedStopError):  # given when nothing could be recorded in the first place
        gate.kill("ben", KillOrder("theirs too", "actor:borduria"))
    with pytest.raises(UnrecordedStopError):
        gate.kill("ben", KillOrder("once more"))
    with pytest.raises(UnknownError):
        gate.kill("ben", KillOrder("what", "actor:nobody"))
    assert "overall" not in gate.state.modes, "what is not durable was taken for durable"
    shown = gate.standing.modes
    assert {scope: mode.mode for scope, mode in shown.items()} == {
        "overall": "halted",
        "actor:borduria": "halted",
    }
    assert shown["overall"].cause == "ana: enough; not recorded yet"
    assert "overall halted by ana, actor:borduria halted by ben, and not recorded" in gate.trouble
    with pytest.raises(UnavailableError, match="no durable record, so no action"):
        gate.propose("shield", block("a1"))
    record.recoveries_fail = 0
    record.let.release(5)
    _wait_until(lambda: not gate.trouble)
    assert gate.standing == gate.state
    assert gate.state.modes["overall"].cause == "ana: enough"
    assert [type(entry) for _, entry in gate.entries(0)] == [Killed, Killed]
    assert gate.propose("shield", block("a1")).mode == "halted"


def test_answers_come_to_loops_once_a_group(slow: tuple[Gate, SlowRecord]) -> None:
    gate, record = slow
    record.let.release(100)

    async def all_at_once() -> list[object]:
        return list(
            await asyncio.gather(*(gate.asked(Propose("shield", block(f"a{at}"))) for at in range(50)))
        )

    answers = asyncio.run(all_at_once())
    assert sorted(answer.evaluation for answer in answers if isinstance(answer, Decision)) == sorted(
        f"e{at}" for at in range(1, 51)
    )
    assert record.groups == [50], "who asks in one turn of the loop shares a group"


def test_who_no_longer_waits_is_passed_over(slow: tuple[Gate, SlowRecord]) -> None:
    gate, record = slow

    async def leave() -> object:
        task = asyncio.create_task(gate.asked(Propose("shield", block("a1"))))
        await asyncio.sleep(0.01)
        task.cancel()
        record.let.release(2)
        return await gate.asked(Propose("shield", block("a2")))

    answer = asyncio.run(leave())
    assert isinstance(answer, Decision)
    assert gate.state.decided == 2


def test_a_loop_that_is_gone_stops_nobody(slow: tuple[Gate, SlowRecord]) -> None:
    gate, record = slow

    async def leave() -> None:
        asyncio.get_running_loop().create_task(gate.asked(Propose("shield", block("a1"))))
        await asyncio.sleep(0.01)

    asyncio.run(leave())
    record.let.release(2)
    assert gate.propose("shield", block("a2")).effect == "allow"


def test_what_makes_no_sense_changes_nothing(gate: Gate) -> None:
    before = gate.state
    with pytest.raises(UnknownError):
        gate.vote("ben", "h99", Vote(True, "why not", "0" * 64))
    with pytest.raises(GateError, match="at_system"):
        gate.report("shield", Incident("i1", "nowhere", "probe"))
    assert gate.state is before


def test_who_voted_on_something_else_is_told_so(gate: Gate) -> None:
    hold = gate.propose("shield", wipe("a1")).hold
    assert hold is not None
    with pytest.raises(ConflictError):
        gate.vote("ben", hold, Vote(True, "fine", "0" * 64))


def test_people_decide_and_the_approval_is_used_once(gate: Gate) -> None:
    hold = gate.propose("shield", wipe("a1")).hold
    assert hold is not None
    digest = gate.state.holds[hold].digest
    for person in ("ben", "cleo"):
        gate.vote(person, hold, Vote(True, "looked at it", digest))
    assert gate.propose("shield", wipe("a1")).effect == "allow"
    assert gate.propose("shield", wipe("a2")).effect == "hold"


def test_arguments_too_large_to_be_recorded_are_refused(gate: Gate) -> None:
    before = gate.state
    with pytest.raises(GateError, match="expected at most 65023"):
        gate.propose("shield", block("a1", arguments={"address": "x" * 70_000}))
    assert gate.state is before
    assert gate.propose("shield", block("a1", arguments={"address": "x" * 30_000})).effect == "allow"


@pytest.mark.parametrize(
    "action",
    [
        block("a1", arguments={"address": object()}),
        block(""),
        block("x" * 200),
        block("a1", in_response_to=("i",) * 17),
        block("a1", premise=Premise("borduria", 1.01)),
    ],
    ids=["object", "no id", "long id", "many links", "confidence"],
)
def test_what_is_no_request_is_refused(gate: Gate, action: Action) -> None:
    before = gate.state
    with pytest.raises(GateError):
        gate.propose("shield", action)
    assert gate.state is before


def test_nan_is_recorded_as_it_was_decided(gate: Gate) -> None:
    gate.propose("shield", block("a1", arguments={"address": float("nan")}))
    ((_, entry),) = gate.entries(0)
    assert isinstance(entry, Decided)
    assert entry.action.arguments == {"address": None}


def test_followers_are_told_all_in_order(gate: Gate) -> None:
    told: list[tuple[int, Entry]] = []
    leave = gate.follow(told.extend)
    for at in range(5):
        gate.propose("shield", block(f"a{at}"))
    gate.set_mode("ben", ModeOrder("guarded", "quieter"))
    leave()
    gate.propose("shield", block("a9"))
    assert [index for index, _ in told] == list(range(6))
    assert told == list(gate.entries(0, 6))


def test_decisions_are_found_by_both_ids(gate: Gate) -> None:
    decision = gate.propose("shield", block("a1"))
    assert gate.explain("a1") == gate.explain("e1")
    assert gate.explain("a1").decision == decision
    for name in (
        "a2",
        "e2",
        "e0",
        "e99999999999999999999999",
        "",
        "\N{SUPERSCRIPT TWO}",
        "e\N{SUPERSCRIPT TWO}",
    ):
        with pytest.raises(UnknownError, match="found no decision"):
            gate.explain(name)


def test_an_action_hides_no_evaluation_and_is_found_as_an_action(gate: Gate) -> None:
    gate.propose("shield", block("a1"))
    gate.propose("shield", block("e1"))
    gate.propose("shield", block("e02"))
    assert gate.explain("e1").action.id == "a1"
    assert gate.explain("e2").action.id == "e1"
    assert gate.explain("e02").action.id == "e02"
    assert gate.decided("e1").decision.evaluation == "e2"
    gate.propose("shield", block("e5"))
    assert gate.explain("e5").action.id == "e5"  # no evaluation of that number is there yet
    gate.propose("shield", block("a2"))
    assert gate.explain("e5").action.id == "a2"
    assert gate.decided("e5").action.id == "e5"
    for name in ("e2", "e3", "", "e9"):
        with pytest.raises(UnknownError, match="found no decision"):
            gate.decided(name)


def test_a_closed_gate_decides_nothing() -> None:
    gate = Gate(policy())
    gate.close()
    gate.close()
    with pytest.raises(GateError, match="closed"):
        gate.propose("shield", block("a1"))


def test_outcomes_are_taken_in(gate: Gate) -> None:
    gate.propose("shield", block("a1"))
    gate.report_outcome("shield", Outcome("a1", "done"))
    answered = gate.state.answered.get("a1")
    assert answered is not None
    assert answered.outcome == "done"


def _small(room: int) -> State:
    return State(policy=policy().digest, answered=Recent(room))


def test_what_the_state_has_forgotten_is_still_answered_the_same() -> None:
    with Gate(policy(), state=_small(4), clock=ticking().__next__) as gate:
        first = gate.propose("shield", block("old"))
        held = gate.propose("shield", wipe("held"))
        for at in range(20):
            gate.propose("shield", block(f"a{at}"))
        assert gate.state.answered.get("old") is None
        decided = gate.state.decided
        again = gate.propose("shield", block("old"))
        assert (again.repeated, again.evaluation, again.reasons) == (True, first.evaluation, first.reasons)
        assert gate.state.decided == decided
        other = gate.propose("shield", wipe("old"))
        assert (other.effect, other.repeated) == ("deny", True)
        assert "used for something else" in other.reasons[0].because
        [*_, (_, recorded)] = gate.entries(0)
        assert isinstance(recorded, Conflicted)
        assert (recorded.action, recorded.decision) == (wipe("old"), other)
        assert gate.state.decided == decided
        asked = gate.propose("shield", wipe("held"))
        assert (asked.effect, asked.hold, asked.nonce) == ("hold", held.hold, held.nonce)


def test_a_nonce_is_never_zero_nor_the_same(gate: Gate) -> None:
    nonces = [gate.propose("shield", block(f"a{at}")).nonce for at in range(600)]
    assert len({*nonces, 0}) == 601


def test_a_crowd_of_threads_gets_what_the_record_says() -> None:
    record = MemoryRecord()
    with Gate(policy(), record, state=_adopted()) as gate:
        seen: list[Decision] = []

        def ask(seed: int) -> None:
            crowd = Crowd(seed, f"t{seed}")
            for _ in range(80):
                try:
                    answer = gate.ask(crowd.next(gate.state))
                except GateError:
                    continue
                if isinstance(answer, Decision):
                    seen.append(answer)

        threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        state = _adopted()
        recorded = {}
        for _, entry in gate.entries(0):
            state = fold(state, entry, policy())
            if isinstance(entry, Decided):
                recorded[entry.decision.evaluation] = entry.decision.effect
        assert state == gate.state
        assert len(seen) > 150
        assert all(recorded[one.evaluation] == one.effect for one in seen if not one.repeated)


def _wait_until(holds: "object") -> None:
    deadline = threading.Event()
    for _ in range(1000):
        if holds():  # type: ignore[operator]
            return
        deadline.wait(0.01)
    raise AssertionError("it never came to that")
