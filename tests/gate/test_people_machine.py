"""Anybody does anything at any time: what must hold all the same, kept by books of our own.

The books (`Books`) know the charter as a person reads it and the votes that were taken; they share no code with the gate's.
"""

from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from detente.errors import GateError
from detente.gate.commands import Propose, RecordKillTest
from detente.gate.decision import Decision
from detente.gate.due import next_due
from detente.gate.entries import Adopted, decode, encode
from detente.gate.fold import fold
from detente.gate.policy import Policy
from detente.gate.request import Action, Premise, action_digest
from detente.gate.state import State
from detente.model.charter.vocabulary import ModeTerms, Phase, PromotionTerms, Recovery
from tests.gate.build import RIVAL, SHIELD, START, charter, policy
from tests.gate.desk import Desk

SAFEGUARDS: dict[str, Any] = {
    "red-lines": {"forbid": [{"in": "kinetic", "from": "signal"}], "compliance": 0.5},
    "phased-rollout": {"autonomy": 0.7},
    "de-escalation-mode": {"trips_at": 3, "within": "1 h", "lasts": "10 min", "review_from": "disrupt", "restraint": 0.3},
    "throttle": {"rate": "1 /min", "burst": 4},
    "human-on-the-loop": {
        "from": "probe", "reviewers": 1, "review": "1 min", "approves_right": 1.0, "approves_wrong": 0.0,
        "on_timeout": "allow",
    },
    "shared-attribution": {"verdict": "1 min", "accuracy": 1.0},
}  # fmt: skip
CAP = 3
FORBIDDEN = "borduria-launcher"
"""The one target in a domain where a red line stands."""
WATCH, DUTY = {"ben", "cleo"}, {"dora", "emil"}
"""Who may vote on what avalon's system asks: of three in the watch ana runs that system. The duty joins after 300 s."""
PEOPLE = ("ben", "cleo", "dora", "emil", "ana", "mallory", "avalon-shield", "borduria-shield", "gate")
IDS = (*(f"a{number}" for number in range(16)), "i2")
KINDS = ("block-address", "isolate-host", "wipe-host", "release-host", "strike-back", "dance")
TARGETS = ("avalon-laptop", "borduria-shield", FORBIDDEN, "nowhere")
SYSTEMS = ("avalon-shield", "borduria-shield", "nobody")
INCIDENTS = ("i0", "i1", "i2", "a1")
"""Some names are wanted both for actions and for incidents."""
S = 10**9


def mostly(*values: Any) -> st.SearchStrategy[Any]:
    """Draw earlier values more often, so that what makes sense happens often enough for what does not to meddle with it."""
    return st.sampled_from(
        [value for place, value in enumerate(values) for _ in range(3 * (len(values) - place) ** 2)]
    )


def policies() -> tuple[Policy, ...]:
    watch, duty = charter().groups
    groups = (replace(watch, open_holds=CAP), duty)
    promotion = PromotionTerms(least_s=60.0, least_judged=1, agreement=0.05, severe_within_s=600.0)
    found = []
    for number, recovery in enumerate(Recovery):
        systems = (SHIELD, replace(RIVAL, phase=Phase.SUPERVISED if number else Phase.AUTONOMOUS))
        found.append(
            policy(
                SAFEGUARDS, groups=groups, systems=systems, promotion=promotion, document={"number": number},
                modes=ModeTerms(recovery=recovery, dwell_s=60.0),
            )
        )  # fmt: skip
    return tuple(found)


POLICIES = policies()


