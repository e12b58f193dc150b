"""The walk through a gate that the README shows: done, against a service that runs, and written down.

    python tools/walk.py        prints the transcript

Times and shortened digests are shown as `<time>` and `<digest>`. What is measured differs a little from run to run: `same` tells whether
two transcripts say the same but for such figures.
"""

import os
import re
import shlex
import socket
import subprocess
import sys
import tempfile
import time

STEPS = (
    (
        "Nothing speaks against it: allowed, and to be reported on.",
        ("SHIELD propose demo/requests/block.json",),
    ),
    (
        "From `degrade` up two of the watch approve, and not she who runs the shield.",
        (
            "SHIELD propose demo/requests/wipe.json",
            "ANA approve HOLD --reason 'it is my shield'",
            "BEN approve HOLD --reason 'seen the evidence'",
            "CLEO approve HOLD --reason 'agreed with the owner'",
            "SHIELD propose demo/requests/wipe.json",
        ),
    ),
    ("Its owner uses up its rate.", ("SHIELD propose demo/requests/more.jsonl",)),
    (
        "A red line is nobody's to lift; all that stands against it is told.",
        ("SHIELD propose demo/requests/strike.json",),
    ),
    (
        "Incidents that bring incidents: R is measured from what brings what, and trips the mode.",
        ("SHIELD report demo/requests/cascade.jsonl", "AUDITOR meter"),
    ),
    ("Stop everything; the very next decision obeys.", ("CHIEF kill --reason 'this is a drill'",)),
    (
        "And every answer can be derived again from the signed record alone.",
        ("- replay demo", "- replay demo --portfolio none"),
    ),
)
"""What is said, and the commands: by whom (their token), and the rest of `detente gate ...`."""

_WHO = {"SHIELD": "$TOKEN_AVALON_SHIELD", "ANA": "$TOKEN_ANA", "BEN": "$TOKEN_BEN", "CLEO": "$TOKEN_CLEO"}
_WHO |= {"CHIEF": "$TOKEN_CHIEF", "AUDITOR": "$TOKEN_AUDITOR"}
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?")
_DIGEST = re.compile(r"\b(policy|action) [0-9a-f]{12}\b")
_WAIT = re.compile(r"\b(in|wait_s) \d+(\.\d+)?( (?:s|min|h|d))?(?=$|[\s,.])")
WIDTH = "96"


def walk() -> str:
    """Return the transcript."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"COLUMNS": WIDTH, "NO_COLOR": "1"}
        said = _run("init demo", folder, environment, None)
        tokens = dict(re.findall(r"^export (\w+)=(\S+)$", said, re.MULTILINE))
        port = _free_port()
        environment["DETENTE_GATE"] = f"http://127.0.0.1:{port}"
        with subprocess.Popen(  # noqa: S603 -- our own program
            [sys.executable, "-m", "detente", "gate", "serve", "demo", "--port", str(port)],
            cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        ) as server:  # fmt: skip
            try:
                _await_port(port)
                return "\n".join(_steps(folder, environment, tokens))
            finally:
                server.terminate()


def _steps(folder: str, environment: dict[str, str], tokens: dict[str, str]) -> list[str]:
    lines, hold = [], "HOLD"
    for says, commands in STEPS:
        lines.append(f"# {says}")
        for command in commands:
            who, rest = command.split(" ", 1)
            rest = rest.replace("HOLD", hold)
            token = None if who == "-" else tokens[_WHO[who].removeprefix("$")]
            said = _run(rest, folder, environment, token)
            found = re.search(r"hold: (h\d+)", said)
            hold = found[1] if found else hold
            prompt = "$ detente gate" if who == "-" else f"$ DETENTE_TOKEN={_WHO[who]} detente gate"
            lines += [f"{prompt} {rest}", _settled(said)]
        lines.append("")
    return lines[:-1]


def _settled(said: str) -> str:
    """Return what was printed, without what differs from run to run."""
    said = _DIGEST.sub(r"\1 <digest>", _TIME.sub("<time>", said))
    return _WAIT.sub(r"\1 <time>", said).rstrip("\n")


def _run(command: str, folder: str, environment: dict[str, str], token: str | None) -> str:
    done = subprocess.run(  # noqa: S603 -- our own program
        [sys.executable, "-m", "detente", "gate", *shlex.split(command)],
        cwd=folder, env=environment | ({} if token is None else {"DETENTE_TOKEN": token}), capture_output=True,
        text=True, check=False, timeout=120,
    )  # fmt: skip
    return done.stdout or done.stderr


_FIGURE = re.compile(r"\d+\.\d+|\d+ (?:events|entries|of the gate)")


def same(one: str, other: str) -> bool:
    """Tell whether two transcripts say the same, figures that are measured aside, and however lines are broken."""
    return _FIGURE.sub("#", " ".join(one.split())) == _FIGURE.sub("#", " ".join(other.split()))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def _await_port(port: int) -> None:
    end = time.monotonic() + 120.0
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1.0).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"nobody listens at port {port}")


if __name__ == "__main__":
    print(walk())
