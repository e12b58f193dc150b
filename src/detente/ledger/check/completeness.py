"""What is missing: a fold over the entries of a log that keeps one account for each source (docs/reference/completeness.md).

A source numbers what it says from 1 without holes, and a gap takes the numbers of what was lost. So every hole in the numbers is
somebody's doing, and what lies around it tells whose.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from detente.errors import FormatError, ProofError
from detente.ledger.check.claims import Claims
from detente.ledger.check.findings import Finding, Findings, Verdict
from detente.ledger.check.holes import check_gap, lost, missing, restarted
from detente.ledger.check.keys import KeyHistory
from detente.ledger.formats.entry import Entry, Kind, parse_entry
from detente.ledger.formats.signed_statements import Gap
from detente.ledger.formats.statements import Begin, End, Heartbeat, parse_statement

__all__ = ["Account", "Completeness", "Place"]

Place = tuple[bytes, int] | None
"""Source and time of an entry, by which it is looked up; None for what is no entry of ours."""

_FIRST = b"detente-entry/v1\n"


@dataclass(slots=True)
class Account:
    """What a source has said so far."""

    last: int = 0
    """Its last number."""
    expected: bytes = b""
    """The next number as it is written; empty where the next entry needs a closer look."""
    at: int = -1
    """Index of its last entry."""
    records: int = 0
    lost: int = 0
    """Numbers that gaps took."""
    session: str = ""
    """The session that is open; empty where none is."""
    sessions: int = 0
    heartbeat: int = 0
    """Time of its last heartbeat, in nanoseconds since 1970; 0 for none."""
    ended: bool = False
    """Whether it said that nothing more is to come, and nothing has come."""


class Completeness:
    """Takes entries in the order of the log.

    Parameters
    ----------
    history
        Whose word a gap may be. It is read as it stands when the gap comes.
    claims
        What others hold of the log.
    findings
        Where it puts what it finds.
    start
        Index of the first entry; where it is not 0, sources go on from wherever they are.

    """

    def __init__(self, history: KeyHistory, claims: Claims, findings: Findings, start: int = 0) -> None:
        self.accounts: dict[bytes, Account] = {}
        self._history = history
        self._claims = claims
        self._findings = findings
        self._start = start
        self._time = 0
        self._last_hidden = -1

    def take(
        self, start: int, entries: Sequence[bytes], special: Callable[[int, Entry], None] | None = None
    ) -> list[Place]:
        """Take in entries from index `start` on, and return where each is looked up.

        Parameters
        ----------
        start, entries
            Consecutive entries.
        special
            Gets each entry that is no record, with its index, after it has been taken in.

        """
        places: list[Place] = []
        known, add = self.accounts.get, places.append
        time, written = self._time, b"%d" % self._time
        for index, data in enumerate(entries, start):
            # Nearly all entries are the next record of a known source: for these, and exactly in the format, a short way.
            end = data.find(b"\n", 17)
            words = data[17:end].split(b" ")
            if (
                len(words) == 4
                and end > 0
                and words[0] == b"record"
                and (account := known(words[1])) is not None
                and words[2] == account.expected
                and (words[3] == written or _later(words[3], time))
                and data.startswith(_FIRST)
            ):
                if words[3] != written:
                    written = words[3]
                    time = self._time = int(written)
                account.last += 1
                account.expected = b"%d" % (account.last + 1)
                account.at = index
                account.records += 1
                add((words[1], time))
            else:
                add(self._look(index, data, special))
                if self._time != time:
                    time, written = self._time, b"%d" % self._time
        return places

    def hide(self, index: int) -> None:
        """Take note of an entry whose hash is in the tree and whose bytes are not shown."""
        self._last_hidden = max(self._last_hidden, index)

    def finish(self, size: int) -> Iterator[Finding]:
        """Yield what is left to say when the log that is shown has ended; nothing is changed by it, but for the claims."""
        for name, account in sorted(self.accounts.items()):
            if account.session:
                source = name.decode()
                yield Finding(
                    verdict=Verdict.UNFINISHED,
                    sentence=f"{source} has not ended its session {account.session}: it goes on, or it died after number {account.last}",
                    evidence=(f"entry {account.at} is its last", _lived(account)),
                    source=source,
                )
        yield from self._claims.finish(size, self._tail)

    # --- the long way ---------------------------------------------------------------------------

    def _look(self, index: int, data: bytes, special: Callable[[int, Entry], None] | None) -> Place:
        """Take in an entry that is not the next record of a known source."""
        try:
            entry = parse_entry(data)
        except FormatError as error:
            self._false(index, f"it is none of ours: {error}")
            return None
        name = entry.source.encode()
        if entry.time < self._time:
            self._false(index, f"its time, {entry.time}, is before that of the entry before it, {self._time}")
        self._time = max(self._time, entry.time)
        self._book(index, entry, self.accounts.setdefault(name, Account()))
        if special is not None and entry.kind is not Kind.RECORD:
            special(index, entry)
        return name, entry.time

    def _book(self, index: int, entry: Entry, account: Account) -> None:
        gap = self._gap(index, entry) if entry.kind is Kind.GAP else None
        first = gap.first if gap else entry.number
        if self._start and account.at < 0:
            account.last = first - 1
        if first <= account.last:
            self._false(
                index, f"number {first} of {entry.source} is there already, its last was {account.last}"
            )
        elif first > account.last + 1:
            self._findings.add(self._hole(index, entry.source, account, first - 1))
        if account.ended and entry.kind is not Kind.BEGIN:
            self._false(index, f"{entry.source} had said in entry {account.at} that nothing more was to come")
        account.ended = False
        try:
            self._say(index, entry, account)
        except FormatError as error:
            self._false(index, str(error))
        account.records += entry.kind is Kind.RECORD
        account.lost += gap.count if gap else 0
        account.last = max(account.last, entry.number)
        account.expected = b"" if account.ended else b"%d" % (account.last + 1)
        account.at = index

    def _gap(self, index: int, entry: Entry) -> Gap | None:
        """Return the gap that an entry is, and put down what it is worth; None where it is none."""
        try:
            gap, note = Gap.parse(entry.body)
            check_gap(gap, entry, self._history.origin)
            names = dict.fromkeys((entry.source, self._history.origin))
            signers = [key for name in names for key in self._history.signers(note, name, index)]
        except (FormatError, ProofError) as error:
            self._false(index, str(error))
            return None
        self._findings.add(lost(index, gap, signers))
        return gap

    def _say(self, index: int, entry: Entry, account: Account) -> None:
        """Take in what a source says of itself. Raises FormatError."""
        if entry.kind not in {Kind.BEGIN, Kind.HEARTBEAT, Kind.END}:
            return
        said = parse_statement(entry)
        if isinstance(said, Heartbeat | End):
            if said.last != entry.number - 1:
                self._false(
                    index,
                    f"{entry.source} says that it had counted to {said.last}, and this is its number {entry.number}",
                )
            account.heartbeat = entry.time
        if isinstance(said, Begin):
            if account.session:
                self._findings.add(
                    restarted(index, entry.source, (account.session, account.at, account.last), said.session)
                )
            account.session, account.sessions = said.session, account.sessions + 1
        if isinstance(said, End):
            account.session, account.ended = "", True

    def _hole(self, index: int, source: str, account: Account, last: int) -> Finding:
        """Return what became of the numbers after the last of a source, up to `last`, which come before entry `index`."""
        verdicts, evidence = self._claims.about(source, account.last + 1, last, index)
        hidden = self._last_hidden > account.at and Verdict.DELETED not in verdicts
        before = (
            f"entry {account.at} is its number {account.last}"
            if account.at >= 0
            else "nothing of it comes before"
        )
        around = f"{before}, and entry {index} goes on after number {last}"
        return missing(source, account.last + 1, last, (around, *evidence), hidden=hidden)

    def _tail(self, source: str) -> tuple[int, bool]:
        account = self.accounts.get(source.encode(), Account())
        return account.last, self._last_hidden > account.at

    def _false(self, index: int, sentence: str) -> None:
        self._findings.add(
            Finding(
                verdict=Verdict.FALSE, sentence=f"entry {index}: {sentence}", evidence=(f"entry {index}",)
            )
        )

    # --- saving ---------------------------------------------------------------------------------

    def save(self) -> dict[str, Any]:
        """Return all of it as plain values; key history, claims and findings are saved by whoever has them."""
        accounts = {}
        for name, account in self.accounts.items():
            saved = asdict(account)
            del saved["expected"]
            accounts[name.decode()] = saved
        return {
            "accounts": accounts,
            "start": self._start,
            "time": self._time,
            "last_hidden": self._last_hidden,
        }

    def load(self, saved: dict[str, Any]) -> None:
        """Take in what `save` gave."""
        self._start, self._time, self._last_hidden = saved["start"], saved["time"], saved["last_hidden"]
        for name, row in saved["accounts"].items():
            account = Account(**row)
            account.expected = b"" if account.ended else b"%d" % (account.last + 1)
            self.accounts[name.encode()] = account


def _later(written: bytes, time: int) -> bool:
    """Tell whether this is a time in its one spelling, and not before `time`."""
    return written.isdigit() and len(written) < 20 and written[0] != 48 and time <= int(written) < 2**63


def _lived(account: Account) -> str:
    return f"its last heartbeat is of {account.heartbeat}" if account.heartbeat else "it sent no heartbeat"
