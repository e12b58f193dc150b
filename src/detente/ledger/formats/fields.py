"""Small strict texts: one line for each field, `word value`, always in the same order. There is one spelling of each.

What a person wrote (a reason, a name) goes to screens and into reports later. So nothing in a line can end it, move the cursor,
hide, or turn the direction of reading.
"""

import re
from collections.abc import Mapping, Sequence

from detente.errors import FormatError

__all__ = ["LONGEST_LINE", "check_line", "check_number", "check_word", "decode_fields", "encode_fields"]

LONGEST_LINE = 4096
"""Bytes of a value; the longest we write, an ML-DSA-44 key, has 2,100."""
_UNSEEN = re.compile(
    "[\0-\x1f\x7f-\x9f"  # controls
    "\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff"  # unseen, ending lines, turning direction
    "\ud800-\udfff]"  # halves of characters, which have no bytes
)


def encode_fields(fields: Mapping[str, object]) -> str:
    """Return the lines; the values have been checked by whoever made them."""
    return "".join(f"{word} {value}\n" for word, value in fields.items())


def decode_fields(data: bytes, words: Sequence[str], what: str) -> list[str]:
    """Return the values of lines that must have these words, in this order; `what` names the text in an error.

    Raises
    ------
    FormatError
        Another line, one too many or too few, no newline at the end, or a value that is no line (`check_line`).

    """
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise FormatError(f"{what}: found a byte that is no UTF-8 at {error.start}") from None
    if not text.endswith("\n"):
        raise FormatError(f"{what}: found no newline at the end")
    lines = text[:-1].split("\n")
    if len(lines) != len(words):
        raise FormatError(f"{what}: found {len(lines)} lines, expected {len(words)}: {', '.join(words)}")
    return [_value(line, word, what) for line, word in zip(lines, words, strict=True)]


def check_line(value: str, what: str) -> None:
    """See that `value` can stand in a line: not empty, no spaces around it, nothing unseen, at most 4,096 bytes."""
    unseen = _UNSEEN.search(value)
    if unseen:
        raise FormatError(
            f"{what}: found the character U+{ord(unseen[0]):04X}, expected one line of visible text"
        )
    if not value or value != value.strip():
        raise FormatError(f"{what}: found {value[:60]!r}, expected a text without spaces around it")
    if len(value.encode()) > LONGEST_LINE:
        raise FormatError(f"{what}: found {len(value.encode())} bytes, expected at most {LONGEST_LINE}")


def check_number(value: int, what: str) -> None:
    """See that `value` can be written as `decode_number` reads it: from 0 to 2^63 - 1."""
    if not 0 <= value < 2**63:
        raise FormatError(f"{what}: found {value}, expected 0 to 2^63 - 1")


def check_word(value: str, what: str) -> None:
    """See that `value` is one word: 1 to 128 visible ASCII characters."""
    if not 1 <= len(value) <= 128 or not all("!" <= letter <= "~" for letter in value):
        raise FormatError(f"{what}: found {value[:60]!r}, expected 1 to 128 visible ASCII characters")


def _value(line: str, word: str, what: str) -> str:
    found, space, value = line.partition(" ")
    if found != word or not space:
        raise FormatError(f"{what}: found the line {line[:60]!r}, expected {word} and a value")
    check_line(value, f"{what}: {word}")
    return value
