"""A report in a real browser: it draws, it asks nobody for anything, and it fits on a phone."""

import re

import pytest

import detente
from tests.analysis.pages import Page
from tests.browser import chromium
from tests.quarrel import QUARREL

pytestmark = pytest.mark.skipif(
    chromium.find() is None,
    reason="NO BROWSER: reports are not looked at; install chromium (Debian: apt-get install chromium)",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a report, and a page that shows it as wide as a phone and measures it."""
    made = tmp_path_factory.mktemp("report")
    detente.report(QUARREL, ["none", "essay", "human-on-the-loop"], runs=2_000, seed=11, threads=2).save(
        made / "r.html"
    )
    chromium.write_phone(made)
    return made


@pytest.fixture(scope="module")
def visit(folder, tmp_path_factory):
    return chromium.visit((folder / "r.html").as_uri(), tmp_path_factory.mktemp("visit"))


def test_no_request_leaves_the_file(visit):
    assert visit.requests == []


def test_a_request_and_an_error_would_be_seen(tmp_path):
    page = tmp_path / "asks.html"
    page.write_text(
        "<!DOCTYPE html><title>asks</title><img src='http://127.0.0.1:9/one.png'><script>console.error('oops')</script>"
    )
    asking = chromium.visit(page.as_uri(), tmp_path)
    assert asking.requests == ["http://127.0.0.1:9/one.png"]
    assert len(asking.complaints) == 1
    assert '"oops"' in asking.complaints[0]


def test_nothing_goes_wrong(visit):
    assert visit.complaints == []


def test_every_chart_is_drawn_and_has_marks(visit, folder):
    wanted = set(Page((folder / "r.html").read_text(encoding="utf-8")).specs())
    assert len(wanted) == 10
    drawn = re.split(r'<div id="(chart-[a-z0-9-]+)" class="chart', visit.dom)
    pieces = dict(zip(drawn[1::2], drawn[2::2], strict=True))
    assert set(pieces) == wanted
    for name, piece in pieces.items():
        chart = piece.partition('<script type="application/json"')[0]
        marks = len(re.findall(r'<path class="(?:point|js-line)"', chart))
        assert marks >= 1, name
        assert "main-svg" in chart, name


def test_the_network_is_drawn(visit):
    picture = re.search(r'<svg[^>]* class="net" .*?</svg>', visit.dom, re.DOTALL)
    assert picture
    assert picture[0].count("<rect") >= 4
    assert "net-act" in picture[0]


def test_a_phone_needs_no_sideways_scrolling(folder, tmp_path):
    with chromium.served(folder) as address:
        shown = chromium.visit(f"{address}/phone.html", tmp_path)
    width, needed, drawn = map(int, re.search(r"<title>phone (\d+) (\d+) (\d+)</title>", shown.dom).groups())
    assert (width, drawn) == (390, 10)
    assert needed <= width


def test_a_script_in_a_name_does_not_run(tmp_path):
    evil = {**QUARREL, "title": "</title></script><script>document.documentElement.dataset.bad = 1</script>",
            "summary": "<img src=x onerror='document.documentElement.dataset.bad = 2'>"}  # fmt: skip
    path = detente.report(evil, ["essay"], runs=50).save(tmp_path / "evil.html")
    shown = chromium.visit(path.as_uri(), tmp_path)
    assert "data-drawn=" in shown.dom.partition("<head")[0]
    assert "data-bad=" not in shown.dom.partition("<head")[0]
    assert shown.complaints == []
    assert shown.requests == []
