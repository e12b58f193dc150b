"""A validated document to a scenario: every default filled in, every number in SI, everything in order.

Beside each part of the scenario stands the same part of the resolved document, which is itself a
legal document and resolves to itself. Order comes from names and contents, never from the order of
the entries: a list is sorted by what its entries resolve to, and only then do they get their paths.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from detente.model.document import (
    ActorEntry,
    ContagionEntry,
    DependencyEntry,
    Document,
    ShockEntry,
)
from detente.model.problems import step
from detente.model.record import Plain, Record
from detente.model.references import resolve_references
from detente.model.resolve_system import Surroundings, resolve_system
from detente.model.units import DURATION, RATE
from detente.model.vocabulary import (
    Actor,
    Alert,
    Command,
    Contagion,
    Dependency,
    Quantity,
    Scenario,
    Shock,
)

__all__ = ["resolve"]

Item = TypeVar("Item")
Made = TypeVar("Made")


def resolve(document: Document) -> Scenario:
    """The scenario that a validated document states."""
    return _Resolver(document).scenario()


@dataclass(slots=True)
class _Resolver:
    stated: Document
    record: Record = field(default_factory=Record)

    def scenario(self) -> Scenario:
        stated, record = self.stated, self.record
        catastrophe = stated.catastrophe or stated.ladder[-1]
        horizon = record.number("horizon", stated.horizon, DURATION)
        references, cited = resolve_references(stated.references)
        actors = {name: self._actor(name, entry) for name, entry in sorted(stated.actors.items())}
        around = Surroundings(stated.ladder, tuple(actors))
        systems = {
            name: resolve_system(name, entry, around, record)
            for name, entry in sorted(stated.systems.items())
        }
        dependencies = self._sorted(
            "dependencies", stated.dependencies, self._dependency, self._coupling_order
        )
        contagion = self._sorted("contagion", stated.contagion, self._contagion, self._coupling_order)
        shocks = self._sorted("shocks", stated.shocks, self._shock, self._shock_order)
        plain: Plain = {
            "detente": 1,
            "name": stated.name,
            "title": stated.title,
            "summary": stated.summary,
            "ladder": list(stated.ladder),
            "critical": stated.critical,
            "catastrophe": catastrophe,
            "horizon": horizon,
            "references": cited,
            "actors": _plain(actors),
            "systems": _plain(systems),
            "dependencies": [item[1] for item in dependencies],
            "contagion": [item[1] for item in contagion],
            "shocks": [item[1] for item in shocks],
        }
        return Scenario(
            name=stated.name,
            title=stated.title,
            summary=stated.summary,
            ladder=stated.ladder,
            critical=stated.ladder.index(stated.critical),
            catastrophe=stated.ladder.index(catastrophe),
            horizon_s=stated.horizon.value,
            references=references,
            actors=tuple(item[0] for item in actors.values()),
            systems=tuple(item[0] for item in systems.values()),
            dependencies=tuple(item[0] for item in dependencies),
            contagion=tuple(item[0] for item in contagion),
            shocks=tuple(item[0] for item in shocks),
            quantities=record.quantities,
            document=plain,
        )

    def _sorted(
        self,
        section: str,
        entries: Sequence[Item],
        make: Callable[[str, Item, Record], tuple[Made, Plain]],
        order: Callable[[Plain], tuple[Any, ...]],
    ) -> list[tuple[Made, Plain]]:
        """The entries made in the order of their contents, which decides their paths."""

        def key(entry: Item) -> tuple[Any, ...]:
            numbers = Record()
            _, plain = make("", entry, numbers)
            return *order(plain), numbers.order()

        if len(entries) > 1:
            entries = sorted(entries, key=key)
        return [make(f"{section}[{index}]", entry, self.record) for index, entry in enumerate(entries)]

    def _actor(self, name: str, stated: ActorEntry) -> tuple[Actor, Plain]:
        path = f"actors{step(name)}"
        plain: Plain = {"kind": stated.kind}
        if stated.bloc is not None:
            plain["bloc"] = stated.bloc
        command = self._command(path, stated, plain)
        alert = self._alert(path, stated, plain)
        return Actor(name=name, kind=stated.kind, bloc=stated.bloc, command=command, alert=alert), plain

    def _command(self, path: str, actor: ActorEntry, plain: Plain) -> Command | None:
        stated, record = actor.command, self.record
        if stated is None:
            return None
        review, written = record.delay(f"{path}.command.review", stated.review)
        plain["command"] = {
            "review": written,
            "approves_right": record.number(f"{path}.command.approves_right", stated.approves_right),
            "approves_wrong": record.number(f"{path}.command.approves_wrong", stated.approves_wrong),
        }
        right, wrong = stated.approves_right.value, stated.approves_wrong.value
        return Command(review=review, approves_right=right, approves_wrong=wrong)

    def _alert(self, path: str, actor: ActorEntry, plain: Plain) -> Alert | None:
        stated, record = actor.alert, self.record
        if stated is None:
            return None
        plain["alert"] = {
            "trips_at": record.number(f"{path}.alert.trips_at", stated.trips_at, whole=True),
            "within": record.number(f"{path}.alert.within", stated.within, DURATION),
            "lasts": record.number(f"{path}.alert.lasts", stated.lasts, DURATION),
            "autonomy": record.number(f"{path}.alert.autonomy", stated.autonomy),
            "actions": record.number(f"{path}.alert.actions", stated.actions),
        }
        return Alert(
            trips_at=int(stated.trips_at.value),
            within_s=stated.within.value,
            lasts_s=stated.lasts.value,
            autonomy=stated.autonomy.value,
            actions=stated.actions.value,
        )

    def _rung(self, name: str | None) -> int:
        return 0 if name is None else self.stated.ladder.index(name)

    def _dependency(self, path: str, stated: DependencyEntry, record: Record) -> tuple[Dependency, Plain]:
        after, written = record.delay(f"{path}.after", stated.after)
        plain: Plain = {
            "from": stated.from_,
            "to": stated.to,
            "spreads": record.number(f"{path}.spreads", stated.spreads),
            "at_least": stated.at_least or self.stated.ladder[0],
            "drops": record.number(f"{path}.drops", stated.drops, whole=True),
            "after": written,
        }
        dependency = Dependency(
            path=path,
            source=stated.from_,
            target=stated.to,
            spreads=stated.spreads.value,
            at_least=self._rung(stated.at_least),
            drops=int(stated.drops.value),
            after=after,
        )
        return dependency, plain

    def _contagion(self, path: str, stated: ContagionEntry, record: Record) -> tuple[Contagion, Plain]:
        after, written = record.delay(f"{path}.after", stated.after)
        plain: Plain = {
            "component": stated.component,
            "spreads": record.number(f"{path}.spreads", stated.spreads),
            "at_least": stated.at_least or self.stated.ladder[0],
            "drops": record.number(f"{path}.drops", stated.drops, whole=True),
            "after": written,
        }
        contagion = Contagion(
            path=path,
            component=stated.component,
            spreads=stated.spreads.value,
            at_least=self._rung(stated.at_least),
            drops=int(stated.drops.value),
            after=after,
        )
        return contagion, plain

    def _shock(self, path: str, stated: ShockEntry, record: Record) -> tuple[Shock, Plain]:
        points_to = stated.points_to if "points_to" in stated.model_fields_set else stated.author
        at = Quantity(value=0.0) if stated.at is None and stated.rate is None else stated.at
        plain: Plain = {
            "hits": stated.hits,
            "rung": stated.rung,
            "author": stated.author or "none",
            "points_to": points_to or "none",
        }
        if at is not None:
            plain["at"] = record.number(f"{path}.at", at, DURATION)
        if stated.rate is not None:
            plain["rate"] = record.number(f"{path}.rate", stated.rate, RATE)
        shock = Shock(
            path=path,
            hits=stated.hits,
            rung=self._rung(stated.rung),
            author=stated.author,
            points_to=points_to,
            at_s=None if at is None else at.value,
            rate_per_s=None if stated.rate is None else stated.rate.value,
        )
        return shock, plain

    def _coupling_order(self, plain: Plain) -> tuple[Any, ...]:
        rung = self._rung(str(plain["at_least"]))
        return plain.get("from", plain.get("component")), plain.get("to", ""), rung

    def _shock_order(self, plain: Plain) -> tuple[Any, ...]:
        rung = self._rung(str(plain["rung"]))
        return plain["hits"], rung, plain["author"], plain["points_to"], "rate" in plain


def _plain(made: dict[str, tuple[Any, Plain]]) -> Plain:
    return {name: plain for name, (_, plain) in made.items()}
