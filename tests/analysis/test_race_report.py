"""Reports on races: what they say is what the runs came to, whatever the race, and the mark-up is sound."""

import base64
import json
import re
from dataclasses import replace

import plotly.graph_objects as go
import pytest

import detente
from detente.analysis.race_report.make import race_report
from detente.analysis.race_report.verdict import PATHS, Verdict
from detente.ensemble.estimators import wilson
from detente.errors import SimulationError
from detente.model.race.library import load
from detente.race.ensemble import run_race
from detente.race.paths import Path
from tests.analysis.pages import Page, faults_of
from tests.race.documents import document, rivals

SECTIONS = ("headline", "paths", "years", "winners", "prices", "answers", "rule", "beliefs", "reproduce")
POLICIES = {
    "nothing": {},
    "walls": {"title": "Walls", "measures": [{"portfolio": "compartments", "from": 1}]},
    "west-walls": {"measures": [{"portfolio": "compartments", "from": 1, "for": ["west"]}]},
}


@pytest.fixture(scope="module")
def result():
    stated = load(
        rivals(
            quarters=8,
            policies=POLICIES,
            beliefs={"brittle": {"title": "Worse", "crises": 4}},
            insurance={"covers": 0.1, "loading": 0.5},
        )
    )
    return run_race(stated, ["nothing", "walls", "west-walls"], runs=8, seed=3, without_adaptation=True)


@pytest.fixture(scope="module")
def page(result):
    return Page(race_report(result).html)


def with_paths(result, *chosen):
    """The result, had its arms taken these paths."""
    arms = [
        replace(
            arm,
            chosen=tuple(paths),
            runs=len(paths),
            paths={path: wilson(paths.count(path), len(paths)) for path in Path},
        )
        for arm, paths in zip(result.arms, chosen, strict=False)
    ]
    return replace(result, arms=tuple(arms), runs=len(chosen[0]))


def test_the_mark_up_is_sound(page):
    assert faults_of(page) == []
    assert [one["attrs"]["id"] for one in page.all("section")] == list(SECTIONS)
    assert page.all("a", href="#report", class_="skip")


