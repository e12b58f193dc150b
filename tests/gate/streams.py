"""Random places, portfolios and streams for the comparison of the gate with the lab.

Durations and times are whole multiples of 2**-9 s: exact both in floats and in whole nanoseconds, so that ties (an
action at the very moment at which a mode ends) are ties on both sides. Some of the throttles have intervals that are whole only
in nanoseconds: what rounding makes of their ties in floats must not show.
Reviews take no time and approve everything, so the kernel shows whether it asks people and nothing of what they say.
"""

import random
from typing import Any

import numpy as np
import numpy.typing as npt

from detente.engine.tables import NOBODY, Tables
from tests.gate.lab import ACTION, EVENT, INCIDENT
from tests.generate import DOMAINS, RUNGS

TICK = 2.0**-9
_AT_ONCE = {"review": {"fixed": "0 s"}, "approves_right": 1.0, "approves_wrong": 1.0}


def place(seed: int) -> dict[str, Any]:
    """A scenario document: actors, systems and every sort of rule, all of them automated and without delay."""
    rng = random.Random(f"place {seed}")
    actors = [f"actor-{letter}" for letter in "abcd"[: rng.randint(2, 4)]]
    kinds = ["state", "operator", "non-state"]
    names = [f"system-{i}" for i in range(rng.randint(6, 9))]
    return {
        "detente": 1,
        "name": "stream",
        "critical": "degrade",
        "catastrophe": "strategic",
        "horizon": "20000 d",
        "actors": {
            name: {"kind": rng.choice(kinds), "bloc": rng.choice(["west", "east"]), "command": _AT_ONCE}
            for name in actors
        },
        "systems": {name: _system(rng, actors, names) for name in names},
        "shocks": [
            {"hits": rng.choice(names), "rung": "disrupt", "at": f"{i * TICK * 64!r} s"} for i in range(3)
        ],
    }


def _system(rng: random.Random, actors: list[str], names: list[str]) -> dict[str, Any]:
    aims = ["blamed", "blamed", rng.choice(["domain", "own", rng.sample(names, 2)])]
    return {
        "owner": rng.choice(actors),
        "domain": rng.choice(DOMAINS),
        "senses": {
            "attribution": rng.choice([0.0, 1.0, rng.random()]),
            "assurance": rng.choice([1, 4, 20]),
            "overconfidence": rng.choice([0.7, 1.0, 1.6]),
            "recognises_accidents": rng.random(),
            "sees_through_spoofs": rng.random(),
        },
        "responds": [
            {
                "from": "signal", "at": aim, "in": rng.choice(DOMAINS), "actions": 1, "law": "fixed",
                "step": rng.choice([{"down": 0.3, "up": 0.3}, {"same": 1.0}]), "after": {"fixed": "0 s"},
                "reversible": rng.choice([False, {"recovers": 0.5}]),
            }
            for aim in aims
        ],
    }  # fmt: skip


def safeguards(seed: int, source: dict[str, Any]) -> dict[str, Any]:
    """A portfolio document: most safeguards stand in half of them, with whatever numbers are legal."""
    rng = random.Random(f"safeguards {seed}")
    makers = (
        _red_lines, _rollout, _certification, _robustness, _controls, _walls, _floors, _mode, _throttle, _people,
        _sharing, _verdicts,
    )  # fmt: skip
    chosen = dict(maker(rng) for maker in makers if rng.random() < _STANDS.get(maker, 0.5))
    adopters = sorted({*source["actors"], "west", "east"} & _reachable(source))
    for words in chosen.values():
        if rng.random() < 0.2:
            words["adopters"] = rng.sample(adopters, rng.randint(1, 2))
    return {"detente": 1, "portfolio": "stream", "safeguards": chosen}


def _reachable(source: dict[str, Any]) -> set[str]:
    return {*source["actors"], *(actor["bloc"] for actor in source["actors"].values())}


def _share(rng: random.Random) -> float:
    """Mostly strictly between 0 and 1."""
    return rng.choice([0.0, 1.0]) if rng.random() < 0.15 else rng.uniform(0.05, 0.95)


def _span(rng: random.Random) -> str:
    return f"{rng.choice([1, 16, 64, 256, 1024, 4096]) * rng.randint(1, 3) * TICK!r} s"


def _red_lines(rng: random.Random) -> tuple[str, dict[str, Any]]:
    forbid: list[dict[str, str]] = [{"in": rng.choice(DOMAINS), "from": rng.choice(RUNGS[:6])}]
    if rng.random() < 0.3:
        forbid.append({"from": rng.choice(RUNGS[3:])})
    if rng.random() < 0.3:
        forbid.append({"in": rng.choice([*DOMAINS, "space"])})
    return "red-lines", {"forbid": forbid, "compliance": _share(rng)}


def _rollout(rng: random.Random) -> tuple[str, dict[str, Any]]:
    return "phased-rollout", {"autonomy": _share(rng)}


def _certification(rng: random.Random) -> tuple[str, dict[str, Any]]:
    words = {"attribution": rng.random(), "overconfidence": rng.choice([0.8, 1.0, 1.3])}
    return "certification", words | {"coverage": _share(rng)}


