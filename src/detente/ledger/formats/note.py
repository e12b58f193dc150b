"""Signed notes (c2sp.org/signed-note, 1.0): a text, an empty line, and one line for each signature."""

from collections.abc import Iterable
from dataclasses import dataclass

from detente.errors import FormatError
from detente.ledger.formats.text import decode_base64, encode_base64

__all__ = [
    "MOST_SIGNATURES",
    "Note",
    "SignatureLine",
    "check_key_name",
    "parse_note",
    "parse_signature_lines",
]

MOST_SIGNATURES = 64
"""More on one note than this are refused; the format asks for at least 16."""
_LARGEST = 512 * 1024  # bytes of a note: sixty-four of the largest signatures and a text beside them
_DASH = "— "


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One signature, not checked by anyone yet."""

    name: str
    """The key's name."""
    key_id: bytes
    """4 bytes; together with the name they say which key, and which algorithm."""
    signature: bytes

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {encode_base64(self.key_id + self.signature)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text and its signatures, none of them checked yet: the text means nothing until one is."""

    text: str
    """With its final newline, without the empty line."""
    signatures: tuple[SignatureLine, ...]

    def __bytes__(self) -> bytes:
        return "".join((self.text, "\n", *map(str, self.signatures))).encode()

    def signed_also_by(self, lines: Iterable[SignatureLine]) -> "Note":
        """Return the note with these signatures added, each one once."""
        return Note(self.text, tuple(dict.fromkeys((*self.signatures, *lines))))


def parse_note(data: bytes) -> Note:
    """Read a signed note.

    Raises
    ------
    FormatError
        No UTF-8, control characters, no signature, a malformed one, or more than are allowed.

    """
    if len(data) > _LARGEST:
        raise FormatError(f"note: found {len(data)} bytes, expected at most {_LARGEST}")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError(f"note: found a byte that is no UTF-8 at {error.start}") from None
    if any(letter < " " and letter != "\n" for letter in text):
        raise FormatError("note: found a control character, expected none but newlines")
    end = text.rfind("\n\n")
    if end < 0:
        raise FormatError("note: found no empty line, expected a text, an empty line and signatures")
    body = text[: end + 1]
    if not body.strip("\n"):
        raise FormatError("note: found no text before the signatures")
    return Note(body, parse_signature_lines(text[end + 2 :]))


def parse_signature_lines(text: str) -> tuple[SignatureLine, ...]:
    """Read one or more lines of signatures, each with its newline. Raises FormatError."""
    if not text.endswith("\n"):
        raise FormatError("note: found no newline at the end of the signatures")
    if (count := text.count("\n")) > MOST_SIGNATURES:
        raise FormatError(f"note: found {count} signatures, expected at most {MOST_SIGNATURES}")
    return tuple(map(_parse_signature_line, text[:-1].split("\n")))


def _parse_signature_line(line: str) -> SignatureLine:
    name, space, signature = line.removeprefix(_DASH).partition(" ")
    if not (line.startswith(_DASH) and space):
        raise FormatError(f"note: found {line[:60]!r}, expected a signature: — NAME BASE64")
    check_key_name(name)
    data = decode_base64(signature, "signature of a note")
    if len(data) <= 4:
        raise FormatError("signature of a note: found no bytes after the 4 of the key's id")
    return SignatureLine(name, data[:4], data[4:])


def check_key_name(name: str, what: str = "name of a key") -> None:
    """See that `name` can name a key: not empty, no spaces of any script, no plus, no control characters. Raises FormatError."""
    # what the file system or a policy carries through as surrogates is no text that could be signed
    if not name or any(
        letter.isspace() or letter < " " or letter == "+" or "\ud800" <= letter <= "\udfff" for letter in name
    ):
        raise FormatError(
            f"{what}: found {name[:60]!r}, expected a name in UTF-8 without spaces and plus, as example.org/log"
        )
    if len(name.encode()) > 255:
        raise FormatError(f"{what}: found {len(name)} characters, expected at most 255 bytes")
