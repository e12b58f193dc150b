"""What goes out: a decision, every rule that spoke, and what would have changed the answer."""

from typing import Any, Literal

from msgspec import Struct

__all__ = [
    "ALLOW",
    "DENY",
    "HOLD",
    "MODES",
    "RANK",
    "STRICTEST_FIRST",
    "THROTTLE",
    "Decision",
    "Effect",
    "Reason",
]

Effect = Literal["allow", "hold", "throttle", "deny"]

ALLOW: Effect = "allow"
HOLD: Effect = "hold"
THROTTLE: Effect = "throttle"
DENY: Effect = "deny"

RANK: dict[str, int] = {ALLOW: 0, HOLD: 1, THROTTLE: 2, DENY: 3}
"""Who wins where rules differ: deny before throttle before hold, so that nobody is asked about what cannot happen."""

STRICTEST_FIRST: tuple[Effect, ...] = (DENY, THROTTLE, HOLD)

MODES = ("normal", "guarded", "de-escalation", "halted")
"""From least to most restrained."""


class Reason(Struct, frozen=True, omit_defaults=True, gc=False):
    """One rule that spoke."""

    rule: str
    effect: Effect
    """What it alone would have answered."""
    facts: dict[str, Any] = {}
    """The values it looked at."""
    because: str = ""
    """For a person; empty where the rule had nothing against it."""
    otherwise: str = ""
    """What would have changed its answer."""


class Decision(Struct, frozen=True, omit_defaults=True, gc=False):
    """The answer to one proposed action."""

    evaluation: str
    """The id of this evaluation."""
    action: str
    """The id of the action."""
    system: str
    effect: Effect
    reasons: tuple[Reason, ...]
    """In the order of the rules."""
    mode: str
    phase: str
    policy: str
    """The digest of the charter and portfolio that decided."""
    at: int
    """Nanoseconds since the epoch, by the gate's clock."""
    digest: str = ""
    """Of the exact action."""
    obligations: tuple[str, ...] = ()
    """What an allowed proposer owes: `report-outcome`, `keep-undo`."""
    retry_at: int | None = None
    """From when on asking again makes sense, in nanoseconds since the epoch."""
    hold: str | None = None
    """The id of the hold that people decide."""
    would: Effect | None = None
    """What would have been answered, where the answer itself does not bind (observing), or where a phase came before."""
    repeated: bool = False
    """The action was answered before; this is that answer."""
    clock: int | None = None
    """When the owner's throttle is next idle, where this action is charged to it."""
    nonce: int = 0
    """From which the chances this decision needed were drawn."""
