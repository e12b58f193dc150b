"""`detente gate replay`: every decision again, from the ledger alone."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from detente.cli.gate.given import Charter
from detente.cli.gate.saying import say
from detente.cli.terminal import DONE, ArgumentError, Json, emit_json
from detente.cli.working import tally

if TYPE_CHECKING:
    from detente.gate.policy import Policy
    from detente.gate.runtime.replaying import Replayed

__all__ = ["replay"]

DIVERGED = 1


def replay(
    ledger: Annotated[
        Path,
        typer.Argument(metavar="LEDGER", help="The ledger's directory, or that of the gate which wrote it."),
    ],
    portfolio: Annotated[
        str | None,
        typer.Option(
            "--portfolio",
            metavar="PORTFOLIO",
            help="What would have changed under this one: a file, or a shipped name.",
        ),
    ] = None,
    charter: Charter = None,
    as_json: Json = False,
) -> None:
    """Derive every entry of a gate's ledger anew: its signature, its tree, each decision from the state before it.

    Leaves with 1 where an entry does not follow from those before it. With a candidate, every proposal is decided under it as well, and what
    would have been answered otherwise is told.
    """
    from detente.gate.runtime.opening import LEDGER
    from detente.gate.runtime.replaying import replay as derive
    from detente.ledger.store.folder import Folder

    place = ledger / LEDGER if (ledger / LEDGER).is_dir() else ledger
    if not Folder(place).public_keys.is_file():
        raise ArgumentError(
            f"{ledger}: found {'no ledger in it' if ledger.is_dir() else 'no such folder'}, "
            "expected the folder of a gate that has recorded, or its ledger"
        )
    candidate = _candidate(ledger, charter, portfolio)
    with tally("entries derived anew") as advance:
        seen = 0

        def progress(done: int, _: int) -> None:
            nonlocal seen
            advance(done - seen)
            seen = done

        replayed = derive(place, candidate, progress=progress)
    if as_json:
        emit_json(_as_dict(replayed))
    else:
        say(_lines(replayed, candidate))
    raise typer.Exit(DONE if replayed.holds else DIVERGED)


def _candidate(ledger: Path, charter: str | None, portfolio: str | None) -> "Policy | None":
    if charter is None and portfolio is None:
        return None
    from detente.gate.folder import policy_in

    for folder in (ledger, ledger.parent):
        if (folder / "charter.yaml").is_file():
            return policy_in(folder, charter=charter, portfolio=portfolio)
    if charter is None or portfolio is None:
        raise ArgumentError(
            f"{ledger}: found no charter.yaml in it or above it, expected --charter and --portfolio"
        )
    return policy_in(ledger, charter=charter, portfolio=portfolio)


def _lines(replayed: "Replayed", candidate: "Policy | None") -> list[str]:
    lines = [
        f"{replayed.origin}: {replayed.size:,} entries, the signed checkpoint holds",
        f"  {replayed.entries:,} of the gate, {replayed.decisions:,} decisions, {replayed.policies} policies",
    ]
    first = replayed.first
    if first is None:
        lines.append("  every entry follows from those before it")
    else:
        lines.append(
            f"DIVERGES  {replayed.diverging:,} entries do not follow; the first is entry {first.index}"
        )
        lines.append(f"  recorded: {_short(first.recorded)}")
        lines.append(f"  follows: {first.why if first.derived is None else _short(first.derived)}")
    if candidate is not None:
        lines += _changes(replayed, candidate)
    return lines


def _short(entry: object) -> str:
    from detente.gate.entries import Decided, encode

    if isinstance(entry, Decided):
        against = [one.rule for one in entry.decision.reasons if one.effect != "allow"]
        return f"{entry.decision.effect} for {entry.action.id} of {entry.decision.system}: {', '.join(against) or 'nothing objected'}"
    return encode(entry).decode()[:300]  # type: ignore[arg-type]


def _changes(replayed: "Replayed", candidate: "Policy") -> list[str]:
    same = sum(cell.count for (before, after), cell in replayed.cells.items() if before == after)
    total = sum(cell.count for cell in replayed.cells.values())
    lines = [
        f"under {candidate.portfolio.name}: {total - same:,} of {total:,} decisions would have been others"
    ]
    for (before, after), cell in sorted(replayed.cells.items(), key=lambda item: -item[1].count):
        if before == after:
            continue
        lines.append(f"  {before} -> {after}: {cell.count:,}")
        for rule, count in cell.rules.most_common(5):
            lines.append(f"    {rule}: {count:,}")
        lines += [f"    as {one.action} of {one.system} (entry {one.index})" for one in cell.examples[:2]]
    if replayed.skipped:
        lines.append(f"  {replayed.skipped:,} votes and orders make no sense under it")
    return lines


def _as_dict(replayed: "Replayed") -> dict[str, Any]:
    from msgspec import to_builtins

    first = replayed.first
    return {
        "origin": replayed.origin,
        "size": replayed.size,
        "entries": replayed.entries,
        "decisions": replayed.decisions,
        "policies": replayed.policies,
        "holds": replayed.holds,
        "diverging": replayed.diverging,
        "first": None if first is None else to_builtins(first),
        "skipped": replayed.skipped,
        "changes": [
            {
                "recorded": before,
                "candidate": after,
                "count": cell.count,
                "rules": dict(cell.rules),
                "examples": to_builtins(cell.examples),
            }
            for (before, after), cell in sorted(replayed.cells.items())
        ],
    }
