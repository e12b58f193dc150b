"""Every file in `spec/cases`: what the languages accept, what it becomes, and what they refuse with which words."""

import json

import jsonschema
import pytest

from detente.model.schema import schema
from detente.model.source import read
from tests.conformance.languages import LANGUAGES, SPEC

VALID = [(language, case) for language in LANGUAGES for case in language.cases("valid")]
INVALID = [(language, case) for language in LANGUAGES for case in language.cases("invalid")]


def names(value):
    return value.stem if hasattr(value, "stem") else value.noun


@pytest.fixture(scope="module")
def validators():
    return {
        language: jsonschema.Draft202012Validator(schema(language.document, language.noun))
        for language in LANGUAGES
    }


@pytest.mark.parametrize(("language", "case"), VALID, ids=names)
def test_a_valid_case_becomes_its_resolved_twin(language, case):
    twin = case.with_suffix(".resolved.json")
    resolved = json.dumps(language.load(case).document, indent=2, ensure_ascii=False) + "\n"
    assert resolved == twin.read_text(encoding="utf-8")


@pytest.mark.parametrize(("language", "case"), VALID, ids=names)
def test_a_resolved_twin_resolves_to_itself(language, case):
    once = language.load(case)
    again = language.load(case.with_suffix(".resolved.json"))
    assert again == once
    assert json.dumps(again.document) == json.dumps(once.document)


@pytest.mark.parametrize(("language", "case"), VALID, ids=names)
def test_valid_cases_and_their_twins_satisfy_the_schema(language, case, validators):
    for document in (case, case.with_suffix(".resolved.json")):
        assert [error.message for error in validators[language].iter_errors(read(document).tree)] == []


@pytest.mark.parametrize(("language", "case"), INVALID, ids=names)
def test_an_invalid_case_is_refused_in_the_expected_words(language, case):
    expected = case.with_suffix(".errors.txt").read_text(encoding="utf-8").splitlines()
    with pytest.raises(language.error) as refused:
        language.load(case)
    assert messages(case, refused.value) == [comparable(line) for line in expected]


def messages(case, error):
    lines = [str(problem) for problem in error.problems]
    assert all(line.startswith(f"{case}:") for line in lines)
    return [comparable(line.removeprefix(f"{case}:").lstrip()) for line in lines]


def comparable(line):
    # Where a text stops being YAML, and why, is in the words of whichever parser is installed.
    return "text that is not YAML" if "text that is not YAML" in line else line


def test_there_are_enough_cases_and_nothing_beside_them():
    counts = {
        (language.noun, folder): len(language.cases(folder))
        for language in LANGUAGES
        for folder in ("valid", "invalid")
    }
    assert counts["scenario", "valid"] >= 40
    assert counts["scenario", "invalid"] >= 80
    assert counts["portfolio", "valid"] >= 12
    assert counts["portfolio", "invalid"] >= 45
    assert counts["race", "valid"] >= 6
    assert counts["race", "invalid"] >= 20
    assert counts["charter", "valid"] >= 15
    assert counts["charter", "invalid"] >= 60
    twins = {case.with_suffix(".resolved.json") for _, case in VALID}
    errors = {case.with_suffix(".errors.txt") for _, case in INVALID}
    cases = {case for _, case in VALID + INVALID}
    assert {path for path in (SPEC / "cases").rglob("*") if path.is_file()} == {*cases, *twins, *errors}


def test_every_case_says_what_it_probes():
    begins = {case: case.read_bytes()[:200] for _, case in VALID + INVALID}
    silent = {
        case.name
        for case, start in begins.items()
        if not start.removeprefix(b"\xef\xbb\xbf").startswith(b"# ")
    }
    # JSON has no comments, and a comment in UTF-16 cannot be read.
    assert silent == {"json.yaml", "utf_16.yaml"}


@pytest.mark.parametrize("language", LANGUAGES, ids=names)
def test_a_legal_case_has_no_problems_in_its_report(language):
    (case,) = (case for case in language.cases("valid") if case.stem == "minimal")
    report = language.check(case)
    assert report.problems == ()
    assert getattr(report, language.noun) == language.load(case)


@pytest.mark.parametrize(("language", "case"), VALID, ids=names)
def test_a_case_of_one_language_is_one_mistake_in_the_others(language, case):
    for other in LANGUAGES:
        if other is not language:
            (problem,) = other.check(case).problems
            assert problem.found == f"a {language.noun}"
