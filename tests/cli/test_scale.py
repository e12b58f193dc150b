"""More than one process, more than one sitting: workers, clusters, checkpoints and runs that stop by themselves."""

import importlib.util
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import polars as pl
import pytest

import detente as lab
from detente.ensemble.executors import Processes, cluster
from detente.errors import SimulationError
from tests.analysis.uncertain import CHAIN

COMMAND = (sys.executable, "-m", "detente")
needs_dask = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None,
    reason="NOT TESTED: clusters, since `distributed` is not installed; pip install 'detente[cluster]'",
)
needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to see processes")


def until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.02)


@contextmanager
def background(*words, cwd, **given):
    """A process that lives as long as the block."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(words, cwd=cwd, **quiet, **given) as one:
        try:
            yield one
        finally:
            with suppress(ProcessLookupError):
                one.kill()


@contextmanager
def scheduler(folder):
    """A scheduler of Dask in a process of its own; gives its address."""
    place = folder / "scheduler.json"
    words = ("dask", "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    with background(sys.executable, "-m", *words, "--scheduler-file", str(place), cwd=folder):
        until(lambda: place.exists() and place.read_text().strip().endswith("}"))
        yield json.loads(place.read_text())["address"]


def worker(address, folder):
    words = ("dask", "worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard")
    return background(sys.executable, "-m", *words, cwd=folder)


def parts(folder):
    return len(list(folder.glob("part-*")))


@needs_dask
def test_a_cluster_that_loses_a_worker_gives_the_same_bytes(quarrel, tmp_path):
    words = ("run", quarrel, "--runs", "800000", "--no-exact")
    with scheduler(tmp_path) as address, worker(address, tmp_path) as first, worker(address, tmp_path):
        with subprocess.Popen(
            [*COMMAND, *words, "--checkpoint", "there", "--cluster", address],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as running:
            until(lambda: parts(tmp_path / "there") >= 3)
            first.send_signal(signal.SIGKILL)
            at_the_kill = parts(tmp_path / "there")
            out, err = running.communicate(timeout=120)
        assert running.returncode == 0, err
    assert at_the_kill < parts(tmp_path / "there") == 25
    assert "800,000 crises" in out
    here = lab.simulate(quarrel, runs=800_000, checkpoint=tmp_path / "here", portfolio="none")
    there = lab.Dataset.open(tmp_path / "there")
    merged = [one.save(tmp_path / "merged.parquet").read_bytes() for one in (here, there)]
    assert merged[0] == merged[1]


ELSEWHERE = {
    "rare": ("rare", "quarrel.yaml", "--error", "0.2"),
    "sweep": (
        "sweep",
        "chain.yaml",
        "--portfolio",
        "none",
        "--portfolio",
        "throttle",
        "--draws",
        "8",
        "--runs",
        "50",
    ),
    "sensitivity": ("sensitivity", "chain.yaml", "--draws", "16"),
    "discover": ("discover", "chain.yaml", "--fails", "catastrophe > 0.25", "--draws", "128", "--runs", "0"),
}


def plain(words, detente):
    """What a command says in JSON, but for the time it took."""
    done = detente(*words, "--json")
    assert done.exit_code == 0, done.stderr
    return {name: value for name, value in json.loads(done.stdout).items() if name != "core_seconds"}


@needs_dask
def test_what_a_cluster_finds_is_what_is_found_here(detente, quarrel, tmp_path):
    Path("chain.yaml").write_text(json.dumps(CHAIN))
    with scheduler(tmp_path) as address, worker(address, tmp_path), worker(address, tmp_path):
        for words in ELSEWHERE.values():
            assert plain((*words, "--cluster", address), detente) == plain(words, detente)


@pytest.mark.parametrize("command", ELSEWHERE)
def test_what_processes_find_is_what_is_found_here(detente, quarrel, command, monkeypatch):
    submit, submitted = Processes.submit, []

    def counted(pool, function, /, *jobs):
        submitted.append(function)
        return submit(pool, function, *jobs)

    monkeypatch.setattr(Processes, "submit", counted)
    Path("chain.yaml").write_text(json.dumps(CHAIN))
    words = ELSEWHERE[command]
    assert plain((*words, "--workers", "1"), detente) == plain(words, detente)
    assert submitted


@needs_dask
def test_a_cluster_without_workers_or_without_a_scheduler_is_one_line(tmp_path):
    alone = r"no worker joined it within 0\.5 s; start one: dask worker tcp://"
    with (
        scheduler(tmp_path) as address,
        pytest.raises(SimulationError, match=alone),
        cluster(address, timeout_s=0.5),
    ):
        pass
    nobody = r"tcp://127\.0\.0\.1:9: found no scheduler of Dask there within 0\.5 s: .*refused"
    with pytest.raises(SimulationError, match=nobody), cluster("tcp://127.0.0.1:9", 0.5):
        pass


@needs_dask
@pytest.mark.parametrize("greeting", [b"", b"\0", b"SSH-2.0-Other\r\n"])
def test_another_service_at_the_address_is_one_line(greeting):
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"

        def answer():
            there, _ = server.accept()
            with there, suppress(ConnectionError):
                there.sendall(greeting)
                there.recv(1)  # until the other side leaves

        answering = threading.Thread(target=answer)
        answering.start()
        with (
            pytest.raises(SimulationError, match=f"{address}: found no scheduler of Dask there"),
            cluster(address, 0.5),
        ):
            pass
        answering.join()


NO_ADDRESSES = (
    "foo",
    "",
    "nonsense://x:1",
    "tcp://host",
    "tcp://host:0",
    "tcp://host:65536",
    "host:8786 ",
    "tcp://:1",
)


@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_what_is_no_address_is_refused_at_the_call(address):
    with pytest.raises(
        SimulationError, match=f"address: found {address!r}, expected the address of a scheduler"
    ):
        cluster(address)
    with pytest.raises(SimulationError, match="address: found 3, expected a text"):
        cluster(3)


@pytest.mark.parametrize("address", ["tcp://host:8786", "tls://[::1]:1", "10.0.0.1:8786", "ws://host:65535/"])
def test_addresses_are_not_looked_at_before_the_block_begins(address):
    cluster(address)


@pytest.mark.parametrize("command", ["run", "compare", "rare", "sweep", "sensitivity", "discover", "race"])
def test_a_command_looks_at_the_address_before_anything_else(detente, command):
    done = detente(command, "nothing-of-this-name", "--portfolio", "none", "--cluster", "foo")
    if command == "race":  # which takes no portfolio
        done = detente(command, "nothing-of-this-name", "--cluster", "foo")
    assert done.exit_code == 2
    assert done.stderr == (
        "detente: --cluster: found 'foo', expected the address of a scheduler of Dask, as tcp://host:8786\n"
    )


@needs_dask
def test_a_scheduler_that_nobody_finds_is_one_line_of_a_command(quarrel, tmp_path):
    done = subprocess.run(
        [*COMMAND, "rare", quarrel, "--cluster", "tcp://127.0.0.1:9"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith(
        "detente: tcp://127.0.0.1:9: found no scheduler of Dask there"
    )


def test_a_cluster_without_dask_says_what_to_install(detente, quarrel, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    done = detente("run", quarrel, "--cluster", "tcp://127.0.0.1:1")
    assert done.exit_code == 2
    assert (
        done.stderr.splitlines()[-1]
        == "detente: a cluster needs the package `distributed`, which is not installed: pip install 'detente[cluster]', "
        "or in a clone .venv/bin/python -m pip install -e '.[cluster]'"
    )


def members_of(session):
    """The living processes of a session, zombies left out."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[3]) == session and fields[0] != "Z":
                found.add(int(stat.parent.name))
    return found


