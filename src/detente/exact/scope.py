"""What the branching picture leaves out of a scenario, and which way that moves the figures."""

from dataclasses import asdict, dataclass

from detente.model.vocabulary import Scenario

__all__ = ["LeftOut", "left_out"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """One mechanism of a scenario that the solver does not see."""

    what: str
    """`horizon`, `alert` or `down`"""
    bias: str
    """`high`: the solver's probabilities and means lie above the simulated ones; `low`: below; `unknown`"""
    why: str

    def as_dict(self) -> dict[str, str]:
        """Plain data for JSON."""
        return asdict(self)


def left_out(scenario: Scenario) -> tuple[LeftOut, ...]:
    """Everything about `scenario` that the exact figures do not take into account."""
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
    return tuple(found)
