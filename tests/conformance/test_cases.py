"""Every file in `spec/cases`: what the language accepts, what it becomes, and what it refuses with which words."""

import json
from pathlib import Path

import jsonschema
import pytest

from detente.errors import ScenarioError
from detente.model.library import check, load
from detente.model.schema import schema
from detente.model.source import read

CASES = Path(__file__).parents[2] / "spec" / "cases"
VALID = sorted((CASES / "valid").glob("*.yaml"))
INVALID = sorted((CASES / "invalid").glob("*.yaml"))


def names(case):
    return case.stem


@pytest.fixture(scope="module")
def validator():
    return jsonschema.Draft202012Validator(schema())


@pytest.mark.parametrize("case", VALID, ids=names)
def test_a_valid_case_becomes_its_resolved_twin(case):
    twin = case.with_suffix(".resolved.json")
    resolved = json.dumps(load(case).document, indent=2, ensure_ascii=False) + "\n"
    assert resolved == twin.read_text(encoding="utf-8")


@pytest.mark.parametrize("case", VALID, ids=names)
def test_a_resolved_twin_resolves_to_itself(case):
    scenario = load(case)
    again = load(case.with_suffix(".resolved.json"))
    assert again == scenario
    assert json.dumps(again.document) == json.dumps(scenario.document)


@pytest.mark.parametrize("case", VALID, ids=names)
def test_valid_cases_and_their_twins_satisfy_the_schema(case, validator):
    for document in (case, case.with_suffix(".resolved.json")):
        assert [error.message for error in validator.iter_errors(read(document).tree)] == []


@pytest.mark.parametrize("case", INVALID, ids=names)
def test_an_invalid_case_is_refused_in_the_expected_words(case):
    expected = case.with_suffix(".errors.txt").read_text(encoding="utf-8").splitlines()
    with pytest.raises(ScenarioError) as refused:
        load(case)
    assert messages(case, refused.value) == [comparable(line) for line in expected]


def messages(case, error):
    lines = [str(problem) for problem in error.problems]
    assert all(line.startswith(f"{case}:") for line in lines)
    return [comparable(line.removeprefix(f"{case}:").lstrip()) for line in lines]


def comparable(line):
    # Where a text stops being YAML, and why, is in the words of whichever parser is installed.
    return "text that is not YAML" if "text that is not YAML" in line else line


def test_there_are_enough_cases_and_nothing_beside_them():
    assert len(VALID) >= 40
    assert len(INVALID) >= 80
    twins = {case.with_suffix(".resolved.json") for case in VALID}
    errors = {case.with_suffix(".errors.txt") for case in INVALID}
    assert {path for path in CASES.rglob("*") if path.is_file()} == {*VALID, *INVALID, *twins, *errors}


def test_every_case_says_what_it_probes():
    begins = {case.name: case.read_bytes()[:200] for case in VALID + INVALID}
    silent = {
        name for name, start in begins.items() if not start.removeprefix(b"\xef\xbb\xbf").startswith(b"# ")
    }
    # JSON has no comments, and a comment in UTF-16 cannot be read.
    assert silent == {"json.yaml", "utf_16.yaml"}


def test_a_legal_case_has_no_problems_in_its_report():
    report = check(CASES / "valid" / "minimal.yaml")
    assert report.problems == ()
    assert report.scenario == load(CASES / "valid" / "minimal.yaml")
