"""Small documents to solve, put together from a few words."""

from collections.abc import Mapping, Sequence
from typing import Any

Document = dict[str, Any]

LADDER = ("calm", "tense", "war")


def case(
    systems: Mapping[str, Document],
    *shocks: Document,
    actors: Mapping[str, Document] | Sequence[str] = ("us",),
    ladder: Sequence[str] = LADDER,
    **more: Any,
) -> Document:
    """A document; `critical` is the second rung, and catastrophe the last, unless `more` says otherwise."""
    named = actors if isinstance(actors, Mapping) else {name: {"kind": "state"} for name in actors}
    return {
        "detente": 1,
        "name": "case",
        "ladder": list(ladder),
        "critical": ladder[1],
        "horizon": "1000 d",
        "actors": dict(named),
        "systems": dict(systems),
        "shocks": list(shocks),
        **more,
    }


def system(*responds: Document, owner: str = "us", domain: str = "cyber", **more: Any) -> Document:
    return {"owner": owner, "domain": domain, "responds": list(responds), **more}


def answer(at: str | Sequence[str], actions: float = 1, **more: Any) -> Document:
    """A rule that answers everything it perceives: Poisson, at once and at the rung perceived, unless `more` says."""
    return {"from": "calm", "at": at if isinstance(at, str) else list(at), "actions": actions, **more}


def surely(at: str | Sequence[str], **more: Any) -> Document:
    """A rule that takes exactly one action."""
    return answer(at, 1, law="fixed", **more)


def shock(hits: str, rung: str = "calm", **more: Any) -> Document:
    return {"hits": hits, "rung": rung, **more}


def network(means: Sequence[Sequence[float]], *, hits: Sequence[int] = (0,), **rule: Any) -> Document:
    """Systems `s0`, `s1`, ...: each incident at i leads to `means[i][j]` more at j; what `rule` adds holds for all."""
    names = [f"s{i}" for i in range(len(means))]
    return case(
        {
            name: system(
                *(answer([other], mean, **rule) for other, mean in zip(names, row, strict=True) if mean)
            )
            for name, row in zip(names, means, strict=True)
        },
        *(shock(names[i]) for i in hits),
    )


def without_lognormal(part: Any) -> Any:
    """The same with an exponential delay instead of each lognormal one, its mean the median."""
    if isinstance(part, Mapping):
        if set(part) == {"median", "spread"}:
            return {"mean": part["median"]}
        return {key: without_lognormal(value) for key, value in part.items()}
    return [without_lognormal(value) for value in part] if isinstance(part, list) else part


ROUNDABOUT = case(
    {
        "a": system(answer(["b"], 0.9, **{"from": "tense"}), answer(["c"], 0.8, step={"up": 1.0})),
        "b": system(answer(["a"], 0.7, step={"down": 1.0})),
        "c": system(answer(["a"], 0.6)),
    },
    shock("a", "tense"),
)
"""Back from b comes a rung to which a answers at c alone, and back from c one to which it answers at b."""
