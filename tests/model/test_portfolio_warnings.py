"""Portfolios that are legal and look like a mistake."""

import pytest

from detente.model.portfolio.library import check
from detente.model.portfolio.safeguards import (
    SAFEGUARDS,
)
from detente.model.source import of_text
from tests.model.portfolios import NEEDED, PEOPLE, RICH, portfolio, warnings


@pytest.mark.parametrize("safeguard", SAFEGUARDS)
def test_sound_safeguards_draw_no_warning(safeguard):
    assert warnings(portfolio(**{safeguard: NEEDED[safeguard]})) == {}


def test_a_rich_portfolio_has_no_warnings():
    assert warnings(of_text(RICH).tree) == {}


@pytest.mark.parametrize(
    ("safeguard", "body"),
    [
        ("red-lines", {"forbid": [{"from": "damage"}], "compliance": 0}),
        ("phased-rollout", {"autonomy": 1}),
        ("certification", {}),
        ("certification", {"coverage": 0, "attribution": 0.9}),
        ("certification", {"inflates": {"value": 1, "low": 1, "high": 1}}),
        ("robustness", {}),
        ("export-controls", {"kinds": ["vendor"]}),
        ("compartments", {"strength": 0}),
        ("de-escalation-mode", {"trips_at": 5, "within": "1 s", "lasts": "1 h"}),
        ("incident-sharing", {"after": "1 h"}),
        ("confidence-floor", {"floors": {"damage": 0}}),
    ],
)
def test_safeguards_that_change_nothing(safeguard, body):
    found = warnings(portfolio(**{safeguard: body}))
    where = (
        "safeguards.confidence-floor.floors" if safeguard == "confidence-floor" else f"safeguards.{safeguard}"
    )
    assert list(found) == [where]


@pytest.mark.parametrize("key", ["attribution", "inflates", "overconfidence"])
def test_a_range_that_leaves_the_idle_value_is_an_effect(key):
    uncertain = {
        "value": 0 if key == "attribution" else 1,
        "low": 0 if key == "attribution" else 0.5,
        "high": 1,
    }
    assert warnings(portfolio(certification={key: uncertain})) == {}


def test_a_safeguard_that_is_always_disarmed():
    assert list(warnings(portfolio(compartments={"strength": 1, "inert": 1}))) == [
        "safeguards.compartments.inert"
    ]
    assert warnings(portfolio(compartments={"strength": 1, "inert": 0.99})) == {}


def test_forbidden_classes_of_which_one_holds_the_other():
    forbid = [
        {"in": "cyber"},
        {"in": "energy"},
        {"in": "cyber", "from": "damage"},
        {"from": "a"},
        {"from": "b"},
    ]
    found = warnings(portfolio(red_lines={"forbid": forbid}))
    assert list(found) == [f"safeguards.red-lines.forbid[{index}]" for index in (2, 4)]


def test_an_unusual_kind():
    found = warnings(portfolio(export_controls={"kinds": ["vendor", "nonstate"], "shocks": 0.5}))
    assert list(found) == ["safeguards.export-controls.kinds[1]"]
    assert "did you mean 'non-state'" in found["safeguards.export-controls.kinds[1]"]


def test_floors_that_fall_while_rungs_rise():
    found = warnings(portfolio(confidence_floor={"floors": {"degrade": 0.9, "damage": 0.8, "destroy": 0.85}}))
    assert list(found) == ["safeguards.confidence-floor.floors.damage"]
    assert warnings(portfolio(confidence_floor={"floors": {"war": 0.1, "tense": 0.9}})) == {}
    assert warnings(portfolio(confidence_floor={"floors": {"damage": 0.9, "degrade": 0.9}})) == {}


def test_a_throttle_that_forbids():
    assert list(warnings(portfolio(throttle={"rate": "0.002 /d"}))) == ["safeguards.throttle.rate"]
    assert warnings(portfolio(throttle={"rate": "0.003 /d"})) == {}


def test_reviewers_who_do_not_tell_right_from_wrong():
    found = warnings(portfolio(human_on_the_loop=PEOPLE | {"approves_wrong": 0.9}))
    assert list(found) == ["safeguards.human-on-the-loop.approves_wrong"]
    assert warnings(portfolio(human_on_the_loop=PEOPLE | {"approves_wrong": 0.89})) == {}


def test_on_timeout_without_a_timeout():
    found = warnings(portfolio(human_on_the_loop=PEOPLE | {"on_timeout": "allow"}))
    assert list(found) == ["safeguards.human-on-the-loop.on_timeout"]
    assert warnings(portfolio(human_on_the_loop=PEOPLE | {"on_timeout": "allow", "timeout": "1 h"})) == {}


def test_a_reference_that_is_cited_nowhere():
    document = portfolio(
        throttle={"rate": {"value": "1 /s", "source": "used"}},
        human_on_the_loop=PEOPLE | {"review": {"mean": {"value": "1 h", "assumed": "as in [mentioned]"}}},
    )
    document["references"] = {name: {"title": name} for name in ("used", "mentioned", "idle")}
    assert list(warnings(document)) == ["references.idle"]


def test_warnings_say_where(tmp_path):
    path = tmp_path / "odd.yaml"
    path.write_text("detente: 1\nportfolio: odd\nsafeguards:\n  compartments:\n    strength: 0\n")
    (warning,) = check(path).warnings
    assert (warning.file, warning.line, warning.column) == (str(path), 4, 3)
