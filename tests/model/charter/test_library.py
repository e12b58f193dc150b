"""The door through which charters come in, and how they are told from other documents."""

import subprocess
import sys

import pytest

from detente.errors import CharterError, DocumentError
from detente.model import either, library
from detente.model.charter import document as charter_document
from detente.model.charter.library import check, load, shelf
from detente.model.entries import fields_of
from detente.model.portfolio import document as portfolio_document
from detente.model.race import document as race_document
from detente.model.source import of_text
from detente.model.which import KEYS
from tests.model.charter.charters import RICH, charter
from tests.model.documents import small

SHARED = {"ladder", "critical", "catastrophe", "actors", "systems"}


def test_a_charter_from_a_file_a_path_and_a_mapping(tmp_path):
    path = tmp_path / "site.yaml"
    path.write_text(RICH)
    assert load(path) == load(str(path)) == load(of_text(RICH).tree)


def test_everything_wrong_is_raised_at_once(tmp_path):
    path = tmp_path / "site.yaml"
    path.write_text(RICH.replace("rung: signal", "rung: signl").replace("quorum: 2, dead", "quorum: 0, dead"))
    with pytest.raises(CharterError) as refused:
        load(path)
    assert [problem.path for problem in refused.value.problems] == [
        "actions.release-host.rung",
        "groups.watch.quorum",
    ]
    line = next(i for i, text in enumerate(RICH.splitlines(), 1) if text.startswith("  release-host"))
    assert refused.value.problems[0].line == line
    assert isinstance(refused.value, DocumentError)
    assert check(path).charter is None


@pytest.mark.parametrize("source", ["nowhere", "", " "])
def test_no_charter_has_a_name(source):
    with pytest.raises(CharterError, match=r"expected the path of a file, as my-charter\.yaml"):
        load(source)


def test_what_is_no_document_at_all_is_refused_in_words():
    with pytest.raises(CharterError, match="a Python int, expected a path, or a mapping"):
        load(7)
    assert shelf() == {}


def test_the_keys_by_which_a_charter_is_told_are_those_of_the_language():
    everywhere = fields_of(portfolio_document.Document).keys() & fields_of(race_document.Document).keys()
    assert set(KEYS["charter"]) == fields_of(charter_document.Document).keys() - everywhere
    assert set(KEYS["charter"]) & set(KEYS["scenario"]) == SHARED


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        (charter(), "charter"),
        (small(), "scenario"),
        ({"charter": "x"}, "charter"),
        ({"actors": {}, "systems": {}}, "scenario"),
        ({"actors": {}, "systems": {}, "actions": {}}, "charter"),
        ({"name": "x", "actors": {}, "systems": {}}, "scenario"),
        ({"charter": "x", "actors": {}, "systems": {}, "ladder": []}, "charter"),
    ],
    ids=range(7),
)
def test_a_document_of_any_kind(document, kind):
    assert either.check(document).kind == kind


def test_a_charter_where_another_document_is_wanted_is_one_mistake():
    (problem,) = library.check(charter()).problems
    assert (problem.path, problem.found) == ("charter", "a charter")
    (problem,) = check(small()).problems
    assert (problem.path, problem.found) == ("name", "a scenario")


def test_keys_of_both_kinds_are_told_one_by_one():
    assert [problem.path for problem in check(charter() | {"horizon": "1 d"}).problems] == ["horizon"]
    paths = [problem.path for problem in library.check(small() | {"groups": {}}).problems]
    assert paths == ["groups"]


def test_shared_keys_alone_are_no_document_of_another_kind():
    """Nothing tells a scenario from a charter here, so what is missing is told."""
    bare = {"detente": 1, "actors": {}, "systems": {}, "critical": "degrade"}
    assert {problem.found for problem in check(bare).problems} >= {"no `charter`", "no `actions`"}
    assert {problem.found for problem in library.check(bare).problems} >= {"no `name`", "no `horizon`"}


def test_reading_a_charter_loads_no_simulator():
    code = (
        "import sys, detente\n"
        f"made = detente.load_charter({charter()!r}); assert isinstance(made, detente.Charter)\n"
        "found = {'numba', 'numpy', 'polars', 'scipy'} & set(sys.modules); assert not found, found"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
