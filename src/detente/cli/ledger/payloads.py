"""`detente ledger seal`, `open` and `erase`: what may have to be forgotten one day, without losing what proves the rest."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from detente.cli.ledger.read import published
from detente.cli.ledger.told import receipt_as_dict
from detente.cli.ledger.write import Dir, Source
from detente.cli.terminal import ArgumentError, Json, emit_json, output

__all__ = ["erase", "open_", "seal"]

Index = Annotated[int, typer.Argument(metavar="INDEX", help="The entry that seals it.")]


def seal(
    folder: Dir,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The payload, in any bytes.")],
    source: Source,
    media_type: Annotated[
        str, typer.Option("--type", metavar="TYPE", help="Its media type.")
    ] = "application/octet-stream",
    as_json: Json = False,
) -> None:
    """Keep a payload beside the log, and a salted commitment to it in the log.

    The payload can be erased, and every proof stays valid. For what is larger than an entry, too.
    """
    from detente.ledger.store.ledger import Ledger
    from detente.ledger.store.payloads import Payloads

    try:
        payload = file.read_bytes()
    except OSError as error:
        raise ArgumentError(f"{file}: cannot be read: {error.strerror}") from None
    with Ledger(folder) as ledger:
        receipt = Payloads(folder).seal(ledger, source, payload, media_type)
    if as_json:
        emit_json(receipt_as_dict(receipt))
    else:
        output().print(
            f"entry {receipt.index} seals {len(payload):,} bytes; number {receipt.number} of {source}"
        )


def open_(folder: Dir, index: Index) -> None:
    """Write a sealed payload to standard output, after checking that it is the one."""
    from detente.ledger.formats.statements import Sealed
    from detente.ledger.store.payloads import Payloads

    sys.stdout.buffer.write(Payloads(folder).get(Sealed.parse(_sealed(folder, index)[1])))


def erase(
    folder: Dir,
    index: Index,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; it is written into the ledger.")],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who decided it.")],
) -> None:
    """Erase a sealed payload and its salt, and say so in the ledger.

    The file is gone and its room is free; an SSD, a snapshot or a backup may keep the old bytes. Erase those where they lie.
    """
    from detente.ledger.check.payloads import Presence
    from detente.ledger.formats.statements import Sealed
    from detente.ledger.store.ledger import Ledger
    from detente.ledger.store.payloads import Payloads

    entry, body = _sealed(folder, index)
    if Payloads(folder).look(Sealed.parse(body).commitment) is Presence.ABSENT:
        raise ArgumentError(
            f"entry {index}: its payload is not there; `detente ledger audit` tells whether it was erased"
        )
    with Ledger(folder) as ledger:
        receipt = Payloads(folder).erase(ledger, index, entry, reason, by)
    output().print(f"entry {receipt.index}: the payload of entry {index} is erased")


def _sealed(folder: Path, index: int) -> tuple[bytes, bytes]:
    """Return a sealed entry and its body."""
    from detente.ledger.formats.entry import Kind, parse_entry

    reader, checkpoint, _ = published(folder)
    if not 0 <= index < checkpoint.size:
        raise ArgumentError(f"entry {index}: the ledger has {checkpoint.size:,} entries, counted from 0")
    entry = next(reader.entries(index, index + 1, checkpoint.size))
    parsed = parse_entry(entry)
    if parsed.kind is not Kind.SEALED:
        raise ArgumentError(f"entry {index}: found a {parsed.kind}, expected one that seals a payload")
    return entry, parsed.body
