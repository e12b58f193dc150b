"""`detente ledger index` and `find`: all that a source said between two times, with the proof that it is all."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from detente.cli.ledger.checking import Keys, PolicyFile, trusted
from detente.cli.ledger.read import published
from detente.cli.ledger.told import body_as_text, entry_as_dict, when
from detente.cli.ledger.write import Dir, Source
from detente.cli.terminal import ArgumentError, Json, emit_json, output

__all__ = ["find", "index"]

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
    as_json: Json = False,
) -> None:
    """Find all entries of a source between two times, checked against the signed head, and say what nobody can have left out."""
    from detente.ledger.check.lookup import Query, check_row, verify_lookup
    from detente.ledger.check.verify import verify_checkpoint
    from detente.ledger.formats.entry import parse_entry
    from detente.ledger.store.indexing import answer
    from detente.ledger.store.rotation import key_history

    reader, checkpoint, note = published(folder)
    trust = trusted(key, policy)
    for history in trust.histories.values():  # the head may be signed by a key that the ledger brought in
        trust = trust.knowing(key_history(folder, history.named(history.origin)))
    head = verify_checkpoint(bytes(note), trust).checkpoint
    query = Query(source, _time(since, 0), _time(until, _LAST))
    parts, tail = answer(folder, query, head)
    found = verify_lookup(query, parts, head, tail)
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
    output().print(f"{found.sentence}, of {checkpoint.size:,} in {checkpoint.origin}")


def _time(text: str | None, default: int) -> int:
    if text is None:
        return default
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentError(f"time: found {text!r}, expected one as 2026-11-24T09:00:00Z") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0, round(moment.timestamp() * 1e6) * 1000)
