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


def guarded(seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """A scenario document with blocs and a good deal of blame, and a portfolio document for it."""
    rng = random.Random(1000 + seed)
    source = document(seed, tame=1.4)
    having = {part for system in source["systems"].values() for part in system.get("components", [])}
    source["contagion"] = [rule for rule in source["contagion"] if rule["component"] in having]
    for i, actor in enumerate(source["actors"].values()):
        if rng.random() < 0.6:
            actor["bloc"] = f"bloc-{i % 2}"
    for system in source["systems"].values():
        for rule in system["responds"]:
            if rule["at"] in ("domain", "own") and rng.random() < 0.7:
                rule["at"] = "blamed"
            if rule["law"] not in ("bernoulli", "fixed"):
                rule["actions"] *= 1.5
    return source, portfolio(seed, source)


def portfolio(seed: int, source: dict[str, Any]) -> dict[str, Any]:
    """A portfolio document for the scenario document `source`: between them, seeds use every option.

    Durations are odd numbers of milliseconds, so that nothing but what is meant to falls on one instant.
    """
    return _Safeguards(random.Random(2000 + seed), source).document()


class _Safeguards:
    def __init__(self, rng: random.Random, source: dict[str, Any]) -> None:
        self.rng, self.source = rng, source
        actors = source["actors"]
        self.reachable = sorted({*actors, *(actor["bloc"] for actor in actors.values() if "bloc" in actor)})

    def document(self) -> dict[str, Any]:
        rng = self.rng
        makers = {
            "red-lines": self.red_lines,
            "phased-rollout": lambda: {"autonomy": rng.choice([0.2, 0.6, 0.9])},
            "certification": self.certification,
            "robustness": self.robustness,
            "export-controls": self.export_controls,
            "compartments": lambda: {"strength": rng.choice([0.1, 0.4, 1.0])},
            "confidence-floor": self.confidence_floor,
            "de-escalation-mode": self.mode,
            "throttle": self.throttle,
            "human-on-the-loop": self.human_on_the_loop,
            "incident-sharing": self.incident_sharing,
            "shared-attribution": lambda: {
                "verdict": self.delay("977 ms"),
                "accuracy": rng.choice([0.0, 0.5, 1.0]),
            },
        }
        share = rng.choice([0.2, 0.4, 0.7])
        chosen = {name: make() for name, make in makers.items() if rng.random() < share}
        for words in chosen.values():
            if rng.random() < 0.3:
                words["adopters"] = rng.sample(self.reachable, rng.randint(1, min(2, len(self.reachable))))
            if rng.random() < 0.2:
                words["inert"] = rng.choice([0.3, 0.7])
            if rng.random() < 0.2:
                words["cost"] = "1e6 USD"
        return {"detente": 1, "portfolio": "generated", "safeguards": chosen}

    def red_lines(self) -> dict[str, Any]:
        rng = self.rng
        forbid: list[dict[str, str]] = [{"in": rng.choice(DOMAINS), "from": rng.choice(RUNGS[:5])}]
        if rng.random() < 0.4:
            forbid.append({"from": rng.choice(RUNGS[3:6])})
        if rng.random() < 0.4:
            forbid.append({"in": rng.choice([*DOMAINS, "space"])})
        return {"forbid": forbid, "compliance": rng.choice([0.2, 0.5, 1.0])}

    def certification(self) -> dict[str, Any]:
        rng = self.rng
        words: dict[str, Any] = {"coverage": rng.choice([0.4, 0.7, 1.0])}
        if rng.random() < 0.7:
            words["attribution"] = rng.choice([0.5, 0.8, 1.0])
        if rng.random() < 0.7:
            words["inflates"] = rng.choice([0.0, 0.5])
        if rng.random() < 0.7:
            words["false_alarms"] = rng.choice([0.0, 0.5])
        if rng.random() < 0.7:
            words["overconfidence"] = rng.choice([0.5, 1.0, 2.0])
        return words

    def robustness(self) -> dict[str, Any]:
        rng = self.rng
        return {
            "sees_through_spoofs": rng.choice([0.0, 0.5, 1.0]),
            "approves_wrong": rng.choice([0.2, 1.0]),
            "review": rng.choice([0.3, 1.0, 1.7]),
        }

    def export_controls(self) -> dict[str, Any]:
        rng = self.rng
        return {
            "kinds": rng.sample(["state", "operator", "non-state", "vendor"], rng.randint(1, 3)),
            "shocks": rng.choice([0.0, 0.5, 1.0]),
            "actions": rng.choice([0.5, 0.8, 1.0]),
        }

    def confidence_floor(self) -> dict[str, Any]:
        rng = self.rng
        rungs = rng.sample(RUNGS[:6], rng.randint(1, 3))
        return {
            "floors": {rung: rng.choice([0.0, 0.5, 0.7, 0.9, 1.0]) for rung in rungs},
            "below": rng.choice(["deny", "review", "reversible-only"]),
        }

    def mode(self) -> dict[str, Any]:
        rng = self.rng
        words: dict[str, Any] = {
            "trips_at": rng.randint(1, 3),
            "within": rng.choice(["733 ms", "61.3 s", "1801 s"]),
            "lasts": rng.choice(["1733 ms", "307 s", "1 d"]),
            "restraint": rng.choice([0.0, 0.5, 1.0]),
        }
        if rng.random() < 0.6:
            words["review_from"] = rng.choice(RUNGS[:5])
        return words

    def throttle(self) -> dict[str, Any]:
        rng = self.rng
        return {
            "rate": rng.choice(["0.7 /s", "1.3 /min", "7 /h"]),
            "burst": rng.randint(1, 3),
            "excess": rng.choice(["drop", "delay"]),
        }

    def human_on_the_loop(self) -> dict[str, Any]:
        rng = self.rng
        words: dict[str, Any] = {
            "reviewers": rng.choice([1, 1, 2, "unlimited"]),
            "review": self.delay("1303 ms"),
            "approves_right": rng.choice([0.5, 0.9, 1.0]),
            "approves_wrong": rng.choice([0.2, 0.6, 1.0]),
            "on_timeout": rng.choice(["deny", "allow"]),
        }
        if rng.random() < 0.6:
            words["from"] = rng.choice(RUNGS[1:4])
        if rng.random() < 0.6:
            words["timeout"] = rng.choice(["911 ms", "7.3 s", "401 s"])
        return words

    def incident_sharing(self) -> dict[str, Any]:
        rng = self.rng
        return {
            "after": rng.choice(["0 s", "813 ms", "57 s"]),
            "recognises_accidents": rng.choice([0.0, 0.7, 1.0]),
            "sees_through_spoofs": rng.choice([0.0, 0.7, 1.0]),
        }

    def delay(self, fixed: str) -> Any:
        return self.rng.choice(
            ["0 s", fixed, {"mean": "700 ms"}, {"mean": "13 min"}, {"median": "3.7 s", "spread": 1.0}]
        )


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
            "overconfidence": rng.choice([1.0, 1.4]),
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
