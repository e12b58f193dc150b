"""`detente ledger init` and `append`."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from detente.cli.ledger.told import receipt_as_dict
from detente.cli.terminal import ArgumentError, Json, emit_json, errors, output
from detente.cli.working import tally

if TYPE_CHECKING:
    from detente.ledger.store.receipt import Receipt

__all__ = ["Dir", "Source", "append", "init", "keep", "publish", "require_new"]

_AT_ONCE = 1024
_CHUNK = 1024 * 1024
_TEXT_LIMIT = 65_023  # bytes of a body, LARGEST_BODY: told before anything is read

Source = Annotated[str, typer.Option(metavar="NAME", help="Who speaks: a gate, an agent, a sensor.")]
Dir = Annotated[Path, typer.Argument(metavar="DIR", help="The ledger's directory.")]


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A directory that is empty or not there.")],
    origin: Annotated[
        str, typer.Argument(metavar="ORIGIN", help="The log's name for itself, as example.org/ledger.")
    ],
    ml_dsa: Annotated[
        bool, typer.Option("--ml-dsa", help="Sign with ML-DSA-44 too, which withstands quantum computers.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make a new, empty ledger with new keys.

    Give the public keys it prints to whoever is to check the ledger, by a way that its operator cannot change later.
    """
    from detente.ledger.store.create import create
    from detente.ledger.store.ledger import Ledger

    made = create(folder, origin, ml_dsa=ml_dsa)
    with Ledger(folder):
        pass
    keys = [str(key) for key in made.known_keys()]
    if as_json:
        emit_json({"ledger": str(folder), "origin": origin, "keys": keys})
        return
    console = output()
    console.print(
        f"{folder}: a new ledger of {origin}. Its public keys, also in {made.public_keys}:", soft_wrap=True
    )
    for key in keys:
        console.print(
            f"  {key if len(key) < 200 else key[:120] + '... (ML-DSA-44, whole in the file)'}", soft_wrap=True
        )
    console.print(
        f"The secret ones are in {made.keys}: whoever has them can sign as this log.", soft_wrap=True
    )


def publish(folder: Dir) -> None:
    """Publish what was taken in; a crash or a killed writer can leave entries that are durable and not yet shown."""
    from detente.ledger.store.ledger import Ledger

    with Ledger(folder) as ledger:
        ledger.publish()
        size = ledger.size
    output().print(f"{folder}: {size:,} entries are published", soft_wrap=True)


def append(
    folder: Dir,
    source: Source,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="What it says, in any bytes; - or nothing for standard input."),
    ] = None,
    lines: Annotated[
        bool, typer.Option("--lines", help="Every line is an entry of its own, without its newline.")
    ] = False,
    receipt: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Keep the proof of the last entry there, as a .tlog-proof."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write entries; each is on the disk and under a signed checkpoint before it is told.

    With --lines entries are acknowledged in groups as they come in, so this can stand at the end of a pipe.
    """
    from detente.ledger.store.draft import Draft
    from detente.ledger.store.ledger import Ledger

    if receipt is not None:
        require_new(receipt)
    last: Receipt | None = None
    count = 0
    with _opened(file) as given, _ended_in_order(), Ledger(folder) as ledger, tally("entries") as told:
        try:
            for group in _groups(given, lines=lines):
                made = ledger.append_many([Draft(source, body) for body in group])
                last, count = made[-1], count + len(made)
                told(len(made))
        except KeyboardInterrupt:
            errors().print(f"{count:,} entries are in the ledger; what had not come in whole is not")
            raise
    if last is None:
        raise ArgumentError(f"{file or 'standard input'}: found nothing to write")
    if receipt is not None:
        keep(receipt, bytes(last.proof()))
    if as_json:
        emit_json({"entries": count, "last": receipt_as_dict(last)})
    else:
        first = last.index - count + 1
        what = f"entry {last.index}" if count == 1 else f"{count:,} entries, {first} to {last.index}"
        output().print(f"{what}; the last is number {last.number} of {source}")


def _groups(given: BinaryIO, *, lines: bool) -> Iterator[list[bytes]]:
    """Yield bodies as they come in: all that has arrived, and nothing waits for more."""
    if not lines:
        body = given.read(_TEXT_LIMIT + 1)
        if len(body) > _TEXT_LIMIT:
            raise ArgumentError(
                f"entry: found more than the {_TEXT_LIMIT:,} bytes that one may have; seal it: detente ledger seal"
            )
        if body:
            yield [body]
        return
    rest = b""
    while data := given.read1(_CHUNK):  # type: ignore[attr-defined]  # of buffered files, which these are
        *whole, rest = (rest + data).split(b"\n")
        for start in range(0, len(whole), _AT_ONCE):
            yield whole[start : start + _AT_ONCE]
        if len(rest) > _TEXT_LIMIT:
            break  # the ledger says that it is too long
    if rest:
        yield [rest]


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """Let a polite request to end close the ledger first, which publishes what was written."""

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, end)
    except ValueError:  # not the main thread: nobody sends it signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _opened(file: Path | None) -> Iterator[BinaryIO]:
    if file is None or str(file) == "-":
        yield sys.stdin.buffer
        return
    try:
        opened = file.open("rb")
    except OSError as error:
        raise ArgumentError(f"{file}: cannot be read: {error.strerror}") from None
    with opened:
        yield opened


def require_new(file: Path) -> None:
    """See that a file can be made there, before anything is done that cannot be undone."""
    if file.exists() or file.is_symlink():
        raise ArgumentError(f"{file}: is there already; nothing is written over it, and nothing was done")
    if not file.parent.is_dir():
        raise ArgumentError(f"{file}: found no directory {file.parent}; nothing was done")


def keep(file: Path, data: bytes) -> None:
    """Write a new file; what is there already stays."""
    try:
        with file.open("xb") as target:
            target.write(data)
    except FileExistsError:
        raise ArgumentError(f"{file}: is there already; nothing is written over it") from None
    except OSError as error:
        raise ArgumentError(f"{file}: cannot be written: {error.strerror}") from None
