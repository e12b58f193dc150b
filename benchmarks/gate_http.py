"""`python -m benchmarks.gate_http`: a gate asked over HTTP, with the durable record, by a load generator on the same processors.

Rows, each in turn and again in every round: a bare ASGI application with the same server (what HTTP costs here), the gate in memory, and
the gate on a disk. Then a kill under load: from the order to the first answer that obeys, and to the last that does not.
The load is made by `gate_load.c`, compiled when it is needed; each connection has one request under way at any time.
"""

import argparse
import asyncio
import http.client
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.__main__ import _machine
from detente.gate.folder import copy_example, policy_in
from detente.gate.runtime.gate import Gate
from detente.gate.service import identities
from detente.gate.service.app import desk_of
from detente.gate.service.call import Settings
from detente.gate.service.known import Identities
from detente.gate.service.rates import Rate
from detente.gate.service.serve import serve_gate
from detente.hosting.place import Place, listen
from detente.hosting.server import Bounds, make_server, new_loop

DISK = Path("build", "bench-gate")  # on the disk of the checkout, and ignored by git
KILLS = 9
SYSTEM, OPERATOR = "avalon-shield", "olga"
CONDITIONS = """
  c1: {when: 'action.name == "wipe-host" && target.name == "avalon-mail"', effect: deny}
  c2: {when: 'system.compartment != target.compartment && action.rung >= rung.damage', effect: deny}
  c3: {when: 'has(premise.confidence) && premise.confidence < 0.2 && action.rung >= rung.degrade', effect: hold}
  c4: {when: 'now.weekday > 5 && action.rung >= rung.damage', effect: hold}
  c5: {when: 'holds.open > 15 && action.rung >= rung.degrade', effect: deny}
  c6: {when: 'mode == "guarded" && !action.reversible', effect: hold}
  c7: {when: 'target.owner == system.owner && action.name == "strike-back"', effect: deny}
"""
LOAD = Path(__file__).with_name("gate_load.c")


def make_folder(folder: Path) -> dict[str, str]:
    """A gate with about twenty rules and without a throttle; gives the tokens."""
    copy_example(folder)
    charter = folder / "charter.yaml"
    text = charter.read_text().replace("\nuncertain_below:", CONDITIONS + "\nuncertain_below:")
    text = text.replace(
        "    phase: autonomous\n",
        "    phase: autonomous\n    requests: {rate: 1000000 /s, burst: 1000000}\n",
        1,
    )
    charter.write_text(text)
    portfolio = folder / "portfolio.yaml"
    lines = portfolio.read_text().split("  throttle:\n")
    after = lines[1].split("  human-on-the-loop:")
    portfolio.write_text(lines[0] + "  human-on-the-loop:" + after[1])
    policy_in(folder)
    path, now = folder / identities.FILE, datetime.now(UTC)
    return {
        SYSTEM: identities.add(path, SYSTEM, ("system",), now=now),
        OPERATOR: identities.add(path, OPERATOR, ("operator",), now=now),
    }


def serve(folder: Path, kind: str, descriptor: int) -> None:
    """In a process of its own: serve until interrupted."""
    listening = socket.socket(fileno=descriptor)
    if kind == "bare":
        server = make_server(bare, Place(), bounds=Bounds(most_at_once=512), swift=True)
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(server.serve(sockets=[listening]))
        return
    gate = Gate.open(folder) if kind == "disk" else Gate(policy_in(folder))
    with gate:
        settings = Settings(people=Rate(6e6, 100_000))
        desk = desk_of(gate, Identities(folder / identities.FILE), settings, secret=bytes(32))
        serve_gate(desk, Place(), listening)


async def bare(scope: Any, receive: Any, send: Any) -> None:
    """Read the body, say a constant of about the size of a decision."""
    await receive()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"1400")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b" " * 1400})


@contextmanager
def served(folder: Path, kind: str) -> Iterator[tuple[int, int]]:
    """Serve in another process; gives the port, and the number of the process."""
    listening = listen(Place(port=0))
    os.set_inheritable(listening.fileno(), True)
    command = [sys.executable, "-m", "benchmarks.gate_http", "--serve", kind, "--folder", str(folder)]
    process = subprocess.Popen(
        [*command, "--descriptor", str(listening.fileno())], pass_fds=[listening.fileno()]
    )
    try:
        port = listening.getsockname()[1]
        wait_for(port)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()
        listening.close()


def wait_for(port: int) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the server does not answer")


