"""The two spellings inside every text format: base64 and decimal numbers, each with one legal form only.

A second spelling of the same value would be a second proof of the same thing, with another digest: what a
lenient reader lets through, no fingerprint can find again.
"""

import base64
import binascii

from detente.errors import FormatError

__all__ = ["HASH_SIZE", "decode_base64", "decode_hash", "decode_number", "encode_base64"]

HASH_SIZE = 32
_LARGEST = 2**63 - 1  # what every implementation can hold, signed or not


def encode_base64(data: bytes) -> str:
    """Return the standard base64 of RFC 4648, section 4, with padding."""
    return base64.b64encode(data).decode("ascii")


def decode_base64(text: str, what: str) -> bytes:
    """Return the bytes of `text`, the only base64 there is of them; `what` names it in an error.

    Raises
    ------
    FormatError
        Foreign characters, padding left out or too long, or unused bits that are not zero.

    """
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise FormatError(f"{what}: found {_short(text)}, expected base64 (RFC 4648, section 4)") from None
    if encode_base64(data) != text:
        raise FormatError(f"{what}: found {_short(text)}, expected the canonical base64 of the same bytes")
    return data


def decode_hash(text: str, what: str) -> bytes:
    """Return a SHA-256 hash from its base64. Raises FormatError."""
    data = decode_base64(text, what)
    if len(data) != HASH_SIZE:
        raise FormatError(f"{what}: found {len(data)} bytes, expected the {HASH_SIZE} of a SHA-256 hash")
    return data


def decode_number(text: str, what: str) -> int:
    """Return a decimal number below 2^63: digits only, no leading zero, no sign. Raises FormatError."""
    # isdigit alone would let through the digits of other scripts
    if not (text.isascii() and text.isdigit()) or len(text) > 19 or (text[0] == "0" and text != "0"):
        raise FormatError(f"{what}: found {_short(text)}, expected a decimal number without leading zeros")
    value = int(text)
    if value > _LARGEST:
        raise FormatError(f"{what}: found {text}, expected at most 2^63 - 1")
    return value


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
