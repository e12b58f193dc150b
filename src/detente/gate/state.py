"""What a gate remembers: one immutable value, the fold of its ledger's entries.

Everything in it is bounded: what was seen last is a `Recent`, holds are capped per group, the rest grows with the charter
and not with traffic. A new state shares with the old one all that did not change, so a snapshot costs nothing.
"""

from typing import Literal

from immutables import Map
from msgspec import Struct

from detente.gate.decision import Effect
from detente.gate.meter import Meter, Settings
from detente.gate.recent import Recent
from detente.gate.request import Action

__all__ = [
    "Answered",
    "Ballot",
    "Finding",
    "Hold",
    "Kill",
    "Known",
    "Mode",
    "Record",
    "State",
    "Status",
    "phase_key",
]

Status = Literal["pending", "approved", "denied", "expired", "cancelled", "failed"]
"""Of a hold: the words of the AuthZEN Access Request and Approval draft."""


class Known(Struct, frozen=True, gc=False):
    """An incident, or an action that was allowed: what may lead to more."""

    at: int
    actor: str
    """Whose doing it is, where known; of an incident without author, the owner of what it struck."""
    compartment: str
    domain: str
    rung: int
    root: str
    """The first incident of which it is a part: what spreads by itself is part of what it spread from, so one attribution holds for all
    of it. What an action brought about is not: its author is whoever acted."""
    system: str = ""
    """Of an action: the system that proposed it."""
    kind: str = ""
    """Of an action: its kind."""
    sensed_by: tuple[str, ...] = ()
    """Of an incident: the actors whose systems reported it."""
    traced: tuple[str, ...] = ()
    """Of a severe incident: the actions it was traced to; each costs its system a phase once."""
    place: str = ""
    """Of an incident: the system or asset it happened to."""
    causes: tuple[tuple[str, str], ...] = ()
    """Of an incident: whose actions it is said to descend from, as (system, kind), whatever its rung was when that was said."""
    reports: tuple[str, ...] = ()
    """Of an incident: digests of the last few different reports of it; the same report again says nothing new."""


class Answered(Struct, frozen=True, gc=False):
    """What was answered to an action."""

    digest: str
    system: str
    effect: Effect
    evaluation: str
    at: int
    nonce: int
    hold: str | None = None
    retry_at: int | None = None
    is_paid: bool = False
    """Its owner's throttle has been charged for it."""
    outcome: str = ""
    kind: str = ""
    """Of action; empty where it is none."""
    judges: tuple[str, ...] = ()
    """The people who said what they make of it."""
    agreed: bool = False
    """Whether all of them agreed with it."""


class Finding(Struct, frozen=True, gc=False):
    """The best attribution of a root incident so far."""

    author: str | None
    confidence: float
    at: int


class Mode(Struct, frozen=True, gc=False):
    """The mode of one scope."""

    mode: str
    since: int
    cause: str
    until: int | None = None
    """When it ends by itself; None: a person lifts it."""
    by: str = ""
    """The person who set it; empty where it came about by itself."""
    then: str = "normal"
    """The mode it leaves behind when it ends by itself."""


class Ballot(Struct, frozen=True, gc=False):
    """One person's vote."""

    person: str
    approve: bool
    reason: str
    at: int


class Hold(Struct, frozen=True, gc=False):
    """An action that waits for people."""

    id: str
    action: Action
    system: str
    owner: str
    kind: str
    rung: int
    digest: str
    """Of the exact action: a vote on anything else does not count."""
    policy: str
    """Of the policy that held it: an approval under another one is void."""
    why: tuple[str, ...]
    """The rules that asked for people."""
    group: str
    quorum: int
    excluded: tuple[str, ...]
    """People who run the system that asks."""
    opened: int
    escalates: int
    """From then on the next group may decide, too; the deadline where there is none."""
    deadline: int
    lapse: Effect
    """What becomes of it when nobody decides in time: deny, or allow."""
    nonce: int
    escalated: bool = False
    """The next group has been told."""
    status: Status = "pending"
    ballots: tuple[Ballot, ...] = ()
    also: tuple[str, ...] = ()
    """Other ids under which exactly the same was asked, the first few: they share this hold."""
    roots: tuple[str, ...] = ()
    """Root incidents that it answers."""
    closed: int | None = None
    """When it was decided, or lapsed, or was cancelled."""
    cause: str = ""
    """Why it was closed."""
    used_by: str = ""
    """The evaluation that used the approval: it counts once."""


class Record(Struct, frozen=True, gc=False):
    """What one system has shown with one kind of action."""

    phase: str
    since: int
    judged: int = 0
    agreed: int = 0
    """Of those, how many people agreed with: both in this phase."""
    severe_at: int | None = None
    """When a severe incident was last traced to it."""
    diverged: int = 0
    """In shadow: proposals that would have been allowed, and were not."""
    proposed: int = 0
    failed: int = 0
    """Actions that were allowed and reported as failed."""
    failing: int = 0
    """Of those, how many since one was last done."""
    start: str = ""
    """The phase in which the charter lets it start, as it was when last looked at."""


class Kill(Struct, frozen=True, gc=False):
    """What is known of the switch."""

    tested: int | None = None
    passed: bool = False
    detail: str = ""
    due: int | None = None
    """When the next test is due; None: no policy yet, or overdue."""
    overdue: bool = False

    @property
    def is_in_doubt(self) -> bool:
        """Whether the switch may not work: the last test failed, or was not made in time."""
        return self.overdue or (self.tested is not None and not self.passed)


class State(Struct, frozen=True, kw_only=True, gc=False):
    """All that a gate remembers."""

    now: int = 0
    """The time of the last entry: the gate's clock never goes back behind it."""
    policy: str = ""
    """The digest of the policy in force."""
    decided: int = 0
    """How many evaluations there have been."""
    clocks: Map[str, int] = Map()
    """By owner: when its throttle is next idle (the theoretical arrival time of GCRA)."""
    sensed: Map[str, tuple[int, ...]] = Map()
    """By actor: when its systems last sensed incidents, as many as trip its mode, oldest first."""
    modes: Map[str, Mode] = Map()
    """By scope: `overall`, `compartment:NAME`, `actor:NAME`; a scope that is not here is normal."""
    phases: Map[str, Record] = Map()
    """By system and kind, as `avalon-shield isolate-host`."""
    events: Recent[Known] = Recent(65_536)
    answered: Recent[Answered] = Recent(65_536)
    findings: Recent[Finding] = Recent(8_192)
    """By root (`Known.root`)."""
    holds: Map[str, Hold] = Map()
    """Those that wait, and those approved but not used yet."""
    closed: Recent[Hold] = Recent(4_096)
    kill: Kill = Kill()
    meter: Meter = Meter.empty(Settings())
    due: int | None = None
    """Nothing comes due before then; None: nothing will."""


def phase_key(system: str, kind: str) -> str:
    """Return under which key the phase of a system with a kind of action is kept."""
    return f"{system} {kind}"
