"""Who does the work: threads, processes or a cluster, behind the one interface of `concurrent.futures`.

Whoever does it, the results are the same, so this is only about getting them: a bounded number of jobs under way,
what is finished handed over as it comes, and workers that die replaced.
"""

import multiprocessing
import os
import pickle
import re
import signal
import socket
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import AbstractContextManager, closing, contextmanager
from importlib import import_module
from multiprocessing.connection import wait as wait_for
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory, mkstemp
from types import TracebackType
from typing import Any, Generic, TypeVar, final

from detente.ensemble.arguments import whole, words
from detente.errors import SimulationError, install

__all__ = ["Processes", "awaited", "cluster", "in_order", "map_jobs", "scheduler"]

_J = TypeVar("_J")
_R = TypeVar("_R")

_UNDER_WAY = (
    256  # for an executor that does not tell how many workers it has; a finished job waits for nobody
)
_TRIES = 3
_LOOK_S = 0.1
"""Polars lets a wait for a lock go on after Ctrl-C: only one that ends by itself hears of it"""
_CONNECT_S = 10.0  # for the scheduler to greet, and a worker to join
_ANSWER_S = 4.0  # for anything at all to answer at its address
_LONGEST_GREETING = 1 << 20  # bytes: what Dask sends first is how long its greeting is
_SCHEDULER = re.compile(
    r"(?:(?P<scheme>tcp|tls|wss?)://)?(?P<host>\[[0-9a-fA-F:.]+\]|[^\s/:\[\]]+):(?P<port>[0-9]{1,5})/?"
)
_MOST_WORKERS = 4096


def map_jobs(
    function: Callable[[_J], _R], jobs: Iterable[_J], executor: Executor
) -> Generator[tuple[int, _R]]:
    """Give the result of each job with its position, as they come, not in order.

    Close the generator (or let it end) before going on: jobs not yet begun are then cancelled. On Ctrl-C what is
    already finished still comes, then the KeyboardInterrupt. When a worker of a `Processes` dies, the pool is renewed
    and what it had under way is done again; a cluster of Dask sees to that itself.

    Raises
    ------
    SimulationError
        When the executor forks, workers keep dying, or the executor gave the work up.
    DetenteError
        What a job itself raises.
    """
    _refuse_forks(executor)
    return _Mapping(function, jobs, executor).results()


def in_order(results: Generator[tuple[int, _R]]) -> Generator[_R]:
    """Give what `map_jobs` gives in the order of the jobs; what is finished early waits."""
    early: dict[int, _R] = {}
    following = 0
    with closing(results):
        for position, result in results:
            early[position] = result
            while following in early:
                yield early.pop(following)
                following += 1


def awaited(future: Future[_R]) -> _R:
    """Give the result of a future; unlike its own method, this hears Ctrl-C."""
    while not wait((future,), timeout=_LOOK_S).done:
        pass
    return future.result()


def _refuse_forks(executor: Executor) -> None:
    """Refuse a pool whose workers would be copies of this process, which may wait for ever.

    A copy has the locks of Polars' threads but not the threads: it hangs at the first table.
    """
    context = getattr(executor, "_mp_context", None)  # ProcessPoolExecutor tells it nowhere in public
    if context is not None and context.get_start_method() == "fork":
        raise SimulationError(
            "executor: found a pool of forked processes, in which tables hang; expected one of spawned processes: "
            "ProcessPoolExecutor(mp_context=multiprocessing.get_context('spawn')), or detente.Processes"
        )


