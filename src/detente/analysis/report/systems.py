"""The section on systems and couplings: the picture, and the strongest loops in words."""

from collections import defaultdict
from itertools import pairwise

from detente.analysis.report.evidence import Evidence
from detente.analysis.report.figures import Legend, behind, listed, paragraph, section, table
from detente.analysis.report.markup import Markup, element, joined
from detente.analysis.report.network import Network
from detente.analysis.report.picture import draw
from detente.analysis.wording import NO_GAIN, count, counted, duration, share
from detente.exact.loops import Loop, Turn

__all__ = ["loop_in_words", "systems"]

_IN_WORDS = 5
_STEPS = 8


def systems(evidence: Evidence) -> Markup:
    """Return the section."""
    network, solution = evidence.network, evidence.first.solution
    loops = solution.loops if solution else ()
    return section(
        "systems",
        _heading(evidence, loops),
        paragraph(_how_to_read(network)),
        element(
            "figure",
            element("ul", *(element("li", one.sign, " ", one.told) for one in _legend()), class_="legend"),
            element(
                "div",
                draw(network, alone=False),
                class_="scroll picture",
                role="region",
                tabindex="0",
                aria_label="Picture of the systems; scroll sideways on a small screen",
            ),
            behind(_table(network), _strikes(network), summary="The systems and couplings as tables"),
        ),
        element("h3", "The strongest loops") if loops else None,
        _loops(loops, evidence) if loops else paragraph(_no_loops(evidence), class_="nothing"),
    )


def _heading(evidence: Evidence, loops: tuple[Loop, ...]) -> str:
    solution = evidence.first.solution
    if not solution:
        return "Who can act on whom"
    if not loops:
        return "Nothing that happens comes back to where it began: there is no loop"
    strongest = loops[0]
    where = (
        " and ".join(strongest.systems[:2])
        if len(strongest.systems) <= 2
        else f"{counted(len(strongest.systems), 'system')}"
    )
    ends = "can run away" if solution.escalation_number > 1.0 else "dies out in the mean"
    return (
        f"R is {solution.escalation_number:.3f}, so what starts {ends}; the strongest of "
        f"{_how_many(len(loops))} runs through {where}"
    )


def _how_many(loops: int) -> str:
    return "its loops" if loops >= 1000 else counted(loops, "loop")


def _how_to_read(network: Network) -> str:
    has_blocs = any(actor.bloc for actor in network.scenario.actors)
    parts = [
        f"{'Blocs stand in columns, owners' if has_blocs else 'Owners stand'} in boxes, one box per system, its domain below its name."
    ]
    if network.strikes:
        parts.append(
            "A thicker arrow is used more often; of "
            f"{counted(network.strikes_in_all, 'pair')} of systems of which one can act on the other, "
            f"{len(network.strikes)} are drawn."
        )
    if network.hidden:
        parts.append(f"{counted(network.hidden, 'system')} where little happens are left out.")
    if network.loops:
        parts.append("Numbered lines are loops: thin dots where a system watches, thick where it acts.")
    return " ".join(parts)


def _legend() -> list[Legend]:
    def sign(*parts: Markup) -> Markup:
        return element(
            "svg", *parts, class_="sign net", viewBox="0 0 34 16", width=34, height=16, aria_hidden="true"
        )

    def stroke(group: str, marker: str) -> Markup:
        path = element("path", d="M1 8h31", marker_end=marker or None, stroke_width=1.8)
        return sign(element("g", path, class_=group))

    hub = element("g", element("path", d="M1 8h20"), element("path", d="M21 8l6 -6l6 6l-6 6z", class_="net-hub"),
                  class_="net-shared")  # fmt: skip
    loop = element("g", element("path", d="M1 8h30", class_="net-act"), class_="net-loop-1 net-turns")
    return [
        Legend(sign=stroke("net-strikes", "url(#net-full)"), told="watches and responds: acts on"),
        Legend(sign=stroke("net-outages", "url(#net-open)"), told="dependency: an outage is passed on"),
        Legend(sign=sign(hub), told="contagion through a shared component"),
        Legend(sign=sign(loop), told="loop"),
    ]


