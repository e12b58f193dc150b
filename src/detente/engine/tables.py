"""What a compiled scenario looks like: a handful of contiguous arrays of records.

Kernels read these and nothing else. Rows that are looked at together lie together: one rule is one
record, so acting on it touches one or two cache lines. Every `first`/`last` pair is a half-open range
of rows in the array its field name says. Actors, systems, domains, compartments and components
appear as positions in the order of their names; `NOBODY` stands for no actor.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = [
    "ACTION",
    "ACTOR",
    "AT_BLAMED",
    "AT_LIST",
    "BERNOULLI",
    "COUPLED",
    "EXPONENTIAL",
    "FIXED",
    "GUARD",
    "LOGNORMAL",
    "MAX_PENDING",
    "NEGATIVE_BINOMIAL",
    "NOBODY",
    "OUTAGE",
    "PHANTOM",
    "POISSON",
    "ROOT",
    "RULE",
    "SHOCK",
    "SYSTEM",
    "WATCH",
    "WHOLE",
    "WORM",
    "Log",
    "Outcomes",
    "Tables",
    "Work",
]

NOBODY = -1

# What an incident is.
SHOCK, PHANTOM, OUTAGE, WORM, ACTION = range(5)

# Safeguards, in the order of the design's section 7; positions in `Tables.inert` and `Outcomes.stopped`.
(
    RED_LINES,
    PHASED_ROLLOUT,
    CERTIFICATION,
    ROBUSTNESS,
    EXPORT_CONTROLS,
    COMPARTMENTS,
    CONFIDENCE_FLOOR,
    DE_ESCALATION_MODE,
    THROTTLE,
    HUMAN_ON_THE_LOOP,
    INCIDENT_SHARING,
    SHARED_ATTRIBUTION,
) = range(12)
SAFEGUARD_COUNT = 12
PASSES = -1  # no safeguard stops it

# What becomes of an action below the confidence floor.
NO_FLOOR, DENY, REVIEW, REVERSIBLE_ONLY = range(4)

UNLIMITED = -1  # reviewers

# Who looked at an action before it went ahead; bits of the field REVIEWED.
BY_COMMAND, BY_REVIEWERS = 1, 2

# How a response picks its target: among a fixed range of `targets`, or among the blamed actor's systems.
AT_LIST, AT_BLAMED = range(2)

# Delay laws.
FIXED, EXPONENTIAL, LOGNORMAL = range(3)

# Laws of counts. The kernel draws from `cumulative`; who needs a formula reads kind, mean and dispersion.
POISSON, BERNOULLI, WHOLE, NEGATIVE_BINOMIAL = range(4)

_DELAY = [("delay_law", "i4"), ("delay_scale", "f8"), ("delay_spread", "f8")]  # scale in seconds

SYSTEM = np.dtype(
    [
        ("id", "u8"),
        ("owner", "i4"),
        ("domain", "i4"),
        ("compartment", "i4"),
        ("certified", "i4"),  # whether certification covers it
        ("threshold", "i4"),  # lowest rung any of its rules answers; above the ladder when it has none
        ("watches_first", "i4"),  # who watches this system
        ("watches_last", "i4"),
        ("rules_first", "i4"),
        ("rules_last", "i4"),
        ("outages_first", "i4"),  # where its outages spread
        ("outages_last", "i4"),
        ("infections_first", "i4"),  # contagion rules of its components
        ("infections_last", "i4"),
        ("suspects_first", "i4"),
        ("suspects_last", "i4"),
        ("down_from", "i4"),  # above the ladder when nothing puts it down
        ("down_lasts", "f8"),  # seconds
        ("attribution", "f8"),
        ("assurance", "f8"),
        ("overconfidence", "f8"),
        ("inflates", "f8"),
        ("deflates", "f8"),
        ("recognises_accidents", "f8"),
        ("sees_through_spoofs", "f8"),
    ],
    align=True,
)

WATCH = np.dtype([("watcher", "i4"), ("chance", "f8")], align=True)

RULE = np.dtype(
    [
        ("id", "u8"),
        ("system", "i4"),  # whose rule it is
        ("from_rung", "i4"),
        ("at", "i4"),
        ("domain", "i4"),
        ("targets_first", "i4"),  # AT_LIST only
        ("targets_last", "i4"),
        ("skip", "i4"),  # position within that range that is passed over, or -1
        ("law", "i4"),  # row of `laws`
        ("law_alert", "i4"),  # the same while the owner is on alert
        ("poses_as", "i4"),
        ("step_down", "f8"),
        ("step_up", "f8"),
        ("autonomy", "f8"),
        ("autonomy_alert", "f8"),
        ("keeps", "f8"),  # share of the harm that is not undone
        ("reversible", "i4"),
        *_DELAY,
    ],
    align=True,
)

COUPLED = np.dtype(
    [
        ("id", "u8"),
        ("target", "i4"),  # outages: the system; contagion: the component
        ("at_least", "i4"),
        ("drops", "i4"),
        ("members_first", "i4"),  # contagion: systems with the component
        ("members_last", "i4"),
        ("spreads", "f8"),
        *_DELAY,
    ],
    align=True,
)

ACTOR = np.dtype(
    [
        ("id", "u8"),
        ("has_command", "i4"),
        ("review_law", "i4"),
        ("review_scale", "f8"),
        ("review_spread", "f8"),
        ("approves_right", "f8"),
        ("approves_wrong", "f8"),
        ("trips_at", "i4"),  # 0: no alert
        ("ring_first", "i4"),  # its ring of latest sensing times in `Work.ring`
        ("within", "f8"),
        ("lasts", "f8"),
    ],
    align=True,
)

ROOT = np.dtype(
    [
        ("id", "u8"),
        ("kind", "i4"),  # SHOCK or PHANTOM
        ("system", "i4"),
        ("rung", "i4"),
        ("author", "i4"),
        ("points_to", "i4"),
        ("law", "i4"),  # of the number of arrivals until the horizon; -1: once, at `at`
        ("at", "f8"),
        ("share", "f8"),  # of its arrivals that safeguards let happen
        ("safeguard", "i4"),  # which one thins them, and
        ("guarded_by", "i4"),  # whose it is
    ],
    align=True,
)

GUARD = np.dtype(
    [
        ("compliance", "f8"),  # red lines; what is forbidden is in `Tables.forbidden`
        ("autonomy", "f8"),  # phased rollout: at most so much; 1: no cap
        ("attribution", "f8"),  # certification: at least
        ("inflates", "f8"),  # certification: factor
        ("overconfidence", "f8"),  # certification: exactly this; 0: as it is
        ("sees_through_spoofs", "f8"),  # robustness: at least
        ("errs", "f8"),  # robustness: factor of the chance that people approve a wrongful action
        ("takes", "f8"),  # robustness: factor of the time people take
        ("acts", "f8"),  # export controls: share of its actions that still happen
        ("strength", "f8"),  # compartments
        ("below_floor", "i4"),  # confidence floor: NO_FLOOR or what becomes of an action below it
        ("trips_at", "i4"),  # de-escalation mode: as an alert's in ACTOR; 0: none
        ("ring_first", "i4"),
        ("within", "f8"),
        ("lasts", "f8"),
        ("mode_review_from", "i4"),  # above the ladder when the mode sends nothing to review
        ("restraint", "f8"),
        ("interval", "f8"),  # throttle: seconds per action; 0: none
        ("burst", "i4"),  # throttle: actions that may go at once
        ("delays_excess", "i4"),  # throttle: 1: excess waits; 0: it is dropped
        ("review_from", "i4"),  # human on the loop; above the ladder when there is none
        ("reviewers", "i4"),  # 0: none; UNLIMITED
        ("reviewers_first", "i4"),  # when each is free again: a range of `Work.free`
        ("review_law", "i4"),
        ("review_scale", "f8"),
        ("review_spread", "f8"),
        ("approves_right", "f8"),
        ("approves_wrong", "f8"),
        ("timeout", "f8"),  # seconds from being held to being decided
        ("allows_on_timeout", "i4"),
        ("shared_after", "f8"),  # incident sharing: seconds past the root; infinite: none
        ("shared_recognises", "f8"),  # incident sharing: at least
        ("shared_sees_through", "f8"),  # incident sharing: at least
        ("uses_verdicts", "i4"),  # shared attribution
        ("verdict_law", "i4"),
        ("verdict_scale", "f8"),
        ("verdict_spread", "f8"),
        ("accuracy", "f8"),
    ],
    align=True,
)

SUSPECT = np.dtype([("actor", "i4"), ("share", "f8")], align=True)
LAW = np.dtype(
    [
        ("first", "i4"),
        ("last", "i4"),
        ("kind", "i4"),
        ("mean", "f8"),
        ("dispersion", "f8"),  # NEGATIVE_BINOMIAL only
    ],
    align=True,
)


class Tables(NamedTuple):
    """A scenario for the kernel; `compile.compile_tables` makes it."""

    critical: int
    catastrophe: int
    horizon: float  # seconds
    domain_count: int
    actors: npt.NDArray[np.void]  # ACTOR, one per actor
    systems: npt.NDArray[np.void]  # SYSTEM, one per system
    harm: npt.NDArray[np.float64]  # (systems, rungs), USD per incident
    watches: npt.NDArray[np.void]  # WATCH, grouped by the system watched
    rules: npt.NDArray[np.void]  # RULE, grouped by system
    outages: npt.NDArray[np.void]  # COUPLED, grouped by the system they spread from
    contagion: npt.NDArray[np.void]  # COUPLED, one per contagion rule
    infections: npt.NDArray[np.int32]  # rows of `contagion`, grouped by system
    members: npt.NDArray[np.int32]  # systems, grouped by component
    suspects: npt.NDArray[np.void]  # SUSPECT, grouped by system
    targets: npt.NDArray[np.int32]  # systems: by (actor, domain), then by domain, then listed ones
    groups: npt.NDArray[
        np.int32
    ]  # (actor * domain_count + domain) -> first row in `targets`; one more at the end
    laws: npt.NDArray[np.void]  # LAW: ranges of `cumulative`, and what they are tables of
    cumulative: npt.NDArray[np.float64]  # P(N <= 0), P(N <= 1), ... 1 for each law of counts
    roots: npt.NDArray[np.void]  # ROOT, shocks first, then phantoms
    guarded: int  # whether any safeguard stands
    guards: npt.NDArray[np.void]  # GUARD, one per actor
    inert: npt.NDArray[np.float64]  # (actors, safeguards) chance of being disarmed in a crisis
    forbidden: npt.NDArray[np.int32]  # (actors, domains) lowest rung that red lines forbid there
    floors: npt.NDArray[np.float64]  # (rungs,) confidence that an action there needs; 0: none
    doubt: npt.NDArray[np.float64]
    """(bare or certified, systems, wrong or right, rungs) chance that the confidence in a blame is below the floor"""
    halt_s: float  # seconds after a crisis's first incident from which no automated action is proposed


class Work(NamedTuple):
    """Scratch memory of one thread. Nothing in it outlives a crisis except stamps that no longer match."""

    state: npt.NDArray[np.int64]  # see the positions below
    times: npt.NDArray[np.float64]  # heap, seconds
    keys: npt.NDArray[np.uint64]  # heap
    slots: npt.NDArray[np.int32]  # heap; a permutation of all slots
    pending: npt.NDArray[np.int32]  # (slots, FIELDS): what each pending incident is
    root_keys: npt.NDArray[np.uint64]  # per slot: the key of the root it descends from
    crisis: npt.NDArray[np.uint64]  # one: the key of the crisis
    begun: npt.NDArray[
        np.float64
    ]  # two: the times of its first and of its latest incident; infinite before that
    down_until: npt.NDArray[np.float64]  # per system, seconds
    down_stamp: npt.NDArray[np.int64]  # crisis in which `down_until` was set
    # What an actor remembers of what it sensed: first for its alert, then, A further, for its de-escalation mode.
    ring: npt.NDArray[np.float64]  # latest sensing times, `trips_at` for each
    sensed: npt.NDArray[np.int64]  # (2 A,) incidents sensed so far
    noted: npt.NDArray[np.int64]  # (2 A,) serial of the incident noted last
    on_until: npt.NDArray[np.float64]  # (2 A,) seconds
    ring_stamp: npt.NDArray[np.int64]  # (2 A,) crisis in which the four above were reset
    # Per actor: its throttle is next idle (theoretical arrival time) so many intervals after it was last idle.
    busy_since: npt.NDArray[np.float64]  # seconds
    let_go: npt.NDArray[np.int64]
    throttle_stamp: npt.NDArray[np.int64]  # crisis in which the two above were reset
    free: npt.NDArray[np.float64]  # per reviewer: when free again
    free_stamp: npt.NDArray[np.int64]  # per actor: crisis in which its reviewers were reset
    tally: npt.NDArray[np.int64]  # see the positions below
    waits: npt.NDArray[np.float64]  # REVIEW_WAIT, REVIEW_QUEUE and RIGHTFUL_DELAY of the crisis, seconds
    actor_stamp: npt.NDArray[np.int64]  # crisis in which the actor was reached
    domain_stamp: npt.NDArray[np.int64]


# Positions in `Work.state`.
PENDING, OVERFLOWED, CUT, STAMP, LOGGED, SERIAL, LOG_FULL, STOP, STOPS_LOGGED = range(9)
STATE_SIZE = 9

# Positions in `Work.tally` after one for each safeguard, and in `Work.waits`.
HELD, DENIED, TIMED_OUT, WITHDRAWN, RIGHTFUL_STOPPED = range(SAFEGUARD_COUNT, SAFEGUARD_COUNT + 5)
TALLY_SIZE = SAFEGUARD_COUNT + 5
WAITS = 3
REVIEW_WAIT, REVIEW_QUEUE, RIGHTFUL_DELAY = range(WAITS)

MAX_PENDING = 1 << 22
"""Incidents one crisis may have pending (about 270 MB); one that needs more ends as `capped`."""

# Fields of one row of `Work.pending` and of `Log.rows`.
(
    AT_SYSTEM,
    AT_RUNG,
    BY,  # author
    POINTS_TO,
    ROOT_ROW,  # row of `roots` it descends from
    DEPTH,  # generation; 0 for a root
    KIND,
    COUPLING,  # row of `roots`, `outages`, `contagion` or `rules`, by kind
    PARENT,  # position of its parent in the log, -1 for a root; 0 when nothing is recorded
    RIGHT,  # an action: whether the blame it rests on was right
    ORDINAL,  # which of the children that the coupling made of its parent
    REVIEWED,  # an action: which people it passed, bits
) = range(12)
FIELDS = 12
STOPPER = FIELDS  # one more in `Log.stops`: the safeguard that stopped it


class Log(NamedTuple):
    """What a traced crisis leaves behind, in the order of processing; capacity 0 records nothing."""

    times: npt.NDArray[np.float64]
    keys: npt.NDArray[np.uint64]
    rows: npt.NDArray[np.int32]  # (incidents, FIELDS)
    root_keys: npt.NDArray[np.uint64]
    stops: npt.NDArray[np.int32]  # (actions and infections that safeguards stopped, FIELDS + 1)
    stop_keys: npt.NDArray[np.uint64]


class Outcomes(NamedTuple):
    """What became of each crisis: one row per crisis, in order of crisis index.

    Times are in seconds since the crisis's first incident.
    """

    ended: npt.NDArray[np.int8]  # position in tuple(Ending)
    duration_s: npt.NDArray[np.float64]
    incidents: npt.NDArray[np.int64]
    actions: npt.NDArray[np.int64]
    peak_rung: npt.NDArray[np.int8]  # -1: nothing happened
    first_critical_s: npt.NDArray[np.float64]  # NaN: never
    catastrophe_s: npt.NDArray[np.float64]  # NaN: never
    loss_usd: npt.NDArray[np.float64]  # (crises, actors), by owner of the system hit
    actors_reached: npt.NDArray[np.int32]
    domains_reached: npt.NDArray[np.int32]
    wrongful_actions: npt.NDArray[np.int64]
    depth: npt.NDArray[np.int32]
    reviewed: npt.NDArray[np.int64]  # actions held for reviewers
    review_wait_s: npt.NDArray[np.float64]  # from being held to being decided, all together
    review_queue_s: npt.NDArray[np.float64]  # of that, until a reviewer was free
    denied: npt.NDArray[np.int64]  # by reviewers
    timed_out: npt.NDArray[np.int64]  # reviews not decided in time
    withdrawn: npt.NDArray[np.int64]  # because a verdict contradicts the blame
    rightful_stopped: npt.NDArray[np.int64]
    rightful_delay_s: npt.NDArray[np.float64]  # added to rightful actions that went ahead, all together
    stopped: npt.NDArray[np.int32]  # (crises, safeguards)
