"""Trust policies (c2sp.org/tlog-policy): which logs, which witnesses, and how many of them must have seen a checkpoint."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from detente.errors import FormatError, ProofError
from detente.ledger.formats.keys import Algorithm, PublicKey, cosigned_at, signatures_by
from detente.ledger.formats.note import Note

__all__ = ["Cosignature", "Group", "LogLine", "Policy", "Witness", "parse_policy"]

_MOST_LINES = 4096
_NONE = "none"


@dataclass(frozen=True, slots=True)
class LogLine:
    """A log whose checkpoints are accepted."""

    key: PublicKey
    url: str = ""


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness, by the name that groups use for it."""

    name: str
    key: PublicKey
    url: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Witnesses or groups, of which `threshold` must have seen a checkpoint."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A checked cosignature."""

    witness: Witness
    at: int
    """POSIX seconds, by the witness's clock."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Whose word is enough."""

    logs: tuple[LogLine, ...] = ()
    witnesses: tuple[Witness, ...] = ()
    groups: Mapping[str, Group] = field(default_factory=dict)
    """In the order of definition, members before the groups that hold them."""
    quorum: str = _NONE

    def cosignatures(self, note: Note) -> tuple[Cosignature, ...]:
        """Return the cosignatures by witnesses of this policy, each checked. Raises ProofError where one is false."""
        return tuple(
            Cosignature(witness, cosigned_at(witness.key.algorithm, line.signature))
            for witness in self.witnesses
            for line in signatures_by(note, witness.key)[:1]
        )

    def met_by(self, names: frozenset[str]) -> bool:
        """Tell whether these witnesses are enough."""
        seen = {witness.name for witness in self.witnesses if witness.name in names}
        for group in self.groups.values():  # each one after its members, as it was defined
            if sum(member in seen for member in group.members) >= group.threshold:
                seen.add(group.name)
        return self.quorum == _NONE or self.quorum in seen

    def require_quorum(self, note: Note) -> tuple[Cosignature, ...]:
        """Return the checked cosignatures on the note, which are enough.

        Raises
        ------
        ProofError
            They are not enough, or one of them is false.

        """
        found = self.cosignatures(note)
        names = frozenset(cosignature.witness.name for cosignature in found)
        if not self.met_by(names):
            seen = ", ".join(sorted(names)) or "none"
            raise ProofError(
                _shown(f"quorum {self.quorum}: found cosignatures by {seen}, which are not enough")
            )
        return found


def parse_policy(data: bytes) -> Policy:
    """Read a policy.

    Raises
    ------
    FormatError
        The number of the first line that is wrong, and why.

    """
    reader = _Reader()
    if not data.endswith(b"\n") and data:
        raise FormatError("policy: found no newline at the end of the last line")
    if (count := data.count(b"\n")) > _MOST_LINES:
        raise FormatError(f"policy: found {count} lines, expected at most {_MOST_LINES}")
    for number, line in enumerate(data.split(b"\n")[:-1], 1):
        if any((byte < 0x20 and byte != 0x09) or byte == 0x7F for byte in line):
            raise FormatError(f"policy, line {number}: found a control character")
        # names are opaque bytes to this format: surrogates carry what is no UTF-8 through unharmed
        words = line.replace(b"\t", b" ").decode("utf-8", "surrogateescape").split(" ")
        words = [word for word in words if word]
        if words and not words[0].startswith("#"):
            try:
                reader.take(words)
            except FormatError as error:
                raise FormatError(f"policy, line {number}: {_shown(str(error))}") from None
    return reader.policy()


class _Reader:
    """Takes a policy line by line: a name must have been defined before it is used."""

    def __init__(self) -> None:
        self.logs: list[LogLine] = []
        self.witnesses: dict[str, Witness] = {}
        self.groups: dict[str, Group] = {}
        self.members: set[str] = set()
        self.quorum: str | None = None

    def take(self, words: list[str]) -> None:
        match words:
            case ["log", key, *url] if len(url) <= 1:
                self._log(PublicKey.parse(key), "".join(url))
            case ["witness", name, key, *url] if len(url) <= 1:
                self._witness(name, PublicKey.parse(key), "".join(url))
            case ["group", name, threshold, *members] if members:
                self._group(name, threshold, members)
            case ["quorum", name]:
                self._quorum(name)
            case _:
                raise FormatError(
                    f"found {' '.join(words)[:60]!r}, expected log KEY [URL], witness NAME KEY [URL], "
                    "group NAME all|any|K NAME..., or quorum NAME"
                )

    def policy(self) -> Policy:
        if self.quorum is None:
            raise FormatError("policy: found no quorum, expected one line 'quorum NAME' or 'quorum none'")
        return Policy(tuple(self.logs), tuple(self.witnesses.values()), self.groups, self.quorum)

    def _log(self, key: PublicKey, url: str) -> None:
        if key.algorithm is Algorithm.COSIGNATURE_ED25519:
            raise FormatError(f"key {key.name}: found the key of a witness, expected that of a log")
        if any(log.key.material == key.material for log in self.logs):
            raise FormatError(f"log {key.name}: its key stands in the policy already")
        self.logs.append(LogLine(key, url))

    def _witness(self, name: str, key: PublicKey, url: str) -> None:
        self._define(name)
        if key.algorithm is Algorithm.ED25519:
            raise FormatError(
                f"witness {name}: found a key for notes, expected one for cosignatures (0x04, 0x06)"
            )
        if any(witness.key.material == key.material for witness in self.witnesses.values()):
            raise FormatError(f"witness {name}: its key stands in the policy already")
        self.witnesses[name] = Witness(name, key, url)

    def _group(self, name: str, threshold: str, members: list[str]) -> None:
        for member in members:
            if member not in self.witnesses and member not in self.groups:
                raise FormatError(
                    f"group {name}: found {member!r}, expected a witness or group defined above"
                )
            if member in self.members:
                raise FormatError(f"group {name}: {member} is a member of a group already")
            self.members.add(member)
        self._define(name)
        self.groups[name] = Group(name, _threshold(threshold, len(members), name), tuple(members))

    def _quorum(self, name: str) -> None:
        if self.quorum is not None:
            raise FormatError("found a second quorum")
        if name != _NONE and name not in self.witnesses and name not in self.groups:
            raise FormatError(f"quorum: found {name!r}, expected a witness or group defined above, or none")
        self.quorum = name

    def _define(self, name: str) -> None:
        if name == _NONE or name in self.witnesses or name in self.groups:
            raise FormatError(f"name {name}: it means something else already")


def _shown(message: str) -> str:
    """Return a message that can be printed, whatever bytes the names in it are."""
    return message.encode(errors="backslashreplace").decode()


def _threshold(word: str, members: int, group: str) -> int:
    if word in {"all", "any"}:
        return members if word == "all" else 1
    if not (word.isascii() and word.isdigit() and len(word) < 10 and 1 <= int(word) <= members):
        raise FormatError(
            f"group {group}: found {word!r}, expected all, any, or a number from 1 to {members}"
        )
    return int(word)
