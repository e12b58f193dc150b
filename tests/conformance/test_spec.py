"""The prose and the schema of the language say what the models say."""

from pathlib import Path

import jsonschema
import pytest
from pydantic import BaseModel

from detente.model import document
from detente.model.document import fields_of
from detente.model.library import check
from detente.model.schema import schema, text
from detente.model.source import of_text
from detente.model.units import DURATION, MONEY, RATE
from detente.model.warn import KNOWN_KINDS

SPEC = Path(__file__).parents[2] / "spec"
ENTRIES = [
    entry
    for entry in vars(document).values()
    if isinstance(entry, type) and issubclass(entry, BaseModel) and entry.__module__ == document.__name__
]
KEYS = [(entry.__name__, key) for entry in ENTRIES for key in fields_of(entry)]


@pytest.fixture(scope="module")
def prose():
    return (SPEC / "scenario.md").read_text(encoding="utf-8")


def test_the_shipped_schema_is_current():
    assert (SPEC / "scenario.schema.json").read_text(encoding="utf-8") == text()


def test_the_schema_is_itself_legal():
    jsonschema.Draft202012Validator.check_schema(schema())


def test_the_schema_describes_every_key():
    made = schema()
    properties = {"Document": made["properties"]} | {
        name: entry["properties"] for name, entry in made["$defs"].items() if "properties" in entry
    }
    for entry, key in KEYS:
        assert properties[entry][key]["description"], (entry, key)


@pytest.mark.parametrize(
    "change",
    [
        {"horizon": 72},
        {"horizon": "3 weeks"},
        {"horison": "1 d"},
        {"actors": {"none": {"kind": "state"}}},
        {"shocks": [{"hits": "shield"}]},
        {"title": None},
    ],
)
def test_the_schema_refuses_common_slips(change):
    legal = {
        "detente": 1,
        "name": "slips",
        "critical": "degrade",
        "horizon": "1 d",
        "actors": {"ash": {"kind": "state"}},
        "systems": {"shield": {"owner": "ash", "domain": "cyber"}},
        "shocks": [{"hits": "shield", "rung": "probe"}],
    }
    validator = jsonschema.Draft202012Validator(schema())
    assert validator.is_valid(legal)
    assert not validator.is_valid(legal | change)


@pytest.mark.parametrize(("entry", "key"), KEYS)
def test_every_key_is_documented(entry, key, prose):
    """A table row under the entry's own heading begins with the key."""
    section = prose.split(f"<!-- {entry} -->")[1].split("<!-- ")[0]
    assert f"\n| `{key}` |" in section, f"{key} of {entry}"


def test_no_key_is_documented_that_does_not_exist(prose):
    for section in prose.split("<!-- ")[1:]:
        entry, _, body = section.partition(" -->")
        rows = [line.split("`")[1] for line in body.splitlines() if line.startswith("| `")]
        assert rows == [key for name, key in KEYS if name == entry], entry


def test_units_and_kinds_are_documented(prose):
    for name in (*DURATION.names, *RATE.names, *MONEY.names):
        assert f"`{name}`" in prose or name == "\u03bcs", name
    for kind in KNOWN_KINDS:
        assert f"`{kind}`" in prose


def test_the_examples_in_the_prose_are_legal(prose):
    examples = [block.split("```")[0] for block in prose.split("```yaml\n")[1:]]
    assert examples
    for example in examples:
        report = check(of_text(example).tree)
        assert (report.problems, report.warnings) == ((), ())
