"""`detente ledger verify` and `audit`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from detente.cli.ledger.told import entry_as_dict
from detente.cli.ledger.witness import read_policy
from detente.cli.ledger.write import Dir
from detente.cli.terminal import ArgumentError, Json, emit_json, output
from detente.cli.working import bar

if TYPE_CHECKING:
    from detente.ledger.check.audit import Report
    from detente.ledger.check.claims import Claims
    from detente.ledger.check.trust import Trust

__all__ = ["DOES_NOT_HOLD", "Keys", "PolicyFile", "audit", "read_all", "trusted", "verify"]

DOES_NOT_HOLD = 1
_LARGEST = 4 * 1024 * 1024  # bytes of an entry, proof or head: far beyond any that is legal

Keys = Annotated[
    list[str] | None,
    typer.Option(
        "--key", metavar="VKEY", help="A public key of the log that you were given; as often as there are."
    ),
]
PolicyFile = Annotated[
    Path | None,
    typer.Option("--policy", metavar="FILE", help="Logs, witnesses and a quorum (c2sp.org/tlog-policy)."),
]


def verify(
    proof: Annotated[Path, typer.Argument(metavar="PROOF", help="A .tlog-proof.")],
    entry: Annotated[Path, typer.Option(metavar="FILE", help="The bytes of the entry.")],
    key: Keys = None,
    policy: PolicyFile = None,
    as_json: Json = False,
) -> None:
    """Check that an entry is in a log, with nothing but the entry, its proof and the log's key.

    Prints each step, and stops at the first that does not hold; exit code 1 then. After a change of keys give the
    newer key, or audit the ledger, which follows them.
    """
    from detente.ledger.check.verify import verify_proof

    found = verify_proof(read_all(entry), read_all(proof), trusted(key, policy))
    if as_json:
        said = None if found.entry is None else entry_as_dict(found.index, found.entry)
        steps = [{"step": int(step), "what": step.title, "found": note} for step, note in found.passed]
        failed = (
            None
            if found.failed is None
            else {"step": int(found.failed), "what": found.failed.title, "why": found.why}
        )
        emit_json({"holds": found.holds, "steps": steps, "failed": failed, "entry": said})
    else:
        output().print(str(found), soft_wrap=True)
        output().print("holds" if found.holds else "DOES NOT HOLD")
    if not found.holds:
        raise typer.Exit(DOES_NOT_HOLD)


def audit(
    folder: Dir,
    key: Keys = None,
    policy: PolicyFile = None,
    receipts: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Receipts that a source kept: X.tlog-proof beside X.entry."),
    ] = None,
    head: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE", help="A signed head of the log that somebody kept; as often as there are."
        ),
    ] = None,
    sent: Annotated[
        list[str] | None,
        typer.Option(metavar="SOURCE=N", help="How far a source says it has counted."),
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Keep how far the audit came, and go on from there."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Read a whole ledger, hash everything anew, and say what is missing and whose doing it is.

    Exit code 1: a promise was broken (withheld, deleted, truncated tail, false statement). What was dropped under load and
    says so, and what nobody acknowledged, are told and are no broken promises.
    """
    from detente.cli.ledger.read import published
    from detente.ledger.store.auditing import audit_folder

    _, checkpoint, _ = published(folder)
    if state is not None and (state.is_dir() or not state.parent.is_dir()):
        raise ArgumentError(f"--state {state}: expected the name of a file in a directory that is there")
    trust = trusted(key, policy)
    claims = _claims(folder, trust, receipts, head or (), sent or ())
    with bar(checkpoint.size, "auditing") as advance:
        report = audit_folder(folder, trust, claims=claims, state=state, progress=advance)
    if as_json:
        emit_json(_as_dict(report))
    else:
        _tell(report)
    if not report.holds:
        raise typer.Exit(DOES_NOT_HOLD)


