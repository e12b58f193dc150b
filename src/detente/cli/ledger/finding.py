"""`detente ledger index` and `find`: all that a source said between two times, with the proof that it is all."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from detente.cli.ledger.checking import DOES_NOT_HOLD, Keys, PolicyFile, read_all, trusted
from detente.cli.ledger.read import published
from detente.cli.ledger.told import body_as_text, entry_as_dict, when
from detente.cli.ledger.write import Dir, Source, keep, require_new
from detente.cli.terminal import ArgumentError, Json, emit_json, output

__all__ = ["check_answer", "find", "index"]

_LAST = 2**63 - 1


def index(folder: Dir) -> None:
    """Write a sorted index over what has none yet, in stretches of 4,096 entries.

    Do it now and then, and at least every 60,000 entries: an auditor makes every index anew and holds no more than that.
    """
    from detente.ledger.store.indexing import write_indices
    from detente.ledger.store.ledger import Ledger

    with Ledger(folder) as ledger:
        made = write_indices(ledger)
    many = "1 index" if len(made) == 1 else f"{len(made):,} indices"
    output().print(f"{many} written" if made else "everything is indexed already")


def find(
    folder: Dir,
    source: Source,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="As 2026-11-24T09:00:00Z; default: the beginning.")
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Default: the end.")] = None,
    key: Keys = None,
    policy: PolicyFile = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the answer with its proof there, for `check-answer`."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Find all entries of a source between two times, checked against the signed head, and say what nobody can have left out."""
    from detente.ledger.check.answer import verify_answer
    from detente.ledger.check.lookup import Query, check_row
    from detente.ledger.formats.entry import parse_entry
    from detente.ledger.store.indexing import answer
    from detente.ledger.store.rotation import key_history

    reader, head, note = published(folder)
    if out is not None:
        require_new(out)
    trust = trusted(key, policy)
    for history in trust.histories.values():  # the head may be signed by a key that the ledger brought in
        trust = trust.knowing(key_history(folder, history.named(history.origin)))
    given = answer(folder, Query(source, _time(since, 0), _time(until, _LAST)), note)
    found = verify_answer(given, trust)
    if out is not None:
        keep(out, bytes(given))
    entries = []
    for row in found.rows:
        data = next(reader.entries(row.entry, row.entry + 1, head.size))
        check_row(row, data)
        entries.append((row.entry, parse_entry(data)))
    if as_json:
        emit_json({"complete": not found.uncovered, "entries": [entry_as_dict(*one) for one in entries]})
        return
    for place, entry in entries:
        output().print(
            f"{place}  {entry.kind}  {entry.number}  {when(entry.time)}  {body_as_text(entry.body, 60)}"
        )
    output().print(f"{found.sentence}, of {head.size:,} in {head.origin}")


def check_answer(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An answer that `find --out` wrote.")],
    key: Keys = None,
    policy: PolicyFile = None,
    as_json: Json = False,
) -> None:
    """Check a complete answer without access to the ledger: what a source said, and that nothing was left out.

    It names each entry by index, time and hash; its bytes are asked for with `prove`. Exit code 1 where it does not hold.
    """
    from detente.errors import FormatError, ProofError
    from detente.ledger.check.answer import LARGEST_ANSWER, parse_answer, verify_answer

    given = parse_answer(read_all(file, LARGEST_ANSWER))
    query = given.query
    try:
        found = verify_answer(given, trusted(key, policy))
    except (FormatError, ProofError) as error:
        if as_json:
            emit_json({"holds": False, "why": str(error)})
        else:
            output().print(f"DOES NOT HOLD: {error}", soft_wrap=True)
        raise typer.Exit(DOES_NOT_HOLD) from None
    rows = [{"index": row.entry, "time": when(row.time), "hash": row.leaf.hex()} for row in found.rows]
    if as_json:
        emit_json({"holds": True, "source": query.source, "complete": not found.uncovered, "entries": rows})
        return
    for row in rows:
        output().print(f"{row['index']}  {row['time']}  {row['hash']}", soft_wrap=True)
    output().print(
        f"{query.source}, {when(query.since)} to {when(query.until)}: {found.sentence}", soft_wrap=True
    )


def _time(text: str | None, default: int) -> int:
    if text is None:
        return default
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentError(f"time: found {text!r}, expected one as 2026-11-24T09:00:00Z") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0, round(moment.timestamp() * 1e6) * 1000)
