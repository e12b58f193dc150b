"""Payloads outside the log, meant by a salted commitment inside it: they can be erased, and every proof stays what it was.

The commitment is HMAC-SHA-256 of the payload under a salt of 32 random bytes. Without the salt it says nothing, not even to one who guesses
the payload right: a bare hash of a name or a yes is found by trying. With the salt it binds: another payload, or another salt,
with the same commitment would be a collision of SHA-256, since all salts are of one length. HMAC and not the hash of both, one after the
other: from that the commitment to a longer payload could be made without the salt. Payload and salt lie in one file, and go together.
"""

import hmac
from hashlib import sha256

from detente.errors import FormatError, ProofError
from detente.ledger.formats.statements import Sealed

__all__ = ["SALT_SIZE", "commit", "encode_payload", "open_payload"]

SALT_SIZE = 32


def commit(salt: bytes, payload: bytes) -> bytes:
    """Return the commitment to a payload. Raises FormatError where the salt is of another length than 32 bytes."""
    if len(salt) != SALT_SIZE:
        raise FormatError(f"salt: found {len(salt)} bytes, expected {SALT_SIZE}")
    return hmac.digest(salt, payload, sha256)


def encode_payload(salt: bytes, payload: bytes) -> bytes:
    """Return what is kept outside the log: the salt, and the payload behind it."""
    return salt + payload


def open_payload(data: bytes, sealed: Sealed) -> bytes:
    """Return the payload that a `sealed` entry means, from what is kept of it.

    Raises
    ------
    ProofError
        It is another one, or it was changed.

    """
    salt, payload = data[:SALT_SIZE], data[SALT_SIZE:]
    if len(salt) < SALT_SIZE or len(payload) != sealed.length:
        raise ProofError(
            f"payload: found {len(data)} bytes, expected {SALT_SIZE} of salt and {sealed.length} of payload"
        )
    if not hmac.compare_digest(commit(salt, payload), sealed.commitment):
        raise ProofError("payload: it is not the one that was sealed")
    return payload
