"""What players have chosen, put into the tables of a scenario.

An actor's systems are as the player that acts as it has chosen, mixed with what its suppliers have chosen. Three
numbers in [0, 1] follow from that for each actor, and they change its rows of the compiled tables:

- autonomy caps the share of actions that needs no person;
- capability multiplies mean numbers of actions by exp(gain (c - c0)) and divides delays by exp(haste (c - c0));
- safety divides errors by exp(care (s - s0)): misattribution, readings a rung off, accidents not recognised, spoofs
  not seen through, false alarms, and what confidence is stretched beyond 1.

Nothing is compiled anew, and no document is read again.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from detente.engine import tables as t
from detente.engine.guards import below
from detente.engine.laws import cumulative
from detente.engine.tables import Tables
from detente.model.race.vocabulary import Conduct
from detente.model.vocabulary import CountLaw

__all__ = ["AUTONOMY", "CAPABILITY", "GRID", "SAFETY", "Fitter", "Floats", "Mask", "rounded"]

AUTONOMY, CAPABILITY, SAFETY = range(3)
"""positions in a posture"""

GRID = 0.05
"""Postures of actors are rounded to this before anything is solved or simulated, so that what is solved once serves
again."""

_LAWS = {t.POISSON: "poisson", t.BERNOULLI: "bernoulli", t.NEGATIVE_BINOMIAL: "negative-binomial"}

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def rounded(postures: Floats) -> Floats:
    """The nearest postures on the grid."""
    found: Floats = np.round(postures / GRID) * GRID
    return found


@dataclass(slots=True)
class _Laws:
    """Cumulative tables of laws by kind, dispersion and mean; postures repeat themselves, and so do these."""

    known: dict[tuple[int, float, float], Floats]

    def table(self, kind: int, dispersion: float, mean: float) -> Floats:
        key = (kind, dispersion, mean)
        if key not in self.known:
            law = CountLaw(law=_LAWS[kind], dispersion=dispersion or None)
            self.known[key] = cumulative(law, mean)
        return self.known[key]


class Fitter:
    """Puts postures of actors into tables of one scenario."""

    def __init__(self, conduct: Conduct) -> None:
        self.conduct = conduct
        self._laws = _Laws({})

    def fit(self, base: Tables, postures: Floats, absent: Mask) -> Tables:
        """The tables when actors have these postures.

        Parameters
        ----------
        base
            As compiled, safeguards and all.
        postures
            (actors, 3), on the grid.
        absent
            (actors,) who is not there: its systems do nothing, and nothing comes from it.
        """
        systems = self._senses(base, postures)
        rules = base.rules.copy()
        owner = base.systems["owner"][rules["system"]]
        capability = postures[:, CAPABILITY] - self.conduct.reference_capability
        for field in ("autonomy", "autonomy_alert"):
            rules[field] = np.minimum(rules[field], postures[owner, AUTONOMY])
        rules["delay_scale"] /= np.exp(self.conduct.haste * capability)[owner]
        acts = np.where(absent, 0.0, np.exp(self.conduct.gain * capability))[owner]
        roots = base.roots.copy()
        laws, table = self._counts(base, rules, roots, acts, self._alarms(base, postures, absent))
        fitted = base._replace(systems=systems, rules=rules, roots=roots, laws=laws, cumulative=table)
        return fitted._replace(doubt=_doubt(fitted)) if base.doubt.shape[1] else fitted

    def errors(self, postures: Floats) -> Floats:
        """(actors,) by what safety multiplies errors."""
        found: Floats = np.exp(-self.conduct.care * (postures[:, SAFETY] - self.conduct.reference_safety))
        return found

    def _senses(self, base: Tables, postures: Floats) -> npt.NDArray[np.void]:
        systems = base.systems.copy()
        errors = self.errors(postures)[systems["owner"]]
        for field in ("attribution", "recognises_accidents", "sees_through_spoofs"):
            systems[field] = np.maximum(0.0, 1.0 - (1.0 - systems[field]) * errors)
        swings = systems["inflates"] + systems["deflates"]
        swing = np.minimum(errors, 1.0 / np.maximum(swings, 1e-300))
        systems["inflates"] *= swing
        systems["deflates"] *= swing
        systems["overconfidence"] = np.maximum(0.05, 1.0 + (systems["overconfidence"] - 1.0) * errors)
        return systems

    def _alarms(self, base: Tables, postures: Floats, absent: Mask) -> Floats:
        """(roots,) by what the rate of each root is multiplied."""
        roots = base.roots
        owner = base.systems["owner"][roots["system"]]
        phantom = roots["kind"] == t.PHANTOM
        quiet = absent[np.where(phantom, owner, roots["author"])] & (phantom | (roots["author"] >= 0))
        factor = np.where(phantom, self.errors(postures)[owner], 1.0)
        found: Floats = np.where(quiet, 0.0, factor)
        return found

    def _counts(
        self,
        base: Tables,
        rules: npt.NDArray[np.void],
        roots: npt.NDArray[np.void],
        acts: Floats,
        comes: Floats,
    ) -> tuple[npt.NDArray[np.void], Floats]:
        """Laws of numbers of actions and of arrivals, a row each; points rules and roots to theirs."""
        streams = np.flatnonzero(roots["law"] >= 0)
        old = np.concatenate([rules["law"], rules["law_alert"], roots["law"][streams]])
        laws = base.laws[old].copy()
        factor = np.concatenate([acts, acts, comes[streams]])
        # A whole number of actions stays what it is, unless there is nobody to act.
        means = laws["mean"] * np.where(laws["kind"] == t.WHOLE, factor > 0.0, factor)
        laws["mean"] = np.where(laws["kind"] == t.BERNOULLI, np.minimum(means, 1.0), means)
        tables = [
            (base.cumulative[first:last] if mean else np.ones(1))
            if kind == t.WHOLE
            else self._laws.table(kind, dispersion, mean)
            for kind, dispersion, mean, first, last in laws[
                ["kind", "dispersion", "mean", "first", "last"]
            ].tolist()
        ]
        ends = np.cumsum([table.size for table in tables])
        laws["last"] = ends
        laws["first"] = ends - [table.size for table in tables]
        count = len(rules)
        rules["law"], rules["law_alert"] = np.arange(count), np.arange(count, 2 * count)
        roots["law"][streams] = np.arange(2 * count, 2 * count + streams.size)
        return laws, np.concatenate([*tables, np.ones(1)])


def _doubt(tables: Tables) -> Floats:
    """As `engine.guards` has it, with the senses that the tables now have."""
    guards = tables.guards[tables.systems["owner"]]
    systems, floors = tables.systems, tables.floors
    doubt = np.zeros(tables.doubt.shape)
    exactly = guards["overconfidence"]
    sure = (
        (systems["attribution"], systems["overconfidence"]),
        (
            np.maximum(systems["attribution"], guards["attribution"]),
            np.where(exactly > 0.0, exactly, systems["overconfidence"]),
        ),
    )
    for certified, (accuracy, stretch) in enumerate(sure):
        for right in range(2):
            doubt[certified, :, right] = below(
                floors[None], accuracy[:, None], systems["assurance"][:, None], stretch[:, None], right
            )
    return doubt
