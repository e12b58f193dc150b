"""`detente gate doctor`: whether a gate's folder is as it should be, looked at from outside."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from detente.cli.gate.given import Folder
from detente.cli.gate.saying import say
from detente.cli.terminal import DONE, ArgumentError, Json, emit_json
from detente.errors import DetenteError, DocumentError

__all__ = ["doctor"]

_MOST_AUDITED = 200_000
"""Entries of a ledger that are looked at without being asked to: some seconds."""
_LEAST_ROOM = 256 * 1024 * 1024  # bytes: a few hundred thousand decisions

Finding = tuple[str, str, str]
"""(ok, warning or wrong; what was looked at; what was found)."""


def doctor(
    folder: Folder,
    replayed: Annotated[
        bool,
        typer.Option("--replay", help="Also derive every entry of the ledger anew, which takes its time."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Look a gate's folder over: documents, switch, people, tokens, disk, ledger. Leaves with 1 where something is wrong.

    It reads only, so it may be run beside a gate that serves the folder.
    """
    if not folder.is_dir():
        what = "a file" if folder.exists() else "nothing there"
        raise ArgumentError(f"{folder}: found {what}, expected the folder of a gate")
    found = list(_looked_over(folder, replayed=replayed))
    if as_json:
        emit_json({"findings": [dict(zip(("verdict", "what", "found"), one, strict=True)) for one in found]})
    else:
        say(f"{verdict.upper():<8}  {what}: {text}" for verdict, what, text in found)
    raise typer.Exit(1 if any(verdict == "wrong" for verdict, _, _ in found) else DONE)


def _looked_over(folder: Path, *, replayed: bool) -> Iterator[Finding]:
    yield from _policy(folder)
    yield from _tokens(folder)
    yield from _outward(folder)
    yield from _extras()
    yield from _disk(folder)
    yield from _ledger(folder, replayed=replayed)
    if (folder / "KILL").exists():
        yield (
            "warning",
            "kill switch",
            f"there is a file {folder / 'KILL'}: everything is halted until it is gone and a person lifts it",
        )


def _wrong(what: str, error: DetenteError) -> Iterator[Finding]:
    """Yield what is wrong, each problem of a document for itself."""
    problems = error.problems if isinstance(error, DocumentError) else (error,)
    for one in problems:
        yield "wrong", what, str(one)


def _policy(folder: Path) -> Iterator[Finding]:
    from detente.gate.folder import policy_in
    from detente.gate.kill import self_test
    from detente.gate.lint import lint
    from detente.gate.state import State

    try:
        policy = policy_in(folder)
    except DetenteError as error:
        yield from _wrong("policy", error)
        return
    yield "ok", "policy", f"{policy.charter.name} with {policy.portfolio.name}, {policy.digest[:12]}"
    for one in lint(policy):
        yield "warning", "lint", str(one)
    passed, detail = self_test(State(policy=policy.digest), policy)
    yield (
        ("ok" if passed else "wrong"),
        "kill switch",
        detail or "every kind of action obeys a halt as the catalogue says",
    )


def _tokens(folder: Path) -> Iterator[Finding]:
    from datetime import UTC, datetime

    from detente.gate.folder import policy_in
    from detente.gate.service import identities

    try:
        known = identities.read(folder / identities.FILE)
    except DetenteError as error:
        yield from _wrong("identities", error)
        return
    if not known:
        yield (
            "wrong",
            "identities",
            f"nobody: detente gate identity add {quote(str(folder))} NAME --role ROLE",
        )
        return
    now = datetime.now(UTC)
    valid = {one.name: one for one in known if one.is_valid(now)}
    yield "ok", "identities", f"{len(valid)} tokens count, of {len(known)}"
    if not any("operator" in one.roles for one in valid.values()):
        yield "warning", "identities", "no operator: nobody can stop the gate over the network or lift a mode"
    try:
        policy = policy_in(folder)
    except DetenteError:  # it has been told, under its own name
        return
    people = {person for group in policy.groups.values() for person in group.people}
    for person in sorted(people):
        one = valid.get(person)
        if one is None or "approver" not in one.roles:
            yield (
                "warning",
                "identities",
                f"{person} approves by the charter, and has no token that lets them",
            )
    for one in valid.values():
        if "approver" in one.roles and one.name not in people:
            yield (
                "warning",
                "identities",
                f"{one.name} has a token as an approver, is in no group of the charter, and can decide nothing",
            )


