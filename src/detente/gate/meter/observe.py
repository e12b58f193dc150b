"""One more event: a new meter from the old one, at a cost that does not grow with what was seen before."""

import msgspec

from detente.gate.meter.delays import Law, is_due, learned
from detente.gate.meter.lately import Lately
from detente.gate.meter.settings import Bank, Settings, bank_of
from detente.gate.meter.state import Actor, Event, Meter, Pair, Scope, Seen
from detente.gate.meter.sums import NO_TALLY, Tally, added, counted, no_exposure
from detente.gate.meter.windows import first_windows, seen
from detente.gate.recent import Recent

__all__ = ["observe"]


class _Credits(msgspec.Struct, frozen=True, gc=False):
    """What an event's parents are credited with."""

    law: Law
    links: int
    seen: Recent[Seen]
    compartments: Lately[str, Scope]
    pairs: Lately[tuple[str, str], Pair]
    provoked: float = 0.0
    """1 for an event that names a parent"""
    orphan: float = 0.0
    """the share of it whose parents are unknown"""
    siblings: float = 0.0
    home: float = 0.0
    """the share that events of its own compartment provoked; not yet in `compartments`"""
    home_siblings: float = 0.0


def observe(meter: Meter, event: Event, settings: Settings) -> Meter:
    """Return the meter after an event.

    An event whose id is remembered already changes nothing. One with n parents counts 1/n for each. A parent that is not
    remembered counts too, where it can only raise an estimate: overall, in the child's compartment, and in every pair
    with the child's actor.
    """
    if meter.seen.get(event.id) is not None:
        return meter
    bank = bank_of(settings)
    credit = _Credits(meter.law, meter.links, meter.seen, meter.compartments, meter.pairs)
    if event.parents:
        credit = _credited(credit, event, meter, bank, settings)
    unsaid = 1.0 if event.parents is None else 0.0
    at, orphan, most = event.at, credit.orphan, settings.max_scopes
    whole = meter.overall
    tally = whole.tally
    if credit.provoked or unsaid:
        tally = counted(tally, at, bank, credit.provoked, credit.siblings, orphan, unsaid)
    home = credit.compartments.find(event.compartment) or Scope(at, no_exposure())
    here = home.tally
    if credit.home or orphan or unsaid:
        here = counted(here, at, bank, credit.home + orphan, credit.home_siblings, orphan, unsaid)
    who = meter.actors.find(event.actor) or Actor(at, no_exposure())
    orphans = who.orphans
    if orphan or unsaid:
        orphans = counted(orphans, at, bank, orphan, 0.0, orphan, unsaid)
    return Meter(
        _joined(whole, tally, at, bank),
        credit.law,
        meter.events + 1,
        credit.links,
        _remembered(credit.seen, event, bank),
        credit.compartments.put(event.compartment, _joined(home, here, at, bank), most, at),
        meter.actors.put(event.actor, Actor(who.since, added(who.exposure, at, bank), orphans), most, at),
        credit.pairs,
    )


def _credited(before: _Credits, event: Event, meter: Meter, bank: Bank, settings: Settings) -> _Credits:
    """Credit an event to its parents."""
    at, most = event.at, settings.max_scopes
    names = event.parents or ()
    if len(names) > 1 or names[0] == event.id:
        names = tuple(name for name in dict.fromkeys(names) if name != event.id)
        if not names:
            return before
    share = 1.0 / len(names)
    law, links, memory, compartments, pairs = (
        before.law,
        before.links,
        before.seen,
        before.compartments,
        before.pairs,
    )
    orphan = siblings = home = home_siblings = 0.0
    for name in names:
        parent = memory.get(name)
        if parent is None:
            orphan += share
            continue
        older = 2.0 * parent.offspring * share
        siblings += older
        if is_due(links):
            past = meter.overall.exposure
            law = learned(law, max(0, at - parent.at), share, past, meter.events, links, at, bank)
        links += 1
        grown = Seen(parent.at, parent.actor, parent.compartment, parent.offspring + share)
        memory = memory.put(name, grown, at)
        if parent.compartment == event.compartment:
            home += share
            home_siblings += older
        else:
            scope = compartments.find(parent.compartment) or Scope(at, no_exposure())
            scope = Scope(
                scope.since, scope.exposure, counted(scope.tally, at, bank, share, older), scope.windows
            )
            compartments = compartments.put(parent.compartment, scope, most, at)
        # Siblings by any actor are counted for a pair: its interval is rather too wide than too narrow.
        key = (parent.actor, event.actor)
        pair = pairs.find(key) or Pair(at, NO_TALLY)
        pairs = pairs.put(key, Pair(pair.since, counted(pair.tally, at, bank, share, older)), most, at)
    return _Credits(law, links, memory, compartments, pairs, 1.0, orphan, siblings, home, home_siblings)


def _joined(scope: Scope, tally: Tally, at: int, bank: Bank) -> Scope:
    """Let an event in among those of a scope that may provoke others."""
    since = at if scope.since is None else scope.since
    windows = scope.windows or first_windows(at)
    return Scope(since, added(scope.exposure, at, bank), tally, seen(windows, at, bank))


def _remembered(memory: Recent[Seen], event: Event, bank: Bank) -> Recent[Seen]:
    """Keep an event in mind, in case something answers it."""
    if memory.turned_at is not None and event.at - memory.turned_at >= bank.horizon:
        memory = memory.turn(event.at)
    return memory.put(event.id, Seen(event.at, event.actor, event.compartment), event.at)