def _robustness(rng: random.Random) -> tuple[str, dict[str, Any]]:
    return "robustness", {"sees_through_spoofs": rng.random(), "review": rng.choice([0.5, 2.0])}


def _controls(rng: random.Random) -> tuple[str, dict[str, Any]]:
    kinds = rng.sample(["state", "operator", "non-state"], rng.randint(1, 3))
    return "export-controls", {"kinds": kinds, "actions": _share(rng)}


def _walls(rng: random.Random) -> tuple[str, dict[str, Any]]:
    return "compartments", {"strength": _share(rng)}


def _floors(rng: random.Random) -> tuple[str, dict[str, Any]]:
    # Not 1: a quantile so near to 1 that it rounds to it is below such a floor in law, and not in floats.
    floors = {
        rung: rng.choice([0.0, rng.uniform(0.2, 0.98)]) for rung in rng.sample(RUNGS, rng.randint(1, 4))
    }
    return "confidence-floor", {"floors": floors, "below": rng.choice(["deny", "review", "reversible-only"])}


def _mode(rng: random.Random) -> tuple[str, dict[str, Any]]:
    words: dict[str, Any] = {
        "trips_at": rng.randint(1, 4), "within": _span(rng), "lasts": _span(rng), "restraint": _share(rng),
    }  # fmt: skip
    if rng.random() < 0.7:
        words["review_from"] = rng.choice(RUNGS)
    return "de-escalation-mode", words


def _throttle(rng: random.Random) -> tuple[str, dict[str, Any]]:
    rate = rng.choice([f"{2.0 ** rng.randint(-5, 2)!r} /s", "5 /s", "2.5 /s", "100 /min", "10 /min"])
    return "throttle", {
        "rate": rate, "burst": rng.randint(1, 4), "excess": rng.choice(["drop", "delay"]),
    }  # fmt: skip


def _people(rng: random.Random) -> tuple[str, dict[str, Any]]:
    words: dict[str, Any] = {
        "reviewers": rng.choice([1, 2, "unlimited"]), "review": "0 s", "approves_right": 1.0,
        "approves_wrong": 1.0,
    }  # fmt: skip
    if rng.random() < 0.8:
        words["from"] = rng.choice(RUNGS[1:])
    return "human-on-the-loop", words


def _sharing(rng: random.Random) -> tuple[str, dict[str, Any]]:
    words = {"recognises_accidents": rng.random(), "sees_through_spoofs": rng.random()}
    return "incident-sharing", words | {"after": _span(rng)}


def _verdicts(rng: random.Random) -> tuple[str, dict[str, Any]]:
    verdict = rng.choice([_span(rng), {"mean": "2 s"}, {"mean": "8 s"}])
    return "shared-attribution", {"verdict": verdict, "accuracy": _share(rng)}


def stream(seed: int, tables: Tables) -> npt.NDArray[np.void]:
    """Incidents sensed and actions proposed, in the order of time; many at one instant."""
    rng = random.Random(f"stream {seed}")
    time = 0
    events: list[dict[str, Any]] = []
    for i in range(rng.randint(8, 16)):
        time += rng.choice(
            [0, 0, 1, rng.randint(0, 32), rng.randint(0, 600), rng.choice([64, 256, 512, 4096])]
        )
        incidents = [j for j, event in enumerate(events) if event["kind"] == INCIDENT]
        if i == 0 or rng.random() < 0.4:
            event = _happens(rng, tables, [events[j] for j in incidents])
        else:
            event = _BLANK | {
                "kind": ACTION, "trigger": rng.choice(incidents), "rule": rng.randrange(tables.rules.size),
                "rung": rng.randint(0, tables.catastrophe), "key": rng.getrandbits(64),
            }  # fmt: skip
        events.append(event | {"time": time * TICK})
    return np.array([tuple(event.values()) for event in events], EVENT)


_BLANK: dict[str, Any] = dict.fromkeys(EVENT.names or (), 0)


def _happens(rng: random.Random, tables: Tables, earlier: list[dict[str, Any]]) -> dict[str, Any]:
    """An incident: of a root of its own, or of that of an earlier one; honest, planted, or an accident."""
    somebody = [NOBODY, *range(tables.actors.size)]
    key, author = rng.getrandbits(64), rng.choice(somebody)
    root = {"root": rng.randrange(tables.roots.size), "root_key": key}
    if earlier and rng.random() < 0.4:
        parent = rng.choice(earlier)
        root = {name: parent[name] for name in root}
    return _BLANK | root | {
        "kind": INCIDENT, "system": rng.randrange(tables.systems.size), "rung": rng.randrange(tables.catastrophe),
        "key": key, "author": author, "points_to": author if rng.random() < 0.6 else rng.choice(somebody),
        "sensed": rng.randrange(1, 1 << tables.actors.size),
    }  # fmt: skip


# How often a safeguard stands: rarer where it stops much before others are asked.
_STANDS = {_controls: 0.15, _walls: 0.35, _throttle: 0.75, _verdicts: 0.65}