@needs_proc
def test_processes_and_a_killed_run_that_goes_on_give_the_same_crises(detente, quarrel, tmp_path):
    words = ("run", quarrel, "--runs", "600000", "--no-exact", "--workers", "2")
    kept = (*words, "--checkpoint", "crises")
    with background(*COMMAND, *kept, cwd=tmp_path, start_new_session=True) as killed:
        first = tmp_path / "crises" / "part-000000.parquet"  # the later ones alone tell of nothing yet
        until(lambda: first.exists() and parts(first.parent) >= 2)
        killed.send_signal(
            signal.SIGKILL
        )  # only the one that hands out work: its workers leave by themselves
        until(lambda: not members_of(killed.pid))
    found = parts(tmp_path / "crises")
    assert 2 <= found < 19
    refused = detente("merge", "crises", "--out", "early.parquet")
    assert (refused.exit_code, "of 600,000 crises" in refused.stderr) == (2, True)
    again = detente(
        *words[:-2], "--checkpoint", "crises"
    )  # by threads: who does the work is no part of the plan
    assert again.exit_code == 0
    assert f"{found} of 19 pieces were there already" in again.stderr
    merged = detente("merge", "crises", "--out", "merged.parquet", "--json")
    assert json.loads(merged.stdout) == {"rows": "merged.parquet", "runs": 600_000, "pieces": 19}
    assert pl.read_parquet("merged.parquet").equals(lab.simulate(quarrel, runs=600_000).frame)


