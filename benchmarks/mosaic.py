"""A world of any size: clusters of systems by compartment, a few links across, twelve actors.

Every compartment is one actor's systems in one domain, about twenty of them: a guard that answers whoever
it blames, sensors that answer abroad, and assets that depend on each other. Guards also watch one
compartment of another actor. The numbers are drawn once and mean nothing; they keep R a little below 1.
"""

import random
from typing import Any

ACTORS = 12
DOMAINS = ("cyber", "finance", "energy", "communications", "logistics", "space", "information", "kinetic")
COMPARTMENT = 20


def mosaic(systems: int, seed: int = 0) -> dict[str, Any]:
    """A scenario document with about `systems` systems."""
    rng = random.Random(seed)
    actors = [f"actor-{i:02d}" for i in range(ACTORS)]
    compartments = max(2, systems // COMPARTMENT)
    parts = min(40, systems // 10)
    names = [[f"c{c:04d}-{i:02d}" for i in range(COMPARTMENT)] for c in range(compartments)]
    members: dict[str, Any] = {}
    dependencies: list[dict[str, Any]] = []
    for c in range(compartments):
        owner, domain = actors[c % ACTORS], DOMAINS[(c // ACTORS) % len(DOMAINS)]
        abroad = rng.choice([other for other in range(compartments) if other % ACTORS != c % ACTORS] or [0])
        for i, name in enumerate(names[c]):
            system: dict[str, Any] = {
                "owner": owner,
                "domain": domain,
                "compartment": f"c{c:04d}",
                "components": [f"part-{(c + i) % parts:02d}"],
                "harm": {"disrupt": "1e5 USD", "degrade": "1e6 USD", "damage": "1e7 USD"},
                "senses": {
                    "attribution": 0.7,
                    "inflates": 0.1,
                    "deflates": 0.05,
                    "recognises_accidents": 0.4,
                },
            }
            if i < 4:
                watched = [*rng.sample(names[c], 5), names[abroad][rng.randrange(COMPARTMENT)], name]
                system["watches"] = {w: rng.choice([0.5, 0.8, 1.0]) for w in sorted(set(watched))}
                system["responds"] = [_rule(rng, domain), _rule(rng, rng.choice(DOMAINS))]
            members[name] = system
        for _ in range(COMPARTMENT // 2):
            source, target = rng.sample(names[c], 2)
            dependencies.append(_link(rng, source, target, 0.3))
        dependencies.append(_link(rng, rng.choice(names[c]), rng.choice(names[abroad]), 0.1))
    return {
        "detente": 1,
        "name": f"mosaic-{systems}",
        "title": f"A mosaic of {systems:,} systems",
        "horizon": "7 d",
        "critical": "degrade",
        "actors": {name: {"kind": "state"} for name in actors},
        "systems": members,
        "dependencies": dependencies,
        "contagion": [
            {
                "component": f"part-{i:02d}",
                "spreads": 0.02 / max(1, systems // 400),
                "at_least": "disrupt",
                "after": {"mean": "1 min"},
            }
            for i in range(parts)
        ],
        "shocks": [
            {"hits": rng.choice(rng.choice(names)), "rung": "disrupt", "author": "none"},
            {"hits": rng.choice(rng.choice(names)), "rung": "probe", "author": actors[0], "rate": "0.2 /d"},
        ],
    }


def _rule(rng: random.Random, domain: str) -> dict[str, Any]:
    return {
        "from": rng.choice(["probe", "disrupt"]),
        "at": "blamed",
        "in": domain,
        "actions": round(rng.uniform(0.2, 0.6), 2),
        "step": {"down": 0.3, "up": 0.1},
        "after": {"median": rng.choice(["40 ms", "2 s", "10 min", "5 h"]), "spread": 1.0},
    }


def _link(rng: random.Random, source: str, target: str, spreads: float) -> dict[str, Any]:
    return {
        "from": source,
        "to": target,
        "spreads": spreads,
        "at_least": "disrupt",
        "drops": rng.randrange(2),
        "after": {"mean": "2 min"},
    }