def _loops(loops: tuple[Loop, ...], evidence: Evidence) -> Markup:
    rows = [
        (
            str(number),
            " → ".join((*loop.systems, loop.systems[0])),
            share(loop.share, 1e-2),
            f"{loop.gain:.3g}",
            duration(loop.period_s),
        )
        for number, loop in enumerate(loops[:20], start=1)
    ]
    solution = evidence.first.solution
    untold = solution.loops_untold if solution else 0.0
    rest = sum(loop.share for loop in loops[20:])
    caption = f"The {len(rows)} strongest loops"
    if rest > 0.0005:
        caption += f"; {'others' if len(loops) >= 1000 else counted(len(loops) - 20, 'other')} carry {share(rest, 1e-2)} of R"
    if untold > 0.0005:
        caption += f"; {share(untold, 1e-2)} of R is not told apart"
    extra = f" {NO_GAIN}" if any(loop.gain == 0.0 for loop in loops[: len(rows)]) else ""
    return joined(
        listed((loop_in_words(loop) for loop in loops[:_IN_WORDS]), class_="loops"),
        paragraph(f"A loop runs away by itself only where its gain is above 1; R is what they amount to together.{extra}", class_="small"),
        behind(table(caption, ("Loop", "Systems", "Share of R", "Gain", "One turn"), rows, words=(1,))),
    )  # fmt: skip


def loop_in_words(loop: Loop) -> Markup:
    """Return a loop, who does what in it, and what it weighs."""
    steps = [*pairwise(loop.systems), (loop.systems[-1], loop.systems[0])]
    told = [_step(here, there, turn) for (here, there), turn in zip(steps, loop.turns, strict=True)]
    if len(told) > _STEPS:
        told = [*told[:_STEPS], f"and {counted(len(told) - _STEPS, 'further step')}"]
    weight = f"{share(loop.share, 1e-2)} of R, gain {loop.gain:.3g}, one turn in {duration(loop.period_s)}: "
    return joined(element("strong", weight), "; ".join(told), ".")


def _step(here: str, there: str, turn: Turn) -> str:
    after = f"after {duration(turn.median_s)}"
    if turn.kind == "outage":
        return f"an outage of {here} takes {there} with it {after}"
    if turn.kind == "contagion":
        return f"what is at {here} spreads to {there} {after}"
    return f"{turn.by} answers an incident at {here} with one at {there} {after}"


def _no_loops(evidence: Evidence) -> str:
    if evidence.first.solution is None:
        return "The exact solver has no figures for this scenario, so its loops are not known here."
    return "No incident can come back to a system where it began, so there are no loops to draw."


def _table(network: Network) -> Markup:
    blocs = {actor.name: actor.bloc or "none" for actor in network.scenario.actors}
    on = defaultdict(list)
    for strike in network.strikes:
        on[strike.by].append(strike.on)
    rows = [
        (
            system.name,
            system.owner,
            blocs[system.owner],
            system.domain,
            ", ".join(name for name, _ in system.watches) or "nothing",
            ", ".join(on[system.name]) or "nobody",
        )
        for system in network.systems
    ]
    headings = ("System", "Owner", "Bloc", "Domain", "Watches", "Acts mostly on")
    return table("The systems shown", headings, rows, words=(1, 2, 3, 4, 5))


def _strikes(network: Network) -> Markup:
    rows = [(one.by, one.on, "action", count(one.expected)) for one in network.strikes]
    rows += [(source, target, "outage", "") for source, target in network.dependencies]
    rows += [
        (name, component, "shared component", "") for component, having in network.shared for name in having
    ]
    headings = ("From", "To", "Coupling", "Actions per crisis")
    return table(
        "The couplings drawn; actions are counted over the first generations", headings, rows, words=(1, 2)
    )
