"""`detente ledger show` and `prove`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detente.cli.ledger.told import body_as_text, entry_as_dict, when
from detente.cli.ledger.write import Dir
from detente.cli.terminal import ArgumentError, Json, emit_json, output

if TYPE_CHECKING:
    from detente.ledger.formats.checkpoint import Checkpoint
    from detente.ledger.formats.note import Note
    from detente.ledger.store.reader import Reader

__all__ = ["prove", "show"]


def show(
    folder: Dir,
    index: Annotated[
        int | None, typer.Argument(metavar="INDEX", help="One entry; default: the last ones.")
    ] = None,
    last: Annotated[int, typer.Option(metavar="N", help="How many of the last entries.", min=1)] = 10,
    source: Annotated[str | None, typer.Option(metavar="NAME", help="Only what this source said.")] = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="Write the body of one entry as it is, and nothing else.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show what is published: entries with who said them, when, and what.

    Nothing is checked here: `detente ledger audit` does that.
    """
    import sys

    from detente.ledger.formats.entry import parse_entry

    reader, checkpoint, _ = published(folder)
    if raw and index is None:
        raise ArgumentError("--raw: expected the index of one entry")
    start, end = (
        (max(0, checkpoint.size - last), checkpoint.size) if index is None else _one(index, checkpoint.size)
    )
    if source is not None and index is None:
        start = 0
    rows = [
        (place, entry)
        for place, entry in enumerate(map(parse_entry, reader.entries(start, end, checkpoint.size)), start)
        if source is None or entry.source == source
    ][-last:]
    if raw:
        sys.stdout.buffer.write(rows[0][1].body)
    elif as_json:
        head = {"origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root.hex()}
        emit_json({"checkpoint": head, "entries": [entry_as_dict(*row) for row in rows]})
    else:
        console = output()
        console.print(
            f"{checkpoint.origin}: {checkpoint.size:,} entries, root {checkpoint.root.hex()[:16]}..."
        )
        for place, entry in rows:
            console.print(f"\n{place}  {entry.kind}  {entry.source} {entry.number}  {when(entry.time)}")
            console.print(f"    {body_as_text(entry.body)}")


def prove(
    folder: Dir,
    index: Annotated[int, typer.Argument(metavar="INDEX", help="Which entry.")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the proof there; default: standard output.")
    ] = None,
    entry_out: Annotated[
        Path | None,
        typer.Option("--entry", metavar="FILE", help="Write the bytes of the entry there, to check with it."),
    ] = None,
) -> None:
    """Write the proof that an entry is in the ledger (c2sp.org/tlog-proof), to be checked without access to it."""
    import sys

    from detente.cli.ledger.write import keep
    from detente.ledger.formats.proof import LogProof

    reader, checkpoint, note = published(folder)
    start, end = _one(index, checkpoint.size)
    proof = bytes(LogProof(index, tuple(reader.inclusion(index, checkpoint.size)), note))
    if entry_out is not None:
        keep(entry_out, next(reader.entries(start, end, checkpoint.size)))
    if out is None:
        sys.stdout.buffer.write(proof)
    else:
        keep(out, proof)
        output().print(
            f"{out}: entry {index} is in {checkpoint.origin} at size {checkpoint.size:,}", soft_wrap=True
        )


def published(folder: Path) -> "tuple[Reader, Checkpoint, Note]":
    """Return a reader of a ledger, what it published, and the note it stands in; nothing of it checked."""
    from detente.ledger.formats.checkpoint import parse_checkpoint
    from detente.ledger.store.reader import Reader

    reader = Reader(folder)
    if not (folder / "checkpoint").is_file():
        raise ArgumentError(
            f"{folder}: found no published checkpoint there, expected the directory of a ledger"
        )
    note = reader.note()
    return reader, parse_checkpoint(note.text), note


def _one(index: int, size: int) -> tuple[int, int]:
    if not 0 <= index < size:
        raise ArgumentError(f"entry {index}: the ledger has {size:,} entries, counted from 0")
    return index, index + 1
