"""What the branching picture leaves out of a scenario and its safeguards, and which way that moves the figures."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from detente.model.portfolio.safeguards import Portfolio
from detente.model.vocabulary import Scenario

__all__ = ["LeftOut", "left_out"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """One mechanism of a scenario that the solver does not see."""

    what: str
    """`horizon`, `alert`, `down`, the name of a safeguard, `review queue` or `inert`"""
    bias: str
    """`high`: the solver's probabilities and means lie above the simulated ones; `low`: below; `unknown`"""
    why: str

    def as_dict(self) -> dict[str, str]:
        """Plain data for JSON."""
        return asdict(self)


def left_out(scenario: Scenario, portfolio: Portfolio) -> tuple[LeftOut, ...]:
    """Everything about `scenario` and `portfolio` that the exact figures do not take into account."""
    found = [
        LeftOut(
            what="horizon",
            bias="high",
            why="lineages run on after the horizon, where a crisis stops; shocks still arrive only before it",
        )
    ]
    alerts = [actor.alert for actor in scenario.actors if actor.alert]
    if alerts:
        calming = any(alert.actions < 1.0 for alert in alerts)
        found.append(
            LeftOut(
                what="alert",
                bias="unknown" if calming else "low",
                why="no actor ever goes on alert: "
                + (
                    "an alert here changes how much it does, up or down"
                    if calming
                    else "an alert only adds actions"
                ),
            )
        )
    if any(system.down for system in scenario.systems):
        found.append(
            LeftOut(
                what="down",
                bias="high",
                why="no system is ever out of action, where it would not sense or respond",
            )
        )
    return (*found, *_safeguards(portfolio))


def _safeguards(portfolio: Portfolio) -> Iterator[LeftOut]:
    """Safeguards that remember something, or hold for part of a crisis only."""
    for name, bias, why in _DYNAMIC:
        if name in portfolio.safeguards:
            yield LeftOut(what=name, bias=bias, why=why)
    review = portfolio.human_on_the_loop
    if review and review.reviewers is not None:
        why = "every held action finds a free reviewer at once; nobody waits, and nothing times out because of that"
        yield LeftOut(what="review queue", bias="unknown", why=why)
    if any(safeguard.inert > 0.0 for safeguard in portfolio.safeguards.values()):
        yield LeftOut(what="inert", bias="low", why="no safeguard is ever disarmed")


_DYNAMIC = (
    ("de-escalation-mode", "high", "no actor ever enters its mode, which stops or holds what it would do"),
    ("throttle", "high", "no action is above the permitted rate"),
    ("incident-sharing", "high", "nobody ever learns from others what an incident was"),
    ("shared-attribution", "unknown", "no verdict ever comes; a right one may aim a retaliation better"),
)
