"""The ordinary human path: a share of what systems would do goes through their owner's command, with or without safeguards."""

import math

from detente.drill.chance import draw
from detente.drill.crisis import Crisis, Happening, Proposal
from detente.engine._chance import APPROVE, AUTOMATED, ITSELF, REVIEW
from detente.engine._guards import REFUSED, commanded
from detente.engine.tables import PASSES, SHARED_ATTRIBUTION

__all__ = ["Open", "commands", "goes_to_command"]


class Open:
    """A desk without a gate: everything goes its ordinary way."""

    def begins(self, crisis: Crisis) -> None:
        self.crisis = crisis

    def sensed(self, actor: int, incident: Happening) -> None:
        """Nobody keeps count."""

    def proposed(self, proposal: Proposal) -> None:
        if goes_to_command(proposal):
            commands(self.crisis, proposal)
        else:
            self.crisis.lands(proposal)


def goes_to_command(proposal: Proposal) -> bool:
    """Whether an action belongs to the share that its owner's command sees."""
    return proposal.autonomy < 1.0 and draw(proposal.key, ITSELF, AUTOMATED) >= proposal.autonomy


def commands(crisis: Crisis, proposal: Proposal, contradicted_at: float = math.inf) -> None:
    """Let the owner's command decide about an action, and land it where it orders it."""
    answer, wait = commanded(
        crisis.world.tables, crisis.work, proposal.owner, proposal.key, proposal.right, APPROVE, REVIEW,
        proposal.time + proposal.held, contradicted_at,
    )  # fmt: skip
    if answer == PASSES:
        crisis.lands(proposal, wait)
    elif answer == SHARED_ATTRIBUTION:
        crisis.stops(proposal, "shared-attribution")
    else:
        assert answer == REFUSED  # INVARIANT: a command orders, refuses or is told better
