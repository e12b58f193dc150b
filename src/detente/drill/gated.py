"""A desk with a gate: incidents sensed are reported to it, every proposed action is asked of it, and people vote through it.

Two readings of one portfolio. *As modelled*, the gate decides with the lab's numbers and the lab's draws (a red line that 95 %
comply with lets one in twenty through), so a crisis must go as it goes in the lab. *As enforced*, it does what it would do in
service (decision record 0019): a red line is a red line, what holds no certificate is supervised, what cannot be undone waits
while it is uncertain, an approval is looked at again before it is used, and draws come from a nonce.
"""

from collections import Counter

from detente.drill.asked import AskedGate, InProcess
from detente.drill.chance import draw
from detente.drill.charter import charter_of, kind_of
from detente.drill.crisis import Crisis, Happening, Proposal
from detente.drill.orders import commands, goes_to_command
from detente.drill.people import Verdict, asks_command, contradicted_at, looks_at, verdict_at
from detente.drill.world import World
from detente.engine import _chance, tables
from detente.engine._armed import is_armed
from detente.engine.trace import stated
from detente.gate.compile import compile_policy
from detente.gate.decision import ALLOW, HOLD, THROTTLE, Decision
from detente.gate.policy import NS, Policy
from detente.gate.request import Action, Attribution, Incident, Premise
from detente.gate.rule_names import EXPORT_CONTROLS, HUMAN_REVIEW, PHASED_ROLLOUT, SHARED_ATTRIBUTION
from detente.model.charter.library import load
from detente.model.portfolio.bind import bind

__all__ = ["START", "Gated", "policy_of"]

START = 1_764_000_000_000_000_000
"""The gate's time, in nanoseconds since the epoch, at which the scenario's clock begins."""


def policy_of(world: World, *, as_modelled: bool) -> Policy:
    """Compile the policy of a gate that stands in a scenario."""
    certified = {
        system.name
        for system, row in zip(world.scenario.systems, world.systems, strict=True)
        if as_modelled or row.certified
    }
    charter = load(charter_of(world.scenario, certified=certified))
    return compile_policy(charter, world.portfolio, as_modelled=as_modelled)


