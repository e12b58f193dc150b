"""`detente gate doctor`: whether a gate's folder is as it should be, looked at from outside."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from detente.cli.gate.given import Folder
from detente.cli.gate.ledger_looked import Finding, ledger
from detente.cli.gate.saying import say
from detente.cli.terminal import DONE, ArgumentError, Json, emit_json
from detente.errors import DetenteError, DocumentError

__all__ = ["doctor"]

_LEAST_ROOM = 256 * 1024 * 1024  # bytes: a few hundred thousand decisions


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
    yield from _files(folder)
    yield from ledger(folder, replayed=replayed)
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


def _files(folder: Path) -> Iterator[Finding]:
    """Look whether what the service keeps for itself can be used; what is not there, it makes."""
    from detente.gate.runtime.opening import INDEX, LOCK
    from detente.gate.service.serve import SECRET, check_secret

    for name in (LOCK, INDEX, SECRET):
        if (folder / name).is_dir():
            yield (
                "wrong",
                "files",
                f"{folder / name}: found a folder, expected a file; remove it, and one is made",
            )
    if (folder / SECRET).is_file():
        try:
            check_secret(folder)
        except DetenteError as error:
            yield "wrong", "files", str(error)
