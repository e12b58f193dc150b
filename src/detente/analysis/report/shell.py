"""The shell of a page: one file that needs nothing else and asks nobody for anything, whatever it reports on."""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from plotly.offline import get_plotlyjs

from detente._version import __version__
from detente.analysis.report.figures import paragraph
from detente.analysis.report.markup import Content, Markup, data, element, joined
from detente.analysis.report.palette import DARK, LIGHT, variables
from detente.ensemble.disk import atomically

__all__ = ["Shell", "asset", "first_screen", "save_page", "shell"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """What a page says around its sections."""

    kicker: str
    """above the title: what kind of report it is"""
    title: str
    summary: str
    """a paragraph; empty for none"""
    scope: str
    """a line on how much was run"""
    places: Sequence[tuple[str, str]]
    """the sections by name, and what the navigation calls them"""
    style: str = ""
    """further rules of style"""


def shell(around: Shell, *sections: Content) -> str:
    """Return the whole file as text; the first section stands before the word on scripts."""
    scripts = (get_plotlyjs(), asset("page.js"))
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_policy(scripts)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="generator", content=f"detente {__version__}"),
        element("title", f"{around.title}: a report of detente"),
        element("style", Markup(variables() + around.style + asset("page.css"))),
    )
    first, *rest = sections
    body = element(
        "body",
        element("a", "Skip to the report", href="#report", class_="skip"),
        _header(around),
        _navigation(around.places),
        element(
            "main",
            first,
            element("noscript", element("p", "The charts need JavaScript; every number is also in the tables.", class_="nothing")),
            *rest,
            id="report",
            tabindex="-1",
        ),
        element("footer", element("p", f"Made by detente {__version__}. It is not a forecast.")),
        data({"light": LIGHT, "dark": DARK}, id="palettes"),
        *(element("script", Markup(script)) for script in scripts),
    )  # fmt: skip
    return joined(Markup("<!DOCTYPE html>\n"), element("html", head, body, lang="en"), Markup("\n"))


def first_screen(sentences: Iterable[str], cards: Iterable[Markup], scope: str) -> Markup:
    """Return what is seen first: what came out in a few sentences, the most important first, figures, and what they rest on."""
    first, *rest = sentences
    return element(
        "section",
        element("h2", "In short", class_="kicker", id="headline-heading"),
        paragraph(first, class_="lead"),
        *(paragraph(sentence, class_="after") for sentence in rest),
        element("div", *cards, class_="cards"),
        paragraph(scope, class_="small"),
        id="headline",
        aria_labelledby="headline-heading",
    )


def save_page(html: str, path: str | Path) -> Path:
    """Write a page; the file appears whole or not at all, and one of that name is replaced.

    Raises
    ------
    ResultError
        When it cannot be written.
    """
    with atomically(Path(path)) as unfinished:
        unfinished.write_bytes(html.encode())
    return Path(path).resolve()


def _header(around: Shell) -> Markup:
    return element(
        "header",
        element("p", around.kicker, class_="kicker"),
        element("h1", around.title),
        element("p", around.summary, class_="summary") if around.summary else None,
        element("p", around.scope, class_="small"),
    )


def _navigation(places: Sequence[tuple[str, str]]) -> Markup:
    links = [element("li", element("a", told, href=f"#{name}")) for name, told in places]
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


def asset(name: str) -> str:
    """Return a file that stands beside this one."""
    return (resources.files("detente.analysis.report") / name).read_text(encoding="utf-8")
