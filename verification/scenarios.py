"""The small scenarios that formulas know about, as documents, and their crises.

Unless a claim needs more: one actor, one domain, systems that sense what happens to themselves
and answer at a listed system, so that no blame and no human stands between cause and effect.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from detente.engine.compile import compile_tables
from detente.engine.run import MAX_INCIDENTS, Outcomes, simulate_block
from detente.engine.tables import Tables
from detente.model.library import load
from detente.model.vocabulary import Ending, Scenario

Document = dict[str, Any]
DIED_OUT, CATASTROPHE, HORIZON, CAPPED = range(len(Ending))
FOREVER = "100000 d"


def document(
    systems: Mapping[str, Document],
    shocks: Sequence[Document],
    *,
    horizon: str = FOREVER,
    actors: Sequence[str] = ("alder",),
    **more: Any,
) -> Document:
    """A scenario document; `critical` is `degrade` and `catastrophe` the top unless `more` says otherwise."""
    return {
        "detente": 1,
        "name": "claim",
        "critical": "degrade",
        "catastrophe": "strategic",
        "horizon": horizon,
        "actors": {name: {"kind": "operator"} for name in actors},
        "systems": dict(systems),
        "shocks": list(shocks),
        **more,
    }


def system(*responds: Document, owner: str = "alder", domain: str = "net", **more: Any) -> Document:
    return {"owner": owner, "domain": domain, "responds": list(responds), **more}


def response(
    *targets: str,
    actions: float = 1,
    law: Any = "fixed",
    after: Any = "1 s",
    lowest: str = "signal",
    **more: Any,
) -> Document:
    """A rule at the listed targets; each action keeps the rung perceived unless `step` is among `more`."""
    return {"from": lowest, "at": list(targets), "actions": actions, "law": law, "after": after, **more}


def shock(hits: str, rung: str = "probe", **more: Any) -> Document:
    return {"hits": hits, "rung": rung, **more}


def single(
    mean: float, law: Any = "poisson", *, horizon: str = FOREVER, after: Any = "1 s", shocks: int = 1
) -> Document:
    """One type: a system whose incidents cause `mean` more of the same, with that law."""
    rule = response("harbour", actions=mean, law=law, after=after)
    return document({"harbour": system(rule)}, [shock("harbour")] * shocks, horizon=horizon)


def matrix(means: Sequence[Sequence[float]], first: int) -> Document:
    """Types 0, 1, ...: each a system `type-i` of an actor of its own, losing 1 USD per incident.

    `means[i][j]` is the mean number of type j that one incident of type i causes; Poisson.
    """
    types = range(len(means))
    systems = {
        f"type-{i}": system(
            *(response(f"type-{j}", actions=means[i][j], law="poisson") for j in types),
            owner=f"actor-{i}",
            harm={"probe": "1 USD"},
        )
        for i in types
    }
    return document(systems, [shock(f"type-{first}")], actors=[f"actor-{i}" for i in types])


def prepared(source: Document) -> tuple[Scenario, Tables]:
    scenario = load(source)
    return scenario, compile_tables(scenario)


def crises(source: Document, *, runs: int, seed: int, max_incidents: int = MAX_INCIDENTS) -> Outcomes:
    """The outcomes of crises 0 to `runs` - 1."""
    _, tables = prepared(source)
    return simulate_block(tables, seed=seed, first=0, count=runs, threads=2, max_incidents=max_incidents)
