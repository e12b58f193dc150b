"""Checkpoints (c2sp.org/tlog-checkpoint, 1.0): what a log says its tree is, as the text of a signed note."""

from dataclasses import dataclass

from detente.errors import FormatError
from detente.ledger.formats.note import check_key_name
from detente.ledger.formats.text import decode_hash, decode_number, encode_base64

__all__ = ["Checkpoint", "check_origin", "parse_checkpoint"]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log's tree."""

    origin: str
    """The log's name for itself, unique among logs, as `example.org/ledger`."""
    size: int
    """Entries in the tree."""
    root: bytes
    """32 bytes (RFC 6962)."""
    extensions: tuple[str, ...] = ()
    """Further lines, opaque. We write none."""

    @property
    def text(self) -> str:
        """The text that is signed."""
        return "\n".join((self.origin, str(self.size), encode_base64(self.root), *self.extensions, ""))


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the text of a checkpoint, as it stands in a note whose signature has been checked.

    Raises
    ------
    FormatError
        Fewer than three lines, an empty one, or a size or root that is malformed.

    """
    if not text.endswith("\n"):
        raise FormatError("checkpoint: found no newline at the end")
    lines = text[:-1].split("\n")
    if len(lines) < 3:
        raise FormatError(f"checkpoint: found {len(lines)} lines, expected origin, size and root")
    if not all(lines):
        raise FormatError("checkpoint: found an empty line")
    origin, size, root, *extensions = lines
    return Checkpoint(
        origin,
        decode_number(size, "size of a checkpoint"),
        decode_hash(root, "root of a checkpoint"),
        tuple(extensions),
    )


def check_origin(origin: str) -> None:
    """See that a log may call itself `origin`: the name of a key, too, so that any checker can hold both together."""
    check_key_name(origin, "origin")