@dataclass
class Books:
    """What a person who watches everything would write down."""

    opened: dict[str, tuple[str, int, str]] = field(default_factory=dict)
    """By hold: the digest of what is held, when it was opened, under which policy."""
    duty_only: set[str] = field(default_factory=set)
    """Holds of the other actor's system: one of the duty decides."""
    about: dict[str, set[str]] = field(default_factory=dict)
    """By hold: the rules for whose sake people were asked."""
    votes: dict[str, dict[str, bool]] = field(default_factory=dict)
    spent: set[str] = field(default_factory=set)
    final: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By action: what it was, and the answer that stands."""

    def voted(self, hold: str, by: str, *, approve: bool, digest: str, at: int, policy: str) -> None:
        """A vote was taken: was it right to take it?"""
        held, opened, under = self.opened[hold]
        people = DUTY if hold in self.duty_only else WATCH | (DUTY if at >= opened + 300 * S else set())
        assert by in people
        assert digest == held
        assert policy == under
        assert at < opened + 600 * S
        assert by not in self.votes.setdefault(hold, {})
        assert False not in self.votes[hold].values()
        self.votes[hold][by] = approve

    def went_ahead(self, decision: Decision, digest: str, hold: str | None, kind: str, policy: str) -> None:
        """Something that people are asked about goes ahead: did they let it?"""
        assert hold is not None
        held, opened, under = self.opened[hold]
        assert hold not in self.spent
        self.spent.add(hold)
        assert (held, under) == (digest, policy)
        assert {reason.rule for reason in decision.reasons if reason.effect == "hold"} <= self.about[hold]
        assert decision.at < opened + 1200 * S
        votes = self.votes.get(hold, {})
        assert False not in votes.values()
        quorum = 1 if hold in self.duty_only else 2
        if len(votes) < quorum:
            assert kind == "block-address"  # the only one that may lapse to its safe default
            assert decision.at >= opened + 600 * S


class Anybody(RuleBasedStateMachine):
    """Proposals, votes, orders, clocks and policies, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(POLICIES[0])
        self.books = Books()
        self.asked: dict[str, tuple[str, Action]] = {}
        self.last = 0

    def tried(self, act: Any, *args: Any, **kwargs: Any) -> Any:
        """Do something; what is refused changes nothing."""
        before = self.desk.state
        try:
            return act(*args, **kwargs)
        except GateError:
            assert self.desk.state is before
            return None

    @initialize(kinds=st.lists(mostly("wipe-host", "block-address", "isolate-host"), min_size=1, max_size=3))
    def something_waits(self, kinds: list[str]) -> None:
        """Begin with holds, so that there is something to meddle with; the same kind again shares one."""
        for id_, kind in zip(IDS, kinds, strict=False):
            self.ask("avalon-shield", Action(id_, "avalon-laptop", kind, premise=Premise("borduria", 0.9)), 0)

    # --- systems ------------------------------------------------------------------------------

    @rule(
        id_=st.sampled_from(IDS),
        system=mostly(*SYSTEMS),
        kind=mostly(*KINDS),
        upon=mostly(*TARGETS),
        blames=mostly("borduria", None),
        answers=mostly((), ("i0",), ("i9",)),
        reversible=mostly(None, False),
        nonce=st.integers(0, 2**64 - 1),
    )
    def propose(
        self, id_: str, system: str, kind: str, upon: str, blames: str | None, answers: tuple[str, ...],
        reversible: bool | None, nonce: int,
    ) -> None:  # fmt: skip
        action = Action(
            id_, upon, kind, premise=Premise(blames, 0.9), in_response_to=answers, reversible=reversible
        )
        self.ask(system, action, nonce)

    @precondition(lambda self: self.asked)
    @rule(data=st.data(), other=st.sampled_from([None, *IDS]), nonce=st.integers(0, 2**64 - 1))
    def ask_again(self, data: st.DataObject, other: str | None, nonce: int) -> None:
        """The same action once more, under its own id or another."""
        system, action = self.asked[data.draw(st.sampled_from(sorted(self.asked)))]
        fields = {name: getattr(action, name) for name in action.__struct_fields__}
        self.ask(system, Action(**(fields | {"id": other or action.id})), nonce)

    def ask(self, system: str, action: Action, nonce: int) -> None:
        decision = self.desk.do(Propose(system, action, nonce))
        digest = action_digest(system, action)
        self.asked.setdefault(action.id, (system, action))
        stands = self.books.final.get(action.id)
        if stands is not None:
            assert decision.effect == (stands[1] if stands[0] == digest else "deny")
            assert decision.repeated
            return
        if self.asked[action.id] != (system, action) and decision.repeated and decision.effect == "deny":
            return  # the id is taken by something that waits
        if decision.effect in {"allow", "deny"}:
            self.books.final[action.id] = (digest, decision.effect)
        if decision.effect == "allow":
            self.check_allowed(system, action, decision, digest)
        if decision.hold is not None and decision.hold not in self.books.opened:
            self.books.opened[decision.hold] = (digest, decision.at, decision.policy)
            rules = {reason.rule for reason in decision.reasons if reason.effect == "hold"}
            self.books.about[decision.hold] = rules
            if system == "borduria-shield":
                self.books.duty_only.add(decision.hold)

    def check_allowed(self, system: str, action: Action, decision: Decision, digest: str) -> None:
        effects = {reason.rule: reason.effect for reason in decision.reasons}
        assert not {"deny", "throttle"} & set(effects.values())
        assert system != "nobody"
        assert action.action != "dance"
        assert action.target not in {FORBIDDEN, "nowhere"}
        if self.is_stopped(system, action):
            assert action.action == "release-host"
        if "hold" in effects.values():
            assert action.action is not None
            hold = next(reason.facts["hold"] for reason in decision.reasons if reason.rule == "approval")
            self.books.went_ahead(decision, digest, hold, action.action, self.desk.policy.digest)

    def is_stopped(self, system: str, action: Action) -> bool:
        touched = {"overall", f"actor:{system.partition('-')[0]}"}
        if "avalon-shield" in {system, action.target} or action.target == "avalon-laptop":
            touched.add("compartment:west-cyber")
        return any(
            mode.mode == "halted" and scope in touched for scope, mode in self.desk.state.modes.items()
        )

    # --- people -------------------------------------------------------------------------------

    def open_hold(self, data: st.DataObject) -> str:
        """Draw a hold that is open, or any where none is."""
        return data.draw(st.sampled_from(sorted(self.desk.state.holds) or sorted(self.books.opened)))

    @precondition(lambda self: self.books.opened)
    @rule(data=st.data(), by=mostly(*PEOPLE), approve=mostly(True, False), is_shown=mostly(True, False))
    def vote(self, data: st.DataObject, by: str, approve: bool, is_shown: bool) -> None:
        hold = self.open_hold(data)
        self.take_vote(hold, by, approve=approve, digest=self.books.opened[hold][0] if is_shown else "0" * 64)

    @precondition(lambda self: self.books.opened)
    @rule(
        data=st.data(),
        people=mostly(("ben", "cleo"), ("ben", "dora"), (), ("emil", "dora")),
        at=st.sampled_from([0, 300, 600]),
    )
    def people_decide(self, data: st.DataObject, people: tuple[str, ...], at: int) -> None:
        """Two at once, or nobody in time; then the system asks again under each of its ids, or does not."""
        hold = self.open_hold(data)
        digest, opened, _ = self.books.opened[hold]
        self.desk.time = max(self.desk.time, (opened - START) / S + at)
        for by in people:
            self.take_vote(hold, by, approve=True, digest=digest)
        if data.draw(mostly(True, False)):
            held = self.desk.hold(hold)
            for id_ in (held.action.id, *held.also):
                self.ask(*self.asked[id_], nonce=0)

    def take_vote(self, hold: str, by: str, *, approve: bool, digest: str) -> None:
        count = len(self.desk.entries)
        if self.tried(self.desk.vote, by, hold, approve=approve, digest=digest) is not None and count < len(
            self.desk.entries
        ):
            self.books.voted(
                hold,
                by,
                approve=approve,
                digest=digest,
                at=self.desk.state.now,
                policy=self.desk.policy.digest,
            )

    @precondition(lambda self: self.books.opened)
    @rule(data=st.data(), by=st.sampled_from(PEOPLE))
    def cancel(self, data: st.DataObject, by: str) -> None:
        self.tried(self.desk.cancel, by, data.draw(st.sampled_from(sorted(self.books.opened))))

    @rule(by=st.sampled_from(PEOPLE), id_=st.sampled_from(IDS), data=st.data())
    def look_back(self, by: str, id_: str, data: st.DataObject) -> None:
        """Somebody says what became of an action, or what they make of it."""
        if data.draw(st.booleans()):
            self.tried(self.desk.judge, by, id_, agrees=data.draw(st.booleans()))
        else:
            self.tried(
                self.desk.outcome, id_, data.draw(st.sampled_from(["done", "failed", "rolled-back"])), by=by
            )

    @rule(by=st.sampled_from(PEOPLE), what=mostly("move", "mode", "test", "stop"), data=st.data())
    def order(self, by: str, what: str, data: st.DataObject) -> None:
        """Somebody moves a system, sets a mode, tries the switch, or pulls it."""
        if what == "move":
            system, kind = data.draw(mostly(*SYSTEMS)), data.draw(st.sampled_from(KINDS))
            phase = data.draw(mostly("autonomous", "supervised", "advisory", "shadow"))
            self.tried(self.desk.move, phase, by=by, system=system, kind=kind)
        elif what == "mode":
            mode = data.draw(mostly("normal", "guarded", "de-escalation", "halted"))
            scope = data.draw(
                st.sampled_from(["overall", "actor:avalon", "compartment:west-cyber", "actor:nobody"])
            )
            self.tried(self.desk.mode, mode, by=by, scope=scope)
        elif what == "test":
            self.desk.do(RecordKillTest(data.draw(mostly(True, False)), ""))
        else:
            self.tried(self.desk.stop, by, data.draw(st.sampled_from(["actor:avalon", "overall", "nowhere"])))

    # --- the world ----------------------------------------------------------------------------

    @rule(
        id_=st.sampled_from(INCIDENTS),
        rung=mostly("probe", "degrade"),
        causes=st.lists(st.sampled_from([*IDS, *INCIDENTS]), max_size=2),
        by=st.sampled_from(["avalon-shield", "borduria-shield", "ben"]),
        author=st.sampled_from([None, None, "avalon", "borduria"]),
    )
    def the_world(self, id_: str, rung: str, causes: list[str], by: str, author: str | None) -> None:
        """Something happens, or it becomes clear who did it."""
        self.tried(self.desk.report, id_, rung, *causes, by=by)
        if author is not None:
            self.tried(self.desk.attribute, id_, author)

    @rule(seconds=st.one_of(mostly(1.0, 60.0, 300.0, 600.0, 1e5), st.floats(-400.0, 400.0)))
    def the_clock_jumps(self, seconds: float) -> None:
        """Forwards or backwards; seen from the gate's own time, so that backwards is not for ever."""
        self.desk.time = (self.desk.state.now - START) / S + seconds

    @rule()
    def pass_time(self) -> None:
        self.desk.pass_time(self.desk.time)

    @rule(number=mostly(0, 0, 1))
    def adopt(self, number: int) -> None:
        self.desk.adopt(POLICIES[number])

    # --- what always holds -------------------------------------------------------------------

    @invariant()
    def time_never_goes_back(self) -> None:
        assert self.desk.state.now >= self.last
        self.last = self.desk.state.now

    @invariant()
    def nobody_is_flooded(self) -> None:
        pending = [hold.group for hold in self.desk.state.holds.values() if hold.status == "pending"]
        assert pending.count("watch") <= CAP

    @invariant()
    def what_is_open_is_of_the_policy_in_force_and_not_used(self) -> None:
        for hold in self.desk.state.holds.values():
            assert hold.policy == self.desk.policy.digest
            assert not hold.used_by

    @invariant()
    def the_next_time_to_look_is_known(self) -> None:
        assert self.desk.state.due == next_due(self.desk.state)

    def teardown(self) -> None:
        """The entries alone, as bytes, give the same state."""
        state, rules = State(), POLICIES[0]
        by_digest = {one.digest: one for one in POLICIES}
        for entry in map(decode, map(encode, self.desk.entries)):
            rules = by_digest[entry.digest] if isinstance(entry, Adopted) else rules
            state = fold(state, entry, rules)
        assert state == self.desk.state


TestAnybody = Anybody.TestCase
TestAnybody.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
