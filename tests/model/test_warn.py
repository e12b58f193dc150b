"""What is legal but suspicious is said, and nothing else is."""

import pytest

from detente.model.library import check
from tests.model.documents import small, with_response, with_shield


def warnings(document):
    report = check(document)
    assert report.problems == ()
    return {problem.path: f"{problem.found} / {problem.expected}" for problem in report.warnings}


def reached(**changes):
    """A small document in which something can happen to every system."""
    shocks = [{"hits": "shield", "rung": "probe"}, {"hits": "tower", "rung": "probe"}]
    return small(shocks=shocks) | changes


def responding(**changes):
    document = with_response(**changes)
    return document | {"shocks": reached()["shocks"]}


def test_a_sound_document_has_no_warnings():
    assert warnings(reached()) == {}
    assert warnings(responding()) == {}


def test_an_unusual_kind_of_actor():
    document = reached(actors={"ash": {"kind": "sate"}, "birch": {"kind": "state"}})
    (path, text), *rest = warnings(document).items()
    assert not rest
    assert path == "actors.ash.kind"
    assert "did you mean 'state'" in text


def test_a_bloc_that_is_an_actor():
    document = reached(actors={"ash": {"kind": "state", "bloc": "birch"}, "birch": {"kind": "state"}})
    assert list(warnings(document)) == ["actors.ash.bloc"]


def test_an_actor_that_is_named_nowhere():
    actors = {name: {"kind": "state"} for name in ("ash", "birch", "cedar")}
    assert list(warnings(reached(actors=actors))) == ["actors.cedar"]
    shocks = [*reached()["shocks"], {"hits": "tower", "rung": "signal", "points_to": "cedar"}]
    assert warnings(reached(actors=actors, shocks=shocks)) == {}


def test_a_reference_that_is_cited_nowhere():
    references = {name: {"title": name} for name in ("used", "mentioned", "idle")}
    numbers = {
        "inflates": {"value": 0, "source": "used"},
        "deflates": {"value": 0, "assumed": "half of [mentioned]"},
    }
    document = reached(references=references)
    document["systems"]["tower"]["senses"] = numbers
    assert list(warnings(document)) == ["references.idle"]


@pytest.mark.parametrize("where", ["delay", "law", "reversible", "horizon", "command"])
def test_citations_are_found_wherever_numbers_are(where):
    cited = {"value": 1, "source": "used"}
    document = responding()
    (response,) = document["systems"]["shield"]["responds"]
    if where == "delay":
        response["after"] = {"median": "1 s", "spread": cited}
    elif where == "law":
        response["law"] = {"negative-binomial": cited}
    elif where == "reversible":
        response["reversible"] = {"recovers": cited}
    elif where == "horizon":
        document["horizon"] = {"value": "1 d", "source": "used"}
    else:
        command = {"review": "1 h", "approves_right": cited, "approves_wrong": 0}
        document["actors"]["ash"]["command"] = command
    assert warnings(document | {"references": {"used": {"title": "Used"}}}) == {}


def test_autonomy_that_nobody_commands():
    assert list(warnings(responding(autonomy=0.5))) == ["systems.shield.responds[0].autonomy"]
    document = responding(autonomy=0.5)
    document["actors"]["ash"]["command"] = {"review": "1 h", "approves_right": 1, "approves_wrong": 0}
    assert warnings(document) == {}


@pytest.mark.parametrize(
    ("response", "path"),
    [
        ({"in": "cybr"}, "in"),
        ({"at": "own", "in": "finance"}, "in"),
        ({"at": "domain", "in": "finance"}, "in"),
        ({"from": "strategic"}, "from"),
    ],
)
def test_responses_that_come_to_nothing(response, path):
    assert list(warnings(responding(**response))) == [f"systems.shield.responds[0].{path}"]


def test_a_domain_with_a_slip_of_the_pen():
    assert "did you mean 'cyber'" in warnings(responding(**{"in": "cybr"}))["systems.shield.responds[0].in"]


