"""What an imported document assumes: every number with its range and its reason, to be edited there.

All of it is text of the document. Each anchor appears once, so that one edit changes every place that uses it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from detente.networks.coupling import LINKS_ALONE, Tie

__all__ = [
    "COMMAND",
    "GRID",
    "HORIZON",
    "MEGAWATTS",
    "PLAIN",
    "SEEN",
    "SENSES",
    "Profile",
    "harm_of",
    "spreads_of",
]

HORIZON = '{value: 7 d, low: 3 d, high: 14 d, assumed: "one week of operation"}'

COMMAND = """\
      review:
        median: {value: 20 min, low: 5 min, high: 2 h, assumed: "a shift supervisor who looks before cutting somebody off"}
        spread: {value: 0.7, low: 0.4, high: 1.2, assumed: "some answer in minutes, some after the next call"}
      approves_right: {value: 0.7, low: 0.5, high: 0.9, assumed: "most, not all, well-founded proposals pass"}
      approves_wrong: {value: 0.3, low: 0.1, high: 0.6, assumed: "less often, but an alarm on a screen persuades"}
"""

SENSES = """\
      attribution: {value: 0.6, low: 0.3, high: 0.9, assumed: "first indications only; no figures are published"}
      overconfidence: {value: 1.5, low: 1.0, high: 2.5, assumed: "scores of trained models are surer than they are right"}
      inflates: {value: 0.05, low: 0.0, high: 0.15, assumed: "severity rounds up when context is missing"}
      deflates: {value: 0.05, low: 0.0, high: 0.15, assumed: "as often missed in part"}
      recognises_accidents: {value: 0.8, low: 0.5, high: 0.95, assumed: "faults are the ordinary case, and known as such"}
"""

SEEN = '{value: 0.95, low: 0.8, high: 1.0, assumed: "its own equipment, instrumented"}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What differs between sorts of networks."""

    domain: str
    passes_on: str
    """delay of an outage along a link"""
    protection: Mapping[str, str]
    """what protection does to its own network: `actions`, `step`, `after`, `reversible`"""
    cut_off: Mapping[str, str]
    """what an owner does to whom it blames: `actions`, `step`, `after`, `autonomy`"""
    shock_rate: str


_STEP = """\
          down: {value: 0.3, low: 0.1, high: 0.5, assumed: "more is switched than lost"}
          up: {value: 0.15, low: 0.05, high: 0.3, assumed: "now and then protection makes it worse"}
"""
_CUT_OFF_STEP = """\
          down: {value: 0.3, low: 0.1, high: 0.5, assumed: "the other side has a second way"}
          up: {value: 0.15, low: 0.05, high: 0.3, assumed: "what is cut off was needed"}
"""
_AUTONOMY = '{value: 0.3, low: 0.0, high: 0.9, assumed: "mostly a person\'s decision; some is released for automatic use"}'

GRID = Profile(
    domain="energy",
    passes_on="""\
      median: {value: 2 min, low: 10 s, high: 30 min, assumed: "overloaded branches trip within seconds to half an hour"}
      spread: {value: 1.5, low: 0.8, high: 2.0, assumed: "from a relay to a sagging line"}
""",
    protection={
        "actions": '{value: 0.15, low: 0.03, high: 0.4, assumed: "relays and load shedding that act at a second place"}',
        "step": _STEP,
        "after": """\
          median: {value: 300 ms, low: 50 ms, high: 10 s, assumed: "relay and breaker"}
          spread: {value: 1.0, low: 0.5, high: 1.5, assumed: "stages of protection differ"}
""",
        "reversible": '{recovers: {value: 0.5, low: 0.2, high: 0.9, assumed: "what was switched can be switched back"}}',
    },
    cut_off={
        "actions": '{value: 0.3, low: 0.05, high: 0.8, assumed: "opens a tie, or blocks the remote access of the other"}',
        "step": _CUT_OFF_STEP,
        "after": """\
          median: {value: 5 min, low: 30 s, high: 2 h, assumed: "an alarm desk with prepared steps"}
          spread: {value: 1.2, low: 0.6, high: 1.8, assumed: "from a script to a telephone call"}
""",
        "autonomy": _AUTONOMY,
    },
    shock_rate='{value: 1 /d, low: 0.1 /d, high: 5 /d, assumed: "a stressed week; far above an ordinary one"}',
)

