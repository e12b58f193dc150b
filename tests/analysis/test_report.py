"""Reports: what they say is what the crises say, whatever the scenario, and the mark-up is sound."""

import base64
import copy
import json
import re

import numpy as np
import plotly.graph_objects as go
import polars as pl
import pytest

import detente
from detente.analysis.report.closing import command_line, digest_of
from detente.analysis.report.make import report
from detente.analysis.report.verdict import _catastrophes
from detente.errors import ResultError, SimulationError
from tests import generate
from tests.analysis.pages import Page, faults_of
from tests.exact.cases import ROUNDABOUT
from tests.quarrel import QUARREL

SECTIONS = (
    "headline", "systems", "crisis", "rungs", "windows", "losses", "comparison", "errors", "left-out", "reproduce",
)  # fmt: skip


@pytest.fixture(scope="module")
def made():
    return detente.report(QUARREL, ["essay", "human-on-the-loop"], runs=3_000, seed=11, threads=2)


@pytest.fixture(scope="module")
def page(made):
    return Page(made.html)


def changed(**parts):
    return {**copy.deepcopy(QUARREL), **parts}


def quiet(**parts):
    """Nobody answers anything."""
    source = changed(**parts)
    for system in source["systems"].values():
        system["responds"] = []
    return source


def harmless():
    source = changed()
    for system in source["systems"].values():
        del system["harm"]
    return source


def lonely():
    source = quiet(actors={"avalon": {"kind": "state"}}, shocks=[{"hits": "avalon-shield", "rung": "probe"}])
    del source["systems"]["borduria-shield"]
    return source


def test_the_mark_up_is_sound(page):
    assert faults_of(page) == []
    assert [one["attrs"]["id"] for one in page.all("section")] == list(SECTIONS)
    assert page.all("html")[0]["attrs"]["lang"] == "en"
    assert page.all("main")
    assert page.all("a", href="#report", class_="skip")


