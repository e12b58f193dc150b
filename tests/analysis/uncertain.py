"""Small scenarios with numbers that nobody knows."""

import copy

CHAIN = {
    "detente": 1,
    "name": "chain",
    "ladder": ["low", "mid", "top"],
    "critical": "mid",
    "catastrophe": "top",
    "horizon": "1 h",
    "actors": {"avalon": {"kind": "state"}, "borduria": {"kind": "state"}},
    "systems": {
        "first": {
            "owner": "avalon",
            "domain": "cyber",
            "responds": [
                {
                    "from": "low",
                    "at": ["second"],
                    "actions": {"value": 0.5, "low": 0.1, "high": 0.9},
                    "law": "bernoulli",
                    "step": {"down": 0.0, "up": 1.0},
                    "after": "1 s",
                }
            ],
        },
        "second": {
            "owner": "borduria",
            "domain": "cyber",
            "responds": [
                {
                    "from": "mid",
                    "at": ["third"],
                    "actions": {"value": 0.5, "low": 0.4, "high": 0.8},
                    "law": "bernoulli",
                    "step": {"down": 0.0, "up": 1.0},
                    "after": "1 s",
                }
            ],
        },
        "third": {
            "owner": "avalon",
            "domain": "cyber",
            "harm": {"mid": {"value": "1e6 USD", "low": "1e5 USD", "high": "1e7 USD"}},
        },
    },
    "shocks": [{"hits": "first", "rung": "low", "author": "none"}],
}
"""P(catastrophe) is the product of the two numbers of actions, and the harm has nothing to do with it."""


def chain(**numbers):
    """The chain with other numbers: `first`, `second` (actions), `harm`."""
    document = copy.deepcopy(CHAIN)
    for name in ("first", "second"):
        if name in numbers:
            document["systems"][name]["responds"][0]["actions"] = numbers[name]
    if "harm" in numbers:
        document["systems"]["third"]["harm"]["mid"] = numbers["harm"]
    return document


REVIEW = {
    "detente": 1,
    "portfolio": "slow",
    "safeguards": {
        "throttle": {"rate": "1 /h", "burst": {"value": 1, "low": 1, "high": 4}, "cost": "1000 USD"},
        "phased-rollout": {"autonomy": {"value": 0.5, "low": 0.0, "high": 1.0}, "cost": "500 USD"},
    },
}
