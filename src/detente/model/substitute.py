"""The same scenario with other numbers: what one draw of the uncertain inputs stands for.

Numbers are put into the resolved objects and not into a text that is read again, which is faster and
keeps the order of entries: a coupling keeps its place, its path and therefore its luck in every draw.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

from detente.model.problems import step
from detente.model.rewrite import Numbers, Rewriter, known
from detente.model.vocabulary import (
    Actor,
    Alert,
    Command,
    CountLaw,
    Delay,
    DelayLaw,
    Response,
    Scenario,
    Senses,
    Step,
    System,
)

__all__ = ["Lookup", "delay_with", "whole_numbers", "with_numbers"]

_SCALES = {DelayLaw.FIXED: "fixed", DelayLaw.EXPONENTIAL: "mean", DelayLaw.LOGNORMAL: "median"}
_SENSES = (
    "attribution", "assurance", "overconfidence", "inflates", "deflates", "recognises_accidents",
    "sees_through_spoofs",
)  # fmt: skip


Lookup: TypeAlias = Callable[[str, float], float]
"""the number at a path, or else the one given"""


def with_numbers(scenario: Scenario, numbers: Numbers, rewriter: Rewriter | None = None) -> Scenario:
    """The scenario with the numbers at some paths replaced, and their ranges gone: now they are known.

    The caller sees to it that the numbers are legal together: that shares sum to 1, above all.

    Parameters
    ----------
    rewriter
        of the scenario's document, made once for all draws; default: made here.
    """
    get: Lookup = numbers.get
    rewriter = rewriter or Rewriter.of(scenario.document, numbers)
    return replace(
        scenario,
        horizon_s=get("horizon", scenario.horizon_s),
        actors=tuple(_actor(actor, get) for actor in scenario.actors),
        systems=tuple(_system(system, scenario.ladder, get) for system in scenario.systems),
        dependencies=tuple(_coupling(link, get) for link in scenario.dependencies),
        contagion=tuple(_coupling(rule, get) for rule in scenario.contagion),
        shocks=tuple(
            replace(
                shock,
                at_s=None if shock.at_s is None else get(f"{shock.path}.at", shock.at_s),
                rate_per_s=None if shock.rate_per_s is None else get(f"{shock.path}.rate", shock.rate_per_s),
            )
            for shock in scenario.shocks
        ),
        quantities=known(scenario.quantities, numbers),
        document=rewriter(numbers),
    )


def whole_numbers(scenario: Scenario) -> frozenset[str]:
    """The paths of numbers that are whole: rungs, counts, and actions whose number is fixed."""
    fixed = {
        f"{rule.path}.actions"
        for system in scenario.systems
        for rule in system.responds
        if rule.law.law == "fixed"
    }
    counted = {path for path in scenario.quantities if path.endswith((".drops", ".alert.trips_at"))}
    return frozenset(fixed | counted)


def delay_with(path: str, delay: Delay, get: Lookup) -> Delay:
    """A delay law with other numbers."""
    scale = get(f"{path}.{_SCALES[delay.law]}", delay.scale_s)
    if delay.law is not DelayLaw.LOGNORMAL:
        return replace(delay, scale_s=scale)
    return replace(delay, scale_s=scale, spread=get(f"{path}.spread", delay.spread))


def _actor(actor: Actor, get: Lookup) -> Actor:
    path = f"actors{step(actor.name)}"
    command = None if actor.command is None else _command(f"{path}.command", actor.command, get)
    alert = None if actor.alert is None else _alert(f"{path}.alert", actor.alert, get)
    return replace(actor, command=command, alert=alert)


def _command(path: str, command: Command, get: Lookup) -> Command:
    return Command(
        review=delay_with(f"{path}.review", command.review, get),
        approves_right=get(f"{path}.approves_right", command.approves_right),
        approves_wrong=get(f"{path}.approves_wrong", command.approves_wrong),
    )


def _alert(path: str, alert: Alert, get: Lookup) -> Alert:
    return Alert(
        trips_at=int(get(f"{path}.trips_at", alert.trips_at)),
        within_s=get(f"{path}.within", alert.within_s),
        lasts_s=get(f"{path}.lasts", alert.lasts_s),
        autonomy=get(f"{path}.autonomy", alert.autonomy),
        actions=get(f"{path}.actions", alert.actions),
    )


def _system(system: System, ladder: tuple[str, ...], get: Lookup) -> System:
    path = f"systems{step(system.name)}"
    down = system.down
    return replace(
        system,
        harm_usd=tuple(
            get(f"{path}.harm{step(rung)}", loss) for rung, loss in zip(ladder, system.harm_usd, strict=True)
        ),
        down=None if down is None else replace(down, lasts_s=get(f"{path}.down.lasts", down.lasts_s)),
        watches=_by_name(f"{path}.watches", system.watches, get),
        senses=_senses(f"{path}.senses", system.senses, get),
        responds=tuple(_response(rule, get) for rule in system.responds),
    )


def _by_name(path: str, stated: tuple[tuple[str, float], ...], get: Lookup) -> tuple[tuple[str, float], ...]:
    return tuple((name, get(path + step(name), number)) for name, number in stated)


def _senses(path: str, senses: Senses, get: Lookup) -> Senses:
    alarms = senses.false_alarms
    return replace(
        senses,
        suspects=_by_name(f"{path}.suspects", senses.suspects, get),
        false_alarms=None
        if alarms is None
        else replace(alarms, rate_per_s=get(f"{path}.false_alarms.rate", alarms.rate_per_s)),
        **{name: get(f"{path}.{name}", getattr(senses, name)) for name in _SENSES},
    )


def _response(rule: Response, get: Lookup) -> Response:
    path, dispersion = rule.path, rule.law.dispersion
    return replace(
        rule,
        actions=get(f"{path}.actions", rule.actions),
        law=rule.law
        if dispersion is None
        else CountLaw(law=rule.law.law, dispersion=get(f"{path}.law.negative-binomial", dispersion)),
        step=Step(
            **{name: get(f"{path}.step.{name}", getattr(rule.step, name)) for name in ("down", "same", "up")}
        ),
        after=delay_with(f"{path}.after", rule.after, get),
        recovers=None if rule.recovers is None else get(f"{path}.reversible.recovers", rule.recovers),
        autonomy=get(f"{path}.autonomy", rule.autonomy),
    )


def _coupling(link: Any, get: Lookup) -> Any:
    """A dependency or a contagion rule."""
    return replace(
        link,
        spreads=get(f"{link.path}.spreads", link.spreads),
        drops=int(get(f"{link.path}.drops", link.drops)),
        after=delay_with(f"{link.path}.after", link.after, get),
    )
