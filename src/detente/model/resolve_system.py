"""One system of a validated document to the system of a scenario, and to its resolved form."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from detente.model.document import (
    DownEntry,
    FalseAlarmsEntry,
    ResponseEntry,
    SensesEntry,
    StepEntry,
    SystemEntry,
)
from detente.model.problems import step
from detente.model.record import Plain, Record, scaled
from detente.model.rules import SLACK
from detente.model.units import DURATION, MONEY, RATE
from detente.model.vocabulary import At, Down, FalseAlarms, Quantity, Response, Senses, Step, System

__all__ = ["Surroundings", "resolve_system"]

_ALWAYS = Quantity(value=1.0)
_NO_LOSS = Quantity(value=0.0)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the defaults of a system depend on."""

    ladder: tuple[str, ...]
    actors: tuple[str, ...]
    """in the order of names"""

    def rung(self, name: str) -> int:
        return self.ladder.index(name)


def resolve_system(
    name: str, stated: SystemEntry, around: Surroundings, record: Record
) -> tuple[System, Plain]:
    """The system, and its part of the resolved document; its numbers go to `record`."""
    return _SystemResolver(f"systems{step(name)}", name, stated, around, record).system()


@dataclass(slots=True)
class _SystemResolver:
    path: str
    name: str
    stated: SystemEntry
    around: Surroundings
    record: Record

    def system(self) -> tuple[System, Plain]:
        stated = self.stated
        compartment = stated.compartment or f"{stated.owner}/{stated.domain}"
        harm, harm_plain = self._harm()
        down, down_plain = self._down(stated.down)
        watches, watches_plain = self._watches()
        senses, senses_plain = self._senses(stated.senses)
        responses = self._responses()
        plain: Plain = {
            "owner": stated.owner,
            "domain": stated.domain,
            "compartment": compartment,
            "components": sorted(stated.components),
            "harm": harm_plain,
            **down_plain,
            "watches": watches_plain,
            "senses": senses_plain,
            "responds": [written for _, written in responses],
        }
        system = System(
            name=self.name,
            owner=stated.owner,
            domain=stated.domain,
            compartment=compartment,
            components=tuple(sorted(stated.components)),
            harm_usd=harm,
            down=down,
            watches=watches,
            senses=senses,
            responds=tuple(response for response, _ in responses),
        )
        return system, plain

    def _harm(self) -> tuple[tuple[float, ...], Plain]:
        stated = [(rung, self.stated.harm.get(rung, _NO_LOSS)) for rung in self.around.ladder]
        path = f"{self.path}.harm"
        plain = {rung: self.record.number(path + step(rung), loss, MONEY) for rung, loss in stated}
        return tuple(loss.value for _, loss in stated), plain

    def _down(self, stated: DownEntry | None) -> tuple[Down | None, Plain]:
        if stated is None:
            return None, {}
        lasts = self.record.number(f"{self.path}.down.lasts", stated.lasts, DURATION)
        down = Down(from_rung=self.around.rung(stated.from_), lasts_s=stated.lasts.value)
        return down, {"down": {"from": stated.from_, "lasts": lasts}}

    def _watches(self) -> tuple[tuple[tuple[str, float], ...], Plain]:
        stated = {self.name: _ALWAYS} if self.stated.watches is None else self.stated.watches
        return self._by_name("watches", stated)

    def _by_name(
        self, key: str, stated: Mapping[str, Quantity]
    ) -> tuple[tuple[tuple[str, float], ...], Plain]:
        path, items = f"{self.path}.{key}", sorted(stated.items())
        plain = {name: self.record.number(path + step(name), chance) for name, chance in items}
        return tuple((name, chance.value) for name, chance in items), plain

    def _senses(self, stated: SensesEntry) -> tuple[Senses, Plain]:
        path, number = f"{self.path}.senses", self.record.number
        plain: Plain = {
            "attribution": number(f"{path}.attribution", stated.attribution),
            "assurance": number(f"{path}.assurance", stated.assurance),
            "overconfidence": number(f"{path}.overconfidence", stated.overconfidence),
            "inflates": number(f"{path}.inflates", stated.inflates),
            "deflates": number(f"{path}.deflates", stated.deflates),
            "recognises_accidents": number(f"{path}.recognises_accidents", stated.recognises_accidents),
            "sees_through_spoofs": number(f"{path}.sees_through_spoofs", stated.sees_through_spoofs),
        }
        suspects, plain["suspects"] = self._by_name("senses.suspects", self._suspects())
        false_alarms, false_alarms_plain = self._false_alarms(stated.false_alarms)
        senses = Senses(
            attribution=stated.attribution.value,
            assurance=stated.assurance.value,
            overconfidence=stated.overconfidence.value,
            inflates=stated.inflates.value,
            deflates=stated.deflates.value,
            recognises_accidents=stated.recognises_accidents.value,
            sees_through_spoofs=stated.sees_through_spoofs.value,
            suspects=suspects,
            false_alarms=false_alarms,
        )
        return senses, plain | false_alarms_plain

    def _suspects(self) -> Mapping[str, Quantity]:
        """Shares that sum to 1: as stated, or all other actors equally."""
        stated = self.stated.senses.suspects
        if stated is None:
            others = [actor for actor in self.around.actors if actor != self.stated.owner]
            return {actor: Quantity(value=1 / len(others)) for actor in others}
        total = math.fsum(weight.value for weight in stated.values())
        # Left alone when they sum to 1 already: dividing again could change their last digits.
        if not stated or abs(total - 1) <= SLACK:
            return stated
        return {actor: scaled(weight, total) for actor, weight in stated.items()}

    def _false_alarms(self, stated: FalseAlarmsEntry | None) -> tuple[FalseAlarms | None, Plain]:
        if stated is None:
            return None, {}
        rate = self.record.number(f"{self.path}.senses.false_alarms.rate", stated.rate, RATE)
        false_alarms = FalseAlarms(rate_per_s=stated.rate.value, rung=self.around.rung(stated.rung))
        return false_alarms, {"false_alarms": {"rate": rate, "rung": stated.rung}}

    def _responses(self) -> list[tuple[Response, Plain]]:
        """In the order of their contents, which decides their paths."""
        stated = list(self.stated.responds)
        if len(stated) > 1:
            stated.sort(key=self._order)
        paths = (f"{self.path}.responds[{index}]" for index in range(len(stated)))
        return [self._response(path, entry, self.record) for path, entry in zip(paths, stated, strict=True)]

    def _order(self, stated: ResponseEntry) -> tuple[Any, ...]:
        numbers = Record()
        _, plain = self._response("", stated, numbers)
        at, law = plain["at"], plain["law"]
        targets = at if isinstance(at, list) else []
        aim = At.SYSTEMS.value if isinstance(at, list) else at
        name = law if isinstance(law, str) else "negative-binomial"
        rung = self.around.rung(str(plain["from"]))
        return rung, aim, plain["in"], targets, plain["poses_as"], name, numbers.order()

    def _response(self, path: str, stated: ResponseEntry, record: Record) -> tuple[Response, Plain]:
        law, law_plain = record.law(f"{path}.law", stated.law)
        steps, steps_plain = _step(f"{path}.step", stated.step, record)
        after, after_plain = record.delay(f"{path}.after", stated.after)
        recovers = stated.reversible
        plain: Plain = {
            "from": stated.from_,
            "at": list(stated.at.systems) if stated.at.at is At.SYSTEMS else stated.at.at.value,
            "in": stated.in_ or self.stated.domain,
            "actions": record.number(f"{path}.actions", stated.actions),
            "law": law_plain,
            "step": steps_plain,
            "after": after_plain,
            "poses_as": stated.poses_as or "none",
            "reversible": False
            if recovers is None
            else {"recovers": record.number(f"{path}.reversible.recovers", recovers)},
            "autonomy": record.number(f"{path}.autonomy", stated.autonomy),
        }
        response = Response(
            path=path,
            from_rung=self.around.rung(stated.from_),
            at=stated.at.at,
            systems=stated.at.systems,
            domain=stated.in_ or self.stated.domain,
            actions=stated.actions.value,
            law=law,
            step=steps,
            after=after,
            poses_as=stated.poses_as,
            recovers=None if recovers is None else recovers.value,
            autonomy=stated.autonomy.value,
        )
        return response, plain


def _step(path: str, stated: StepEntry, record: Record) -> tuple[Step, Plain]:
    # `same` is what the others leave; for one with a range that is at its stated value.
    left = max(0.0, 1 - (stated.down.value + stated.up.value))
    same = Quantity(value=left) if stated.same is None else stated.same
    plain: Plain = {
        "down": record.number(f"{path}.down", stated.down),
        "same": record.number(f"{path}.same", same),
        "up": record.number(f"{path}.up", stated.up),
    }
    return Step(down=stated.down.value, same=same.value, up=stated.up.value), plain
