"""Whoever does the work, the crises are the same; and what becomes of it when a worker dies or somebody interrupts."""

import errno
import multiprocessing
import os
import random
import signal
import threading
import time
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

import detente
from detente.ensemble import executors
from detente.ensemble.chunks import CODE, Job, Recipe, run_chunk
from detente.ensemble.executors import Processes, in_order, map_jobs
from detente.ensemble.replicate import _stages
from detente.ensemble.spans import Span, cut
from detente.errors import SimulationError
from tests.quarrel import QUARREL


class AtRandom(Executor):
    """Runs what it was given when it is looked at, in an order of its own."""

    def __init__(self, seed):
        self.chance, self.waiting = random.Random(seed), []

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        self.waiting.append((future, fn, args))
        threading.Timer(0.01, self._run).start()
        return future

    def _run(self):
        future, fn, args = self.waiting.pop(self.chance.randrange(len(self.waiting)))
        if future.set_running_or_notify_cancel():
            future.set_result(fn(*args))


@pytest.fixture(scope="module")
def processes():
    with Processes(2) as pool:
        yield pool


@pytest.mark.parametrize("chunk", [3000, 1000, 999, 77])
def test_threads_and_any_order_of_any_pieces_change_nothing(scenario, ensemble, chunk):
    with ThreadPoolExecutor(3) as threads:
        for executor in (threads, AtRandom(chunk)):
            made = detente.simulate(scenario, runs=3000, seed=11, executor=executor, chunk=chunk)
            assert made.frame.equals(ensemble.frame)
            assert made.provenance.finished_runs == 3000


def test_processes_change_nothing(scenario, ensemble, processes):
    assert detente.simulate(scenario, runs=3000, seed=11, executor=processes, chunk=500).frame.equals(
        ensemble.frame
    )
    forkserver = multiprocessing.get_context("forkserver")
    with ProcessPoolExecutor(1, mp_context=forkserver) as pool:
        assert detente.simulate(scenario, runs=3000, seed=11, executor=pool, chunk=1500).frame.equals(
            ensemble.frame
        )


def test_forked_processes_are_refused_since_they_hang(scenario):
    with (
        ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool,
        pytest.raises(SimulationError, match=r"forked processes, in which tables hang; expected .* spawned"),
    ):
        detente.simulate(scenario, runs=10, executor=pool)


def test_compare_takes_an_executor(processes):
    given = {"portfolios": ["none", "throttle"], "runs": 600, "halt_level": None}
    here, there = detente.compare(QUARREL, **given), detente.compare(QUARREL, **given, executor=processes)
    for one, other in zip(here.arms, there.arms, strict=True):
        assert other.ensemble.frame.equals(one.ensemble.frame)
        assert other.paired == one.paired


def test_progress_adds_up_on_an_executor(scenario):
    told = []
    with ThreadPoolExecutor(2) as pool:
        detente.simulate(scenario, runs=1000, executor=pool, chunk=300, progress=told.append)
    assert sorted(told) == [100, 300, 300, 300]


def test_a_worker_of_another_version_is_refused(scenario):
    recipe = Recipe.of(
        scenario.document,
        detente.load_portfolio("none").document,
        seed=0,
        max_incidents=100,
        code="detente 0.0.9",
    )
    with pytest.raises(SimulationError, match=r"a worker runs detente .* expected detente 0\.0\.9 as here"):
        run_chunk(Job(recipe=recipe, span=Span(0, 10)))
    assert run_chunk(Job(recipe=replace(recipe, code=CODE), span=Span(0, 10))).tally.runs == 10


def die_once(job):
    """Kill the worker the first time that a job is done, and do it afterwards."""
    number, marks = job
    mark = marks / str(number)
    if number == 2 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def die(_):
    os.kill(os.getpid(), signal.SIGKILL)


def test_workers_that_die_are_replaced_and_nothing_is_lost(tmp_path):
    with Processes(2) as pool:
        found = list(map_jobs(die_once, [(number, tmp_path) for number in range(7)], pool))
    assert sorted(found) == [(number, number * number) for number in range(7)]


def test_work_that_kills_every_worker_is_given_up():
    with Processes(1) as pool, pytest.raises(SimulationError, match="a worker process died, again and again"):
        list(map_jobs(die, [0], pool))


def test_a_pool_that_is_not_ours_is_not_renewed():
    class Broken(Executor):
        def submit(self, fn, /, *args, **kwargs):
            raise BrokenExecutor

    with pytest.raises(SimulationError, match="a worker process died: it may have run out of memory"):
        list(map_jobs(die, [0], Broken()))


def test_what_a_job_raises_comes_through_and_stops_the_rest():
    begun = []

    def fail(job):
        begun.append(job)
        raise SimulationError("said by the job")

    with ThreadPoolExecutor(1) as pool, pytest.raises(SimulationError, match="said by the job"):
        list(map_jobs(fail, range(1000), pool))
    assert len(begun) < 10


def test_work_that_the_executor_cancels_is_an_error():
    class Cancels(Executor):
        def submit(self, fn, /, *args, **kwargs):
            future = Future()
            future.cancel()
            future.set_running_or_notify_cancel()
            return future

    with pytest.raises(SimulationError, match="the workers could not do the work: CancelledError"):
        list(map_jobs(die, [0], Cancels()))


