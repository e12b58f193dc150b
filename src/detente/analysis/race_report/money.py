"""The sections on money: who gains and who loses, premiums, certificates, and what a lever costs in innovation."""

import math
from collections.abc import Sequence

from detente.analysis.race_report.drawing import rows_chart
from detente.analysis.race_report.verdict import Verdict, points
from detente.analysis.report.charts import plain
from detente.analysis.report.figures import Chart, behind, figure, paragraph, section, table
from detente.analysis.report.markup import Markup, element
from detente.analysis.wording import money, share
from detente.ensemble.estimators import Estimate
from detente.race.accounts import FLOWS
from detente.race.results import Arm

__all__ = ["prices", "winners"]


def winners(verdict: Verdict) -> Markup:
    """Return the section on who gains and who loses, by kind of player."""
    kinds = list(verdict.first.flows_by_kind)
    rows = [
        (label, *(money(_net(arm, kind)) for kind in kinds))
        for label, arm in zip(verdict.labels, verdict.arms, strict=True)
    ]
    players = verdict.result.race.players
    many = ", ".join(f"{sum(p.kind == kind for p in players)} {kind}" for kind in kinds)
    return section(
        "winners",
        _heading(verdict, kinds),
        paragraph(
            f"Net gain a year, the mean over players of a kind ({many}) and over runs: prizes, pay and what experiments are worth, less "
            "costs, premiums, fines, what is made good to others, losses and catastrophes. Far to the right is good; each chart has a scale "
            "of its own."
        ),
        figure(
            [_gains(verdict, kind) for kind in kinds],
            table("Net gain a year, mean per player", ("Policy", *kinds), rows),
            columns=True,
        ),
        behind(*_sources(verdict, kinds), summary="Where the money comes from and goes to"),
        *_premiums(verdict),
    )  # fmt: skip


def _net(arm: Arm, kind: str) -> float:
    return sum(arm.flows_by_kind[kind].values())


def _heading(verdict: Verdict, kinds: Sequence[str]) -> str:
    gain = [kind for kind in kinds if _net(verdict.first, kind) > 0.0]
    lose = [kind for kind in kinds if _net(verdict.first, kind) < 0.0]
    sides = [f"{_listing(each)} {verb}" for each, verb in ((gain, "gain"), (lose, "lose")) if each]
    return (
        f"Who gains and who loses: under {verdict.labels[0]}, {'; '.join(sides) or 'nobody gains or loses'}"
    )


def _listing(words: Sequence[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def _gains(verdict: Verdict, kind: str) -> Chart:
    known = [_net(arm, kind) for arm in verdict.arms]
    values = [Estimate(value=one, low=math.nan, high=math.nan) for one in known]
    told = [plain(f"{label}: {money(one)} a year") for label, one in zip(verdict.labels, known, strict=True)]
    low, high = min(0.0, *known), max(0.0, *known)
    ticks = sorted({low, 0.0, high}) if high - low > 0.0 else [0.0]
    crowded = [tick for tick in ticks if tick and abs(tick) < 0.18 * (high - low)]
    ticks = [tick for tick in ticks if tick not in crowded]
    axis = {"tickvals": ticks, "ticktext": [money(tick) for tick in ticks]}
    name = "chart-gain-" + "".join(sign if sign.isalnum() else "-" for sign in kind.lower())
    return rows_chart(name, kind, verdict.labels, [(1, values, told)], axis)


def _sources(verdict: Verdict, kinds: Sequence[str]) -> list[Markup]:
    """Where the money comes from, for the policies whose curves are drawn."""
    return [
        table(
            f"{verdict.labels[i]}: mean per player and year",
            ("Kind of player", *FLOWS),
            [(kind, *(money(verdict.arms[i].flows_by_kind[kind][flow]) for flow in FLOWS)) for kind in kinds],
        )
        for i in verdict.drawn
    ]


def _premiums(verdict: Verdict) -> list[Markup]:
    kinds = [k for k in verdict.first.premium_by_kind if any(arm.premium_by_kind[k] > 0.0 for arm in verdict.arms)]  # fmt: skip
    if not kinds:
        return [paragraph("Nobody is insured in this race: there are no premiums.", class_="small")]
    insurance = verdict.result.race.insurance
    rows = [
        (label, *(money(arm.premium_by_kind[kind]) for kind in kinds))
        for label, arm in zip(verdict.labels, verdict.arms, strict=True)
    ]
    return [
        element("h3", "What insurance costs"),
        paragraph(
            f"Insurers bear {100 * insurance.covers:.0f} % of a loss and take the claims they expect and {100 * insurance.loading:.0f} % more."
        ),
        table("Premium a year, mean per player", ("Policy", *kinds), rows),
    ]  # fmt: skip


def prices(verdict: Verdict) -> Markup:
    """Return the section on what each lever costs in innovation, and who is certified."""
    lost = [arm.innovation_lost for arm in verdict.arms]
    told = [plain(f"{label}: {points(one)} points") for label, one in zip(verdict.labels, lost, strict=True)]
    scaled = [Estimate(value=100 * one.value, low=100 * one.low, high=100 * one.high) for one in lost]
    sells = [player.name for player in verdict.result.race.players if player.certified > 0.0]
    rows = [
        (
            label,
            points(arm.innovation_lost),
            f"{100 * arm.capability.value:.1f}",
            share(arm.certified, 0.01) if sells else "-",
            *(share(chance, 0.01) for chance in arm.entered.values()),
        )
        for label, arm in zip(verdict.labels, verdict.arms, strict=True)
    ]
    comes = tuple(f"{name} enters" for name in verdict.first.entered)
    headings = ("Policy", "Innovation lost, points", "Capability at the end, points", "Certified", *comes)
    audited = (
        f" Certified: of {', '.join(sells)}, who would sell what is certified, the share that has passed its audit in the last year."
        if sells
        else ""
    )
    return section(
        "prices",
        _price_heading(verdict),
        paragraph(
            f"How much lower than under {verdict.labels[0]} mean capability is at the end, in points of a hundred, among those who were "
            f"there from the beginning. To the left of 0 there is more than under {verdict.labels[0]}.{audited}"
        ),
        figure(
            [rows_chart("chart-innovation", "", verdict.labels, [(2, scaled, told)], {"title": {"text": "points of capability lost"}})],
            table("What each policy costs in innovation, and who is certified", headings, rows),
        ),
    )  # fmt: skip


def _price_heading(verdict: Verdict) -> str:
    dear = [i for i, arm in enumerate(verdict.arms) if i and arm.innovation_lost.low > 0.0]
    if not dear:
        return "No policy clearly costs innovation"
    top = max(dear, key=lambda i: verdict.arms[i].innovation_lost.value)
    lost = points(verdict.arms[top].innovation_lost, signed=False).partition(" ")[0]
    return f"{verdict.labels[top]} costs most innovation: {lost} points of capability"
