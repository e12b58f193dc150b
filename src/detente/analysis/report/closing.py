"""What the figures leave out, exact beside simulated, and how to have them again."""

import base64
import hashlib
import json
import math
import shlex
from collections.abc import Mapping

from detente._version import __version__
from detente.analysis.report.evidence import Asked, Evidence
from detente.analysis.report.figures import paragraph, section, table
from detente.analysis.report.markup import Content, Markup, data, element
from detente.analysis.report.outcomes import estimate, told_share
from detente.analysis.wording import count, duration, money, share
from detente.engine.run import MAX_INCIDENTS
from detente.ensemble.provenance import versions_here

__all__ = ["command_line", "digest_of", "download", "left_out", "reproduce"]

_BIAS = {"high": "too high", "low": "too low", "unknown": "off either way"}
_RARE = 1e-4


def left_out(evidence: Evidence) -> Markup:
    """Return the section on what the exact figures leave out."""
    solved = [(label, arm) for _, label, arm in evidence.arms if arm.solution]
    unsolved = [f"{label} ({arm.unsolved})" for _, label, arm in evidence.arms if not arm.solution]
    rows: list[tuple[Content, ...]] = []
    for label, arm in solved:
        solution = arm.solution
        assert solution is not None  # INVARIANT: only those that were solved
        summary = arm.summary
        rows += [
            (label, "catastrophe", told_share(summary.catastrophe), _chance(solution.catastrophe_probability)),
            (label, "critical", told_share(summary.critical), _chance(solution.critical_probability)),
            (label, "incidents, mean", estimate(summary.incidents["mean"], count), _mean(solution.expected_incidents, count)),
            (label, "loss, mean", estimate(summary.loss_usd["mean"], money), _mean(solution.expected_loss_usd, money)),
        ]  # fmt: skip
    reasons = {
        arm.solution.infinite_because for _, arm in solved if arm.solution and arm.solution.infinite_because
    }
    by_reason: dict[tuple[str, str, str], list[str]] = {}
    for label, arm in solved:
        for entry in arm.solution.left_out if arm.solution else ():
            by_reason.setdefault((entry.what, _BIAS[entry.bias], entry.why), []).append(label)
    told = [(what, ", ".join(labels), bias, why) for (what, bias, why), labels in by_reason.items()]
    return section(
        "left-out",
        "What is left out, and the exact figures beside the simulated ones",
        paragraph(
            "R, the doubling time and the loops are exact, worked out without sampling, but for what the second table names. "
            "Everything else here is simulated with all of it. What the scenario itself leaves out stands in its description."
        ),
        table("Simulated beside exact", ("Portfolio", "Figure", "Simulated", "Exact"), rows, words=(1,))
        if rows
        else None,
        *(paragraph(f"Infinite means: {reason}.", class_="small") for reason in sorted(reasons)),
        table("What the exact figures leave out", ("Left out", "Under", "The exact figures are if anything", "Because"), told, words=(1, 2, 3))
        if told
        else None,
        paragraph(f"The exact solver has no figures for {', '.join(unsolved)}.") if unsolved else None,
        *_apart(evidence),
        *_capped(evidence),
    )  # fmt: skip


def _apart(evidence: Evidence) -> list[Markup]:
    """Where what is left out matters, say so."""
    found = []
    for _, label, arm in evidence.arms:
        if arm.solution is None:
            continue
        pairs = (
            ("catastrophe", arm.summary.catastrophe, arm.solution.catastrophe_probability),
            ("critical", arm.summary.critical, arm.solution.critical_probability),
        )
        apart = [name for name, seen, exact in pairs if not seen.low <= exact <= seen.high]
        if apart:
            found.append(f"{label} ({' and '.join(apart)})")
    if not found:
        return []
    text = f"The exact chance lies outside the simulated interval under {', '.join(found)}: there what is left out matters, and so it may for R."
    return [paragraph(text, class_="warning")]


def _chance(value: float) -> str:
    if value in {0.0, 1.0}:
        return f"{100 * value:.0f} %"
    return f"{100 * value:.3e} %" if value < _RARE else f"{100 * value:.4g} %"


def _mean(value: float, say: object) -> str:
    assert callable(say)  # INVARIANT: one of our own words
    return str(say(value)) if math.isfinite(value) else "infinite"


def _capped(evidence: Evidence) -> list[Markup]:
    """Crises whose end is unknown are told loudly."""
    found = []
    for _, label, arm in evidence.arms:
        if capped := arm.summary.ended["capped"]:
            found.append(
                paragraph(
                    f"Under {label}, {capped:,} crises hit the budget of {evidence.asked.max_incidents:,} incidents, so how they "
                    "would have ended is unknown. Counting them all as catastrophes, the chance is at most "
                    f"{share(arm.summary.catastrophe_at_most, 1e-3)}.",
                    class_="warning",
                )
            )
    return found


def command_line(asked: Asked) -> str:
    """Return the command that gives the same report."""
    words = ["detente", "report", asked.scenario]
    for name in asked.portfolios:
        words += ["--portfolio", name]
    words += ["--runs", str(asked.runs), "--seed", str(asked.seed)]
    words += ["--halt-level", f"{asked.halt_level or 0:g}"]
    if asked.max_incidents != MAX_INCIDENTS:
        words += ["--max-incidents", str(asked.max_incidents)]
    return shlex.join(words)


def digest_of(document: Mapping[str, object]) -> str:
    """Return the SHA-256 of a resolved document, written as JSON with sorted keys and no spaces."""
    return hashlib.sha256(_text(document).encode()).hexdigest()


def _text(document: Mapping[str, object]) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def reproduce(evidence: Evidence) -> Markup:
    """Return the section on how to have the same again, with the documents it was made from inside."""
    scenario = evidence.scenario
    documents = [("scenario", scenario.name, scenario.document)]
    documents += [("portfolio", label, arm.portfolio.document) for _, label, arm in evidence.arms]
    rows = [
        (kind, name, element("code", digest_of(document), class_="digest"), download(kind, name, document))
        for kind, name, document in documents
    ]
    versions = ", ".join(f"{name} {version}" for name, version in versions_here().items())
    record = {
        "format": 1,
        "version": __version__,
        "versions": versions_here(),
        "command": command_line(evidence.asked),
        "runs": evidence.asked.runs,
        "seed": evidence.asked.seed,
        "max_incidents": evidence.asked.max_incidents,
        "halt_level": evidence.asked.halt_level,
        "scenario_sha256": digest_of(scenario.document),
        "portfolio_sha256": [digest_of(arm.portfolio.document) for _, _, arm in evidence.arms],
        "horizon_s": scenario.horizon_s,
    }
    return section(
        "reproduce",
        "How to have the same again",
        paragraph("The same command gives this file again, byte for byte, with these versions:"),
        element("pre", element("code", command_line(evidence.asked)), tabindex="0", aria_label="Command"),
        paragraph(
            f"{evidence.comparison.runs:,} crises of at most {duration(scenario.horizon_s)} under each portfolio, seed "
            f"{evidence.asked.seed}; {versions}."
        ),
        table("The documents it rests on, resolved", ("Kind", "Name", "SHA-256", "Document"), rows, words=(1, 2, 3)),
        data(record, id="provenance"),
    )  # fmt: skip


def download(kind: str, name: str, document: Mapping[str, object]) -> Markup:
    """A link that holds the document itself: nothing is fetched."""
    inside = base64.b64encode(_text(document).encode()).decode()
    return element(
        "a",
        f"save {kind} {name}",
        href=f"data:application/json;base64,{inside}",
        download=f"{name}.json",
    )