class _Mapping(Generic[_J, _R]):
    """The state of one `map_jobs`: jobs are waiting, under way, or to be done again."""

    def __init__(self, function: Callable[[_J], _R], jobs: Iterable[_J], executor: Executor) -> None:
        self.function, self.executor = function, executor
        self.waiting = enumerate(jobs)
        self.running: dict[Future[_R], tuple[int, _J]] = {}
        self.lost: list[tuple[int, _J]] = []  # with a worker that died
        self.tries: dict[int, int] = {}

    def results(self) -> Generator[tuple[int, _R]]:
        most = _under_way(self.executor)
        try:
            while True:
                is_broken = not self._fill(most)
                if not self.running and not is_broken:
                    return
                done, _ = wait(self.running, timeout=_LOOK_S, return_when=FIRST_COMPLETED)
                for future in done:
                    yield from self._take(future)
                if self.lost:
                    yield from self._recover()
        except KeyboardInterrupt:
            yield from self._finished()
            raise
        finally:
            for future in self.running:
                future.cancel()

    def _fill(self, most: int) -> bool:
        """Hand out jobs; False when the pool turned out to be broken."""
        while len(self.running) < most and (item := next(self.waiting, None)) is not None:
            if not self._submit(item):
                return False
        return True

    def _submit(self, item: tuple[int, _J]) -> bool:
        try:
            self.running[self.executor.submit(self.function, item[1])] = item
        except BrokenExecutor:
            self.lost.append(item)
            return False
        return True

    def _take(self, future: Future[_R]) -> Iterator[tuple[int, _R]]:
        item = self.running.pop(future)
        try:
            result = future.result()
        except BrokenExecutor:
            self.lost.append(item)
            return
        except (CancelledError, ImportError, AttributeError) as error:
            raise SimulationError(_given_up(error)) from error
        except Exception as error:
            if type(error).__module__.partition(".")[0] == "distributed":
                raise SimulationError(_given_up(error)) from error
            raise
        yield item[0], result

    def _finished(self) -> Iterator[tuple[int, _R]]:
        """Give what is there already, of jobs that did not fail."""
        for future in [one for one in self.running if not one.cancel()]:
            if future.done() and not future.cancelled() and future.exception() is None:
                yield self.running.pop(future)[0], future.result()

    def _recover(self) -> Iterator[tuple[int, _R]]:
        """Renew a pool whose worker died, and hand out again what it had under way."""
        while self.lost:
            for future in list(wait(self.running).done):  # all of a broken pool's end at once
                yield from self._take(future)
            for position, _ in self.lost:
                self.tries[position] = self.tries.get(position, 0) + 1
            self._renew(max(self.tries.values()))
            again, self.lost = sorted(self.lost, key=lambda item: item[0]), []
            for item in again:
                self._submit(item)

    def _renew(self, deaths: int) -> None:
        if not isinstance(self.executor, Processes) or deaths >= _TRIES:
            raise SimulationError(
                f"a worker process died{', again and again' if deaths > 1 else ''}: "
                "it may have run out of memory (fewer workers need less), somebody may have ended it, or a script "
                "begins workers outside `if __name__ == '__main__':`; "
                "what a checkpoint has stored is kept, and the same call goes on from there"
            )
        self.executor.renew()


def _given_up(error: BaseException) -> str:
    return (
        f"the workers could not do the work: {type(error).__name__}: {error}; "
        "see that they run, reach each other, and have the same detente installed"
    )


def _under_way(executor: Executor) -> int:
    """Return how many jobs to hand out at once: enough that no worker waits, few enough to cancel."""
    workers = getattr(executor, "_max_workers", None)  # no executor tells it in public
    client = getattr(executor, "_client", None)  # Dask's
    if client is not None:
        workers = sum(client.ncores().values())
    return 2 * workers if isinstance(workers, int) and workers > 0 else _UNDER_WAY


@final
class Processes(Executor):
    """A pool of worker processes on this machine that survives the death of a worker.

    Each loads what it needs when it starts, so a pool is worth it for work of many seconds. They leave when
    this process does, even when it is killed. A script makes one under `if __name__ == "__main__":`, since every
    worker imports the script.

    Results come through files, and only their names through the pool's pipe: a worker that dies in the middle of a
    long message would leave the reader of an ordinary pool waiting for the rest for ever.
    """

    def __init__(self, workers: int) -> None:
        self._max_workers = whole("workers", workers, 1, _MOST_WORKERS)
        self._spool = TemporaryDirectory(prefix="detente-", ignore_cleanup_errors=True)
        self._pool = self._new()
        self._unfinished: set[Future[str]] = set()

    def _new(self) -> ProcessPoolExecutor:
        # Spawned, not forked: see `_refuse_forks`.
        return ProcessPoolExecutor(
            self._max_workers,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin,
            initargs=(self._spool.name,),
        )

    def submit(self, fn: Callable[..., _R], /, *args: Any, **kwargs: Any) -> Future[_R]:
        """As for any executor."""
        there = self._pool.submit(_spooled, self._spool.name, fn, args, kwargs)
        self._unfinished.add(there)
        there.add_done_callback(self._unfinished.discard)
        here: Future[_R] = Future()
        here.add_done_callback(lambda _: there.cancel())
        there.add_done_callback(lambda _: _hand_over(there, here))
        return here

    def renew(self) -> None:
        """Replace the pool by a fresh one; what the old one had under way is lost."""
        self._end()
        self._pool = self._new()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 -- its shape
        """As for any executor, but jobs still running when this is told to cancel are cut short."""
        if cancel_futures:
            self._end()
        else:
            self._pool.shutdown(wait=wait)
        if wait:
            self._spool.cleanup()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Leave: after the last job, or at once when something went wrong."""
        self.shutdown(cancel_futures=kind is not None)

    def _end(self) -> None:
        # The only way to stop a job that runs before Python 3.14 has `kill_workers`.
        running = dict(getattr(self._pool, "_processes", None) or {}) if self._unfinished else {}
        self._pool.shutdown(wait=False, cancel_futures=True)
        for process in running.values():
            process.kill()
        for process in running.values():
            process.join()


def _begin(spool: str) -> None:
    """Prepare a worker process: Ctrl-C is for the one that hands out work, and who is left alone leaves."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_leave_with, args=(parent.sentinel, spool), daemon=True).start()


