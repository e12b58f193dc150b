"""What an audit is saved as: one JSON document between a first line and a digest.

The digest is against accidents, a torn write or a flipped bit. Whoever can change the file can change the digest too: it belongs where only
the auditor writes.
"""

import json
from hashlib import sha256
from typing import Any

from detente.errors import FormatError

__all__ = ["decode_state", "encode_state"]

_FIRST = b"detente-audit/v1\n"
_DIGEST = 65  # hexadecimal digits and a newline


def encode_state(state: dict[str, Any]) -> bytes:
    """Return the bytes to save."""
    text = _FIRST + json.dumps(state, separators=(",", ":")).encode() + b"\n"
    return text + sha256(text).hexdigest().encode() + b"\n"


def decode_state(data: bytes) -> dict[str, Any]:
    """Return what was saved. Raises FormatError where it is not whole."""
    text, digest = data[:-_DIGEST], data[-_DIGEST:]
    if not text.startswith(_FIRST) or sha256(text).hexdigest().encode() + b"\n" != digest:
        raise FormatError("saved audit: found something else than was saved; begin anew")
    try:
        state = json.loads(text[len(_FIRST) :])
    except ValueError:
        raise FormatError("saved audit: found no JSON inside; begin anew") from None
    if not isinstance(state, dict):
        raise FormatError("saved audit: found no object inside; begin anew")
    return state
