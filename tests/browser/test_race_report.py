"""A report on a race in a real browser: it draws, it asks nobody for anything, and it fits on a phone."""

import re

import pytest

import detente
from tests.analysis.pages import Page
from tests.browser import chromium
from tests.race.documents import rivals

pytestmark = pytest.mark.skipif(
    chromium.find() is None,
    reason="NO BROWSER: reports are not looked at; install chromium (Debian: apt-get install chromium)",
)

EVIL = (
    "</title></script><script>document.documentElement.dataset.bad = 1</script><img src=x onerror=alert(1)>"
)
POLICIES = {
    "nothing": {"title": EVIL},
    "walls-between-all-domains-everywhere": {"measures": [{"portfolio": "compartments", "from": 1}]},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a report, and a page that shows it as wide as a phone and measures it."""
    made = tmp_path_factory.mktemp("race")
    stated = detente.load_race(rivals(quarters=8, policies=POLICIES, title=EVIL, summary=EVIL))
    result = detente.run_race(stated, runs=6, seed=3, without_adaptation=True)
    detente.race_report(result).save(made / "r.html")
    chromium.write_phone(made)
    return made


@pytest.fixture(scope="module")
def visit(folder, tmp_path_factory):
    return chromium.visit((folder / "r.html").as_uri(), tmp_path_factory.mktemp("visit"))


def pieces(visit):
    drawn = re.split(r'<div id="(chart-[a-z0-9-]+)" class="chart', visit.dom)
    return {
        name: piece.partition('<script type="application/json"')[0]
        for name, piece in zip(drawn[1::2], drawn[2::2], strict=True)
    }


def test_no_request_leaves_the_file_and_no_script_of_a_title_runs(visit):
    assert visit.requests == []
    assert visit.complaints == []
    assert "data-drawn=" in visit.dom.partition("<head")[0]
    assert "data-bad=" not in visit.dom.partition("<head")[0]


def test_every_chart_is_drawn_and_has_marks(visit, folder):
    wanted = Page((folder / "r.html").read_text(encoding="utf-8")).specs()
    found = pieces(visit)
    assert set(found) == set(wanted)
    assert len(wanted) >= 12
    for name, chart in found.items():
        assert "main-svg" in chart, name
        assert re.search(r'<path class="(?:point|js-line)"|<g class="point">', chart), name


def test_the_parts_of_bars_have_a_ground_of_their_own(visit):
    """Null: a pattern of paper on nothing, which cannot be seen (Plotly's default where only its lines have a colour)."""
    patterns = re.findall(r"<pattern .*?</pattern>", pieces(visit)["chart-paths"], re.DOTALL)
    assert len(patterns) == 3
    for one in patterns:
        assert re.search(r'<rect [^>]*fill="rgb', one)


def test_a_phone_needs_no_sideways_scrolling(folder, tmp_path):
    with chromium.served(folder) as address:
        shown = chromium.visit(f"{address}/phone.html", tmp_path)
    width, needed, drawn = map(int, re.search(r"<title>phone (\d+) (\d+) (\d+)</title>", shown.dom).groups())
    assert width == 390
    assert drawn >= 12
    assert needed <= width
