"""The command as the shell sees it: signals, pipes, environments, what is loaded."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

COMMAND = (sys.executable, "-m", "detente")


def run(*words, cwd, **environment):
    return subprocess.run(
        [*COMMAND, *words],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def read_until(stream, pattern):
    """Read what a process writes until that is in it; fails where it ends before."""
    said = b""
    while not re.search(pattern, said):
        piece = os.read(stream.fileno(), 4096)
        assert piece, said.decode()
        said += piece


@pytest.mark.parametrize("words", [("--help",), ("check", "attribution-error"), ("scenarios",)])
def test_light_commands_load_no_simulator(words, tmp_path):
    code = (
        "import sys; from detente.cli.main import app\n"
        f"try: app({list(words)!r})\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "heavy = {'numba', 'numpy', 'polars', 'scipy'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_ctrl_c_reports_what_was_finished(quarrel, tmp_path):
    words = (*COMMAND, "run", quarrel, "--runs", "1000000000", "--threads", "1", "--out", "results")
    with subprocess.Popen(
        words,
        cwd=tmp_path,
        env={**os.environ, "FORCE_COLOR": "1", "NO_COLOR": "1"},  # the bar tells when something is finished
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as running:
        read_until(running.stderr, rb"[1-9]\d*/1000000000")
        running.send_signal(signal.SIGINT)
        out, err = (said.decode() for said in running.communicate(timeout=60))
    assert running.returncode == 130, err
    assert "INTERRUPTED: " in out
    assert "of 1,000,000,000 crises were finished" in out
    assert "Traceback" not in err
    assert (tmp_path / "results" / "crises.parquet").exists()


@pytest.mark.parametrize(
    "words", [("check", "quarrel.yaml", "--resolved"), ("trace", "quarrel.yaml", "--crisis", "0")]
)
def test_a_reader_that_leaves_is_no_failure(quarrel, tmp_path, words):
    with subprocess.Popen(
        [*COMMAND, *words],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as writing:
        writing.stdout.close()
        errors = writing.stderr.read()
        writing.wait(timeout=60)
    assert writing.returncode == 141
    assert errors == b""


def test_no_colour_and_no_bar_where_there_is_no_terminal(quarrel, tmp_path):
    done = run("run", quarrel, "--runs", "200", cwd=tmp_path)
    assert done.returncode == 0
    assert "\x1b" not in done.stdout + done.stderr
    coloured = run("run", quarrel, "--runs", "200", "--max-incidents", "2", cwd=tmp_path, FORCE_COLOR="1")
    assert "\x1b[1;31m" in coloured.stdout
    plain = run(
        "run", quarrel, "--runs", "200", "--max-incidents", "2", cwd=tmp_path, FORCE_COLOR="1", NO_COLOR="1"
    )
    assert "\x1b[1;31m" not in plain.stdout


def test_a_terminal_that_cannot_show_a_letter_shows_something(quarrel, tmp_path):
    done = run("trace", quarrel, "--crisis", "0", cwd=tmp_path, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a device that is always full")
def test_a_full_disk_under_the_output_is_one_line():
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "detente", "scenarios"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "cannot be written" in done.stderr


@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_a_closed_output_is_one_line(flags):
    words = " ".join(["exec", '"$0"', "-m", "detente", "solve", "attribution-error", *flags, ">&-"])
    done = subprocess.run(["sh", "-c", words, sys.executable], stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "standard output is closed" in done.stderr


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_gate_that_is_told_to_stop_ends_in_order(tmp_path, how):
    assert run("gate", "init", "demo", cwd=tmp_path).returncode == 0
    said = _served(tmp_path, how)
    assert said.endswith("stopped; everything that was answered is on record\n")
    assert "warning" not in said


def test_what_is_made_anew_in_the_folder_of_a_gate_is_said(tmp_path):
    assert run("gate", "init", "demo", cwd=tmp_path).returncode == 0
    assert "warning" not in _served(tmp_path, signal.SIGTERM)
    for name in ("gate.key", "service.secret"):
        (tmp_path / "demo" / name).unlink()
    said = _served(tmp_path, signal.SIGTERM)
    assert "warning: demo/gate.key was not there and is made anew" in said
    assert (
        "warning: demo/service.secret was not there and is made now: if this gate was served before" in said
    )
    assert "warning" not in _served(tmp_path, signal.SIGTERM)


def _served(folder, how):
    """Serve a gate, tell it to stop, and return all that it said; it must leave with 0."""
    served = subprocess.Popen(
        [*COMMAND, "gate", "serve", "demo", "--port", "0"],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        first = b""
        while b"/openapi.json" not in first:
            piece = os.read(served.stdout.fileno(), 4096)
            assert piece, first.decode()
            first += piece
        time.sleep(0.5)  # the line comes before the loop that hears signals
        served.send_signal(how)
        rest, _ = served.communicate(timeout=60)
    finally:
        served.kill()
    assert served.returncode == 0, (first + rest).decode()
    return (first + rest).decode()
