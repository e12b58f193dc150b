"""The document of an imported network: YAML that a person goes on to edit."""

import textwrap
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from detente.networks.coupling import LINKS_ALONE, Coupling, Tie
from detente.networks.defaults import (
    COMMAND,
    HORIZON,
    MEGAWATTS,
    SEEN,
    SENSES,
    Profile,
    harm_of,
    spreads_of,
)
from detente.networks.groups import Groups
from detente.networks.naming import Namer, natural, quoted
from detente.networks.tidy import Tidy

__all__ = ["write"]

_WIDTH = 112
_HOW_TO_EDIT = (
    "The names come from the network; everything else is assumed. Each number stands once, under an anchor (&name), "
    "where it is first used, at the top of its section; what says *name follows it. What to edit next:"
)


@dataclass(frozen=True, slots=True)
class _Anchors:
    """Texts that are written once, and referred to from then on."""

    defined: set[str] = field(default_factory=set)

    def use(self, name: str, text: str) -> str:
        """What follows a key: the text under an anchor the first time, then the anchor's alias."""
        if name in self.defined:
            return f" *{name}\n"
        self.defined.add(name)
        return f" &{name}\n{text}" if text.endswith("\n") else f" &{name} {text}\n"


def write(
    network: Tidy, groups: Groups, coupling: Coupling, *, profile: Profile, name: str, shock: int
) -> str:
    """The text of the document; the same for the same network, in whatever order it was read."""
    parts = (
        *_head(network, groups, coupling, name, shock),
        *_actors(groups),
        *_systems(network, groups),
        *_controls(network, groups, profile),
        *_dependencies(network, coupling, profile),
        *_shocks(network, profile, shock),
    )
    return "".join(parts)


def _head(network: Tidy, groups: Groups, coupling: Coupling, name: str, shock: int) -> Iterator[str]:
    noun, owners = network.topology.noun, len(set(groups.owners))
    read = f"{_many(len(network.topology.nodes), noun)} and {_many(len(network.topology.links), 'link')}"
    made = f"{_many(len(network.nodes), 'system')} and {_many(len(coupling.dependencies), 'dependency')}"
    paragraphs = [
        f"Imported from {quoted(network.topology.origin)}: {read} read; {made} made, and a control for each owner and domain.",
        f"Left out: {'; '.join(network.left_out)}." if network.left_out else "Nothing was left out.",
        f"Owners: {groups.owner_from}. Domains: {groups.domain_from}. Compartments: {groups.compartment_from}.",
        f"Weights of links: {network.topology.weight}.",
        *([f"Harm: by {MEGAWATTS}."] if network.topology.is_grid else []),
        _HOW_TO_EDIT,
    ]
    tasks = (
        "actors: who they are, and which blocs they form (bloc: ...);",
        "harm: what an incident costs at a system;",
        "watches, senses and responds of the controls: who sees what, and which automation acts on it;",
        f"spreads of dependencies: {_scale(coupling)}",
        f"shocks: one stream, at {network.names[shock]}.",
    )
    for paragraph in paragraphs:
        yield _comment(paragraph) + "#\n"
    yield "".join(_comment(f"- {task}", "  ") for task in tasks)
    yield f"\ndetente: 1\nname: {name}\ntitle: {name}, imported\nsummary: >-\n"
    summary = (
        f"A network of {_many(len(network.nodes), 'system')} and {_many(len(network.links), 'link')}, in the hands of "
        f"{_many(owners, 'owner')}. Incidents strike {network.names[shock]}; outages pass along the links, the protection "
        "of each owner acts on its own systems, and owners cut off whom they blame. All numbers are defaults."
    )
    yield textwrap.indent(textwrap.fill(summary, _WIDTH - 2), "  ")
    yield f"\ncritical: degrade\ncatastrophe: strategic\nhorizon: {HORIZON}\n"


def _scale(coupling: Coupling) -> str:
    if coupling.has_loops:
        return (
            f"their scale was set so that outages alone have an escalation number of at most {LINKS_ALONE:g};"
        )
    return "there is no way round in the network, so outages alone end by themselves;"


def _comment(text: str, hang: str = "") -> str:
    return textwrap.indent(textwrap.fill(text, _WIDTH - 2, subsequent_indent=hang), "# ") + "\n"


def _many(count: int, noun: str) -> str:
    plural = {"dependency": "dependencies", "bus": "buses"}.get(noun, f"{noun}s")
    return f"{count:,} {noun if count == 1 else plural}"


def _actors(groups: Groups) -> Iterator[str]:
    anchors = _Anchors()
    sizes = Counter(groups.owners)
    yield "\nactors:\n"
    for owner in sorted(sizes, key=natural):
        command = anchors.use("command", COMMAND)
        yield f"  {owner}:  # {_many(sizes[owner], 'system')}\n    kind: operator\n    command:{command}"


