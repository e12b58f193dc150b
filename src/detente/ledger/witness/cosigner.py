"""A witness without its network: a body in, an answer out, one head remembered."""

import time
from collections.abc import Callable, Sequence

from detente.errors import FormatError, LedgerError
from detente.ledger.formats.keys import Algorithm, PublicKey, SecretKey
from detente.ledger.witness.request import Request
from detente.ledger.witness.respond import Answer, Head, Logs, cosign, is_fork, judge, read, recognise, told
from detente.ledger.witness.state import WitnessState

__all__ = ["Cosigner", "known_logs", "require_usable"]


def known_logs(keys: Sequence[PublicKey]) -> dict[str, list[PublicKey]]:
    """Return the keys by the origin they are named for: a log may have several. Raises LedgerError for a witness's."""
    logs: dict[str, list[PublicKey]] = {}
    for key in keys:
        if key.algorithm is Algorithm.COSIGNATURE_ED25519:
            raise LedgerError(f"key {key.name}: found the key of a witness, expected that of a log")
        logs.setdefault(key.name, []).append(key)
    return logs


def require_usable(keys: Sequence[SecretKey], logs: Logs) -> None:
    """See that a witness can work with these keys, for these logs. Raises LedgerError."""
    if not keys or not all(key.public.algorithm.stamped for key in keys):
        raise LedgerError("witness: expected keys for cosignatures (0x04 or 0x06), at least one")
    if not logs:
        raise LedgerError("witness: found no log to watch, expected the public key of at least one")


class Cosigner:
    """A witness: keys, the logs it knows, and what it remembers. May be shared by threads.

    Parameters
    ----------
    keys
        That sign: cosignatures only (0x04, 0x06).
    logs
        Whose checkpoints are looked at at all.
    state
        What was signed before.
    clock
        POSIX seconds.

    Raises
    ------
    LedgerError
        No key, or one that signs notes and not cosignatures; no log.

    """

    def __init__(
        self,
        keys: Sequence[SecretKey],
        logs: Logs,
        state: WitnessState,
        clock: Callable[[], float] = time.time,
    ) -> None:
        require_usable(keys, logs)
        self.keys = tuple(keys)
        self.logs = logs
        self._state = state
        self._clock = clock

    def answer(self, body: bytes) -> Answer:
        """Answer one request. What it raises is a failure of ours, after which nothing was signed."""
        request = self.recognise(body)
        return request if isinstance(request, Answer) else self.decide(request)

    def recognise(self, body: bytes) -> Request | Answer:
        """Read a request and see that a known log signed its checkpoint (steps 1 to 4), or refuse."""
        request = read(body)
        if isinstance(request, Answer):
            return request
        return recognise(request, self.logs) or request

    def decide(self, request: Request) -> Answer:
        """Judge a recognised request by the last head, remember the new one, and only then answer (steps 5 to 8)."""
        origin = request.checkpoint.origin
        answers: list[Answer] = []
        forked = False

        def decide(last: Head) -> tuple[Head, bytes] | None:
            nonlocal forked
            refused = judge(request, last)
            if refused is not None:
                forked = is_fork(request, last) and last.size > 0
                answers.append(refused)
                return None
            # Under the lock, so that no later head carries an earlier time; nor does it where the clock was set back.
            head = Head(request.checkpoint.size, request.checkpoint.root, max(int(self._clock()), last.at))
            try:
                answers.append(cosign(request, self.keys, head.at))
            except FormatError as error:  # extension lines, which nobody signs here by halves
                answers.append(told(400, str(error)))
                return None
            return head, bytes(request.note)

        self._state.advance(
            origin, decide
        )  # has committed when it returns: what was signed is shown to nobody before
        if forked:
            self._state.remember_fork(origin, request.checkpoint.size, bytes(request.note))
        return answers[0]
