"""Random scenario documents that between them use every feature of the language.

Deterministic in the seed. `tame` keeps mean offspring low, so that most crises stay small. `branching`
leaves out what ties lineages together (`alert`, `down`) and puts the horizon so far off that as good as
nothing is cut by it: streams come about once in 20000 days, what follows from them takes hours.
"""

import random
from typing import Any

DOMAINS = ("cyber", "finance", "energy")
RUNGS = ("signal", "probe", "disrupt", "degrade", "damage", "destroy", "strategic")


def document(seed: int, *, systems: int = 9, tame: float = 1.0, branching: bool = False) -> dict[str, Any]:
    """A scenario document, drawn from `seed`.

    Legal but for about one in a hundred without `branching`, which has contagion by a component that no
    system was given; they stay because what is known about a seed must stay true.
    """
    return _Draft(random.Random(seed), systems, tame, branching=branching).document()


class _Draft:
    def __init__(self, rng: random.Random, systems: int, tame: float, *, branching: bool) -> None:
        self.rng, self.tame, self.branching = rng, tame, branching
        self.actors = [f"actor-{letter}" for letter in "abcd"[: rng.randint(2, 4)]]
        self.systems = [f"system-{i:02d}" for i in range(systems)]

    def document(self) -> dict[str, Any]:
        rng = self.rng
        document: dict[str, Any] = {
            "detente": 1,
            "name": "generated",
            "critical": "degrade",
            "catastrophe": "strategic",
            "horizon": rng.choice(["30 min", "6 h", "3 d"]),
            "actors": {name: self.actor() for name in self.actors},
            "systems": {name: self.system() for name in self.systems},
            "dependencies": [self.dependency() for _ in range(rng.randint(0, 6))],
            "contagion": [self.contagion() for _ in range(rng.randint(0, 2))],
            "shocks": [self.shock() for _ in range(rng.randint(1, 3))],
        }
        if self.branching:
            document |= {"horizon": "20000 d", "catastrophe": rng.choice(["destroy", "strategic"])}
            having = {
                part for system in document["systems"].values() for part in system.get("components", [])
            }
            document["contagion"] = [rule for rule in document["contagion"] if rule["component"] in having]
        return document

    def actor(self) -> dict[str, Any]:
        rng = self.rng
        actor: dict[str, Any] = {"kind": rng.choice(["state", "operator", "non-state"])}
        if rng.random() < 0.6:
            actor["command"] = {"review": self.delay(), "approves_right": 0.7, "approves_wrong": 0.3}
        if rng.random() < 0.4 and not self.branching:
            actor["alert"] = {
                "trips_at": rng.randint(1, 4), "within": "10 min", "lasts": "20 min",
                "autonomy": rng.choice([0.5, 1.0]), "actions": rng.choice([0.5, 1.3]),
            }  # fmt: skip
        return actor

    def system(self) -> dict[str, Any]:
        rng = self.rng
        system: dict[str, Any] = {
            "owner": rng.choice(self.actors),
            "domain": rng.choice(DOMAINS),
            "harm": {"disrupt": "1e6 USD", "degrade": "3e6 USD"},
            "senses": self.senses(),
            "responds": [self.response() for _ in range(rng.randint(0, 3))],
        }
        if rng.random() < 0.5:
            system["components"] = rng.sample(["part-x", "part-y"], rng.randint(1, 2))
        if rng.random() < 0.5:
            watched = rng.sample(self.systems, rng.randint(1, 3))
            system["watches"] = {name: rng.choice([1.0, 0.6]) for name in watched}
        if rng.random() < 0.3 and not self.branching:
            system["down"] = {"from": "damage", "lasts": "1 min"}
        return system

    def senses(self) -> dict[str, Any]:
        rng = self.rng
        senses: dict[str, Any] = {
            "attribution": rng.choice([0.0, 0.7, 1.0]),
            "assurance": 4,
            "overconfidence": rng.choice([1.0, 1.5]),
            "inflates": rng.choice([0.0, 0.1]),
            "deflates": rng.choice([0.0, 0.1]),
            "recognises_accidents": rng.choice([0.0, 0.5]),
            "sees_through_spoofs": rng.choice([0.0, 0.3]),
        }
        if rng.random() < 0.4:
            senses["suspects"] = {name: rng.choice([0.0, 1.0, 2.0]) for name in self.actors}
            senses["suspects"][self.actors[0]] = 1.0
        if rng.random() < 0.3:
            senses["false_alarms"] = {"rate": self.rate("2 /h"), "rung": "probe"}
        return senses

    def response(self) -> dict[str, Any]:
        rng = self.rng
        law = rng.choice(["poisson", "bernoulli", "fixed", "negative-binomial"])
        mean = rng.choice([0.2, 0.4, 0.7]) * self.tame
        response: dict[str, Any] = {
            "from": rng.choice(RUNGS[1:4]),
            "at": rng.choice(["blamed", "own", "domain", rng.sample(self.systems, 2)]),
            "in": rng.choice(DOMAINS),
            "actions": rng.choice([0, 1]) if law == "fixed" else mean,
            "law": {"negative-binomial": 0.5} if law == "negative-binomial" else law,
            "step": rng.choice([{"down": 0.3, "up": 0.2}, {"down": 0.6, "same": 0.4}, {"up": 0.1}]),
            "after": self.delay(),
            "reversible": rng.choice([False, {"recovers": 0.8}]),
            "autonomy": rng.choice([1.0, 1.0, 0.5]),
        }
        if law == "fixed":
            response["step"] = {"down": 0.8, "same": 0.2}
        if rng.random() < 0.2:
            response["poses_as"] = rng.choice(self.actors)
        return response

    def rate(self, otherwise: str) -> str:
        return "5e-5 /d" if self.branching else otherwise

    def delay(self) -> Any:
        return self.rng.choice(
            ["1 s", {"mean": "40 ms"}, {"mean": "10 min"}, {"median": "2 s", "spread": 1.0}, {"fixed": "0 s"}]
        )

    def dependency(self) -> dict[str, Any]:
        source, target = self.rng.sample(self.systems, 2)
        return {
            "from": source, "to": target, "spreads": self.rng.choice([0.2, 0.5]),
            "at_least": self.rng.choice(RUNGS[1:4]), "drops": self.rng.randint(0, 1), "after": self.delay(),
        }  # fmt: skip

    def contagion(self) -> dict[str, Any]:
        return {
            "component": self.rng.choice(["part-x", "part-y"]), "spreads": 0.1,
            "at_least": "disrupt", "drops": self.rng.randint(0, 1), "after": self.delay(),
        }  # fmt: skip

    def shock(self) -> dict[str, Any]:
        rng = self.rng
        shock: dict[str, Any] = {"hits": rng.choice(self.systems), "rung": rng.choice(RUNGS[1:5])}
        if rng.random() < 0.6:
            shock["author"] = rng.choice([*self.actors, "none"])
        if rng.random() < 0.5:
            shock["points_to"] = rng.choice([*self.actors, "none"])
        if rng.random() < 0.3:
            shock["rate"] = self.rate("1 /h")
        else:
            shock["at"] = rng.choice(["0 s", "1 min"])
        return shock
