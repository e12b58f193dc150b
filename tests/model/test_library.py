"""The door: names, paths and mappings."""

import json
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

from detente.errors import ScenarioError
from detente.model import library
from detente.model.library import check, find, load, names
from detente.model.names import Names
from detente.model.problems import spell
from tests.model.documents import RICH, small, with_shield


def test_shipped_scenarios_load_by_name():
    assert "attribution-error" in names()
    for name in names():
        report = check(name)
        assert report.problems == ()
        assert report.scenario.name == name


def test_names_are_in_order():
    assert list(names()) == sorted(names())


def test_find_gives_a_file():
    assert find("attribution-error").read_text(encoding="utf-8").strip()


def test_a_wrong_name_is_told_the_nearest_and_that_paths_work():
    with pytest.raises(
        ScenarioError, match=r"did you mean 'attribution-error'.*or the path of a file"
    ) as refused:
        load("atribution-error")
    (problem,) = refused.value.problems
    assert problem.found == "'atribution-error'"


def test_a_name_like_none_is_shown_all_there_are():
    with pytest.raises(ScenarioError, match="attribution-error"):
        load("xyzzy")


@pytest.mark.parametrize("kind", [str, Path])
def test_a_path(kind, tmp_path):
    path = tmp_path / "rich.yaml"
    path.write_text(RICH, encoding="utf-8")
    assert load(kind(path)).name == "rich"


def test_a_file_without_suffix_in_the_working_folder(tmp_path, monkeypatch):
    (tmp_path / "rich").write_text(RICH, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert load("rich").name == "rich"


def test_a_shipped_name_comes_before_a_file_of_that_name(tmp_path, monkeypatch):
    (tmp_path / "attribution-error").write_text(RICH, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert load("attribution-error").name == "attribution-error"
    assert load("./attribution-error").name == "rich"


def test_a_mapping_of_any_class():
    assert load(MappingProxyType(small())) == load(small())
    assert load(json.loads(json.dumps(small()))) == load(small())


def test_numbers_of_numpy():
    assert load(with_shield(senses={"attribution": np.float64(0.5), "assurance": np.int64(3)})) == load(
        with_shield(senses={"attribution": 0.5, "assurance": 3})
    )


def test_the_mapping_is_not_changed():
    document = small()
    load(document)
    assert document == small()


@pytest.mark.parametrize("source", [None, 5, ["a"], b"attribution-error"])
def test_other_sources_are_refused(source):
    with pytest.raises(ScenarioError, match="the name of a shipped scenario, a path, or a mapping"):
        load(source)


def test_a_mapping_has_no_line():
    (problem,) = check(with_shield(owner="asch")).problems
    assert (problem.file, problem.line, problem.column) == ("", None, None)
    assert (
        str(problem)
        == "systems.shield.owner: found 'asch', expected the name of an actor (did you mean 'ash'?)"
    )


def test_problems_come_in_the_order_of_the_document(tmp_path):
    path = tmp_path / "wrong.yaml"
    path.write_text("shocks: [{}]\nhorizon: 5\nname: a b\nactors: []\nsystems: 1\ndetente: 2\n")
    problems = check(path).problems
    places = [(problem.line, problem.column) for problem in problems]
    assert places == sorted(places)
    assert {problem.line for problem in problems} == {1, 2, 3, 4, 5, 6}


def test_the_nearest_thing_is_pointed_at_when_the_place_is_inside_an_alias(tmp_path):
    path = tmp_path / "alias.yaml"
    body = RICH.replace("owner: birch, domain: cyber,", "owner: birch, domain: cyber, senses: *odd,")
    body = body.replace("  grid: {owner: ash,", "  grid: {senses: &odd {attribution: 2}, owner: ash,")
    path.write_text(body)
    first, second = check(path).problems
    assert first.path == "systems.grid.senses.attribution"
    assert second.path == "systems.tower.senses.attribution"
    assert body.splitlines()[second.line - 1][second.column - 1 :].startswith("senses: *odd")


def test_no_shipped_scenarios_is_not_an_accident_of_the_reader(monkeypatch, tmp_path):
    monkeypatch.setattr(library.resources, "files", lambda _: tmp_path)
    assert names() == ()
    with pytest.raises(ScenarioError, match="the name of a shipped scenario, or the path of a file"):
        load("attribution-error")


def test_paths_are_spelled_so_that_none_looks_like_another():
    assert spell(("systems", "a-b_1", "responds", 0, "at", 2)) == "systems.a-b_1.responds[0].at[2]"
    assert spell(("systems", "a.b")) == 'systems["a.b"]'
    assert spell(("a", "", "b c")) == 'a[""]["b c"]'
    assert spell(()) == ""


def test_the_search_for_the_nearest_name_has_a_budget():
    known = Names(actors=["ash", "birch"], systems=[], rungs=[], references=[], components=[], budget=5)
    assert [known.nearest("brich", known.actors) for _ in range(3)] == ["birch", "birch", None]
