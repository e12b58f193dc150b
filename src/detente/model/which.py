"""Which kind of document a tree is, told by the keys at its top that only one kind has."""

from detente.model.problems import Fault
from detente.model.tree import Tree

__all__ = ["ONLY", "mistaken", "noun_of"]

ONLY = {
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
}
"""The keys at the top that only this kind of document has."""

_MARKS = {
    "scenario": "`name:`, `actors:` and `systems:`",
    "portfolio": "`portfolio:` and `safeguards:`",
    "race": "`race:`, `players:` and `policies:`",
}
_IN_DOUBT = ("portfolio", "race", "scenario")  # the first of those for which most keys speak


def noun_of(tree: Tree) -> str:
    """The kind that most of its keys speak for; a scenario when none speaks."""
    counts = {noun: len(_keys(tree, noun)) for noun in _IN_DOUBT}
    best = max(counts, key=counts.__getitem__)
    return best if counts[best] else "scenario"


def mistaken(tree: Tree, wanted: str) -> Fault | None:
    """A document of another kind: one fault that says so, instead of one for every key."""
    other = noun_of(tree)
    if other == wanted or not _keys(tree, other) or _keys(tree, wanted):
        return None
    path = (_keys(tree, other)[0],)
    return Fault(path, f"a {other}", f"a {wanted}: a document with {_MARKS[wanted]}", at_key=True)


def _keys(tree: Tree, noun: str) -> list[str]:
    return [key for key in tree if key in ONLY[noun]] if isinstance(tree, dict) else []