@pytest.mark.parametrize(
    ("name", "source", "portfolios", "runs"),
    [
        ("one run", QUARREL, ["essay"], 1),
        ("nobody answers", quiet(), ["essay"], 40),
        ("one actor", lonely(), ["essay"], 40),
        ("no harm", harmless(), ["essay"], 300),
        ("nothing happens", changed(shocks=[{"hits": "avalon-shield", "rung": "probe", "rate": "1e-9 /d"}]), ["essay"], 40),
        ("without safeguards", QUARREL, ["none"], 300),
        ("the same twice", QUARREL, ["essay", "essay"], 100),
        ("critical is the worst", changed(critical="strategic"), ["essay"], 400),
        ("every portfolio", QUARREL, list(detente.portfolios()), 200),
        ("anything", generate.document(0), ["essay"], 100),
        ("anything else", generate.document(2), ["essay"], 100),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_any_scenario_has_a_sound_report(name, source, portfolios, runs):
    made = report(source, portfolios, runs=runs, seed=3, threads=1)
    found = Page(made.html)
    assert faults_of(found) == []
    drawn = found.specs()
    assert all(spec["data"] for spec in drawn.values()), name
    # A section without its chart says why.
    for section in found.all("section"):
        charts = [one for one in found.all("div", class_="chart") if found.within(one, "section") is section]
        reasons = [one for one in found.all("p", class_="nothing") if found.within(one, "section") is section]
        if section["attrs"]["id"] in {"crisis", "rungs", "windows", "losses", "errors"}:
            assert charts or reasons
            assert all(len(found.text(one)) > 40 for one in reasons)
    assert len(made.headline) >= 1
    assert (
        "nan"
        not in made.html.partition("<main")[2].partition("</main>")[0].replace("finance", "").lower().split()
    )


def test_charts_are_what_plotly_understands(page):
    roles = re.compile(r"@[a-z]+[0-9]?(~([0-9.]+))?")

    def dressed(value):
        if isinstance(value, str) and roles.fullmatch(value):
            return "#123456"
        if isinstance(value, list):
            return [dressed(one) for one in value]
        return {key: dressed(one) for key, one in value.items()} if isinstance(value, dict) else value

    palettes = json.loads(page.all("script", id="palettes")[0]["text"])
    assert set(palettes["light"]) == set(palettes["dark"])
    for name, spec in page.specs().items():
        figure = go.Figure(dressed(spec))  # refuses what it does not know
        assert len(figure.data) > 0, name
        for role in re.findall(r'"@([a-z]+[0-9]?)', json.dumps(spec)):
            assert role in palettes["light"], role


def test_the_headline_is_that_of_the_crises(made):
    frame = made.evidence.first.ensemble.frame
    lost = int((frame["ended"] == "catastrophe").sum())
    first = made.headline[0]
    assert f"1 in {round(3_000 / lost)} of these crises" in first
    ends = re.search(r"\(([\d.]+) to ([\d.]+) %\)", first)
    assert float(ends[1]) < 100 * lost / 3_000 < float(ends[2])
    assert "without safeguards" not in first
    assert "under human-on-the-loop none of the same 3,000 does" in first or "under essay none" in first
    # The quarrel has no commands: machines decide everything.
    assert any("No person decides anything" in sentence for sentence in made.headline)


def test_rungs_are_those_of_the_crises(made, page):
    spec = page.specs()["chart-rungs"]
    for arm, trace in zip(made.evidence.comparison.arms, spec["data"], strict=True):
        ladder = made.evidence.scenario.ladder
        peaks = arm.ensemble.frame["peak_rung"].cast(pl.String).to_list()
        shares = [np.mean([ladder.index(peak) >= rung for peak in peaks]) for rung in range(len(ladder))]
        for share, x, symbol in zip(shares, trace["x"], trace["marker"]["symbol"], strict=True):
            assert (symbol == "triangle-left-open") == (share == 0.0)
            if share > 0.0:
                assert x == pytest.approx(share)


def test_curves_are_those_of_the_crises(made, page):
    specs = page.specs()
    for position, arm in enumerate(made.evidence.comparison.arms):
        frame = arm.ensemble.frame
        for name, share in (
            ("chart-critical", lambda at, frame=frame: (frame["first_critical_s"] <= at).sum()),
            ("chart-losses", lambda at, frame=frame: (frame["loss_usd"] > at).sum()),
        ):
            curve = specs[name]["data"][3 * position + 2]  # after the two ends of its band
            assert len(curve["x"]) > 3
            for at, value in zip(curve["x"], curve["y"], strict=True):
                assert (value or 0.0) == pytest.approx(share(at) / frame.height)


def test_the_typical_crisis_is_a_catastrophe_and_its_steps_are_told(made, page):
    typical = made.evidence.typical
    assert typical.alone.ended == "catastrophe"
    assert typical.guarded.crisis == typical.alone.crisis
    whole = page.text(page.all("section", id="crisis")[0])
    worst = next(one for one in typical.alone.incidents if one.rung == "strategic")
    for step in typical.alone.path_to(worst.index):
        assert f"{step.rung} at {step.system}" in whole
    # Both histories on the same axis and the same rows.
    one, other = (page.specs()[f"chart-crisis-{number}"]["layout"] for number in (1, 2))
    assert one["xaxis"]["range"] == other["xaxis"]["range"]
    assert one["yaxis"]["ticktext"] == other["yaxis"]["ticktext"]
    assert "1 µs" in one["xaxis"]["ticktext"]
    assert "1 h" in one["xaxis"]["ticktext"]


def test_steps_are_told_once_where_they_are_few_and_all_of_them_behind_the_chart_where_they_are_many():
    few, many = (
        Page(report(source, ["essay"], runs=runs, seed=3).html)
        for source, runs in ((QUARREL, 300), (feud(), 100))
    )
    (crisis,) = few.all("section", id="crisis")
    told = [few.text(one) for one in few.all("caption") if few.within(one, "section") is crisis]
    assert [one for one in told if "led to the catastrophe" in one] == ["What led to the catastrophe"]
    (crisis,) = many.all("section", id="crisis")
    told = [many.text(one) for one in many.all("caption") if many.within(one, "section") is crisis]
    assert [one for one in told if "led to the catastrophe" in one] == [
        "Every step that led to the catastrophe",
        "What led to the catastrophe",
    ]
    assert faults_of(few) == faults_of(many) == []


def feud():
    """A quarrel that ends badly after many steps."""
    responds = {
        "from": "signal",
        "at": "blamed",
        "actions": 1.3,
        "step": {"down": 0.2, "up": 0.12},
        "after": "1 s",
    }
    return changed(
        systems={name: {**system, "responds": [responds]} for name, system in QUARREL["systems"].items()}
    )


@pytest.mark.parametrize(
    ("crises", "number", "words"),
    [
        ((7,), 1, "the catastrophe of crisis 7"),
        ((7, 9), 2, "the catastrophes of crises 7 and 9"),
        ((1, 2, 3, 4, 5), 1234, "1,234 catastrophes, as those of crises 1, 2, 3, 4 and 5"),
    ],
)
def test_crises_to_look_at_are_told_as_people_would(crises, number, words):
    assert _catastrophes(crises, number) == words


def test_what_came_out_of_it_is_in_the_tables(made, page):
    text = page.text(page.all("section", id="comparison")[0])
    for arm in made.evidence.comparison.arms[1:]:
        assert f"{arm.paired.prevented:,}" in text
    load = page.text(page.all("section", id="errors")[0])
    assert "Rightful actions stopped per crisis" in load
    assert "Mean wait" in load


def test_the_same_again_byte_for_byte(made):
    again = report(QUARREL, ["essay", "human-on-the-loop"], runs=3_000, seed=11, threads=1)
    assert again.html == made.html
    assert report(QUARREL, ["essay"], runs=3_000, seed=12).html != made.html


def test_it_says_how_to_have_it_again(made, page):
    record = json.loads(page.all("script", id="provenance")[0]["text"])
    assert record["command"] == command_line(made.evidence.asked)
    assert record["command"] == (
        "detente report quarrel --portfolio none --portfolio essay --portfolio human-on-the-loop "
        "--runs 3000 --seed 11 --halt-level 0.01"
    )
    assert record["scenario_sha256"] == digest_of(made.evidence.scenario.document)
    links = [one["attrs"]["href"] for one in page.all("a") if one["attrs"].get("download")]
    assert len(links) == 4
    inside = json.loads(base64.b64decode(links[0].partition(",")[2]))
    assert detente.load(inside).document == made.evidence.scenario.document


def test_names_and_titles_are_inert():
    title = "</title></script><script>alert(1)</script><b>&amp; \"quoted\" 'too'"
    evil = report(changed(title=title, summary=title), ["essay"], runs=50)
    found = Page(evil.html)
    assert faults_of(found) == []
    assert title in found.text(found.all("h1")[0])
    assert not [
        one for one in found.all("script") if "alert(1)" in one["text"] and "plotly" not in one["text"][:200]
    ]
    assert not found.all("b")


def test_nothing_may_be_fetched(made, page):
    policy = page.all("meta", http_equiv="Content-Security-Policy")[0]["attrs"]["content"]
    assert policy.startswith("default-src 'none';")
    assert "http" not in policy
    assert "unsafe-inline" not in policy.partition("script-src")[2].partition(";")[0]
    scripts = [one for one in page.all("script") if "type" not in one["attrs"]]
    assert policy.count("'sha256-") == len(scripts) == 2
    outside = made.html
    for script in scripts:
        outside = outside.replace(script["text"], "")
    assert set(re.findall(r"https?://[^\"'\s<)]+", outside)) <= {"http://www.w3.org/2000/svg"}


def test_a_gain_of_0_is_explained_where_there_is_one():
    assert "A gain of 0: one round" in report(ROUNDABOUT, ["none"], runs=20).html
    assert "A gain of 0" not in report(QUARREL, runs=20).html


def test_none_always_comes_first_and_portfolios_have_names_of_their_own():
    made = report(QUARREL, ["essay", "none", "essay"], runs=20)
    assert made.evidence.labels == ("none", "essay (1)", "essay (2)")
    assert made.evidence.asked.portfolios == ("none", "essay", "essay")


def test_saving(made, tmp_path):
    path = made.save(tmp_path / "r.html")
    assert path.read_text(encoding="utf-8") == made.html
    assert [one.name for one in tmp_path.iterdir()] == ["r.html"]
    with pytest.raises(ResultError, match="found a directory"):
        made.save(tmp_path)
    with pytest.raises(ResultError, match="cannot be written"):
        made.save(tmp_path / "r.html" / "no.html")  # a file, where a directory would have to be


def test_refusals():
    with pytest.raises(SimulationError, match="halt_level: found 2"):
        report(QUARREL, halt_level=2.0)
    with pytest.raises(SimulationError, match="runs"):
        report(QUARREL, runs=0)


def test_whose_hands_it_went_through_is_counted_on_the_way():
    made = report("attribution-error", ["none"], runs=400, halt_level=None)
    ensemble, hands = made.evidence.first.ensemble, made.evidence.hands
    lost = ensemble.frame.filter(pl.col("ended") == "catastrophe")["crisis"].to_list()
    assert hands.looked_at == len(lost) > 20
    machines, actions, unasked = 0, 0, 0
    for crisis in lost:
        told = ensemble.trace(crisis)
        end = max(one.index for one in told.incidents if one.rung == "strategic")
        asked = [one.reading.reviewed for one in told.path_to(end) if one.kind == "action"]
        machines += asked.count(False)
        actions += len(asked)
        unasked += not any(asked)
    assert hands.machines == pytest.approx(machines / actions)
    assert hands.unasked.value == pytest.approx(unasked / len(lost))
    assert 0.0 < hands.unasked.value < 1.0
    assert made.evidence.strongest is None
    assert made.evidence.typical.guarded is None
