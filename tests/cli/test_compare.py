"""`compare`, `halt`, and two portfolios in `trace`: what is printed, and what is refused."""

import copy
import json

import polars as pl
import pytest

import detente as package
from tests.quarrel import QUARREL


def test_compare_prints_both_errors_and_where_to_look(detente, quarrel, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    done = detente(
        "compare", quarrel, "--portfolio", "none", "--portfolio", "essay", "--runs", "3000", "--halt", "0.1"
    )
    assert done.exit_code == 0, done.output
    for words in (
        "the same luck",
        "Against none",
        "Rightful defence",
        "latest stop of all automation that keeps catastrophe at 10 %",
        "See one that essay prevents",
    ):
        assert words in done.stdout
    assert max(len(line) for line in done.stdout.splitlines() if "detente trace" not in line) <= 80


def test_compare_as_json(detente, quarrel):
    done = detente(
        "compare", quarrel, "--portfolio", "none", "--portfolio", "throttle", "--runs", "500", "--json"
    )
    plain = json.loads(done.stdout)
    assert [arm["portfolio"] for arm in plain["portfolios"]] == ["none", "throttle"]
    assert plain["portfolios"][0]["paired"] is None
    assert plain["portfolios"][1]["halt"]["level"] == 0.01
    assert {"review_wait_s", "review_queue_s", "review_busy_s"} <= plain["portfolios"][1]["books"].keys()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("compare", "QUARREL", "--portfolio", "none"), "expected two or more"),
        (("compare", "QUARREL", "--portfolio", "none", "--portfolio", "esay"), "did you mean 'essay'"),
        (
            ("compare", "QUARREL", "--portfolio", "none", "--portfolio", "essay", "--halt", "7"),
            "a probability above 0",
        ),
        (("halt", "QUARREL", "--level", "0"), "a probability above 0"),
        (("run", "QUARREL", "--portfolio", "nothing-such"), "the name of a shipped portfolio"),
        (("solve", "QUARREL", "--portfolio", "QUARREL"), "a portfolio"),
        (("trace", "QUARREL", "--crisis", "0", *("--portfolio", "none") * 3), "expected one, or two"),
        (("trace", "QUARREL", "--given", "catastrophe", "--portfolio", "essay"), "without safeguards"),
    ],
)
def test_refusals(detente, quarrel, words, message):
    done = detente(*(quarrel if word == "QUARREL" else word for word in words))
    assert done.exit_code == 2
    assert message in done.stderr
    assert "Traceback" not in done.output


def test_halt_prints_the_deadline_and_what_it_keeps(detente, quarrel):
    done = detente("halt", quarrel, "--level", "0.005", "--runs", "2000")
    assert done.exit_code == 0, done.output
    for words in ("Halt deadline", "without a halt", "at the deadline", "R is not above 1"):
        assert words in done.stdout
    assert "no halt is needed" in detente("halt", quarrel, "--level", "0.5", "--runs", "500").stdout
    plain = json.loads(detente("halt", quarrel, "--level", "0.005", "--runs", "2000", "--json").stdout)
    assert plain["at_deadline"]["probability"] <= 0.005 < plain["unhalted"]["probability"]


def test_two_histories_side_by_side(detente, quarrel):
    plain = json.loads(
        detente(
            "compare", quarrel, "--portfolio", "none", "--portfolio", "throttle", "--runs", "500", "--json"
        ).stdout
    )
    crisis = str(plain["portfolios"][1]["paired"]["prevented_crises"][0])
    both = ("--portfolio", "none", "--portfolio", "throttle")
    done = detente("trace", quarrel, "--crisis", crisis, *both)
    assert done.exit_code == 0, done.output
    assert "then they part" in done.stdout
    assert "stopped: throttle" in done.stdout
    told = json.loads(detente("trace", quarrel, "--crisis", crisis, *both, "--json").stdout)
    assert [trace["portfolio"] for trace in told["traces"]] == ["none", "throttle"]
    assert told["traces"][0]["ended"] == "catastrophe" != told["traces"][1]["ended"]
    assert told["parts_at_s"] > 0
    keys = {one["key"] for one in told["traces"][0]["incidents"]}
    assert any(one["key"] in keys for one in told["traces"][1]["stopped"])
    same = detente("trace", quarrel, "--crisis", crisis, "--portfolio", "none", "--portfolio", "none")
    assert "the same, incident by incident" in same.stdout


@pytest.fixture
def feud(quarrel, tmp_path):
    """A quarrel that lasts: the path of a scenario, and a crisis of it that ends badly after some hundred incidents."""
    feud = copy.deepcopy(QUARREL)
    for system in feud["systems"].values():
        system["responds"][0] |= {"actions": 1.3, "from": "signal", "step": {"down": 0.2, "up": 0.12}}
    (tmp_path / "feud.yaml").write_text(json.dumps(feud))
    frame = package.simulate(feud, runs=300, threads=1).frame
    found = frame.filter(pl.col("ended") == "catastrophe", pl.col("incidents").is_between(150, 1000))
    return "feud.yaml", str(found["crisis"][0])


