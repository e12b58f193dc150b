"""One run of a race: quarter after quarter, what is in force, what players choose, and what happens.

In each quarter, in this order: measures come into force; who can, enters; the solver says what the present profile
risks; every player makes the move it likes best, with its taste of the quarter; crises come and run through the kernel
on the new profile; losses, premiums and prizes are paid; concern and trust follow what happened.
"""

import numpy as np

from detente.engine.tables import Outcomes
from detente.model.race.vocabulary import Belief, Policy
from detente.race.accounts import FLOWS, liabilities
from detente.race.adoption import Adoption, Standing
from detente.race.luck import Luck, poisson
from detente.race.paths import years_at_end
from detente.race.postures import AUTONOMY, SAFETY, Floats, Mask
from detente.race.risk import CATASTROPHE
from detente.race.stage import Stage
from detente.race.theatre import Regime, Theatre, starts
from detente.race.trajectory import Trajectory, blank
from detente.race.utility import MOVES, changes, passes, returns, shares

__all__ = ["CRISES_A_QUARTER", "SOBER", "play"]

CRISES_A_QUARTER = 1000
"""most crises of one scenario in one quarter; each quarter has so many indices of its own"""

SOBER = Belief(name="stated", title="")
"""The race as it is stated."""

_QUARTER = 0.25  # years
_CAPABILITY_UP = int(np.flatnonzero(MOVES[:, 1] > 0)[0])
_DEAR = MOVES[:, 1:].max(axis=1) > 0.0  # moves that cost more than standing still


def play(
    stage: Stage, policy: Policy, luck: Luck, *, belief: Belief = SOBER, script: Trajectory | None = None
) -> Trajectory:
    """One run under a policy.

    Parameters
    ----------
    luck
        of this run, from `luck.draw`.
    belief
        What is true, or believed, instead of what the race states.
    script
        A run whose postures and entries players repeat, whatever happens: adaptation switched off.

    Raises
    ------
    SolverError
        When the exact solver does not settle.
    """
    return _Run(stage, policy, luck, belief, script).play()