def test_blame_needs_somebody_elses_system_in_the_domain():
    document = responding()
    document["systems"]["tower"]["owner"] = "ash"
    document["systems"]["mast"] = {"owner": "birch", "domain": "energy"}
    document["shocks"].append({"hits": "mast", "rung": "probe"})
    assert list(warnings(document)) == ["systems.shield.responds[0].at"]


def test_responses_of_a_system_that_senses_nothing():
    document = responding()
    document["systems"]["shield"]["watches"] = {}
    assert list(warnings(document)) == ["systems.shield.responds"]
    document["systems"]["shield"]["senses"] = {"false_alarms": {"rate": "1 /d", "rung": "disrupt"}}
    assert warnings(document) == {}


def test_a_system_that_nothing_happens_to():
    assert list(warnings(small())) == ["systems.tower"]


@pytest.mark.parametrize("reach", ["dependency", "contagion", "list", "domain", "blamed", "own"])
def test_a_system_that_something_happens_to(reach):
    document = with_shield(components=["radio"])
    document["systems"]["tower"]["components"] = ["radio"]
    if reach == "dependency":
        document["dependencies"] = [{"from": "shield", "to": "tower", "spreads": 0.1}]
    elif reach == "contagion":
        document["contagion"] = [{"component": "radio", "spreads": 0.1}]
    elif reach == "own":
        document["systems"]["tower"]["owner"] = "ash"
        document["shocks"].append({"hits": "shield", "rung": "probe", "author": "birch"})
        document["systems"]["shield"]["responds"] = [{"from": "probe", "at": "own", "actions": 1}]
    else:
        at = ["tower"] if reach == "list" else reach
        document["systems"]["shield"]["responds"] = [{"from": "probe", "at": at, "actions": 1}]
    assert warnings(document) == {}


def test_a_pure_responder_need_not_be_hit():
    document = small()
    document["systems"]["tower"]["watches"] = {"shield": 1}
    document["systems"]["tower"]["responds"] = [{"from": "probe", "at": "blamed", "actions": 1}]
    assert warnings(document) == {}
    document["systems"]["tower"]["harm"] = {"damage": "1 USD"}
    assert list(warnings(document)) == ["systems.tower"]


def test_contagion_by_a_component_of_one_system():
    document = reached(contagion=[{"component": "radio", "spreads": 0.1}])
    document["systems"]["shield"]["components"] = ["radio"]
    assert list(warnings(document)) == ["contagion[0].component"]


def test_couplings_that_begin_at_catastrophe():
    document = reached(
        dependencies=[{"from": "shield", "to": "tower", "spreads": 0.1, "at_least": "strategic"}]
    )
    assert list(warnings(document)) == ["dependencies[0].at_least"]


def test_shocks_that_never_come_or_end_everything():
    shocks = [*reached()["shocks"], {"hits": "tower", "rung": "strategic", "at": "2 d"}]
    assert list(warnings(reached(shocks=shocks))) == ["shocks[2].at", "shocks[2].rung"]


@pytest.mark.parametrize("section", ["shocks", "dependencies", "responds"])
def test_the_same_entry_twice(section):
    document = responding()
    document["dependencies"] = [{"from": "shield", "to": "tower", "spreads": 0.1}]
    entries = document["systems"]["shield"]["responds"] if section == "responds" else document[section]
    entries.append(dict(entries[0]))
    path = "systems.shield.responds" if section == "responds" else section
    assert list(warnings(document)) == [f"{path}[{len(entries) - 1}]"]


def test_warnings_say_where(tmp_path):
    path = tmp_path / "odd.yaml"
    path.write_text(
        "detente: 1\nname: odd\ncritical: degrade\nhorizon: 1 d\nactors:\n  ash: {kind: sate}\n"
        "systems:\n  shield: {owner: ash, domain: cyber}\nshocks:\n  - {hits: shield, rung: probe}\n"
    )
    (warning,) = check(path).warnings
    assert (warning.file, warning.line, warning.column) == (str(path), 6, 15)
