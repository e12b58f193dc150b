"""What is legal in a document but looks like a mistake. Every pass is linear in the document."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from detente.model.document import (
    ContagionEntry,
    DependencyEntry,
    Document,
    ResponseEntry,
    SystemEntry,
)
from detente.model.entries import Entry
from detente.model.problems import Fault, Path, nearest_of
from detente.model.references import uncited
from detente.model.vocabulary import KNOWN_KINDS, At

__all__ = ["unusual_kind", "warn"]


def warn(document: Document) -> list[Fault]:
    """The suspicious places of a legal document."""
    sorts = _Sorts.of(document)
    return [
        *_actors(document),
        *uncited(document, document.references),
        *_responses(document, sorts),
        *_unreached(document, sorts),
        *_couplings(document, sorts),
        *_shocks(document),
        *_repeats(document),
    ]


@dataclass(frozen=True, slots=True)
class _Sorts:
    """How many systems there are of a sort."""

    in_domain: Counter[str]
    of_owner: Counter[tuple[str, str]]
    """by owner and domain"""
    with_component: Counter[str]
    catastrophe: int

    @classmethod
    def of(cls, document: Document) -> "_Sorts":
        systems = document.systems.values()
        return cls(
            in_domain=Counter(system.domain for system in systems),
            of_owner=Counter((system.owner, system.domain) for system in systems),
            with_component=Counter(component for system in systems for component in system.components),
            catastrophe=document.ladder.index(document.catastrophe or document.ladder[-1]),
        )

    def targets(self, system: SystemEntry, response: ResponseEntry) -> int:
        """How many systems the response could ever pick."""
        domain = response.in_ or system.domain
        own = self.of_owner[system.owner, domain]
        match response.at.at:
            case At.OWN:
                return own
            case At.BLAMED:
                return self.in_domain[domain] - own
            case At.DOMAIN:
                return self.in_domain[domain] - (domain == system.domain)
            case At.SYSTEMS:
                return len(response.at.systems)


def _actors(document: Document) -> Iterator[Fault]:
    named = _named_actors(document)
    for name, actor in document.actors.items():
        yield from unusual_kind(actor.kind, ("actors", name, "kind"))
        if actor.bloc in document.actors and actor.bloc != name:
            found = f"'{actor.bloc}', which is also an actor"
            yield Fault(("actors", name, "bloc"), found, "a bloc with a name of its own")
        if name not in named:
            found = "an actor that owns nothing and is named nowhere"
            yield Fault(("actors", name), found, "a system of its own, or a place that names it", at_key=True)


def unusual_kind(kind: str, path: Path) -> Iterator[Fault]:
    """A kind of actor that is not among the known ones is legal, and often a slip of the pen."""
    if kind not in KNOWN_KINDS:
        near = nearest_of(kind, KNOWN_KINDS)
        hint = f" (did you mean '{near[0]}'?)" if near else ""
        yield Fault(path, f"'{kind}'", f"one of the usual kinds {', '.join(KNOWN_KINDS)}{hint}")


def _named_actors(document: Document) -> set[str | None]:
    named: set[str | None] = {shock.author for shock in document.shocks}
    named.update(shock.points_to for shock in document.shocks)
    for system in document.systems.values():
        named.add(system.owner)
        named.update(system.senses.suspects or ())
        named.update(response.poses_as for response in system.responds)
    return named


def _responses(document: Document, sorts: _Sorts) -> Iterator[Fault]:
    for name, system in document.systems.items():
        path: Path = ("systems", name)
        if system.responds and not _senses_anything(system):
            expected = "a system under `watches`, or no responses: this one senses nothing"
            yield Fault(
                (*path, "responds"), f"{len(system.responds)} responses that are never triggered", expected
            )
        for index, response in enumerate(system.responds):
            yield from _response(document, sorts, system, response, (*path, "responds", index))


def _senses_anything(system: SystemEntry) -> bool:
    watches = system.watches is None or any(chance.value > 0 for chance in system.watches.values())
    return watches or system.senses.false_alarms is not None


def _response(
    document: Document, sorts: _Sorts, system: SystemEntry, response: ResponseEntry, path: Path
) -> Iterator[Fault]:
    if sorts.targets(system, response) == 0:
        domain = response.in_ or system.domain
        near = [] if sorts.in_domain[domain] else nearest_of(domain, sorts.in_domain)
        hint = f" (did you mean '{near[0]}'?)" if near else ""
        found = f"a response at {response.at.at.value} in '{domain}', which finds no system there"
        expected = f"a domain in which it can find a target{hint}"
        yield Fault((*path, "in" if response.in_ else "at"), found, expected)
    if response.autonomy.value < 1 and document.actors[system.owner].command is None:
        found = f"{response.autonomy.value:g}, and no command of '{system.owner}' to approve the rest"
        expected = (
            f"`command:` at '{system.owner}', or an autonomy of 1; what nobody approves does not happen"
        )
        yield Fault((*path, "autonomy"), found, expected)
    if document.ladder.index(response.from_) >= sorts.catastrophe:
        found = f"'{response.from_}', at which the crisis is already over"
        yield Fault((*path, "from"), found, "a rung below catastrophe")


def _unreached(document: Document, sorts: _Sorts) -> Iterator[Fault]:
    """Systems that nothing can reach, though the document provides for it, or though they do nothing else."""
    hit = {shock.hits for shock in document.shocks}
    hit.update(dependency.to for dependency in document.dependencies)
    spreading = {rule.component for rule in document.contagion}
    aims = _Aims.of(document)
    hit.update(aims.listed)
    sources = {dependency.from_ for dependency in document.dependencies}
    for name, system in document.systems.items():
        is_responder = bool(system.responds) and not (system.harm or system.down or name in sources)
        infected = any(part in spreading and sorts.with_component[part] > 1 for part in system.components)
        if not is_responder and name not in hit and not infected and not aims.reach(name, system):
            found = "a system that nothing ever happens to"
            expected = "a shock, response, dependency or contagion that reaches it"
            yield Fault(("systems", name), found, expected, at_key=True)


@dataclass(frozen=True, slots=True)
class _Aims:
    """Where the responses of a document aim."""

    listed: set[str]
    own: set[tuple[str, str]]
    """owner and domain"""
    blamed: dict[str, set[str]]
    """domain to the owners of the responders"""
    domain: dict[str, set[str]]
    """domain to the responders"""

    @classmethod
    def of(cls, document: Document) -> "_Aims":
        aims = cls(set(), set(), {}, {})
        for name, system in document.systems.items():
            for response in system.responds:
                domain = response.in_ or system.domain
                match response.at.at:
                    case At.SYSTEMS:
                        aims.listed.update(response.at.systems)
                    case At.OWN:
                        aims.own.add((system.owner, domain))
                    case At.BLAMED:
                        aims.blamed.setdefault(domain, set()).add(system.owner)
                    case At.DOMAIN:
                        aims.domain.setdefault(domain, set()).add(name)
        return aims

    def reach(self, name: str, system: SystemEntry) -> bool:
        return (
            (system.owner, system.domain) in self.own
            or bool(self.blamed.get(system.domain, set()) - {system.owner})
            or bool(self.domain.get(system.domain, set()) - {name})
        )


def _couplings(document: Document, sorts: _Sorts) -> Iterator[Fault]:
    for index, rule in enumerate(document.contagion):
        if sorts.with_component[rule.component] == 1:
            found = f"'{rule.component}', which only one system has"
            yield Fault(("contagion", index, "component"), found, "a component that systems share")
    couplings: list[tuple[Path, DependencyEntry | ContagionEntry]] = [
        *((("dependencies", index), entry) for index, entry in enumerate(document.dependencies)),
        *((("contagion", index), entry) for index, entry in enumerate(document.contagion)),
    ]
    for path, entry in couplings:
        if entry.at_least is not None and document.ladder.index(entry.at_least) >= sorts.catastrophe:
            found = f"'{entry.at_least}', at which the crisis is already over"
            yield Fault((*path, "at_least"), found, "a rung below catastrophe")


def _shocks(document: Document) -> Iterator[Fault]:
    catastrophe = document.catastrophe or document.ladder[-1]
    for index, shock in enumerate(document.shocks):
        if shock.at is not None and shock.at.value > document.horizon.value:
            found = f"{shock.at.value:g} s, after the horizon of {document.horizon.value:g} s"
            yield Fault(("shocks", index, "at"), found, "a time before the horizon: this shock never comes")
        if document.ladder.index(shock.rung) >= document.ladder.index(catastrophe):
            found = f"'{shock.rung}', which is a catastrophe by itself"
            yield Fault(("shocks", index, "rung"), found, "a rung below catastrophe")


def _repeats(document: Document) -> Iterator[Fault]:
    """Entries that say the same twice count twice."""
    lists: list[tuple[Path, tuple[Entry, ...]]] = [
        (("dependencies",), document.dependencies),
        (("contagion",), document.contagion),
        (("shocks",), document.shocks),
        *((("systems", name, "responds"), system.responds) for name, system in document.systems.items()),
    ]
    for path, entries in lists:
        seen: set[str] = set()
        for index, entry in enumerate(entries if len(entries) > 1 else ()):
            content = repr(entry)
            if content in seen:
                yield Fault((*path, index), "the same entry a second time", "each once: both count")
            seen.add(content)
