"""Asking witnesses for their word: all at once, under one deadline, until a policy is met.

A checkpoint that too few have signed is withheld: the caller gets an error that says who failed and why, and no note.
"""

import asyncio
import ssl
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from detente.errors import FormatError, ProofError, QuorumError
from detente.hosting.optional import load
from detente.ledger.formats.checkpoint import Checkpoint, parse_checkpoint
from detente.ledger.formats.keys import cosigned_at
from detente.ledger.formats.note import Note, SignatureLine, parse_signature_lines
from detente.ledger.formats.policy import Policy, Witness
from detente.ledger.formats.text import decode_number
from detente.ledger.witness.address import require_address
from detente.ledger.witness.request import encode_request
from detente.ledger.witness.respond import MEDIA_OF_SIZE

__all__ = ["Collector"]

_LARGEST_ANSWER = 256 * 1024  # bytes: 64 of the largest signature lines, and room
_FUTURE = 300  # seconds that a witness's clock may be ahead of ours

_Prove = Callable[[int, int], list[bytes]]
_Signed = dict[str, SignatureLine]
_Asked = dict["asyncio.Task[_Signed]", list[Witness]]


class _RefusedError(Exception):
    """A witness did not sign; the message says why. Never leaves this module."""


class Collector:
    """Gets cosignatures. `collect` is what `Ledger(cosign=...)` takes.

    Parameters
    ----------
    policy
        Whom to ask, at which addresses, and how many are enough.
    within
        Seconds for everything together.
    linger
        Seconds to wait for the others once there are enough.
    plain
        Ask at addresses without TLS, too. (On this machine that is always allowed. A signature is checked
        however it came; what TLS adds is that nobody on the way can keep it back unseen.)
    tls
        What verifies certificates; by default the public authorities.
    clock
        POSIX seconds.

    """

    def __init__(
        self,
        policy: Policy,
        *,
        within: float = 10.0,
        linger: float = 0.0,
        plain: bool = False,
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.policy = policy
        self._within = within
        self._linger = linger
        self._tls = tls
        self._clock = clock
        self._places: dict[str, list[Witness]] = {}  # one request gets the signatures of all keys of a place
        self._without: list[Witness] = []
        for witness in policy.witnesses:
            if witness.url:
                require_address(witness.url, plain=plain)
                self._places.setdefault(witness.url.rstrip("/"), []).append(witness)
            else:
                self._without.append(witness)
        self._sizes: dict[str, int] = {}

    def collect(self, note: Note, prove: _Prove) -> Note:
        """Return the note with the cosignatures that the policy asks for, each of them checked.

        Parameters
        ----------
        note
            A checkpoint signed by its log.
        prove
            Makes consistency proofs, (old size, new size) -> hashes.

        Raises
        ------
        QuorumError
            Too few have signed in time.
        LedgerError
            `httpx` is not installed, or `prove` failed.

        """
        # A thread of its own: the caller's may have an event loop running already.
        with ThreadPoolExecutor(1, "witnesses") as pool:
            signed, failures = pool.submit(asyncio.run, self._ask_all(note, prove)).result()
        if not self.policy.met_by(frozenset(signed)):
            failures |= {witness.name: "the policy has no address for it" for witness in self._without}
            seen = ", ".join(sorted(signed)) or "none"
            raise QuorumError(
                f"quorum {self.policy.quorum}: signed by {seen}, which is not enough; the checkpoint is withheld",
                tuple(sorted(failures.items())),
            )
        return note.signed_also_by(signed.values())

    async def _ask_all(self, note: Note, prove: _Prove) -> tuple[_Signed, dict[str, str]]:
        httpx = load("httpx")
        signed: _Signed = {}
        failures: dict[str, str] = {}
        options = {"verify": True if self._tls is None else self._tls, "timeout": self._within}
        async with httpx.AsyncClient(follow_redirects=False, trust_env=False, **options) as client:
            asked = {
                asyncio.create_task(self._ask(client, url, note, prove)): witnesses
                for url, witnesses in self._places.items()
            }
            try:
                late = await self._take_in(asked, signed, failures)
            finally:  # nobody is left asking, and no failure unheard, however this ends
                for task in asked:
                    task.cancel()
                await asyncio.gather(*asked, return_exceptions=True)
        failures |= {witness.name: f"no answer within {self._within:g} s" for witness in late}
        return signed, failures

    async def _take_in(self, asked: _Asked, signed: _Signed, failures: dict[str, str]) -> list[Witness]:
        """Take in what comes, until there is enough or it is too late; return whose answer has not come."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self._within
        pending = set(asked)
        met = False
        while pending:
            if not met and self.policy.met_by(frozenset(signed)):
                met, end = True, min(end, loop.time() + self._linger)
            done, pending = await asyncio.wait(
                pending, timeout=max(0.0, end - loop.time()), return_when=asyncio.FIRST_COMPLETED
            )
            if not done:
                break
            for task in done:
                _take(task, asked[task], signed, failures)
        return [witness for task in pending for witness in asked[task]]

    async def _ask(self, client: Any, url: str, note: Note, prove: _Prove) -> _Signed:
        """Ask at one place; return its signatures by the names of the policy. Raises _RefusedError."""
        checkpoint = parse_checkpoint(note.text)
        old = min(self._sizes.get(url, 0), checkpoint.size)
        status, media, body = await _post(client, url, encode_request(old, prove(old, checkpoint.size), note))
        if status == 409:
            old = _size_told(media, body, old, checkpoint)
            status, media, body = await _post(
                client, url, encode_request(old, prove(old, checkpoint.size), note)
            )
            if status == 409:
                told = _size_told(media, body, old, checkpoint)
                raise _RefusedError(f"has signed size {told} in the meantime: somebody else asks it, too")
        if status != 200:
            raise _RefusedError(f"answered {status}: {body[:200].decode(errors='replace').strip()!r}")
        self._sizes[url] = checkpoint.size
        return self._signatures(self._places[url], note, body)

    def _signatures(self, witnesses: list[Witness], note: Note, body: bytes) -> _Signed:
        """Return the signatures by the keys we know, each checked; others are passed over."""
        try:
            lines = parse_signature_lines(body.decode())
        except (FormatError, UnicodeDecodeError) as error:
            raise _RefusedError(f"answered 200 with something else than signatures: {error}") from None
        signed: _Signed = {}
        for witness in witnesses:
            for line in lines:
                if (line.name, line.key_id) == (witness.key.name, witness.key.id):
                    self._check(witness, note, line)
                    signed[witness.name] = line
        return signed

    def _check(self, witness: Witness, note: Note, line: SignatureLine) -> None:
        try:
            witness.key.check(note.text, line.signature)
        except (ProofError, FormatError) as error:
            raise _RefusedError(f"a false signature: {error}") from None
        ahead = cosigned_at(witness.key.algorithm, line.signature) - self._clock()
        if ahead > _FUTURE:
            raise _RefusedError(f"signed {ahead:.0f} s in the future: one of the two clocks is wrong")


def _take(
    task: "asyncio.Task[_Signed]", witnesses: list[Witness], signed: _Signed, failures: dict[str, str]
) -> None:
    """Take in what one place gave, or why it gave nothing."""
    try:
        found = task.result()
    except _RefusedError as error:
        failures |= {witness.name: str(error) for witness in witnesses}
        return
    signed |= found
    for witness in witnesses:
        if witness.name not in found:
            failures[witness.name] = f"answered, but not with a signature by {witness.key.name}"


def _size_told(media: str, body: bytes, old: int, checkpoint: Checkpoint) -> int:
    """Return the size that a witness says it has seen, where we can lead on from it."""
    if media != MEDIA_OF_SIZE:
        raise _RefusedError(f"answered 409 with {media[:60]!r}, expected {MEDIA_OF_SIZE}")
    try:
        size = decode_number(body.decode("ascii").removesuffix("\n"), "size")
    except (FormatError, UnicodeDecodeError) as error:
        raise _RefusedError(f"answered 409 with something else than a size: {error}") from None
    if size == old:
        raise _RefusedError(
            f"has signed another root of size {size}: the log has forked, or its witness has"
            if size == checkpoint.size
            else f"answered 409 with the size {size} that it was given"
        )
    if size > checkpoint.size:
        raise _RefusedError(
            f"has signed size {size}, larger than {checkpoint.size}: the log has lost its tail, or somebody signs in its place"
        )
    return size


async def _post(client: Any, url: str, body: bytes) -> tuple[int, str, bytes]:
    """Send a request; return status, media type and a body that is not larger than it may be."""
    headers = {"Content-Type": "text/plain; charset=utf-8", "Accept-Encoding": "identity"}
    parts: list[bytes] = []
    size = 0
    try:
        async with client.stream("POST", f"{url}/add-checkpoint", content=body, headers=headers) as answer:
            if answer.headers.get("Content-Encoding", "identity") != "identity":
                raise _RefusedError("answered compressed, which it was not asked for")
            async for part in answer.aiter_raw():
                size += len(part)
                if size > _LARGEST_ANSWER:
                    raise _RefusedError(f"answered more than {_LARGEST_ANSWER} bytes")
                parts.append(part)
            media = str(answer.headers.get("Content-Type", "")).partition(";")[0].strip().lower()
            return answer.status_code, media, b"".join(parts)
    except (load("httpx").HTTPError, load("httpx").InvalidURL) as error:
        raise _RefusedError(f"cannot be asked: {type(error).__name__}: {error}") from None
