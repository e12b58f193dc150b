"""Peer: the escalation sandbox of SWARM (`swarm-safety`), the nearest rival.

Its episode: up to twenty turns in which two scripted nations observe, signal and act on a ladder of ten
rungs under fog, with deterrence and circuit breaker on (its defaults), damage accounted and the metrics of
the episode computed. Environment and policies are made anew for each episode, as its runner does. Nothing
is written to disk. The package ships no scenario files, so the two pairings are set up through its
configuration: two hawks, and two doves in heavy fog.

Our crisis is another model in continuous time, so the ratio says how many histories a second one gets, and
nothing about which history is worth more.
"""

import logging
from functools import partial
from itertools import count
from typing import Any

from benchmarks.contest import Contest, Missing, Workload
from benchmarks.ours import attribution_error, guarded, reference, simulate
from detente.engine.tables import Tables

_EPISODES = 1_000


def contests() -> list[Contest]:
    try:
        from swarm.domains.escalation_sandbox.config import EscalationConfig
        from swarm.domains.escalation_sandbox.runner import EscalationRunner
    except ImportError as error:
        raise Missing(f"swarm-safety cannot be imported ({error})") from error
    logging.getLogger("swarm").setLevel(logging.WARNING)
    seeds = count(1)

    def peer(config: Any) -> int:
        for _ in range(_EPISODES):
            EscalationRunner(config, seed=next(seeds)).run()
        return _EPISODES

    def ours(tables: Tables, label: str) -> int:
        return len(simulate(tables, label).ended)

    hawks = EscalationConfig.from_dict(_document("hawk", 0.5))
    doves = EscalationConfig.from_dict(_document("dove", 1.5))
    includes = "an episode of two scripted nations, up to 20 turns, with metrics"
    return [
        Contest(
            "crises",
            Workload("attribution-error", partial(ours, attribution_error(), "attribution-error")),
            Workload("SWARM, two hawks", partial(peer, hawks)),
            includes,
        ),
        Contest(
            "crises",
            Workload("attribution-error, all safeguards", partial(ours, guarded(), "all safeguards")),
            Workload("SWARM, two hawks", partial(peer, hawks)),
            includes,
        ),
        Contest(
            "crises",
            Workload("reference", partial(ours, reference(), "reference")),
            Workload("SWARM, two doves in fog", partial(peer, doves)),
            includes,
        ),
    ]


def _document(persona: str, fog: float) -> dict[str, object]:
    nations = [{"agent_id": name, "name": name, "persona": persona} for name in ("avalon", "borduria")]
    return {"agents": nations, "fog_of_war": {"noise_sigma": fog}, "max_turns": 20}
