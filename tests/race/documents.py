"""Small race documents for tests."""

from typing import Any

from detente.model.race.library import load
from detente.model.race.vocabulary import Race

POSTURE = {"autonomy": 0.5, "capability": 0.5, "safety": 0.5}


def player(**changes: Any) -> dict[str, Any]:
    """A state with a budget and a posture, and what changes."""
    return {"kind": "state", "budget": "1e9 USD", "start": POSTURE, **changes}


def document(**changes: Any) -> dict[str, Any]:
    """Two players without crises, and what changes."""
    players = {"ash": player(bloc="west"), "beech": player(bloc="east")}
    return {
        "detente": 1,
        "race": "small",
        "quarters": 8,
        "crises": [],
        "players": players,
        "policies": {"nothing": {}},
        **changes,
    }


def race(**changes: Any) -> Race:
    return load(document(**changes))


def rivals(**changes: Any) -> dict[str, Any]:
    """Two states of two blocs on the systems of a shipped scenario."""
    cast = {
        name: player(
            bloc=bloc,
            acts_as={"attribution-error": [name, f"{name}-forces"]},
            market="standing",
            prize="3e8 USD",
            catastrophe="2e10 USD",
        )
        for name, bloc in (("avalon", "west"), ("borduria", "east"))
    }
    return (
        document(
            crises=[{"scenario": "attribution-error", "a_year": 2.0}],
            players=cast,
            insurance={"covers": 0.2, "loading": 0.3},
            concern={"near_miss": 0.2},
            terms={"internalised": 0.1},
        )
        | changes
    )
