"""`detente portfolios`, and `detente check` of a portfolio."""

import json

import pytest

from detente.model.portfolio.library import load, names

PORTFOLIO = (
    "detente: 1\nportfolio: two\nsafeguards:\n  compartments: {strength: 0.5}\n  throttle: {rate: 1 /min}\n"
)


@pytest.fixture
def two(quarrel, tmp_path):
    """The path of a portfolio file beside the scenario."""
    (tmp_path / "two.yaml").write_text(PORTFOLIO)
    return "two.yaml"


def test_portfolios_lists_what_ships(detente):
    listed = json.loads(detente("portfolios", "--json").stdout)["portfolios"]
    assert [row["name"] for row in listed] == list(names())
    (row,) = (row for row in listed if row["name"] == "red-lines")
    assert (row["title"], row["safeguards"], row["cost_usd_per_year"]) == ("Red lines", ["red-lines"], 5e6)
    shown = detente("portfolios").stdout
    assert all(f"\n{name} " in shown for name in names())
    assert "detente check certification --resolved" in shown


def test_a_narrow_terminal_gets_a_narrow_list(detente, monkeypatch):
    monkeypatch.setenv("COLUMNS", "50")
    told = [line for line in detente("portfolios").stdout.splitlines() if "detente " not in line]
    assert max(map(len, told)) <= 50
    assert "…" not in "".join(told)


@pytest.mark.parametrize("command", ["run", "solve", "halt", "rare", "sensitivity", "discover"])
def test_a_second_portfolio_is_refused_where_one_is_taken(detente, quarrel, command):
    done = detente(command, quarrel, "--portfolio", "essay", "--portfolio=prudent")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "--portfolio: found 2, expected one" in done.stderr
    assert "detente compare" in done.stderr


def test_a_second_portfolio_is_refused_in_json_too(detente, quarrel):
    done = detente("solve", quarrel, "--portfolio", "none", "--json", "--portfolio", "none")
    assert "found 2, expected one" in json.loads(done.stdout)["error"]


def test_an_empty_name_is_not_the_folder_one_is_in(detente, quarrel):
    for words in (("run", quarrel, "--portfolio", ""), ("solve", "")):
        done = detente(*words)
        assert done.exit_code == 2
        assert "found an empty name, expected the name of a shipped " in done.stderr
    assert "found an empty name" in detente("solve", quarrel, "--portfolio", " ").stderr


def test_check_says_ok(detente, two):
    done = detente("check", two)
    assert (done.exit_code, done.stdout, done.stderr) == (
        0,
        "ok: two: 2 safeguards: compartments, throttle\n",
        "",
    )
    assert detente("check", "none").stdout == "ok: none: no safeguards\n"
    assert detente("check", "red-lines").stdout == "ok: red-lines: 1 safeguard: red-lines\n"


def test_check_tells_every_problem_with_its_place(detente, two, tmp_path):
    (tmp_path / "bad.yaml").write_text(PORTFOLIO.replace("0.5", "2").replace("1 /min", "1 min"))
    done = detente("check", "bad.yaml")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "bad.yaml:4:28: safeguards.compartments.strength: found 2, expected a probability from 0 to 1",
        (
            "bad.yaml:5:20: safeguards.throttle.rate: found '1 min', expected a rate above 0: "
            "a number with one of the units /s /min /h /d, as `0.2 /d`"
        ),
    ]
    document = json.loads(detente("check", "bad.yaml", "--json").stdout)
    assert (document["kind"], document["ok"], len(document["problems"])) == ("portfolio", False, 2)


def test_check_tells_warnings(detente, two, tmp_path):
    (tmp_path / "odd.yaml").write_text(PORTFOLIO.replace("0.5", "0"))
    done = detente("check", "odd.yaml")
    assert done.exit_code == 0
    assert done.stderr.startswith("warning: odd.yaml:4:3: safeguards.compartments: found a safeguard that")


def test_the_resolved_form_is_legal_and_resolves_to_itself(detente, two, tmp_path):
    once = detente("check", two, "--resolved").stdout
    (tmp_path / "resolved.yaml").write_text(once)
    assert detente("check", "resolved.yaml", "--resolved").stdout == once
    assert load(tmp_path / "resolved.yaml") == load(tmp_path / two)
    as_json = json.loads(detente("check", two, "--resolved", "--json").stdout)
    assert as_json["resolved"] == load(tmp_path / two).document


def test_check_says_which_kind_a_document_is(detente, two, quarrel):
    assert json.loads(detente("check", quarrel, "--json").stdout)["kind"] == "scenario"
    assert json.loads(detente("check", two, "--json").stdout)["kind"] == "portfolio"
    missing = detente("check", "nowhere.yaml", "--json")
    assert (missing.exit_code, json.loads(missing.stdout)["kind"]) == (2, None)
    assert (
        "a shipped scenario, portfolio, race or charter (did you mean 'throttle'?)"
        in detente("check", "throtle").stderr
    )


def test_a_portfolio_where_a_scenario_is_wanted(detente, two):
    done = detente("run", two)
    assert done.exit_code == 2
    assert done.stderr == (
        "two.yaml:2:1: portfolio: found a portfolio, expected a scenario: a document with "
        "`name:`, `actors:` and `systems:`\n"
    )
