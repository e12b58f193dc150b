"""Which kind of document a tree is, told by the keys at its top."""

from detente.model.problems import Fault
from detente.model.tree import Tree

__all__ = ["KEYS", "mistaken", "noun_of"]

KEYS = {
    "scenario": (
        "name",
        "ladder",
        "critical",
        "catastrophe",
        "horizon",
        "actors",
        "systems",
        "dependencies",
        "contagion",
        "shocks",
    ),
    "portfolio": ("portfolio", "safeguards"),
    "race": ("race", "quarters", "crises", "players", "terms", "conduct", "policies", "beliefs"),
    "charter": (
        "charter",
        "ladder",
        "critical",
        "catastrophe",
        "actors",
        "systems",
        "assets",
        "actions",
        "groups",
        "reviewed_by",
        "conditions",
        "uncertain_below",
        "report_outcome",
        "stale_after",
        "enforcement",
        "modes",
        "meter",
        "promotion",
        "kill",
    ),
}
"""The keys at the top that speak for a kind of document; some speak for two."""

_MARKS = {
    "scenario": "`name:`, `actors:` and `systems:`",
    "portfolio": "`portfolio:` and `safeguards:`",
    "race": "`race:`, `players:` and `policies:`",
    "charter": "`charter:`, `systems:` and `actions:`",
}
_IN_DOUBT = ("portfolio", "race", "scenario", "charter")  # the first of those for which most keys speak


def noun_of(tree: Tree) -> str:
    """The kind that most of its keys speak for; a scenario when none speaks."""
    counts = {noun: len(_keys(tree, noun)) for noun in _IN_DOUBT}
    best = max(counts, key=counts.__getitem__)
    return best if counts[best] else "scenario"


def mistaken(tree: Tree, wanted: str) -> Fault | None:
    """A document of another kind: one fault that says so, instead of one for every key."""
    other = noun_of(tree)
    marks = [key for key in _keys(tree, other) if key not in KEYS[wanted]]
    if other == wanted or not marks or any(key not in KEYS[other] for key in _keys(tree, wanted)):
        return None
    return Fault((marks[0],), f"a {other}", f"a {wanted}: a document with {_MARKS[wanted]}", at_key=True)


def _keys(tree: Tree, noun: str) -> list[str]:
    return [key for key in tree if key in KEYS[noun]] if isinstance(tree, dict) else []