def _leave_with(sentinel: int, spool: str) -> None:
    wait_for([sentinel])
    rmtree(spool, ignore_errors=True)
    os._exit(1)


def _spooled(spool: str, function: Callable[..., _R], args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """Do a job in a worker; returns the file that holds the result."""
    result = function(*args, **kwargs)
    try:
        handle, path = mkstemp(dir=spool)
        with os.fdopen(handle, "wb") as file:
            pickle.dump(result, file, pickle.HIGHEST_PROTOCOL)
    except OSError as error:
        raise SimulationError(
            f"{spool}: a result cannot be written there: {error.strerror}; "
            "make room, or let TMPDIR name a directory that has some"
        ) from None
    return path


def _hand_over(there: Future[str], here: Future[_R]) -> None:
    """Pass on what became of a job: runs in the thread that reads the pool's pipe."""
    if there.cancelled():
        here.cancel()
    if not here.set_running_or_notify_cancel():
        return
    try:
        with Path(there.result()).open("rb") as file:
            result: _R = pickle.load(file)  # noqa: S301 -- our own worker wrote it
        Path(there.result()).unlink()
    except BaseException as error:  # noqa: BLE001 -- whatever it is, it belongs to who asked for the result
        here.set_exception(error)
    else:
        here.set_result(result)


def cluster(address: str, timeout_s: float = _CONNECT_S) -> AbstractContextManager[Executor]:
    """Give an executor for the Dask cluster whose scheduler listens at an address, as `tcp://host:8786`.

    The address is checked at once, and the scheduler looked for when the block begins.

    Raises
    ------
    SimulationError
        When the address is none, Dask is not installed, nobody answers there within `timeout_s` seconds (or anything
        at all within four), or the cluster has no workers.
    """
    return _connected(scheduler("address", address), timeout_s)


def scheduler(name: str, address: str) -> str:
    """Return the address of a scheduler; `name` is what the person who gave it calls it.

    Raises
    ------
    SimulationError
        When it is no address.
    """
    found = _SCHEDULER.fullmatch(words(name, address, "tcp://host:8786"))
    if found is None or not 0 < int(found["port"]) < 1 << 16:
        raise SimulationError(
            f"{name}: found {address!r}, expected the address of a scheduler of Dask, as tcp://host:8786"
        )
    return address


@contextmanager
def _connected(address: str, timeout_s: float) -> Iterator[Executor]:
    try:
        distributed: Any = import_module("distributed")
    except ImportError:
        raise SimulationError(
            f"a cluster needs the package `distributed`, which is not installed: {install('cluster')}"
        ) from None
    _require_answer(address, min(timeout_s, _ANSWER_S))
    try:
        client = distributed.Client(address, timeout=timeout_s, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:  # a time-out is an OSError
        raise _unreachable(address, timeout_s, _reason(error)) from None
    try:
        _require_workers(client, address, timeout_s)
        # Each call is work of its own, and one that a dying worker had is tried elsewhere.
        yield client.get_executor(pure=False, retries=_TRIES)
    finally:
        client.close()


def _require_answer(address: str, timeout_s: float) -> None:
    """Refuse an address where no scheduler listens before Dask tries it.

    Dask would take long to say so, end in a traceback, and wait for ever where something else listens.
    """
    found = _SCHEDULER.fullmatch(address)
    assert found is not None, "INVARIANT: the address has been checked"
    place = found["host"].strip("[]"), int(found["port"])
    greets = found["scheme"] in (None, "tcp")  # by the others, the one that connects speaks first
    try:
        with socket.create_connection(place, timeout=timeout_s) as there:
            is_one = not greets or _is_greeting(there.recv(8, socket.MSG_WAITALL))
    except TimeoutError:
        raise _unreachable(address, timeout_s, "nobody answers, or no scheduler") from None
    except (OSError, UnicodeError) as error:
        raise _unreachable(address, timeout_s, _reason(error)) from None
    if not is_one:
        raise _unreachable(address, timeout_s, "something else answers")


def _is_greeting(begun: bytes) -> bool:
    """Whether a message begins as Dask's does: with how long it is."""
    return len(begun) == 8 and int.from_bytes(begun, "little") < _LONGEST_GREETING


def _reason(error: Exception) -> str:
    told = error.strerror if isinstance(error, OSError) else None
    return told or str(error).partition("\n")[0] or type(error).__name__


def _unreachable(address: str, timeout_s: float, reason: str) -> SimulationError:
    return SimulationError(
        f"{address}: found no scheduler of Dask there within {timeout_s:g} s: {reason}; see that it runs and can be "
        "reached from here (dask scheduler --port 8786), and that the address is right"
    )


def _require_workers(client: Any, address: str, timeout_s: float) -> None:
    try:
        client.wait_for_workers(1, timeout=timeout_s)
    except OSError:
        raise SimulationError(
            f"{address}: the scheduler answers, but no worker joined it within {timeout_s:g} s; "
            f"start one: dask worker {address}"
        ) from None
