"""Whom a verifier trusts: logs by their keys and what became of these, witnesses by a policy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from detente.errors import ProofError
from detente.ledger.check.keys import KeyHistory
from detente.ledger.formats.keys import PublicKey, signatures_by
from detente.ledger.formats.note import Note
from detente.ledger.formats.policy import LogLine, Policy

__all__ = ["Trust", "believed_keys", "known_keys", "require_signatures"]


@dataclass(frozen=True, slots=True)
class Trust:
    """What was given, and what was learnt of keys since."""

    policy: Policy
    """Its logs and witnesses, and how many of these must have seen a checkpoint."""
    histories: Mapping[str, KeyHistory]
    """By origin."""

    @classmethod
    def by_policy(cls, policy: Policy) -> Self:
        """Trust the logs of a policy, by the keys in it."""
        keys: dict[str, list[PublicKey]] = {}
        for log in policy.logs:
            keys.setdefault(log.key.name, []).append(log.key)
        return cls(policy, {origin: KeyHistory(origin, given) for origin, given in keys.items()})

    @classmethod
    def by_keys(cls, keys: Sequence[PublicKey]) -> Self:
        """Trust logs by their keys, without witnesses."""
        return cls.by_policy(Policy(tuple(LogLine(key) for key in keys)))

    def knowing(self, history: KeyHistory) -> Self:
        """Return the same trust with what an audit has learnt of a log's keys."""
        return replace(self, histories={**self.histories, history.origin: history})


def known_keys(note: Note, origin: str, trust: Trust) -> list[PublicKey]:
    """Return the keys of the log that the note says it is signed by. Raises ProofError where there is none."""
    history = trust.histories.get(origin)
    if history is None:
        known = ", ".join(trust.histories) or "none"
        raise ProofError(f"the checkpoint is of the log {origin}, which is not trusted; trusted: {known}")
    lines = {(line.name, line.key_id) for line in note.signatures}
    keys = [key for key in history.named(origin) if (key.name, key.id) in lines]
    if not keys:
        raise ProofError(
            f"the checkpoint has no signature by a key of {origin} that was given, or that its log names"
        )
    return keys


def believed_keys(
    keys: Sequence[PublicKey], origin: str, size: int, trust: Trust
) -> tuple[list[PublicKey], list[str]]:
    """Return those of the keys that could sign at this size, and what is to be said of them. Raises ProofError where none could."""
    judged = [(key, trust.histories[origin].judge(key, size)) for key in keys]
    believed = [(key, judgement.sentence) for key, judgement in judged if judgement.standing.accepted]
    if not believed:
        raise ProofError("; ".join(judgement.sentence for _, judgement in judged))
    return [key for key, _ in believed], [sentence for _, sentence in believed]


def require_signatures(note: Note, keys: Sequence[PublicKey]) -> None:
    """Check every signature that says it is by one of these keys. Raises ProofError where one does not hold."""
    for key in keys:
        signatures_by(note, key)
