"""The rules that bind several entries of a race, and what is legal but looks like a mistake."""

from collections.abc import Iterable, Iterator

from detente.model.problems import Fault, Path, nearest_of
from detente.model.race.document import Document, MeasureEntry
from detente.model.race.words import TREATY
from detente.model.references import uncited
from detente.model.rules import SLACK, highest
from detente.model.vocabulary import KNOWN_KINDS
from detente.model.warn import unusual_kind

__all__ = ["check", "warn"]

_SHORTEST = 4  # quarters
_MOST_CRISES = 1000  # a year, of one kind


def check(document: Document) -> list[Fault]:
    """What is wrong between the entries of a document whose entries are right in themselves."""
    return [
        *_there(document),
        *_times(document),
        *_budgets(document),
        *_suppliers(document),
        *_scenarios(document),
        *_covers(document),
    ]


def warn(document: Document) -> list[Fault]:
    """The suspicious places of a legal race."""
    return [*uncited(document, document.references), *_kinds(document), *_treaties(document)]


def _there(document: Document) -> Iterator[Fault]:
    for section, what in (("players", "player"), ("policies", "policy")):
        if not getattr(document, section):
            yield Fault((section,), f"no {what}", f"at least one {what}")

    if document.players and all(player.enters for player in document.players.values()):
        yield Fault(("players",), "nobody who is there at first", "at least one player without `enters`")


def _times(document: Document) -> Iterator[Fault]:
    """A race lasts at least a year, and crises are few enough to be run one by one."""
    if document.quarters.value < _SHORTEST:
        found = f"{document.quarters.value:g}"
        yield Fault(("quarters",), found, f"at least {_SHORTEST}: results are told year by year")
    most = max([1.0, *(highest(belief.crises) for belief in document.beliefs.values())])
    for i, entry in enumerate(document.crises):
        often = highest(entry.a_year) * most
        if often > _MOST_CRISES:
            found = f"{often:g} crises a year under some belief"
            yield Fault(("crises", i, "a_year"), found, f"at most {_MOST_CRISES}")


def _budgets(document: Document) -> Iterator[Fault]:
    """Gains are weighed by the budget, so there must be one."""
    for name, player in document.players.items():
        if player.budget.value <= 0.0:
            expected = "an amount above 0: what a move gains is weighed by it"
            yield Fault(("players", name, "budget"), f"{player.budget.value:g} USD", expected)


def _suppliers(document: Document) -> Iterator[Fault]:
    for name, player in document.players.items():
        path: Path = ("players", name, "supplied_by")
        for supplier in player.supplied_by:
            if supplier not in document.players or supplier == name:
                expected = f"the name of another player{_hint(supplier, document.players)}"
                yield Fault((*path, supplier), f"'{supplier}'", expected, at_key=True)
        total = sum(share.value for share in player.supplied_by.values())
        if total > 1 + SLACK:
            yield Fault(path, f"shares that sum to {total:g}", "shares that sum to at most 1")


def _scenarios(document: Document) -> Iterator[Fault]:
    """Players act only in scenarios that supply crises, each of an actor alone."""
    supplied = [entry.scenario for entry in document.crises]
    for i, entry in enumerate(document.crises):
        if supplied.index(entry.scenario) != i:
            yield Fault(("crises", i, "scenario"), f"'{entry.scenario}' a second time", "each scenario once")
        if entry.needs is not None and entry.needs not in document.players:
            expected = f"the name of a player{_hint(entry.needs, document.players)}"
            yield Fault(("crises", i, "needs"), f"'{entry.needs}'", expected)
    taken: dict[tuple[str, str], str] = {}
    for name, player in document.players.items():
        for scenario, actors in player.acts_as.items():
            path: Path = ("players", name, "acts_as", scenario)
            if supplied and scenario not in supplied:
                expected = f"a scenario under `crises`{_hint(scenario, supplied)}"
                yield Fault(path, f"'{scenario}'", expected, at_key=True)
            for i, actor in enumerate(actors):
                other = taken.setdefault((scenario, actor), name)
                if other != name:
                    yield Fault(
                        (*path, i), f"'{actor}', as whom '{other}' acts already", "an actor of its own"
                    )


def _covers(document: Document) -> Iterator[Fault]:
    known = {player.bloc for player in document.players.values()} | {
        player.kind for player in document.players.values()
    }
    names = sorted({name for name in known if name} | set(KNOWN_KINDS))
    for path, measure in _measures(document):
        for i, name in enumerate(measure.for_ or ()):
            if name not in names:
                expected = f"a bloc or a kind of players{_hint(name, names)}"
                yield Fault((*path, "for", i), f"'{name}'", expected)


def _kinds(document: Document) -> Iterator[Fault]:
    for name, player in document.players.items():
        yield from unusual_kind(player.kind, ("players", name, "kind"))


def _treaties(document: Document) -> Iterator[Fault]:
    blocs = {player.bloc for player in document.players.values() if player.bloc}
    for path, measure in _measures(document):
        covered = blocs if measure.for_ is None else blocs & set(measure.for_)
        if measure.how == TREATY and len(covered) == 1:
            yield Fault((*path, "how"), "a treaty of one bloc", "`domestic`, or two blocs")


def _measures(document: Document) -> Iterator[tuple[Path, MeasureEntry]]:
    for i, measure in enumerate(document.reactions):
        yield ("reactions", i), measure
    for name, policy in document.policies.items():
        for i, measure in enumerate(policy.measures):
            yield ("policies", name, "measures", i), measure


def _hint(name: str, among: Iterable[str]) -> str:
    near = nearest_of(name, list(among))
    return f" (did you mean '{near[0]}'?)" if near else ""