def test_only_some_jobs_are_under_way_and_leaving_cancels_them():
    class Counts(Executor):
        _max_workers = 3
        futures: list = []  # noqa: RUF012

        def submit(self, fn, /, *args, **kwargs):
            self.futures.append(Future())
            return self.futures[-1]

    executor = Counts()
    with closing(map_jobs(die, range(100), executor)) as results:
        threading.Timer(0.05, lambda: executor.futures[0].set_result(7)).start()
        assert next(results) == (0, 7)
    assert len(executor.futures) == 6
    assert all(future.cancelled() for future in executor.futures[1:])


def test_results_come_in_the_order_of_the_jobs():
    shuffled = AtRandom(3)
    assert list(in_order(map_jobs(abs, range(-20, 0), shuffled))) == list(range(20, 0, -1))


def interrupting(executor, after):
    """An executor whose result is followed by a Ctrl-C."""

    class Interrupts(Executor):
        submitted = 0

        def submit(self, fn, /, *args, **kwargs):
            self.submitted += 1
            if self.submitted > after:
                raise KeyboardInterrupt
            return executor.submit(fn, *args, **kwargs)

    return Interrupts()


def test_an_interrupt_hands_over_what_was_finished_without_a_gap(scenario, ensemble):
    with ThreadPoolExecutor(1) as threads:
        stopped = interrupting(threads, after=50)
        stopped._max_workers = 1
        with pytest.raises(detente.SimulationInterrupted) as caught:
            detente.simulate(scenario, runs=3000, seed=11, executor=stopped, chunk=30)
    partial = caught.value.ensemble
    assert 30 * 45 < partial.runs <= 1500
    assert partial.frame.equals(ensemble.frame.head(partial.runs))
    assert partial.summary().is_interrupted


def test_the_cut_depends_on_runs_chunk_and_looks_alone():
    assert cut(10, 4) == [Span(0, 4), Span(4, 4), Span(8, 2)]
    assert cut(10, 4, (3, 6, 10)) == [Span(0, 3), Span(3, 1), Span(4, 2), Span(6, 2), Span(8, 2)]
    assert cut(4, 4) == [Span(0, 4)]
    stages = list(_stages(cut(10, 4, (3, 6, 10)), (3, 6, 10)))
    assert [stage[-1].stop for stage in stages] == [3, 6, 10]
    assert [len(stage) for stage in stages] == [1, 2, 2]


def test_what_is_there_already_still_comes_when_somebody_interrupts():
    class Interrupted(Executor):
        _max_workers = 1

        def __init__(self):
            self.futures = []

        def submit(self, fn, /, *args, **kwargs):
            if len(self.futures) == 2:
                self.futures[1].set_result("in time")
                raise KeyboardInterrupt
            self.futures.append(Future())
            self.futures[-1].set_running_or_notify_cancel()
            if len(self.futures) == 2:
                self.futures[0].set_result("before")
            return self.futures[-1]

    results = map_jobs(die, range(10), Interrupted())
    assert [next(results), next(results)] == [(0, "before"), (1, "in time")]
    with pytest.raises(KeyboardInterrupt):
        next(results)


def answer_at_length_and_die():
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGKILL)).start()
    return bytes(1 << 20)


def test_a_worker_that_dies_while_it_answers_holds_nobody_up():
    """A pipe holds 64 KiB: while its reader is busy, a longer answer is stuck in the middle when the worker dies."""
    with Processes(1) as pool:
        pool.submit(abs, -1).add_done_callback(lambda _: time.sleep(1))
        assert len(pool.submit(answer_at_length_and_die).result(20)) == 1 << 20


def test_no_result_stays_behind_in_a_file(processes):
    assert len(list(map_jobs(abs, range(-5, 0), processes))) == 5
    assert not list(Path(processes._spool.name).iterdir())
    with Processes(1) as pool:
        place = Path(pool._spool.name)
        assert pool.submit(abs, -3).result(60) == 3
    assert not place.exists()


def test_a_full_temporary_directory_is_one_error(monkeypatch):
    def full(**_given):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(executors, "mkstemp", full)
    with pytest.raises(SimulationError, match=r"a result cannot be written there: No space left .*TMPDIR"):
        executors._spooled("somewhere", abs, (-3,), {})


def take_ten_seconds(marks):
    (marks / "begun").touch()
    time.sleep(10)
    (marks / "ended").touch()


def test_leaving_in_distress_cuts_running_jobs_short(tmp_path):
    def leave_in_distress():
        with Processes(1) as pool:
            pool.submit(take_ten_seconds, tmp_path)
            while not (tmp_path / "begun").exists():
                time.sleep(0.01)
            raise SimulationError("something went wrong")

    with pytest.raises(SimulationError, match="something went wrong"):
        leave_in_distress()
    assert not (tmp_path / "ended").exists()


def interrupt_myself(number):
    os.kill(os.getpid(), signal.SIGINT)
    return number + 1


def test_ctrl_c_is_no_business_of_a_worker():
    with Processes(1) as pool:
        assert pool.submit(interrupt_myself, 1).result(60) == 2