@needs_proc
def test_ctrl_c_leaves_a_checkpoint_and_no_process(detente, quarrel, tmp_path):
    words = ("run", quarrel, "--runs", "100000000", "--no-exact", "--workers", "2", "--checkpoint", "crises")
    with subprocess.Popen(
        [*COMMAND, *words],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as running:
        first = tmp_path / "crises" / "part-000000.parquet"  # the later ones alone tell of nothing yet
        until(lambda: first.exists() and parts(first.parent) >= 3)
        os.killpg(running.pid, signal.SIGINT)  # as a terminal does: the workers get it too
        out, err = running.communicate(timeout=60)
    assert running.returncode == 130, err
    assert "INTERRUPTED: " in out, err
    assert "the same command goes on from there" in err
    assert "Traceback" not in err
    until(lambda: not members_of(running.pid))
    assert detente("merge", "crises", "--out", "some.parquet", "--partial").exit_code == 0
    assert (tmp_path / "some.parquet").exists()


def test_a_run_says_why_it_stopped(detente, quarrel):
    done = detente("run", quarrel, "--runs", "500000", "--error", "0.3", "--no-exact")
    assert "P(catastrophe) is within 30 % of it" in done.stdout
    assert "--runs 500000 --error 0.3 --seed 0" in done.stdout
    short = detente("run", quarrel, "--runs", "5000", "--half-width", "0.0001", "--no-exact")
    said = " ".join(short.stdout.split())
    assert re.search(r"NOT within 0\.0001 after the most crises allowed \(--runs\); about [\d,]+ would", said)
    plain = json.loads(detente("run", quarrel, "--runs", "5000", "--error", "0.05", "--json").stdout)
    assert plain["stopping"]["is_met"] is False
    assert plain["stopping"]["looks"] == 2
    for option in ("--error", "--half-width"):
        refused = detente("run", quarrel, option, "2")
        assert refused.exit_code == 2
        assert "found 2, expected a number above 0 and below 1" in refused.stderr


def test_compare_says_why_it_stopped(detente, quarrel):
    words = ("--portfolio", "none", "--portfolio", "throttle", "--halt", "0", "--checkpoint", "both")
    done = detente("compare", quarrel, "--runs", "200000", "--half-width", "0.01", *words)
    assert "none: P(catastrophe) is within 0.01" in done.stdout
    assert "throttle: P(catastrophe) is within 0.01" in done.stdout
    assert sorted(path.name for path in Path("both").iterdir()) == ["0-none", "1-throttle"]


def test_what_it_takes_to_do_it_again_is_told(detente, quarrel):
    words = ("--runs", "500", "--max-incidents", "7", "--checkpoint", "my crises")
    done = detente("run", quarrel, *words, "--no-exact")
    again = next(line for line in done.stdout.splitlines() if line.startswith("Do it again: "))
    assert again.endswith("--runs 500 --max-incidents 7 --checkpoint 'my crises' --seed 0")
    assert re.search(r"See one: .* --max-incidents 7 --seed 0", done.stdout)
    assert "--checkpoint" not in detente("run", quarrel, "--runs", "500", "--no-exact").stdout


def test_the_time_of_a_comparison_is_that_it_took(detente, quarrel):
    words = (
        "--runs",
        "5000",
        "--portfolio",
        "none",
        "--portfolio",
        "throttle",
        "--halt",
        "0",
        "--checkpoint",
        "both",
    )
    for _ in range(2):  # the second time the crises are there already
        done = detente("compare", quarrel, *words)
        assert float(done.stderr.splitlines()[-1].removesuffix(" s")) > 0.0


def test_threads_beside_other_workers_are_told_what_they_are_for(detente, quarrel):
    told = "--threads 2 is for what this process does itself: --workers decides"
    words = ("run", quarrel, "--runs", "50", "--no-exact", "--threads", "2")
    assert told in detente(*words, "--workers", "1").stderr
    assert "itself" not in detente(*words).stderr


def test_figures_of_a_checkpoint_say_which_are_approximate(detente, quarrel):
    done = detente("run", quarrel, "--runs", "5000", "--checkpoint", "crises", "--no-exact")
    assert "read from a sketch: off by 0.1 %" in " ".join(done.stdout.split())
    told = json.loads(detente("run", quarrel, "--runs", "5000", "--checkpoint", "crises", "--json").stdout)
    assert told["sketch"]["relative_error"] == 1 / 1024
    plain = json.loads(detente("run", quarrel, "--runs", "5000", "--json").stdout)
    assert plain["sketch"] is None
    assert plain["ended"] == told["ended"]


def test_only_one_kind_of_help_is_taken(detente, quarrel):
    done = detente("run", quarrel, "--workers", "2", "--cluster", "tcp://127.0.0.1:1")
    assert done.exit_code == 2
    assert "--workers and --cluster: expected one of them" in done.stderr
    refused = detente("run", quarrel, "--workers", "0")
    assert (refused.exit_code, "workers: found 0, expected 1" in refused.stderr) == (2, True)