def trusted(keys: Sequence[str] | None, policy: Path | None) -> "Trust":
    """Return whom the command line says to believe."""
    from detente.ledger.check.trust import Trust
    from detente.ledger.formats.keys import PublicKey

    if bool(keys) == (policy is not None):
        raise ArgumentError(
            "expected --key VKEY or --policy FILE, got from somebody else than who shows the ledger"
        )
    if policy is not None:
        return Trust.by_policy(read_policy(policy))
    return Trust.by_keys([PublicKey.parse(text) for text in keys or ()])


def _claims(
    folder: Path, trust: "Trust", receipts: Path | None, heads: Sequence[Path], sent: Sequence[str]
) -> "Claims":
    from detente.ledger.check.claims import Claims
    from detente.ledger.check.verify import verify_checkpoint, verify_proof
    from detente.ledger.store.rotation import key_history

    if receipts is not None or heads:  # they may be signed by later keys, which the ledger itself brings in
        for origin, history in trust.histories.items():
            trust = trust.knowing(key_history(folder, history.named(origin)))
    held = [verify_checkpoint(read_all(file), trust).held_by(str(file)) for file in heads]
    kept = []
    for proof in sorted(receipts.glob("*.tlog-proof")) if receipts is not None else ():
        found = verify_proof(read_all(proof.with_suffix(".entry")), read_all(proof), trust)
        if not found.holds:
            raise ArgumentError(
                f"{proof}: does not hold, and nothing can be held against the log by it: {found.why}"
            )
        kept.append(found.receipt(str(proof)))
    if receipts is not None and not kept:
        raise ArgumentError(f"--receipts {receipts}: found no .tlog-proof there")
    return Claims(held, kept, dict(map(_counted, sent)))


def _counted(text: str) -> tuple[str, int]:
    source, equals, number = text.rpartition("=")
    if not (equals and source and number.isascii() and number.isdigit()):
        raise ArgumentError(f"--sent: found {text!r}, expected SOURCE=NUMBER, as gate-1=5120")
    return source, int(number)


def read_all(file: Path, most: int = _LARGEST) -> bytes:
    """Return a file's bytes, of which there may be so many."""
    try:
        with file.open("rb") as opened:
            data = opened.read(most + 1)
    except OSError as error:
        raise ArgumentError(f"{file}: cannot be read: {error.strerror}") from None
    if len(data) > most:
        raise ArgumentError(f"{file}: found more than {most:,} bytes, which no entry, proof or head has")
    return data


def _tell(report: "Report") -> None:
    console = output()
    checkpoint = report.checkpoint
    console.print(
        f"{checkpoint.origin}: {checkpoint.size:,} entries, root {checkpoint.root.hex()[:16]}..., made anew from the entries"
    )
    for name, account in sorted(report.accounts.items()):
        lost = f", {account.lost:,} of them lost and said so" if account.lost else ""
        session = "ended" if account.ended else "session open" if account.session else "no session"
        console.print(f"  {name}: {account.last:,} numbers{lost}; {session}")
    for finding in report.findings:
        console.print(
            f"\n{str(finding.verdict).upper() if finding.verdict.accuses else finding.verdict}: {finding.sentence}"
        )
        for line in finding.evidence:
            console.print(f"    {line}")
    console.print(
        "\nNothing here breaks a promise." if report.holds else "\nA PROMISE WAS BROKEN: see above."
    )


def _as_dict(report: "Report") -> dict[str, Any]:
    findings = [
        {
            "verdict": str(one.verdict),
            "accuses": one.verdict.accuses,
            "sentence": one.sentence,
            "evidence": list(one.evidence),
            "source": one.source,
            "first": one.first,
            "last": one.last,
        }
        for one in report.findings
    ]
    return {
        "origin": report.checkpoint.origin,
        "size": report.checkpoint.size,
        "root": report.checkpoint.root.hex(),
        "holds": report.holds,
        "counts": {str(verdict): count for verdict, count in report.findings.counts.items()},
        "findings": findings,
        "sources": {
            name: {
                "numbers": account.last,
                "records": account.records,
                "lost": account.lost,
                "ended": account.ended,
            }
            for name, account in report.accounts.items()
        },
        "erased": report.erased,
        "indexed": report.indexed,
    }
