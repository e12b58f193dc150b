"""A validated charter document to a charter: every default filled in, every number in SI, all in order of names."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from detente.model.charter.document import (
    ActionEntry,
    ActorEntry,
    ArgumentEntry,
    AssetEntry,
    ConditionEntry,
    Document,
    GroupEntry,
    SystemEntry,
)
from detente.model.charter.vocabulary import (
    ActionKind,
    Argument,
    ArgumentType,
    Asset,
    Charter,
    Condition,
    GroupTerms,
    KillTerms,
    MeterTerms,
    ModeTerms,
    OnHalt,
    Party,
    PromotionTerms,
    SystemTerms,
)
from detente.model.charter.words import BLAME, NOTHING
from detente.model.charter.writer import Writer
from detente.model.entries import Entry
from detente.model.references import resolve_references
from detente.model.units import RATE

__all__ = ["resolve"]

Stated = TypeVar("Stated", bound=Entry)
Made = TypeVar("Made")


def resolve(document: Document) -> Charter:
    """The charter that a validated document states."""
    out = Writer()
    out.plain["detente"] = 1
    references, cited = resolve_references(document.references)
    name = out.value("charter", document.charter)
    title = out.value("title", document.title)
    summary = out.value("summary", document.summary)
    out.plain["references"] = cited
    out.plain["ladder"] = list(document.ladder)
    return Charter(
        name=name,
        title=title,
        summary=summary,
        references=references,
        ladder=document.ladder,
        critical=out.value("critical", document.critical),
        catastrophe=out.value("catastrophe", document.catastrophe or document.ladder[-1]),
        actors=_section("actors", document.actors, _party, out),
        systems=_section("systems", document.systems, _system, out),
        assets=_section("assets", document.assets, _asset, out),
        actions=_section("actions", document.actions, _action, out),
        groups=_section("groups", document.groups, _group, out),
        reviewed_by=_reviewed_by(document, out),
        conditions=_section("conditions", document.conditions, _condition, out),
        uncertain_below=out.number("uncertain_below", document.uncertain_below),
        report_outcome_s=out.seconds("report_outcome", document.report_outcome),
        stale_after_s=out.seconds("stale_after", document.stale_after),
        enforcement=out.word("enforcement", document.enforcement),
        modes=_modes(document, out.inner("modes")),
        meter=_meter(document, out.inner("meter")),
        promotion=_promotion(document, out.inner("promotion")),
        kill=_kill(document, out.inner("kill")),
        quantities=out.record.quantities,
        document=out.plain,
    )


def _section(
    key: str, stated: Mapping[str, Stated], make: Callable[[str, Stated, Writer], Made], out: Writer
) -> tuple[Made, ...]:
    """The entries of a section in the order of their names."""
    section = out.inner(key)
    return tuple(make(name, entry, section.inner(name)) for name, entry in sorted(stated.items()))


def _party(name: str, stated: ActorEntry, out: Writer) -> Party:
    return Party(name=name, kind=out.value("kind", stated.kind), bloc=out.optional("bloc", stated.bloc))


def _system(name: str, stated: SystemEntry, out: Writer) -> SystemTerms:
    place = _asset(name, stated, out)
    operators = out.names("operators", stated.operators)
    may = out.names("may", stated.may)
    targets = out.names("targets", stated.targets)
    certified = out.value("certified", stated.certified)
    phase = out.word("phase", stated.phase)
    requests = out.inner("requests")
    return SystemTerms(
        name=name,
        owner=place.owner,
        domain=place.domain,
        compartment=place.compartment,
        operators=operators,
        may=may,
        targets=targets,
        certified=certified,
        phase=phase,
        per_minute=60.0 * requests.number("rate", stated.requests.rate, RATE),
        burst=requests.whole("burst", stated.requests.burst),
    )


def _asset(name: str, stated: AssetEntry | SystemEntry, out: Writer) -> Asset:
    return Asset(
        name=name,
        owner=out.value("owner", stated.owner),
        domain=out.value("domain", stated.domain),
        compartment=out.value("compartment", stated.compartment or f"{stated.owner}/{stated.domain}"),
    )


def _action(name: str, stated: ActionEntry, out: Writer) -> ActionKind:
    rung = out.value("rung", stated.rung)
    domain = out.optional("in", stated.in_)
    reversible = out.value("reversible", stated.reversible)
    undo = out.optional("undo", stated.undo)
    out.value("rests_on", BLAME if stated.rests_on else NOTHING)
    return ActionKind(
        name=name,
        rung=rung,
        domain=domain,
        reversible=reversible,
        undo=undo,
        rests_on_blame=stated.rests_on,
        on_halt=out.word("on_halt", stated.on_halt or OnHalt.DENY),
        on_lapse=out.word("on_lapse", stated.on_lapse),
        quorum=None if stated.quorum is None else out.whole("quorum", stated.quorum),
        arguments=_section("arguments", stated.arguments, _argument, out),
        other_arguments=out.value("other_arguments", stated.other_arguments),
    )


def _argument(name: str, stated: ArgumentEntry, out: Writer) -> Argument:
    kind = out.word("type", stated.kind())
    required = out.value("required", stated.required)
    for key, bound in (("low", stated.low), ("high", stated.high)):
        if bound is not None:
            out.plain[key] = int(bound) if kind is ArgumentType.WHOLE else bound
    return Argument(
        name=name,
        type=kind,
        required=required,
        low=stated.low,
        high=stated.high,
        one_of=() if stated.one_of is None else out.texts("one_of", stated.one_of),
    )


def _group(name: str, stated: GroupEntry, out: Writer) -> GroupTerms:
    return GroupTerms(
        name=name,
        people=out.names("people", stated.people),
        quorum=out.whole("quorum", stated.quorum),
        deadline_s=out.seconds("deadline", stated.deadline),
        escalates_to=out.optional("escalates_to", stated.escalates_to),
        open_holds=out.whole("open_holds", stated.open_holds),
        may_operate=out.value("may_operate", stated.may_operate),
    )


def _reviewed_by(document: Document, out: Writer) -> dict[str, str]:
    ordered = dict(sorted(document.reviewed_by.items()))
    out.plain["reviewed_by"] = dict(ordered)
    return ordered


def _condition(name: str, stated: ConditionEntry, out: Writer) -> Condition:
    return Condition(
        name=name,
        when=out.value("when", stated.when),
        effect=out.word("effect", stated.effect),
        because=out.value("because", stated.because),
    )


def _modes(document: Document, out: Writer) -> ModeTerms:
    stated = document.modes
    return ModeTerms(
        recovery=out.word("recovery", stated.recovery),
        dwell_s=out.seconds("dwell", stated.dwell),
        guarded_review_from=out.value("guarded_review_from", stated.guarded_review_from or document.critical),
        review_from=out.value("review_from", stated.review_from or document.ladder[0]),
        restraint=out.number("restraint", stated.restraint),
    )


def _meter(document: Document, out: Writer) -> MeterTerms:
    stated = document.meter
    return MeterTerms(
        half_life_s=out.seconds("half_life", stated.half_life),
        level=out.number("level", stated.level),
        confidence=out.number("confidence", stated.confidence),
        least_events=out.whole("least_events", stated.least_events),
        trips=out.value("trips", stated.trips),
    )


def _promotion(document: Document, out: Writer) -> PromotionTerms:
    stated = document.promotion
    return PromotionTerms(
        least_s=out.seconds("least", stated.least),
        least_judged=out.whole("least_judged", stated.least_judged),
        agreement=out.number("agreement", stated.agreement),
        confidence=out.number("confidence", stated.confidence),
        severe_within_s=out.seconds("severe_within", stated.severe_within),
    )


def _kill(document: Document, out: Writer) -> KillTerms:
    return KillTerms(
        test_every_s=out.seconds("test_every", document.kill.test_every),
        overdue=out.value("overdue", document.kill.overdue),
    )
