"""Two shields that answer each other: the smallest scenario in which a crisis can run away."""

QUARREL = {
    "detente": 1,
    "name": "quarrel",
    "title": "A quarrel of two shields",
    "critical": "degrade",
    "horizon": "1 d",
    "actors": {"avalon": {"kind": "state"}, "borduria": {"kind": "state"}},
    "systems": {
        name: {
            "owner": owner,
            "domain": "cyber",
            "harm": {"disrupt": "1e5 USD", "degrade": "2e6 USD", "damage": "5e7 USD"},
            "senses": {"attribution": 0.9},
            "responds": [
                {
                    "from": "disrupt",
                    "at": "blamed",
                    "actions": 1.0,
                    "step": {"down": 0.2, "up": 0.2},
                    "after": {"median": "40 ms", "spread": 1},
                }
            ],
        }
        for name, owner in (("avalon-shield", "avalon"), ("borduria-shield", "borduria"))
    },
    "shocks": [{"hits": "avalon-shield", "rung": "disrupt", "author": "none", "points_to": "borduria"}],
}