@pytest.mark.parametrize(
    ("name", "stated", "options"),
    [
        ("one run", rivals(quarters=4, policies=POLICIES), {"runs": 1}),
        ("one policy", rivals(quarters=4), {"runs": 3}),
        ("no crises, nobody in a bloc", document(quarters=4), {"runs": 3}),
        ("the same policy twice", rivals(quarters=4, policies=POLICIES), {"runs": 2, "policies": ["walls", "walls"], "without_adaptation": True}),
        ("a year and a half", rivals(quarters=6, policies=POLICIES), {"runs": 2}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_any_race_has_a_sound_report(name, stated, options):
    made = race_report(run_race(load(stated), options.pop("policies", ()), seed=1, **options))
    found = Page(made.html)
    assert faults_of(found) == [], name
    assert all(spec["data"] for spec in found.specs().values())
    assert made.headline
    told = made.html.partition("<main")[2].partition("</main>")[0]
    assert not re.search(r"\b(nan|inf)\b", re.sub(r"<script.*?</script>", "", told, flags=re.DOTALL).lower())


def test_charts_are_what_plotly_understands(page):
    def dressed(value):
        if isinstance(value, str) and re.fullmatch(r"@[a-z]+[0-9]?(~([0-9.]+))?", value):
            return "#123456"
        if isinstance(value, list):
            return [dressed(one) for one in value]
        return {key: dressed(one) for key, one in value.items()} if isinstance(value, dict) else value

    palette = json.loads(page.all("script", id="palettes")[0]["text"])["light"]
    assert len(page.specs()) >= 12
    for spec in page.specs().values():
        go.Figure(dressed(spec))  # refuses what it does not know
        assert set(re.findall(r'"@([a-z]+[0-9]?)', json.dumps(spec))) <= set(palette)


def test_bars_and_tables_are_the_shares_of_the_runs(result, page):
    """Null: a bar or a row shows another policy's share, or another path's."""
    arms = [arm for arm in result.arms if arm.adapts]
    for path, trace in zip(PATHS, page.specs()["chart-paths"]["data"], strict=True):
        assert trace["x"] == [arm.chosen.count(path) / result.runs for arm in arms]
        assert trace["marker"]["pattern"].get("bgcolor") == trace["marker"]["color"]
    patterns = [trace["marker"]["pattern"]["shape"] for trace in page.specs()["chart-paths"]["data"]]
    assert len(set(patterns)) == len(PATHS)
    table = next(
        one for one in page.all("table") if page.text(one["inside"][0]) == "Share of runs on each path"
    )
    rows = [one for one in page.all("tr") if page.within(one, "table") is table][1:]
    for arm, row in zip(arms, rows, strict=True):
        name, *shares = (page.text(cell) for cell in row["inside"])
        assert name == arm.policy
        for path, share in zip(PATHS, shares, strict=True):
            assert float(share.split(" ")[0]) == pytest.approx(
                100 * arm.chosen.count(path) / result.runs, abs=0.51
            )


def test_curves_are_the_quantiles_over_the_years(result, page):
    arms = [arm for arm in result.arms if arm.adapts]
    data = page.specs()["chart-years-autonomy"]["data"]
    for i, arm in enumerate(arms):
        low, high, middle = data[3 * i : 3 * i + 3]
        found = next(one for one in arm.yearly if one.name == "autonomy").quantiles
        assert [low["y"], middle["y"], high["y"]] == [found[:, k].tolist() for k in (0, 2, 4)]
        assert middle["x"] == [1.0, 2.0]
    assert len({(one["line"]["dash"], one["marker"]["symbol"]) for one in data[2::3]}) == len(arms)


def test_the_headline_says_what_is_likeliest_and_what_cannot_be_told(result):
    burning, racing, calm = Path.CONFLAGRATION, Path.ARMS_RACE, Path.MANAGED
    clear = with_paths(
        result, [burning] * 90 + [racing] * 10, [calm] * 95 + [burning] * 5, [racing] * 52 + [burning] * 48
    )
    first, *rest = race_report(clear).headline
    assert first.startswith("Under nothing, the likeliest path is conflagration by accident: 90 %")
    assert "Managed stabilisation is likeliest under walls (95 % of the runs)." in rest
    assert "Which path is likeliest under west-walls, so many runs do not tell." in rest
    assert any(one.startswith("Conflagrations are fewest under walls: 5.0 %") for one in rest)
    tied = race_report(with_paths(result, [burning] * 48 + [racing] * 52)).headline
    assert "cannot tell whether arms-race equilibrium or conflagration by accident" in tied[0]


def test_differences_are_paired_by_run(result):
    """Null: the interval of two samples that have nothing to do with each other."""
    first = [Path.CONFLAGRATION] * 40 + [Path.ARMS_RACE] * 60
    second = [Path.ARMS_RACE] * 8 + first[8:]
    verdict = Verdict(with_paths(result, first, second))
    moved = verdict.moved(verdict.arms[1], Path.CONFLAGRATION)
    assert moved.value == pytest.approx(-0.08)
    assert moved.high < 0.0 < moved.low + 0.16


def test_what_hangs_on_a_boundary_is_said(result):
    arms = [
        replace(arm, sensitivity={**dict.fromkeys(arm.sensitivity, 0.0), "escalation": value})
        for arm, value in zip(result.arms, (0.0, 0.87, 0.1), strict=False)
    ]
    told = race_report(replace(result, arms=tuple(arms))).headline
    assert any(one.startswith("What walls comes to hangs on the R") and "87 %" in one for one in told)
    assert not any("hangs on" in one and "west-walls" in one for one in told)


def test_it_says_how_to_have_it_again(result, page):
    record = json.loads(page.all("script", id="provenance")[0]["text"])
    assert record["command"] == (
        "detente race small --policy nothing --policy walls --policy west-walls --runs 8 --seed 3 --fixed-players --out report.html"
    )
    (link,) = [one["attrs"]["href"] for one in page.all("a") if one["attrs"].get("download")]
    assert load(json.loads(base64.b64decode(link.partition(",")[2]))).document == result.race.document
    assert race_report(result).html == race_report(result).html
    assert "detente race my.yaml --policy" in race_report(result, "my.yaml").html


def test_a_belief_is_part_of_the_command(result):
    held = replace(result, belief=result.race.beliefs[0])
    assert "--belief brittle" in race_report(held).html
    assert "What was taken for true: Worse" in race_report(held).html


def test_without_fixed_players_it_says_how_to_have_them(result):
    alone = replace(result, arms=tuple(arm for arm in result.arms if arm.adapts))
    found = Page(race_report(alone).html)
    assert faults_of(found) == []
    assert "--fixed-players runs every policy once more" in found.text(found.all("section", id="answers")[0])


def test_names_and_titles_are_inert():
    title = "</title></script><script>alert(1)</script><b>&amp; \"quoted\" 'too'"
    stated = rivals(
        quarters=4, title=title, summary=title, policies={"nothing": {"title": title}},
        beliefs={"odd": {"title": title}},
    )  # fmt: skip
    found = Page(race_report(run_race(load(stated), runs=2)).html)
    assert faults_of(found) == []
    assert title in found.text(found.all("h1")[0])
    assert not [
        one for one in found.all("script") if "alert(1)" in one["text"] and "plotly" not in one["text"][:200]
    ]
    assert not found.all("b")


def test_nothing_may_be_fetched(result, page):
    policy = page.all("meta", http_equiv="Content-Security-Policy")[0]["attrs"]["content"]
    assert policy.startswith("default-src 'none';")
    outside = race_report(result).html
    for script in (one for one in page.all("script") if "type" not in one["attrs"]):
        outside = outside.replace(script["text"], "")
    assert not re.findall(r"https?://", outside)


def test_saving_and_refusals(result, tmp_path):
    made = race_report(result)
    assert made.save(tmp_path / "r.html").read_text(encoding="utf-8") == made.html
    assert detente.race_report is race_report
    with pytest.raises(SimulationError, match=r"expected what detente\.run_race returns"):
        race_report(result.arms)
