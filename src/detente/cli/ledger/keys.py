"""`detente ledger keys`: which keys a log has had, a new one, and one that is not to be believed any more."""

from typing import TYPE_CHECKING, Annotated

import typer

from detente.cli.ledger.write import Dir
from detente.cli.terminal import Command, Json, emit_json, group, output

if TYPE_CHECKING:
    from detente.ledger.formats.keys import PublicKey

__all__ = ["app"]

app = group("Show a log's keys, bring in a new one, or revoke one.")

Reason = Annotated[str, typer.Option(metavar="TEXT", help="Why; it is written into the ledger.")]


def show(
    folder: Dir,
    key: Annotated[
        list[str] | None,
        typer.Option(
            metavar="VKEY", help="The key you were given; default: the first in log.vkey, on trust."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show every key the log has had, and what a signature by it is worth now."""
    from detente.cli.ledger.read import published
    from detente.ledger.formats.keys import PublicKey
    from detente.ledger.store.folder import Folder
    from detente.ledger.store.rotation import key_history

    _, checkpoint, _ = published(folder)
    given = [PublicKey.parse(text) for text in key or ()] or Folder(folder).known_keys()[:1]
    history = key_history(folder, given)
    rows = [(one, history.judge(one, checkpoint.size)) for one in history.named(checkpoint.origin)]
    if as_json:
        emit_json([{"key": str(one), "standing": told.standing, "why": told.sentence} for one, told in rows])
        return
    console = output()
    for one, told in rows:
        console.print(f"{_short(one)}\n    {told.sentence}", soft_wrap=True)


def rotate(folder: Dir, reason: Reason, as_json: Json = False) -> None:
    """Bring in a new Ed25519 key and retire the one in use; its secret half is gone afterwards.

    The ledger itself says so, in entries that both keys sign; who trusts the old key can follow. A rotation that was interrupted is
    done by the same command again.
    """
    from detente.ledger.store.rotation import rotate_key

    old, new = rotate_key(folder, reason)
    if as_json:
        emit_json({"old": str(old), "new": str(new)})
    else:
        output().print(f"retired: {old}\nin use:  {new}", soft_wrap=True)


def revoke(
    folder: Dir,
    key: Annotated[str, typer.Argument(metavar="VKEY", help="The key.")],
    since: Annotated[
        int,
        typer.Option(
            metavar="SIZE", help="Nothing it signed at this size or later is to be believed.", min=0
        ),
    ],
    reason: Reason,
) -> None:
    """Say in the ledger that a key was in other hands. Tell those who trust it by other ways, too."""
    from detente.ledger.formats.keys import PublicKey
    from detente.ledger.store.rotation import revoke_key

    index = revoke_key(folder, PublicKey.parse(key), since, reason)
    output().print(f"entry {index}: revoked from size {since} on")


def _short(key: "PublicKey") -> str:
    text = str(key)
    return text if len(text) < 200 else f"{text[:100]}... (ML-DSA-44)"


app.command("show", cls=Command)(show)
app.command("rotate", cls=Command)(rotate)
app.command("revoke", cls=Command)(revoke)