class _Run:
    """The state of a run."""

    def __init__(
        self, stage: Stage, policy: Policy, luck: Luck, belief: Belief, script: Trajectory | None
    ) -> None:
        race = stage.race
        self.stage, self.race, self.luck, self.belief, self.script = stage, race, luck, belief, script
        self.adoption = Adoption(race, (*race.reactions, *policy.measures))
        self.postures = starts(race)
        self.there: Mask = np.array([player.enters is None for player in race.players])
        self.reserve: Floats = stage.stakes.budget.copy()
        self.concern = np.zeros(len(race.blocs))
        self.trust = min(1.0, race.trust.start * belief.trust)
        self.out = blank(race)
        self._answers = [np.zeros(len(race.players)) for _ in stage.theatres]
        self._around: tuple[Regime, bytes] | None = None
        self._review: tuple[Floats, Floats] = (np.zeros(0), np.zeros(0))

    def play(self) -> Trajectory:
        for quarter in range(self.race.quarters):
            named = dict(zip(self.race.blocs, self.concern.tolist(), strict=True))
            self.adoption.advance(quarter, named, self.trust, float(self.luck.treaties[quarter]))
            standing = self.adoption.standing(quarter)
            self._enter(quarter, standing)
            often = self._often()
            self._choose(quarter, standing, often)
            losses, outside, answers_for = self._crises(quarter, standing, often)
            self._pay(quarter, standing, losses, outside, answers_for)
            self._note(quarter, standing)
        return self.out

    def _often(self) -> list[float]:
        """Crises a year of each scenario."""
        found = []
        for crises in self.race.crises:
            i = next((i for i, p in enumerate(self.race.players) if p.name == crises.needs), None)
            comes = i is None or self.there[i]
            found.append(crises.a_year * self.belief.crises if comes else 0.0)
        return found

    def _enter(self, quarter: int, standing: Standing) -> None:
        if self.script is not None:
            self.there = self.script.there[quarter].copy()
            return
        level = float(self.postures[self.there, 1].mean()) if self.there.any() else 0.0
        worn = self.race.conduct.diffusion * level
        for i, player in enumerate(self.race.players):
            if player.enters is not None and not self.there[i]:
                barrier = min(1.0, max(0.0, player.enters.barrier + standing.weights.barrier - worn))
                chance = (1.0 - (1.0 - player.enters.a_year) ** _QUARTER) * (1.0 - barrier)
                self.there[i] = self.luck.enters[quarter, i] < chance

    def _choose(self, quarter: int, standing: Standing, often: list[float]) -> None:
        damage, suffering = self._reviewed(quarter, standing, often)
        if self.script is not None:
            self.postures = self.script.postures[quarter].copy()
            return
        stakes, conduct = self.stage.stakes, self.race.conduct
        insurance = self.race.insurance
        insured = np.array([insurance.covers, insurance.covers * (1.0 + insurance.loading)])
        gained = changes(
            stakes, standing.weights, self.postures, self.there.astype(np.float64), damage, suffering, insured
        )
        liking = conduct.sharpness * self.belief.sharpness * gained / stakes.budget[:, None]
        liking += self.luck.tastes[quarter]
        liking[np.ix_(self.reserve < 0.0, _DEAR)] = -np.inf
        move = liking.argmax(axis=1)
        succeeds = self.luck.succeeds[quarter] < conduct.innovation * (1.0 - standing.weights.drag)
        move = np.where((move == _CAPABILITY_UP) & ~succeeds, 0, move)
        steps: Floats = MOVES[move] * self.there.astype(np.float64)[:, None]
        self.postures = np.clip(self.postures + conduct.step * steps, 0.0, 1.0).round(9)

    def _reviewed(self, quarter: int, standing: Standing, often: list[float]) -> tuple[Floats, Floats]:
        """What the latest review of risk says: a new one is made when it is due, or when the rules of the game change."""
        around = (standing.regime, self.there.tobytes())
        if quarter % self.race.conduct.review == 0 or self._around != around:
            self._around, self._review = around, self._risks(quarter, standing, often)
        else:
            self.out.premiums[quarter] = self.out.premiums[quarter - 1]
            self.out.chances[quarter] = self.out.chances[quarter - 1]
        return self._review

    def _risks(self, quarter: int, standing: Standing, often: list[float]) -> tuple[Floats, Floats]:
        """How much a unit of each player's posture adds to the yearly loss of each (see `utility.changes`)."""
        count = len(self.race.players)
        damage, suffering = np.zeros((2, count, 3, count))
        expected, chances = np.zeros(count), np.zeros(2)
        each = zip(self.stage.theatres, self.stage.loss_weights, often, strict=True)
        for k, (theatre, costs, rate) in enumerate(each):
            if not rate:
                continue
            found = theatre.risk(standing.regime, self.postures, self.there)
            self._answers[k] = found.answers_for @ theatre.weights
            slopes = np.einsum("ai,ead->eid", theatre.weights, found.slopes)
            damage += rate * np.einsum("eid,ej->idj", slopes, costs)
            suffering += rate * slopes[CATASTROPHE][:, :, None] * self.stage.stakes.catastrophe
            expected += rate * found.chances @ costs
            chances += rate * found.chances
        insurance = self.race.insurance
        self.out.premiums[quarter] = (1.0 + insurance.loading) * insurance.covers * expected * self.there
        self.out.chances[quarter] = chances / max(sum(often), 1e-300)
        return damage * self.belief.perceived, suffering * self.belief.perceived

    def _crises(
        self, quarter: int, standing: Standing, often: list[float]
    ) -> tuple[Floats, Floats, list[Floats]]:
        """What the crises of the quarter cost: (scenarios, players) and (scenarios,) outside, with who answers."""
        count = len(self.stage.theatres)
        losses, outside = np.zeros((count, len(self.race.players))), np.zeros(count)
        answers_for: list[Floats] = []
        graver, milder = False, np.zeros(len(self.race.blocs))
        for k, (theatre, rate) in enumerate(zip(self.stage.theatres, often, strict=True)):
            comes = poisson(float(self.luck.arrivals[quarter, k]), rate * _QUARTER, CRISES_A_QUARTER)
            answers_for.append(np.zeros(len(self.race.players)))
            if not comes:
                continue
            tables = theatre.tables(standing.regime, self.postures, self.there)
            happened = theatre.run(tables, self.luck.seeds[k], quarter * CRISES_A_QUARTER, comes)
            answers_for[k] = self._answers[k]
            losses[k] = theatre.losses(happened).sum(axis=0)
            outside[k] = happened.loss_usd.sum() - losses[k].sum()
            is_graver, concern = self._gravity(quarter, theatre, happened)
            graver, milder = graver or is_graver, milder + concern
        self._feel(graver, milder)
        return losses, outside, answers_for

    def _gravity(self, quarter: int, theatre: Theatre, happened: Outcomes) -> tuple[bool, Floats]:
        """Count the crises of a quarter by gravity; whether one was critical, and the concern they cause by bloc."""
        ends = np.isfinite(happened.catastrophe_s)
        critical = np.isfinite(happened.first_critical_s)
        near = ~critical & (happened.peak_rung == theatre.scenario.critical - 1)
        out, concern = self.out, self.race.concern
        out.crises[quarter] += ends.size
        out.near_misses[quarter] += near.sum()
        out.critical[quarter] += critical.sum()
        out.catastrophes[quarter] += ends.sum()
        lost = theatre.losses(happened)
        rises = np.full(len(self.race.blocs), concern.catastrophe * float(ends.sum()))
        for b in range(len(rises)):
            harmed = lost[:, [bloc == b for bloc in self.stage.bloc_of]].sum(axis=1) > 0.0
            rises[b] += concern.critical * float((harmed & critical & ~ends).sum())
            rises[b] += concern.near_miss * float((harmed & near).sum())
        return bool(critical.any()), rises

    def _feel(self, critical: bool, rises: Floats) -> None:  # noqa: FBT001 -- one of the two things that happened
        concern, trust = self.race.concern, self.race.trust
        self.concern = self.concern * (1.0 - concern.fades) ** _QUARTER + rises
        if critical:
            self.trust *= 1.0 - trust.falls
        else:
            self.trust += (1.0 - self.trust) * (1.0 - (1.0 - trust.grows) ** _QUARTER)

    def _pay(
        self, quarter: int, standing: Standing, losses: Floats, outside: Floats, answers_for: list[Floats]
    ) -> None:
        stakes, weights, out = self.stage.stakes, standing.weights, self.out
        here = self.there.astype(np.float64)
        worth = returns(stakes, weights, self.postures[:, None], np.zeros(len(here)))
        yearly = {name: weights.terms[name] * values[:, 0] * here for name, values in worth.items()}
        won = shares(stakes, self.postures, here, weights.slowed)
        yearly["contest"] = weights.terms["contest"] * stakes.prize * won
        sold = (stakes.certified * weights.terms["certified"] > 0.0) & self.there
        out.certified[quarter] = sold & (
            self.luck.audits[quarter] < passes(self.race.conduct, self.postures[:, SAFETY])
        )
        yearly["certified"] = weights.terms["certified"] * stakes.certified * out.certified[quarter]
        crosses = np.maximum(0.0, self.postures[:, AUTONOMY] - self.race.conduct.red_line) * here
        caught = self.luck.caught[quarter] < weights.detection
        yearly["penalty"] = -weights.terms["penalty"] * stakes.budget * crosses * caught
        yearly["premium"] = -out.premiums[quarter]
        paid = {name: _QUARTER * amount for name, amount in yearly.items()}
        suffered = losses.sum(axis=0)
        paid["loss"] = -suffered
        paid["claims"] = self.race.insurance.covers * suffered
        paid["catastrophe"] = -out.catastrophes[quarter] * stakes.catastrophe
        paid["liability"] = np.zeros(len(here))
        for k, parts in enumerate(answers_for):
            amounts, to_others = liabilities(weights.terms["liability"], parts, losses[k], float(outside[k]))
            paid["liability"] += amounts
            out.outside[FLOWS.index("liability")] += to_others
        flows = np.stack([paid[name] for name in FLOWS], axis=1)
        out.flows[...] += flows
        self.reserve += flows.sum(axis=1)

    def _note(self, quarter: int, standing: Standing) -> None:
        out = self.out
        out.postures[quarter], out.there[quarter] = self.postures, self.there
        out.covered[quarter] = standing.covered & self.there
        out.concern[quarter], out.trust[quarter] = self.concern, self.trust
        if quarter % 4 == 3:
            parts = quarter // 4 >= self.race.quarters // 4 - years_at_end(self.race)
            for theatre in self.stage.theatres:
                found = theatre.escalation(standing.regime, self.postures, self.there, parts=parts)
                radii = np.array([found.total, found.between, *found.within])
                out.escalation[quarter // 4] = np.fmax(out.escalation[quarter // 4], radii)