PLAIN = Profile(
    domain="communications",
    passes_on="""\
      median: {value: 10 s, low: 1 s, high: 5 min, assumed: "routes converge in seconds; overload takes minutes"}
      spread: {value: 1.5, low: 0.8, high: 2.0, assumed: "from one route to a whole table"}
""",
    protection={
        "actions": '{value: 0.15, low: 0.03, high: 0.4, assumed: "rerouting and rate limits that overload a second place"}',
        "step": _STEP,
        "after": """\
          median: {value: 500 ms, low: 50 ms, high: 30 s, assumed: "a script that pushes a configuration"}
          spread: {value: 1.0, low: 0.5, high: 1.5, assumed: "devices differ"}
""",
        "reversible": '{recovers: {value: 0.7, low: 0.3, high: 0.95, assumed: "a configuration can be taken back"}}',
    },
    cut_off={
        "actions": '{value: 0.3, low: 0.05, high: 0.8, assumed: "filters or drops the traffic of the other"}',
        "step": _CUT_OFF_STEP,
        "after": """\
          median: {value: 2 min, low: 5 s, high: 1 h, assumed: "a response desk with prepared rules"}
          spread: {value: 1.2, low: 0.6, high: 1.8, assumed: "from a script to a telephone call"}
""",
        "autonomy": _AUTONOMY,
    },
    shock_rate='{value: 1 /d, low: 0.1 /d, high: 5 /d, assumed: "a stressed week; far above an ordinary one"}',
)

_LOST_LOAD = 10_000
"""USD per MWh not supplied"""
_REPLACED = 0.01
"""cost of replacing a MWh of generation, as a share of that of one not supplied"""
_HOURS = (
    ("disrupt", 1, "an hour"),
    ("degrade", 6, "6 h"),
    ("damage", 48, "two days"),
    ("destroy", 336, "two weeks"),
)
_FLAT = (
    ("disrupt", 10_000, "an hour of staff and of lost traffic"),
    ("degrade", 100_000, "most of a day"),
    ("damage", 1_000_000, "equipment under repair"),
    ("destroy", 10_000_000, "a site to be rebuilt"),
)
MEGAWATTS = f"load, and {_REPLACED:.0%} of generation, in MW, rounded to 1, 2 or 5 times a power of ten"


def harm_of(load_mw: float | None, generation_mw: float | None) -> tuple[str, str] | None:
    """The anchor and text of the harm at a node; None for a node of a grid that serves nothing."""
    if load_mw is None:
        lines = (
            f'      {rung}: {{value: {usd} USD, low: {usd // 10} USD, high: {usd * 10} USD, assumed: "{why}; a guess"}}\n'
            for rung, usd, why in _FLAT
        )
        return "harm", "".join(lines)
    served = _round(load_mw + _REPLACED * (generation_mw or 0.0))
    if served is None:
        return None
    lines = (
        f"      {rung}: {{value: {served * _LOST_LOAD * hours:.0f} USD, "
        f"low: {served * _LOST_LOAD * hours / 4:.0f} USD, high: {served * _LOST_LOAD * hours * 4:.0f} USD, "
        f'assumed: "about {served:g} MW lost for {words}, at {_LOST_LOAD:,} USD per MWh"}}\n'
        for rung, hours, words in _HOURS
    )
    return f"harm-{served:g}-mw".replace(".", "_"), "".join(lines)  # an anchor has no dots


def _round(megawatts: float) -> float | None:
    """The nearest of 0.01, 0.02, 0.05, ..., 50 000 by ratio; None below the least of them."""
    steps = [float(f"{digit}e{power}") for power in range(-2, 5) for digit in (1, 2, 5)]
    if megawatts < steps[0]:
        return None
    return min(steps, key=lambda step: max(step / megawatts, megawatts / step))


def spreads_of(tie: Tie, chance: float, *, has_loops: bool) -> str:
    """The chance that an outage passes along a link of this class, as text of the document."""
    why = f"the link is {tie.words} of what its end hangs on"
    scaled = (
        f"; scaled so that outages alone give R {LINKS_ALONE:g}"
        if has_loops and chance < tie.relative / 2
        else ""
    )
    low, high = float(f"{chance / 3:.3g}"), float(f"{min(1.0, 2 * chance):.3g}")
    return f'{{value: {chance}, low: {low}, high: {high}, assumed: "{why}{scaled}"}}'
