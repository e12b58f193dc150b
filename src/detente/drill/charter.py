"""The charter of a scenario: what a gate has to be told before it can stand in one."""

from collections.abc import Collection
from typing import Any

from detente.model.vocabulary import Scenario

__all__ = ["charter_of", "kind_of", "officer_of"]


def charter_of(scenario: Scenario, *, certified: Collection[str], keeps_time: bool = False) -> dict[str, Any]:
    """Return a charter document for a scenario: its actors and systems, each of them autonomous, and an officer for each actor.

    The catalogue has a kind of action for each rung, by whether it rests on blame and whether it can be undone; what a kind
    is at a target in some domain the red lines say.

    Parameters
    ----------
    certified
        The systems that hold a certificate.
    keeps_time
        Whether the officers' deadline counts. Otherwise only a portfolio's `timeout` puts an end to a hold, as in the lab.
    """
    return {
        "detente": 1,
        "charter": scenario.name,
        "title": f"Derived from the scenario {scenario.name}",
        "ladder": list(scenario.ladder),
        "critical": scenario.ladder[scenario.critical],
        "catastrophe": scenario.ladder[scenario.catastrophe],
        "actors": {
            one.name: {"kind": one.kind} | ({} if one.bloc is None else {"bloc": one.bloc})
            for one in scenario.actors
        },
        "systems": {
            one.name: {
                "owner": one.owner, "domain": one.domain, "compartment": one.compartment, "may": "*",
                "targets": "*", "certified": one.name in certified, "phase": "autonomous",
                # By the clock on the wall, on which days of a crisis are no time at all.
                "requests": {"rate": "100000 /s", "burst": 1_000_000},
            }
            for one in scenario.systems
        },
        "actions": {
            kind_of(rung, rests_on_blame=blame, reversible=undo): {
                "rung": rung, "rests_on": "blame" if blame else "nothing", "reversible": undo, "on_halt": "deny",
                "other_arguments": True,
            }
            for rung in scenario.ladder for blame in (True, False) for undo in (True, False)
        },
        "groups": {
            one.name: {
                "people": [officer_of(one.name)], "open_holds": 1_000_000,
                "deadline": "12 h" if keeps_time else "3660 d",
            }
            for one in scenario.actors
        },
        "reviewed_by": {one.name: one.name for one in scenario.actors},
        # A mode ends as in the lab, since nobody is simulated who would lift it; and the lab has no meter.
        "modes": {"recovery": "automatic"},
        "meter": {"trips": False},
    }  # fmt: skip


def kind_of(rung: str, *, rests_on_blame: bool, reversible: bool) -> str:
    """Return the name of a kind of action."""
    return f"{rung}{'' if rests_on_blame else '-unblamed'}{'-reversible' if reversible else ''}"


def officer_of(actor: str) -> str:
    """Return the name of the person who votes for an actor's people."""
    return f"officer-of-{actor}"