def processor_seconds(process: int) -> float:
    """What a process has used of processors so far: says more than the clock where others use them, too."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@cache
def generator() -> Path:
    """Return the program that makes the load, compiled."""
    compiler = os.environ.get("CC", "cc")
    if shutil.which(compiler) is None:
        sys.exit(f"{compiler}: found no C compiler, expected one to compile {LOAD.name}; set CC to its name")
    made = DISK.with_name("gate_load")
    made.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([compiler, "-O2", "-D_GNU_SOURCE", "-o", str(made), str(LOAD)], check=True)
    return made


def load(
    port: int, token: str, connections: int, seconds: float, name: str, process: int = 0
) -> dict[str, float]:
    """Ask for some seconds; gives what was measured."""
    used = processor_seconds(process) if process else 0.0
    command = [generator(), port, connections, seconds, f"{name}-{time.time_ns()}", token]
    out = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(out.stdout)
    if process:
        found["cpu_us"] = 1e6 * (processor_seconds(process) - used) / found["requests"]
    return found


class Caller:
    """Somebody with a connection of their own, which stays open."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self._connection.request("POST", path, json.dumps(body), self._headers)
        found: dict[str, Any] = json.loads(self._connection.getresponse().read())
        return found


class Prober(threading.Thread):
    """Asks on and on, and notes when it was first told that all is halted, and whether anything went ahead later."""

    def __init__(self, caller: Caller) -> None:
        super().__init__(daemon=True)
        self._caller = caller
        self.halted_at = 0.0
        self.slips = 0
        self.ends = threading.Event()

    def run(self) -> None:
        number = 0
        while not self.ends.is_set():
            number += 1
            action = {"id": f"probe-{number}", "target": "avalon-laptop-17", "action": "isolate-host", "in_response_to": [],
                      "arguments": {"reason": "scan"}, "premise": {"blames": "borduria", "confidence": 0.95}}  # fmt: skip
            answer = self._caller.post("/v1/actions", action)
            if answer["mode"] == "halted":
                self.halted_at = self.halted_at or time.perf_counter()
            elif self.halted_at:
                self.slips += 1


def kill_under_load(folder: Path, tokens: dict[str, str], connections: int) -> dict[str, float]:
    """Stop everything while others ask: how long until it is acknowledged, and until somebody else's answer obeys."""
    with served(folder, "disk") as (port, _):
        load_ = [generator(), port, connections, 4, f"kill-{time.time_ns()}", tokens[SYSTEM]]
        with subprocess.Popen(list(map(str, load_)), stdout=subprocess.DEVNULL):
            order, prober = Caller(port, tokens[OPERATOR]), Prober(Caller(port, tokens[SYSTEM]))
            prober.start()
            time.sleep(1.5 + random.random())
            began = time.perf_counter()
            order.post("/v1/kill", {"reason": "a drill"})
            acknowledged = time.perf_counter()
            time.sleep(0.5)
            prober.ends.set()
            prober.join()
        assert prober.halted_at, "nobody was told of the halt"
        assert not prober.slips, "something went ahead after the halt"
        return {
            "acknowledged_ms": 1e3 * (acknowledged - began),
            "obeyed_ms": 1e3 * (prober.halted_at - began),
        }


def measure(rounds: int, seconds: float) -> None:
    print(_machine())
    rows = [
        ("bare ASGI, constant reply", "bare"),
        ("gate in memory", "memory"),
        ("gate, durable record", "disk"),
    ]
    found: dict[tuple[str, int], list[dict[str, float]]] = {}
    shutil.rmtree(DISK, ignore_errors=True)
    DISK.mkdir(parents=True)
    folder = DISK / "gate"
    tokens = make_folder(folder)
    for turn in range(rounds):
        for _, kind in rows:
            with served(folder, kind) as (port, process):
                load(port, tokens[SYSTEM], 32, 1.0, f"warm-{kind}-{turn}")
                for connections in (1, 32):
                    one = load(
                        port, tokens[SYSTEM], connections, seconds, f"{kind}-{turn}-{connections}", process
                    )
                    found.setdefault((kind, connections), []).append(one)
    print(f"{'':28} {'1 connection':>44} {'32 connections':>46}")
    for name, kind in rows:
        print(f"{name:28}", *(_cell(found[kind, connections]) for connections in (1, 32)))
    kills = []
    for turn in range(KILLS):
        tokens = make_folder(DISK / f"killed-{turn}")
        kills.append(kill_under_load(DISK / f"killed-{turn}", tokens, 32))
    for what, key in (("acknowledged", "acknowledged_ms"), ("obeyed by somebody else's answer", "obeyed_ms")):
        took = sorted(kill[key] for kill in kills)
        print(
            f"kill under load of 32, {KILLS} times: {what} after {median(took):.1f} ms, at most {took[-1]:.1f} ms"
        )


def _cell(runs: list[dict[str, float]]) -> str:
    rate = median(one["requests"] / one["seconds"] for one in runs)
    p50, p99 = median(one["p50"] for one in runs), median(one["p99"] for one in runs)
    errors = sum(one["errors"] for one in runs)
    cpu = median(one["cpu_us"] for one in runs)
    return f"{rate:9,.0f}/s {cpu:5.0f} us  p50 {p50:6.2f}  p99 {p99:6.2f} ms{f'  {errors:.0f} ERRORS' if errors else ''}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--serve")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--descriptor", type=int)
    given = parser.parse_args()
    if given.serve:
        serve(given.folder, given.serve, given.descriptor)
    else:
        measure(given.rounds, given.seconds)


if __name__ == "__main__":
    main()
