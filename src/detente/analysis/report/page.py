"""The page: one file that needs nothing else and asks nobody for anything."""

import base64
import hashlib
from importlib import resources

from plotly.offline import get_plotlyjs

from detente._version import __version__
from detente.analysis.report.closing import left_out, reproduce
from detente.analysis.report.crisis import crisis
from detente.analysis.report.evidence import Evidence
from detente.analysis.report.markup import Markup, data, element, joined
from detente.analysis.report.opening import opening
from detente.analysis.report.outcomes import losses, rungs, windows
from detente.analysis.report.palette import DARK, LIGHT, variables
from detente.analysis.report.picture import style_sheet
from detente.analysis.report.systems import systems
from detente.analysis.report.verdict import comparison, errors

__all__ = ["page"]

_PLACES = (
    ("headline", "Headline"), ("systems", "Systems"), ("crisis", "One crisis"), ("rungs", "Rungs"),
    ("windows", "Time to decide"), ("losses", "Losses"), ("comparison", "Comparison"), ("errors", "Both errors"),
    ("left-out", "Left out"), ("reproduce", "Reproduce"),
)  # fmt: skip


def page(evidence: Evidence) -> str:
    """Return the whole file as text."""
    scenario = evidence.scenario
    title = scenario.title or scenario.name
    scripts = (get_plotlyjs(), _asset("page.js"))
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_policy(scripts)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="generator", content=f"detente {__version__}"),
        element("title", f"{title}: a report of detente"),
        element("style", Markup(variables() + style_sheet() + _asset("page.css"))),
    )
    body = element(
        "body",
        element("a", "Skip to the report", href="#report", class_="skip"),
        _header(evidence, title),
        _navigation(),
        element(
            "main",
            opening(evidence),
            element("noscript", element("p", "The charts need JavaScript; every number is also in the tables.", class_="nothing")),
            systems(evidence),
            crisis(evidence),
            rungs(evidence),
            windows(evidence),
            losses(evidence),
            comparison(evidence),
            errors(evidence),
            left_out(evidence),
            reproduce(evidence),
            id="report",
            tabindex="-1",
        ),
        element("footer", element("p", f"Made by detente {__version__}. It is not a forecast.")),
        data({"light": LIGHT, "dark": DARK}, id="palettes"),
        *(element("script", Markup(script)) for script in scripts),
    )  # fmt: skip
    return joined(Markup("<!DOCTYPE html>\n"), element("html", head, body, lang="en"), Markup("\n"))


def _header(evidence: Evidence, title: str) -> Markup:
    scenario = evidence.scenario
    portfolios = ", ".join(evidence.labels)
    return element(
        "header",
        element("p", "detente report", class_="kicker"),
        element("h1", title),
        element("p", scenario.summary, class_="summary") if scenario.summary else None,
        element(
            "p",
            f"{len(scenario.systems)} systems of {len(scenario.actors)} actors; {evidence.comparison.runs:,} crises under each of: {portfolios}",
            class_="small",
        ),
    )


def _navigation() -> Markup:
    links = [element("li", element("a", told, href=f"#{name}")) for name, told in _PLACES]
    return element("nav", element("ul", *links), aria_label="Sections of this report")


def _policy(scripts: tuple[str, ...]) -> str:
    """Nothing may be fetched, and no script may run but these two."""
    hashes = " ".join(f"'sha256-{_hash(script)}'" for script in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _asset(name: str) -> str:
    return (resources.files("detente.analysis.report") / name).read_text(encoding="utf-8")
