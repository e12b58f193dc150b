"""What a witness answers, as pure functions: bytes and the last head in, a status and bytes out.

The checks, in the order of c2sp.org/tlog-witness; the first that fails is the answer:

    1. 400  the body is not in the format
    2. 404  nobody has told us of a log with this origin
    3. 403  no signature by a key of the log, or a false one
    4. 400  the old size is larger than that of the checkpoint
    5. 409  the old size is not that of the last head we signed; the answer says which is
    6. 409  the same size as the last head, and another root: a fork
    7. 422  the proof does not lead from the last head to this one
    8. 200  a cosignature by each of our keys
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from detente.errors import FormatError, ProofError
from detente.ledger.formats.keys import PublicKey, SecretKey, signatures_by
from detente.ledger.formats.tree import EMPTY_ROOT, verify_consistency
from detente.ledger.witness.request import Request, parse_request

__all__ = [
    "MEDIA_OF_SIZE",
    "Answer",
    "Head",
    "Logs",
    "cosign",
    "is_fork",
    "judge",
    "read",
    "recognise",
    "told",
]

MEDIA_OF_SIZE = "text/x.tlog.size"
_MEDIA = "text/plain; charset=utf-8"

Logs = Mapping[str, Sequence[PublicKey]]
"""The keys of each log that is known, by its origin."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to whoever asked."""

    status: int
    """HTTP's."""
    body: bytes
    media: str = _MEDIA


@dataclass(frozen=True, slots=True)
class Head:
    """The last head that a witness signed of one log."""

    size: int = 0
    root: bytes = EMPTY_ROOT
    """32 bytes."""
    at: int = 0
    """When it was last signed, in POSIX seconds."""


def told(status: int, why: str) -> Answer:
    """Return a refusal with a reason for a person."""
    return Answer(status, f"{why}\n".encode(errors="backslashreplace"))


def read(body: bytes) -> Request | Answer:
    """Step 1."""
    try:
        return parse_request(body)
    except FormatError as error:
        return told(400, str(error))


def recognise(request: Request, logs: Logs) -> Answer | None:
    """Steps 2 to 4: what can be refused without the last head."""
    checkpoint = request.checkpoint
    keys = logs.get(checkpoint.origin)
    if keys is None:  # 2
        return told(404, "origin: this witness knows of no such log")
    try:
        signatures = [
            line for key in keys for line in signatures_by(request.note, key)
        ]  # 3: a false one spoils all
    except (ProofError, FormatError) as error:
        return told(403, str(error))
    if not signatures:
        return told(403, "signatures: found none by a key of this log that the witness knows")
    if request.old > checkpoint.size:  # 4
        return told(400, f"old size: found {request.old}, expected at most {checkpoint.size}")
    return None


def judge(request: Request, last: Head) -> Answer | None:
    """Steps 5 to 7: what the last head decides. None where the checkpoint may be signed."""
    checkpoint = request.checkpoint
    if request.old != last.size or is_fork(request, last):  # 5, 6
        return Answer(409, f"{last.size}\n".encode(), MEDIA_OF_SIZE)
    try:
        verify_consistency(last.size, last.root, checkpoint.size, checkpoint.root, request.proof)  # 7
    except ProofError as error:
        return told(422, str(error))
    return None


def is_fork(request: Request, last: Head) -> bool:
    """Tell whether the log has signed two roots of one size."""
    return request.checkpoint.size == last.size and request.checkpoint.root != last.root


def cosign(request: Request, keys: Sequence[SecretKey], at: int) -> Answer:
    """Step 8; `at` is the time that the cosignatures carry, in POSIX seconds.

    Raises
    ------
    FormatError
        The checkpoint has extension lines, which our ML-DSA-44 keys do not sign.

    """
    lines = (str(key.sign(request.note.text, at)) for key in keys)
    return Answer(200, "".join(lines).encode())