def test_a_long_crisis_is_told_from_its_parting_to_its_end(detente, feud):
    scenario, crisis = feud
    asked = ("trace", scenario, "--crisis", crisis, "--portfolio", "none", "--portfolio", "throttle")
    told = detente(*asked).stdout
    shown = [line.strip() for line in told.splitlines() if line.strip().startswith(("+", "... "))]
    assert shown[0].startswith("+0 s ")
    assert "strategic: " in told.rpartition("+")[2]
    assert "<-- catastrophe" in told
    assert "· follows from something that does not happen there" in told
    gaps = [int(line.split()[1]) for line in shown if line.startswith("... ") and "and" not in line]
    rows = sum(line.startswith("+") for line in shown)
    assert f"... and {sum(gaps):,} incidents more (--all)" in told
    assert sum(gaps) > 50
    assert 24 + 8 < rows <= 60
    whole = detente(*asked, "--all").stdout
    assert "..." not in whole
    assert sum(line.strip().startswith("+") for line in whole.splitlines()) == rows + sum(gaps)


def test_a_first_incident_that_is_prevented_does_not_move_the_others(detente, quarrel, tmp_path):
    twice = [
        {**QUARREL["shocks"][0], "author": "borduria", "at": "0 s"},
        {**QUARREL["shocks"][0], "at": "2 s"},
    ]
    (tmp_path / "twice.yaml").write_text(json.dumps({**QUARREL, "shocks": twice}))
    (tmp_path / "prevents.yaml").write_text(
        "detente: 1\nportfolio: prevents\nsafeguards: {export-controls: {kinds: [state], shocks: 0.0}}\n"
    )
    asked = ("trace", "twice.yaml", "--crisis", "0", "--portfolio")
    told = detente(*asked, "none", "--portfolio", "prevents.yaml").stdout
    assert "Nothing the same, then they part 0 s in." in told
    assert "later" not in told
    other = detente(*asked, "prevents.yaml", "--portfolio", "none").stdout
    assert "then they part 2 s before the first incident under prevents." in other
    plain = json.loads(detente(*asked, "prevents.yaml", "--portfolio", "none", "--json").stdout)
    assert plain["parts_at_s"] == -2.0
    assert [one["start_s"] for one in plain["traces"]] == [2.0, 0.0]


def test_two_files_of_one_name_are_told_apart(detente, quarrel, tmp_path):
    both = []
    for name, strength in (("weak", 0.1), ("strong", 0.9)):
        text = f"detente: 1\nportfolio: walls\nsafeguards: {{compartments: {{strength: {strength}}}}}\n"
        (tmp_path / f"{name}.yaml").write_text(text)
        both += ["--portfolio", f"{name}.yaml"]
    few = ("--runs", "50", "--halt", "0", "--checkpoint", "kept")
    plain = json.loads(detente("compare", quarrel, *both, *few, "--json").stdout)
    assert [arm["portfolio"] for arm in plain["portfolios"]] == ["weak", "strong"]
    assert {one.name for one in (tmp_path / "kept").iterdir()} == {"0-walls", "1-walls"}
    told = detente("compare", quarrel, *both, *few).stdout
    assert "Against weak" in told
    assert "\nstrong " in told
    histories = json.loads(detente("trace", quarrel, "--crisis", "0", *both, "--json").stdout)["traces"]
    assert [one["portfolio"] for one in histories] == ["weak", "strong"]


def test_run_and_solve_name_the_portfolio(detente, quarrel):
    for command in (("run", "--runs", "200"), ("solve",)):
        done = detente(command[0], quarrel, *command[1:], "--portfolio", "human-on-the-loop")
        assert "portfolio human-on-the-loop" in done.stdout
        plain = json.loads(
            detente(command[0], quarrel, *command[1:], "--portfolio", "human-on-the-loop", "--json").stdout
        )
        assert plain["portfolio"] == "human-on-the-loop"
    assert "Reviewers:" in detente("run", quarrel, "--runs", "200", "--portfolio", "human-on-the-loop").stdout


def test_capped_crises_are_told_wherever_they_could_hide_a_catastrophe(detente, quarrel):
    asked = ("--runs", "50", "--max-incidents", "1")
    told = detente("compare", quarrel, "--portfolio", "none", "--portfolio", "throttle", *asked).stdout
    assert "CAPPED under none: " in told
    assert "may be as likely as" in told
    told = detente("halt", quarrel, *asked).stdout
    assert "CAPPED: " in told
    assert "--max-incidents 1 " in told


def test_no_halt_needed_is_not_more_than_the_sample_can_say(detente, quarrel):
    few = detente("halt", quarrel, "--runs", "2", "--level", "0.01").stdout
    assert "as far as 2 crises can tell" in few
    assert "can tell" not in detente("halt", quarrel, "--level", "0.9", "--runs", "500").stdout


def test_a_single_portfolio_given_as_a_word_is_no_list(quarrel):
    with pytest.raises(package.SimulationError, match="found a single one, expected a list"):
        package.compare(quarrel, "throttle")
