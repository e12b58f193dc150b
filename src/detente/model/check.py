"""The rules that bind several entries of a document; all that are broken are reported together."""

from collections.abc import Iterator

from detente.model.cycles import endless
from detente.model.document import Document
from detente.model.numbers import KINDS
from detente.model.problems import Fault
from detente.model.rules import highest

__all__ = ["check_document"]


def check_document(document: Document) -> list[Fault]:
    """What is wrong between the entries of a document whose entries are right in themselves."""
    return [
        *_rungs(document),
        *_emptiness(document),
        *_alerted_actions(document),
        *endless(document),
    ]


def _rungs(document: Document) -> Iterator[Fault]:
    ladder = document.ladder
    catastrophe = document.catastrophe or ladder[-1]
    if ladder.index(document.critical) > ladder.index(catastrophe):
        expected = f"a rung not above catastrophe ('{catastrophe}')"
        yield Fault(("critical",), f"'{document.critical}'", expected)


def _emptiness(document: Document) -> Iterator[Fault]:
    for section, what in (("actors", "actor"), ("systems", "system")):
        if not getattr(document, section):
            yield Fault((section,), f"no {what}", f"at least one {what}")
    has_phantoms = any(system.senses.false_alarms for system in document.systems.values())
    if not document.shocks and not has_phantoms:
        expected = "at least one shock, or a system with false_alarms: nothing would ever happen"
        yield Fault(("shocks",), "an empty list", expected)


def _alerted_actions(document: Document) -> Iterator[Fault]:
    """An alert multiplies actions; what comes out must be as few as could be stated."""
    most = KINDS["actions"].highest
    for name, system in document.systems.items():
        alert = document.actors[system.owner].alert
        if alert is None:
            continue
        for index, response in enumerate(system.responds):
            mean = highest(response.actions) * highest(alert.actions)
            if mean > most:
                found = f"{mean:g} actions while '{system.owner}' is on alert"
                yield Fault(("systems", name, "responds", index, "actions"), found, f"at most {most:g}")