def _systems(network: Tidy, groups: Groups) -> Iterator[str]:
    anchors = _Anchors()
    yield "\nsystems:\n"
    harms = [harm_of(node.load_mw, node.generation_mw) for node in network.nodes]
    first: dict[str, int] = {}
    for index, harm in enumerate(harms):
        if harm:
            first.setdefault(harm[0], index)
    carriers = sorted(first.values(), key=lambda index: natural(str(harms[index])))
    rest = sorted(set(range(len(network.nodes))) - set(carriers))
    degrees = network.degrees
    for index in (*carriers, *rest):
        node, harm = network.nodes[index], harms[index]
        belongs = (
            f"owner: {groups.owners[index]}",
            f"domain: {groups.domains[index]}",
            f"compartment: {groups.compartments[index]}",
        )
        comment = f"# {quoted(node.label)}, {_many(degrees[index], 'link')}"
        name = network.names[index]
        if harm and harm[0] not in anchors.defined:
            body = "".join(f"    {line}\n" for line in belongs)
            yield f"  {name}:  {comment}\n{body}    harm:{anchors.use(*harm)}"
        else:
            costs = (f"harm: *{harm[0]}",) if harm else ()
            yield f"  {name}: {{{', '.join((*belongs, *costs))}}}  {comment}\n"


def _controls(network: Tidy, groups: Groups, profile: Profile) -> Iterator[str]:
    """One automated control for each owner and domain: it watches its systems and acts within the domain."""
    members: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for name, owner, domain in zip(network.names, groups.owners, groups.domains, strict=True):
        members[owner, domain].append(name)
    domains = Counter(owner for owner, _ in members)
    rivals = Counter(domain for _, domain in members)
    namer, anchors = Namer(network.names), _Anchors()
    yield "  # Automation: one control for each owner and domain. Nothing strikes the controls themselves.\n"
    for owner, domain in sorted(members, key=lambda key: (natural(key[0]), natural(key[1]))):
        own = owner if domains[owner] == 1 else f"{owner}-{domain}"
        yield f"  {namer.name(f'{own[:70]}-control', 'control')}:\n    owner: {owner}\n    domain: control\n    watches:\n"
        for name in members[owner, domain]:
            yield f"      {name}:{anchors.use('seen', SEEN)}"
        yield f"    senses:{anchors.use('senses', SENSES)}    responds:\n"
        yield "      # Protection: switches in its own network, and sometimes at the wrong place.\n"
        yield f"      - from: disrupt\n        at: own\n        in: {domain}\n"
        yield from (
            f"        {key}:{anchors.use(f'protection-{key}', t)}" for key, t in profile.protection.items()
        )
        if rivals[domain] > 1:
            yield "      # Cutting off: whom it takes for the author, if it takes anybody for one.\n"
            yield f"      - from: degrade\n        at: blamed\n        in: {domain}\n"
            yield from (
                f"        {key}:{anchors.use(f'cut-off-{key}', t)}" for key, t in profile.cut_off.items()
            )


def _dependencies(network: Tidy, coupling: Coupling, profile: Profile) -> Iterator[str]:
    anchors = _Anchors()
    first: dict[Tie, int] = {}
    for index, (_, _, tie) in enumerate(coupling.dependencies):
        first.setdefault(tie, index)
    carriers = [first[tie] for tie in Tie if tie in first]
    rest = [index for index in range(len(coupling.dependencies)) if index not in carriers]
    yield "\ndependencies:\n"
    for index in (*carriers, *rest):
        source, target, tie = coupling.dependencies[index]
        ends, anchor = (network.names[source], network.names[target]), f"spreads-{tie.name.lower()}"
        if anchor in anchors.defined:
            yield (
                f"  - {{from: {ends[0]}, to: {ends[1]}, spreads: *{anchor}, at_least: disrupt, after: *passes-on}}\n"
            )
        else:
            chance = spreads_of(tie, coupling.spreads[tie], has_loops=coupling.has_loops)
            yield f"  - from: {ends[0]}\n    to: {ends[1]}\n    spreads:{anchors.use(anchor, chance)}"
            yield f"    at_least: disrupt\n    after:{anchors.use('passes-on', profile.passes_on)}"


def _shocks(network: Tidy, profile: Profile, shock: int) -> Iterator[str]:
    yield "\n" + _comment(
        "Accidents, as a stream until the horizon. Add others: an attack has an author, a false flag points elsewhere."
    )
    yield f"shocks:\n  - hits: {network.names[shock]}\n    rung: disrupt\n    rate: {profile.shock_rate}\n"
