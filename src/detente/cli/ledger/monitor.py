"""`detente ledger monitor`: whether a log shows everybody the same history, and today that of yesterday."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detente.cli.ledger.witness import given_keys
from detente.cli.terminal import ArgumentError, Json, emit_json, output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from detente.ledger.formats.keys import PublicKey
    from detente.ledger.witness.evidence import Evidence

__all__ = ["monitor"]

NOT_GOOD = 1
_LARGEST_EVIDENCE = 1024 * 1024  # bytes


def monitor(
    view: Annotated[
        str | None, typer.Argument(metavar="VIEW", help="A log's directory, or an address that serves one.")
    ] = None,
    other: Annotated[
        str | None, typer.Argument(metavar="OTHER", help="The same log, as somebody else gets to see it.")
    ] = None,
    log: Annotated[
        list[str] | None,
        typer.Option(metavar="VKEY", help="A public key of the log; as often as it has keys."),
    ] = None,
    logs: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A policy (c2sp.org/tlog-policy) that names the log.")
    ] = None,
    seen: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Keep the last head there, and compare with it.")
    ] = None,
    max_age: Annotated[
        float | None,
        typer.Option(metavar="HOURS", help="With --seen: nothing new for longer than this is stale.", min=0),
    ] = None,
    evidence: Annotated[
        Path, typer.Option(metavar="DIR", help="Where to write the evidence of a fork.")
    ] = Path(),
    check: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Check evidence that somebody else wrote, and nothing else."),
    ] = None,
    plain: Annotated[
        bool, typer.Option("--plain", help="Addresses without TLS are allowed beyond this machine.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Compare what a log shows with what it showed before (--seen), or what two places show of it.

    A fork, which is two signed heads that cannot both be true, is written down as evidence that a third person can check with the
    log's public key alone. Exit code 1: fork, truncated, stale or unproven; with --check: no evidence.
    """
    keys = given_keys(log or (), logs)
    if not keys:
        raise ArgumentError(
            "--log: expected the public key of the log, got from somebody else than who shows it"
        )
    if check is not None:
        _check(check, keys, as_json=as_json)
        return
    if view is None or (other is None) == (seen is None):
        raise ArgumentError("expected two views to compare, or one view and --seen FILE")
    if max_age is not None and seen is None:
        raise ArgumentError("--max-age: it is told by what was seen before: expected --seen FILE, too")
    verdict, why, good, found = _look(view, other, seen, keys, max_age, plain=plain)
    file = None if found is None else _write(evidence, found)
    if as_json:
        emit_json({"verdict": verdict, "why": why, "evidence": None if file is None else str(file)})
    else:
        output().print(f"{verdict}: {why}", soft_wrap=True)
        if file is not None:
            output().print(f"evidence: {file}", soft_wrap=True)
    if not good:
        raise typer.Exit(NOT_GOOD)


def _look(
    view: str,
    other: str | None,
    seen: Path | None,
    keys: "Sequence[PublicKey]",
    max_age: float | None,
    *,
    plain: bool,
) -> "tuple[str, str, bool, Evidence | None]":
    """Return a verdict, why, whether it is good, and the evidence where there is a fork."""
    from detente.ledger.witness.compare import Relation
    from detente.ledger.witness.monitor import compare_views, watch
    from detente.ledger.witness.views import open_view

    with open_view(view, plain=plain) as first:
        if seen is not None:
            finding = watch(first, keys, seen, max_age=None if max_age is None else max_age * 3600)
            return finding.verdict, finding.why, finding.verdict.is_good, finding.evidence
        assert other is not None  # INVARIANT: the caller has one of the two
        with open_view(other, plain=plain) as second:
            found = compare_views(first, second, keys)
    good = found.relation not in {Relation.FORK, Relation.UNPROVEN}
    return found.relation, found.why, good, found.evidence


def _check(file: Path, keys: "Sequence[PublicKey]", *, as_json: bool) -> None:
    """Check evidence; leave with exit code 1 where it is none."""
    from detente.errors import FormatError, ProofError
    from detente.ledger.witness.evidence import check_evidence, parse_evidence

    try:
        with file.open("rb") as opened:
            data = opened.read(_LARGEST_EVIDENCE + 1)
    except OSError as error:
        raise ArgumentError(f"{file}: cannot be read: {error.strerror}") from None
    try:
        fork = check_evidence(parse_evidence(data), keys)
        first, second = fork.first.checkpoint, fork.second.checkpoint
        which = "" if fork.index is None else f" Entry {fork.index:,} is not the same in both."
        verdict, why = (
            "fork",
            (
                f"{first.origin} signed {first.size:,} entries with root {first.root.hex()[:16]}... and "
                f"{second.size:,} with root {second.root.hex()[:16]}..., which do not continue them.{which}"
            ),
        )
    except (FormatError, ProofError) as error:
        verdict, why = "no evidence", str(error)
    if as_json:
        emit_json({"verdict": verdict, "why": why, "evidence": str(file)})
    else:
        output().print(f"{verdict}: {why}", soft_wrap=True)
    if verdict != "fork":
        raise typer.Exit(NOT_GOOD)


def _write(folder: Path, evidence: "Evidence") -> Path:
    """Write evidence under a name made of what it says, so that nothing else is ever written over."""
    from hashlib import sha256

    data = bytes(evidence)
    file = folder / f"fork-{sha256(data).hexdigest()[:16]}.txt"
    try:
        file.write_bytes(data)
    except OSError as error:
        raise ArgumentError(f"{file}: the evidence of a fork cannot be written: {error.strerror}") from None
    return file