def _outward(folder: Path) -> Iterator[Finding]:
    from detente.gate.outward.document import receivers_in

    try:
        receivers = receivers_in(folder)
    except DetenteError as error:
        yield from _wrong("outward", error)
        return
    if receivers:
        yield "ok", "outward", f"tells {', '.join(one.name for one in receivers)}"


def _extras() -> Iterator[Finding]:
    from importlib.util import find_spec

    missing = [name for name in ("starlette", "uvicorn", "httpx") if find_spec(name) is None]
    if missing:
        from detente.errors import install

        yield "wrong", "packages", f"{', '.join(missing)} missing: {install('serve')}"
    else:
        yield "ok", "packages", "all that serving needs is there"


def _disk(folder: Path) -> Iterator[Finding]:
    if not folder.is_dir():
        yield "wrong", "disk", f"{folder} is no directory"
        return
    free = shutil.disk_usage(folder).free
    verdict = "ok" if free >= _LEAST_ROOM else "warning"
    yield verdict, "disk", f"{free / 1e9:.1f} GB are free where {folder} lies"


def _ledger(folder: Path, *, replayed: bool) -> Iterator[Finding]:
    from detente.gate.runtime import own_ledger

    place = folder / own_ledger.LEDGER
    try:
        if own_ledger.has_one(folder):
            own_ledger.check(folder)
        elif not place.is_dir():
            yield "ok", "ledger", "none yet: it is made when the gate is first served"
            return
        if replayed:
            from detente.gate.runtime.replaying import replay

            derived = replay(place)
            if derived.holds:
                yield "ok", "ledger", f"{derived.size:,} entries, each follows from those before it"
            elif derived.first is not None:
                yield (
                    "wrong",
                    "ledger",
                    f"entry {derived.first.index} does not follow: detente gate replay {quote(str(folder))}",
                )
            return
        yield from _audited(place)
        yield from _clock(place)
    except DetenteError as error:
        yield "wrong", "ledger", str(error)


def _clock(place: Path) -> Iterator[Finding]:
    """Look whether the newest entry lies in the future: then time stands still for the gate."""
    from detente.gate.runtime.opening import clock_behind
    from detente.ledger.formats.checkpoint import parse_checkpoint
    from detente.ledger.formats.entry import parse_entry
    from detente.ledger.store.reader import Reader

    reader = Reader(place)
    size = parse_checkpoint(reader.note().text).size
    try:
        newest = [parse_entry(one).time for one in reader.entries(max(0, size - 1), size)]
    except DetenteError:  # it has been told, as a file of the ledger
        return
    behind = clock_behind(max(newest, default=0), time.time_ns())
    if behind is not None:
        told = f"this machine's is {behind} behind the newest entry: until it has come there, time stands still for the gate"
        yield "wrong", "clock", told


def _audited(place: Path) -> Iterator[Finding]:
    """Look whether the entries are those that were signed, and the tiles those of the entries; of a long ledger only who signed it."""
    from detente.ledger.check.findings import Verdict
    from detente.ledger.check.trust import Trust
    from detente.ledger.check.verify import verify_checkpoint
    from detente.ledger.store.auditing import audit_folder, damaged_bundles
    from detente.ledger.store.folder import Folder as LedgerFolder
    from detente.ledger.store.reader import Reader

    trust = Trust.by_keys(LedgerFolder(place).known_keys())
    checkpoint = verify_checkpoint(bytes(Reader(place).note()), trust).checkpoint
    if checkpoint.size > _MOST_AUDITED:
        found = f"{checkpoint.size:,} entries, the signed checkpoint holds; the entries were not looked at: use --replay"
        yield "warning", "ledger", found
        return
    report = audit_folder(place, trust)
    accusing = [one for one in report.findings if one.verdict.accuses]
    # Nobody withholds anything here: what is not as it was signed is a file to mend, told once, with all entries in it.
    hidden = any(one.verdict is Verdict.WITHHELD for one in accusing)
    damaged = list(damaged_bundles(place, report.checkpoint.size)) if hidden else []
    for one in damaged:
        yield "wrong", "ledger", f"{one}; put the file back from a copy"
    for finding in accusing:
        if not (damaged and finding.verdict is Verdict.WITHHELD):
            yield "wrong", "ledger", str(finding)
    if not accusing:
        yield "ok", "ledger", f"{report.checkpoint.size:,} entries, each is what was signed"