class Gated:
    """The gate's desk. One gate for all who take up some safeguard; who takes up none asks nobody."""

    def __init__(self, world: World, policy: Policy, gate: AskedGate | None = None) -> None:
        self.world, self.policy, self.is_modelled = world, policy, policy.modelled
        self._gate = gate or InProcess(policy)
        adopters = _adopters(world)
        self.is_gated = [self.is_modelled or actor.name in adopters for actor in world.scenario.actors]
        self.answers: Counter[str] = Counter()
        """How often the gate gave each answer."""

    def begins(self, crisis: Crisis) -> None:
        self.crisis = crisis
        self._gate.begins()

    # --- what the gate is told -------------------------------------------------------------------------

    def sensed(self, actor: int, incident: Happening) -> None:
        if not self.is_gated[actor]:
            return
        scenario, system = self.world.scenario, self.world.scenario.systems[incident.system]
        seen = Incident(_name(incident), system.name, scenario.ladder[incident.rung])
        self._gate.reports(scenario.actors[actor].name, seen, _ns(self.crisis.now))

    def _attributes(self, proposal: Proposal) -> None:
        """Tell what the shared attribution says, by now, of the incident that an action answers."""
        time = max(self.crisis.now, verdict_at(self.crisis, proposal))
        author = self.crisis.blames(proposal.system, proposal.answers, time)
        name = None if author < 0 else self.world.scenario.actors[author].name
        accuracy = float(self.world.guards[proposal.owner].accuracy)
        self._gate.attributes(Attribution(_name(proposal.answers), name, accuracy), _ns(self.crisis.now))

    # --- what the gate is asked ------------------------------------------------------------------------

    def proposed(self, proposal: Proposal) -> None:
        if not self.is_modelled and self._lacks_means(proposal):
            self.crisis.stops(proposal, EXPORT_CONTROLS)
        elif self.is_gated[proposal.owner]:
            self._ask(proposal, self._action(proposal))
        else:
            self._ordered(proposal)

    def _lacks_means(self, proposal: Proposal) -> bool:
        """Whether an action fails for want of what export controls withhold: no gate's doing."""
        acts = self.world.guards[proposal.owner].acts
        return (
            acts < 1.0
            and draw(proposal.key, _chance.ITSELF, _chance.WITHHOLD) >= acts
            and bool(is_armed(self.world.tables, self.crisis.key, proposal.owner, tables.EXPORT_CONTROLS))
        )

    def _action(self, proposal: Proposal) -> Action:
        scenario, rule, answers = self.world.scenario, self.world.rules[proposal.rule], proposal.answers
        premise = None
        if proposal.blamed >= 0:
            sure = stated(
                self.world.tables, self.crisis.key, self.world.system_records[proposal.system], answers.key,
                right=proposal.right, time=answers.time, root=answers.root, root_key=answers.root_key,
            )  # fmt: skip
            premise = Premise(scenario.actors[proposal.blamed].name, sure)
        return Action(
            f"a{int(proposal.key):016x}",
            scenario.systems[proposal.target].name,
            kind_of(
                scenario.ladder[proposal.rung],
                rests_on_blame=premise is not None,
                reversible=bool(rule.reversible),
            ),
            arguments={"lineage": f"{int(proposal.key):016x}"},  # two of a kind are two
            premise=premise,
            in_response_to=(_name(answers),),
        )

    def _ask(self, proposal: Proposal, action: Action) -> None:
        crisis = self.crisis
        if verdict_at(crisis, proposal) <= crisis.now:
            self._attributes(proposal)
        decision = self._decided(proposal, action)
        self.answers[decision.effect] += 1
        if decision.effect == ALLOW:
            self._ordered(proposal)
        elif decision.effect == HOLD:
            self._holds(proposal, action, decision)
        elif decision.effect == THROTTLE and self.policy.owners[self._owner(proposal)].delays_excess:
            assert decision.retry_at is not None  # INVARIANT: a throttle says when
            turn = _s(decision.retry_at)
            proposal.held += turn - crisis.now
            crisis.at(turn, lambda: self._ask(proposal, action))
        else:
            self._stops(proposal, decision)

    def _decided(self, proposal: Proposal, action: Action) -> Decision:
        system = self.world.scenario.systems[proposal.system].name
        return self._gate.decides(system, action, int(proposal.key), _ns(self.crisis.now))

    def _stops(self, proposal: Proposal, decision: Decision) -> None:
        rule = next(one.rule for one in decision.reasons if one.effect == decision.effect)
        self.crisis.stops(proposal, rule)

    def _owner(self, proposal: Proposal) -> str:
        return self.world.scenario.actors[proposal.owner].name

    def _ordered(self, proposal: Proposal) -> None:
        """It may happen; a share of what may happen waits for an order all the same."""
        if goes_to_command(proposal):
            commands(self.crisis, proposal, contradicted_at(self.crisis, proposal))
        else:
            self.crisis.lands(proposal)

    # --- people ----------------------------------------------------------------------------------------

    def _holds(self, proposal: Proposal, action: Action, decision: Decision) -> None:
        """Let people look at a held action, and vote once they have."""
        asks = {one.rule for one in decision.reasons if one.effect == HOLD}
        until = contradicted_at(self.crisis, proposal)
        if asks == {PHASED_ROLLOUT}:
            self._after(
                asks_command(self.crisis, proposal, until), proposal, action, decision, by_command=True
            )
        else:
            verdict = looks_at(self.crisis, proposal, until)
            self._after(verdict, proposal, action, decision, is_capped=PHASED_ROLLOUT in asks)

    def _after(
        self, verdict: Verdict, proposal: Proposal, action: Action, decision: Decision, *,
        is_capped: bool = False, by_command: bool = False,
    ) -> None:  # fmt: skip
        began = self.crisis.now

        def comes() -> None:
            if verdict.says == "withdrawn":
                self._attributes(proposal)
            elif verdict.says == "late":
                self._gate.lapses(_hold_of(decision), _ns(self.crisis.now))
            elif verdict.says == "yes" and is_capped and not self.is_modelled:
                # Both must agree: whoever reviews, and the command by whose order it happens.
                second = asks_command(self.crisis, proposal, contradicted_at(self.crisis, proposal))
                proposal.held += verdict.after
                self._after(second, proposal, action, decision, by_command=True)
                return
            else:
                self._votes(proposal, decision, approve=verdict.says == "yes")
            self._closes(verdict, proposal, action, decision, is_capped=is_capped, by_command=by_command)

        self.crisis.at(began + verdict.after, comes)

    def _votes(self, proposal: Proposal, decision: Decision, *, approve: bool) -> None:
        owner, now = self._owner(proposal), _ns(self.crisis.now)
        if not self._gate.votes(_hold_of(decision), owner, now, approve=approve):
            self.answers["too late"] += 1

    def _closes(
        self, verdict: Verdict, proposal: Proposal, action: Action, decision: Decision, *, is_capped: bool,
        by_command: bool,
    ) -> None:  # fmt: skip
        """Go by how the hold stands once people have spoken."""
        status = self._gate.status(_hold_of(decision), self._owner(proposal))
        self.answers[f"hold {status}"] += 1
        if status != "approved":
            if not (by_command and verdict.says == "no" and goes_to_command(proposal)):
                self.crisis.stops(proposal, self._stopper(proposal, decision, status))
        elif not self.is_modelled and (again := self._decided(proposal, action)).effect != ALLOW:
            self.answers[f"approved, then {again.effect}"] += 1
            self._stops(proposal, again)
        elif not by_command:
            proposal.held += verdict.after
            if self.is_modelled and is_capped:
                self._commanded(proposal)
            else:
                self._ordered(proposal)
        elif self.is_modelled and goes_to_command(proposal):  # the order it would have needed anyhow
            self.crisis.lands(proposal, verdict.after)
        else:
            proposal.held += verdict.after
            self.crisis.lands(proposal)

    def _stopper(self, proposal: Proposal, decision: Decision, status: str) -> str:
        """Which safeguard stopped what people did not approve: theirs, or the one that asked where no safeguard gives people."""
        if status == "cancelled":
            return SHARED_ATTRIBUTION
        asks = [one.rule for one in decision.reasons if one.effect == HOLD and one.rule != PHASED_ROLLOUT]
        if not asks:
            return PHASED_ROLLOUT
        return HUMAN_REVIEW if self.world.guards[proposal.owner].reviewers else asks[0]

    def _commanded(self, proposal: Proposal) -> None:
        """Approved by reviewers; what phased rollout gives to the command goes there next, as in the lab."""
        until = contradicted_at(self.crisis, proposal)
        verdict = asks_command(self.crisis, proposal, until)
        if verdict.says == "yes" and goes_to_command(proposal):
            self.crisis.lands(proposal, verdict.after)
        elif verdict.says == "yes":
            proposal.held += verdict.after
            self.crisis.lands(proposal)
        elif verdict.says == "withdrawn" or not goes_to_command(proposal):
            by = SHARED_ATTRIBUTION if verdict.says == "withdrawn" else PHASED_ROLLOUT
            self.crisis.stops(proposal, by)


def _adopters(world: World) -> frozenset[str]:
    """Return who takes up a safeguard that a gate enforces: who is only kept from having means runs no gate."""
    adopters = bind(world.portfolio, world.scenario).adopters
    return frozenset().union(*(who for name, who in adopters.items() if name != EXPORT_CONTROLS))


def _hold_of(decision: Decision) -> str:
    assert decision.hold is not None  # INVARIANT: a hold has an id
    return decision.hold


def _name(incident: Happening) -> str:
    return f"i{int(incident.key):016x}"


def _ns(time: float) -> int:
    return START + round(time * NS)


def _s(at: int) -> float:
    return (at - START) / NS
