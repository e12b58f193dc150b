"""Small meters for tests."""

from detente.gate.meter import Event, Meter, Settings, observe

SECOND = 1_000_000_000
START = 1_800_000_000 * SECOND
WHOLE = ("overall",)


def event(name, at_s, *parents, actor="avalon", compartment="west", said=True):
    return Event(name, START + round(at_s * SECOND), actor, compartment, tuple(parents) if said else None)


def at(seconds):
    return START + round(seconds * SECOND)


def watched(events, settings=None):
    settings = settings or Settings()
    meter = Meter.empty(settings)
    for one in events:
        meter = observe(meter, one, settings)
    return meter
