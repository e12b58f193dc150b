"""The rules that bind several entries of a charter; all that are broken are reported together."""

from collections.abc import Iterator

from detente.model.charter.document import Document, GroupEntry
from detente.model.charter.forms import ALL
from detente.model.charter.review import panels, rings
from detente.model.charter.targets import Targets, everything
from detente.model.charter.vocabulary import OnLapse
from detente.model.names import Names
from detente.model.problems import Fault, Path
from detente.model.rules import highest

__all__ = ["check"]


def check(document: Document) -> list[Fault]:
    """What is wrong between the entries of a charter whose entries are right in themselves."""
    hints = Names.of({})  # whose search for the nearest name is bounded
    return [
        *_there(document),
        *_rungs(document),
        *_names(document),
        *_people(document),
        *_domains(document, hints),
        *_undos(document, hints),
        *_lapses(document),
        *_groups(document),
        *_targets(document, hints),
        *_reviews(document),
    ]


def _there(document: Document) -> Iterator[Fault]:
    for section, what in (("actors", "actor"), ("systems", "system"), ("actions", "kind of action")):
        if not getattr(document, section):
            yield Fault((section,), f"no {what}", f"at least one {what}")


def _rungs(document: Document) -> Iterator[Fault]:
    ladder = document.ladder
    catastrophe = document.catastrophe or ladder[-1]
    if ladder.index(document.critical) > ladder.index(catastrophe):
        expected = f"a rung not above catastrophe ('{catastrophe}')"
        yield Fault(("critical",), f"'{document.critical}'", expected)


def _names(document: Document) -> Iterator[Fault]:
    """Whoever proposes, decides or is acted upon is told from all others by name."""
    for name in document.assets:
        if name in document.systems:
            found = f"'{name}', which is a system, too"
            yield Fault(("assets", name), found, "a name of its own: systems may be acted upon", at_key=True)


def _people(document: Document) -> Iterator[Fault]:
    """One person under two names would have two votes, or approve what they propose themselves."""
    spelled: dict[str, str] = {}
    for path, person in _everybody(document):
        if person in document.systems:
            yield Fault(path, f"'{person}', which is a system", "a person: systems decide nothing")
        other = spelled.setdefault(person.lower(), person)
        if other != person:
            yield Fault(path, f"'{person}', beside '{other}'", "one spelling for one person")


def _everybody(document: Document) -> Iterator[tuple[Path, str]]:
    for name, group in document.groups.items():
        for index, person in enumerate(group.people):
            yield ("groups", name, "people", index), person
    for name, system in document.systems.items():
        for index, person in enumerate(system.operators):
            yield ("systems", name, "operators", index), person


def _domains(document: Document, hints: Names) -> Iterator[Fault]:
    known = dict.fromkeys(entry.domain for entry in everything(document).values())
    for name, action in document.actions.items():
        if action.in_ is not None and action.in_ not in known:
            expected = f"a domain that a system or an asset is in{hints.hint(action.in_, known)}"
            yield Fault(("actions", name, "in"), f"'{action.in_}'", expected)


def _undos(document: Document, hints: Names) -> Iterator[Fault]:
    """A single word is the name of a kind of action; a sentence has several."""
    for name, action in document.actions.items():
        undo = action.undo
        if undo is None or len(undo.split()) > 1:
            continue
        if undo == name:
            expected = "another kind of action, or a sentence that says how"
            yield Fault(("actions", name, "undo"), f"'{undo}', the action itself", expected)
        elif undo not in document.actions:
            expected = f"a kind of action{hints.hint(undo, document.actions)}, or a sentence that says how"
            yield Fault(("actions", name, "undo"), f"'{undo}'", expected)


def _lapses(document: Document) -> Iterator[Fault]:
    critical = document.ladder.index(document.critical)
    for name, action in document.actions.items():
        if action.on_lapse is not OnLapse.ALLOW:
            continue
        path: Path = ("actions", name, "on_lapse")
        if not action.reversible:
            found = "'allow', for what cannot be undone"
            yield Fault(path, found, "deny, or `reversible: true` where that is so")
        if document.ladder.index(action.rung) >= critical:
            found = f"'allow', at the rung '{action.rung}'"
            yield Fault(path, found, f"deny: from critical ('{document.critical}') up, people decide")


def _groups(document: Document) -> Iterator[Fault]:
    for name, group in document.groups.items():
        if _too_few(group):
            found = f"{highest(group.quorum):g}, of {len(group.people)} people"
            yield Fault(("groups", name, "quorum"), found, "at most as many as there are people")
    for ring in rings(document.groups):
        found = (
            f"holds that come back ({' -> '.join([*ring[:6], '…'] if len(ring) > 6 else [*ring, ring[0]])})"
        )
        yield Fault(("groups", ring[0], "escalates_to"), found, "a group that does not lead back here")


def _too_few(group: GroupEntry) -> bool:
    return highest(group.quorum) > len(group.people)


def _targets(document: Document, hints: Names) -> Iterator[Fault]:
    there = Targets.of(document)
    for name, system in document.systems.items():
        for index, pattern in enumerate(system.targets):
            if pattern != ALL and not there.finds(pattern):
                expected = f"a system or an asset{hints.hint(pattern.removesuffix(ALL), there.names)}"
                yield Fault(
                    ("systems", name, "targets", index), f"'{pattern}', which names nothing", expected
                )


def _reviews(document: Document) -> Iterator[Fault]:
    """Whatever may be proposed may need people: in a mode, in a phase, or by the portfolio."""
    alone: set[str] = set()
    for name, system in document.systems.items():
        if system.may and system.owner not in document.reviewed_by and system.owner not in alone:
            alone.add(system.owner)
            found = f"nobody for '{system.owner}', whose '{name}' may propose actions"
            yield Fault(("reviewed_by",), found, f"`{system.owner}:` and a group of people")
    for name, panel, groups in panels(document):
        if not _too_few(document.groups[groups[0]]) and panel.able_group(groups) is None:
            expected = (
                "more people who do not operate it, a smaller quorum, or a group to escalate to that has them"
            )
            yield Fault(("systems", name), panel.lack(name, groups[0]), expected, at_key=True)
