"""One more event: a new meter from the old one, at a cost that does not grow with what was seen before."""

from detente.gate.meter.delays import learned
from detente.gate.meter.recent import Recent, find, put, turn
from detente.gate.meter.settings import Bank, Settings, bank_of
from detente.gate.meter.state import Actor, Event, Meter, Pair, Scope, Seen
from detente.gate.meter.sums import NO_TALLY, added, counted, exposures, no_exposure
from detente.gate.meter.windows import first_windows, seen

__all__ = ["observe"]


def observe(meter: Meter, event: Event, settings: Settings) -> Meter:
    """Return the meter after an event.

    An event whose id is remembered already changes nothing. One with n parents counts 1/n for each. A parent that is not
    remembered counts too, where it can only raise an estimate: overall, in the child's compartment, and in every pair
    with the child's actor.
    """
    if find(meter.seen, event.id) is not None:
        return meter
    bank = bank_of(settings)
    orphan = 0.0
    if event.parents:
        meter, orphan = _credited(meter, event, bank, settings)
    return _joined(meter, event, orphan, bank, settings)


def _credited(meter: Meter, event: Event, bank: Bank, settings: Settings) -> tuple[Meter, float]:
    """Credit an event to its parents; return what is left over for those unknown."""
    names = [name for name in dict.fromkeys(event.parents or ()) if name != event.id]
    share = 1.0 / len(names) if names else 0.0
    exposure = meter.overall.exposure
    weight, past = exposures(exposure, event.at, bank)
    left, siblings = 0.0, 0.0
    law, memory, compartments, pairs = meter.law, meter.seen, meter.compartments, meter.pairs
    for name in names:
        parent = find(memory, name)
        if parent is None:
            left += share
            continue
        before = 2.0 * parent.offspring * share
        siblings += before
        law = learned(law, max(0, event.at - parent.at), share, weight, past, bank)
        grown = Seen(parent.at, parent.actor, parent.compartment, parent.offspring + share)
        memory = put(memory, name, grown, settings.max_events, event.at)
        compartments = _credited_to(compartments, parent.compartment, event.at, share, before, bank, settings)
        pairs = _paired(pairs, (parent.actor, event.actor), event.at, share, before, bank, settings)
    whole = meter.overall
    tally = counted(
        whole.tally, event.at, bank, count=1.0 if names else 0.0, siblings=siblings, unplaced=left
    )
    overall = Scope(whole.since, exposure, tally, whole.windows)
    return Meter(overall, law, memory, compartments, meter.actors, pairs), left


def _credited_to(
    compartments: Recent[str, Scope],
    name: str,
    at: int,
    share: float,
    before: float,
    bank: Bank,
    settings: Settings,
) -> Recent[str, Scope]:
    """Credit a compartment with what one of its events provoked."""
    scope = find(compartments, name) or Scope(at, no_exposure())
    tally = counted(scope.tally, at, bank, share, before)
    grown = Scope(scope.since, scope.exposure, tally, scope.windows)
    return put(compartments, name, grown, settings.max_scopes, at)


def _paired(
    pairs: Recent[tuple[str, str], Pair],
    key: tuple[str, str],
    at: int,
    share: float,
    before: float,
    bank: Bank,
    settings: Settings,
) -> Recent[tuple[str, str], Pair]:
    """Credit a pair of actors. Siblings by any actor are counted: the interval is rather too wide than too narrow."""
    pair = find(pairs, key)
    since, tally = (at, NO_TALLY) if pair is None else (pair.since, pair.tally)
    grown = Pair(since, counted(tally, at, bank, share, before))
    return put(pairs, key, grown, settings.max_scopes, at)


def _joined(meter: Meter, event: Event, orphan: float, bank: Bank, settings: Settings) -> Meter:
    """Let an event in among those that may provoke others."""
    at, most, unsaid = event.at, settings.max_scopes, 1.0 if event.parents is None else 0.0
    whole = meter.overall
    home = find(meter.compartments, event.compartment) or Scope(at, no_exposure())
    who = find(meter.actors, event.actor) or Actor(at, no_exposure())
    tally, here, orphans = whole.tally, home.tally, who.orphans
    if unsaid:
        tally = counted(tally, at, bank, unsaid=unsaid)
    if unsaid or orphan:
        here = counted(here, at, bank, count=orphan, unplaced=orphan, unsaid=unsaid)
        orphans = counted(orphans, at, bank, count=orphan, unplaced=orphan, unsaid=unsaid)
    memory = meter.seen
    if memory.turned_at is not None and at - memory.turned_at >= bank.horizon:
        memory = turn(memory, at)
    since = at if whole.since is None else whole.since
    grown = Actor(who.since, added(who.exposure, at, bank), orphans)
    return Meter(
        Scope(since, added(whole.exposure, at, bank), tally, seen(whole.windows or first_windows(at), at, bank)),
        meter.law,
        put(memory, event.id, Seen(at, event.actor, event.compartment), settings.max_events, at),
        put(
            meter.compartments,
            event.compartment,
            Scope(
                home.since,
                added(home.exposure, at, bank),
                here,
                seen(home.windows or first_windows(at), at, bank),
            ),
            most,
            at,
        ),
        put(meter.actors, event.actor, grown, most, at),
        meter.pairs,
    )
