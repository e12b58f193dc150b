"""Small charters and portfolios for the tests of the gate."""

from typing import Any

from detente.gate.compile import compile_policy
from detente.gate.policy import Policy
from detente.model.charter.vocabulary import (
    ActionKind,
    Asset,
    Charter,
    GroupTerms,
    OnHalt,
    OnLapse,
    Party,
    Phase,
    SystemTerms,
)
from detente.model.portfolio.library import load

__all__ = ["LADDER", "START", "charter", "policy", "seconds"]

LADDER = ("signal", "probe", "disrupt", "degrade", "damage", "destroy", "strategic")
START = 1_764_000_000_000_000_000
"""A time: nanoseconds since the epoch."""

SHIELD = SystemTerms(
    name="avalon-shield",
    owner="avalon",
    domain="cyber",
    compartment="west-cyber",
    operators=("ana",),
    may=("*",),
    targets=("*",),
    certified=True,
    phase=Phase.AUTONOMOUS,
)
RIVAL = SystemTerms(
    name="borduria-shield",
    owner="borduria",
    domain="cyber",
    compartment="east-cyber",
    may=("*",),
    targets=("*",),
    phase=Phase.AUTONOMOUS,
)
ACTIONS = (
    ActionKind(name="block-address", rung="probe", reversible=True, on_lapse=OnLapse.ALLOW),
    ActionKind(name="isolate-host", rung="disrupt", domain="cyber", reversible=True),
    ActionKind(
        name="release-host", rung="signal", reversible=True, rests_on_blame=False, on_halt=OnHalt.ALLOW
    ),
    ActionKind(name="wipe-host", rung="degrade", domain="cyber"),
    ActionKind(name="strike-back", rung="damage"),
)


def seconds(number: float) -> int:
    """So many seconds after the start, in nanoseconds since the epoch."""
    return START + round(number * 1e9)


def charter(**changes: Any) -> Charter:
    """A charter of two actors with a shield each; `changes` replace its fields."""
    fields: dict[str, Any] = {
        "name": "test",
        "ladder": LADDER,
        "critical": "degrade",
        "catastrophe": "strategic",
        "actors": (
            Party(name="avalon", kind="operator", bloc="west"),
            Party(name="borduria", kind="state", bloc="east"),
        ),
        "systems": (SHIELD, RIVAL),
        "assets": (
            Asset(name="avalon-laptop", owner="avalon", domain="cyber", compartment="west-cyber"),
            Asset(name="avalon-turbine", owner="avalon", domain="energy", compartment="west-energy"),
            Asset(name="borduria-launcher", owner="borduria", domain="kinetic", compartment="east-arms"),
        ),
        "actions": ACTIONS,
        "groups": (
            GroupTerms(
                name="watch", people=("ana", "ben", "cleo"), quorum=2, deadline_s=600.0, escalates_to="duty"
            ),
            GroupTerms(name="duty", people=("dora", "emil"), deadline_s=600.0),
        ),
        "reviewed_by": {"avalon": "watch", "borduria": "duty"},
    }
    return Charter(**(fields | changes))


def policy(safeguards: dict[str, Any] | None = None, *, as_modelled: bool = False, **changes: Any) -> Policy:
    """What decides by that charter and those safeguards, as a portfolio document states them."""
    portfolio = load({"detente": 1, "portfolio": "test", "safeguards": safeguards or {}})
    return compile_policy(charter(**changes), portfolio, as_modelled=as_modelled)
