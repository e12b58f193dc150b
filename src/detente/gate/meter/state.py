"""What a meter is and what it is told: values, never changed, that can be written down and read back."""

from typing import Self

import msgspec

from detente.gate.meter.delays import FIRST_LAW, Law
from detente.gate.meter.lately import Lately
from detente.gate.meter.settings import Settings
from detente.gate.meter.sums import NO_TALLY, Exposure, Tally, no_exposure
from detente.gate.meter.windows import Windows
from detente.gate.recent import Recent

__all__ = ["Actor", "Event", "Meter", "Pair", "Scope", "Seen"]


class Event(msgspec.Struct, frozen=True, gc=False):
    """Something that happened: an incident observed, or an action allowed."""

    id: str
    at: int
    """ns since the epoch, by the gate's clock"""
    actor: str
    compartment: str
    parents: tuple[str, ...] | None = ()
    """ids of what it answers; () where it answers nothing, None where its source does not say"""


class Seen(msgspec.Struct, frozen=True, gc=False):
    """What is remembered of an event, in case something answers it."""

    at: int
    actor: str
    compartment: str
    offspring: float = 0.0
    """events that answered it so far; one with n parents counts 1/n"""


class Scope(msgspec.Struct, frozen=True, gc=False):
    """The events of all, or of one compartment, and what they provoked, wherever."""

    since: int | None
    """ns; since when it is kept"""
    exposure: Exposure
    tally: Tally = NO_TALLY
    windows: Windows | None = None


class Actor(msgspec.Struct, frozen=True, gc=False):
    """One actor's events, as parents; and, as children, those whose parent is unknown."""

    since: int
    exposure: Exposure
    orphans: Tally = NO_TALLY


class Pair(msgspec.Struct, frozen=True, gc=False):
    """What one actor's events provoked another's to be."""

    since: int
    tally: Tally


class Meter(msgspec.Struct, frozen=True, gc=False):
    """Everything that the estimates rest on; `observe` makes the next one."""

    overall: Scope
    law: Law
    """of delays"""
    events: int
    """events so far"""
    links: int
    """events so far that named a parent which was remembered"""
    seen: Recent[Seen]
    compartments: Lately[str, Scope] = Lately()
    actors: Lately[str, Actor] = Lately()
    pairs: Lately[tuple[str, str], Pair] = Lately()
    """(actor of the parent, actor of the child)"""

    @classmethod
    def empty(cls, settings: Settings) -> Self:
        """Return a meter that has seen nothing."""
        return cls(Scope(None, no_exposure()), FIRST_LAW, 0, 0, Recent(-(-settings.max_events // 2)))
