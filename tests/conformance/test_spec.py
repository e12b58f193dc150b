"""The prose and the schemas of the languages say what the models say."""

import jsonschema
import pytest

from detente.model.entries import Entry, ReferenceEntry, fields_of
from detente.model.portfolio.document import SafeguardEntry
from detente.model.portfolio.safeguards import SAFEGUARDS, Below, Excess, OnTimeout
from detente.model.schema import schema, text
from detente.model.source import of_text
from detente.model.units import DURATION, MONEY, RATE
from detente.model.vocabulary import KNOWN_KINDS
from tests.conformance.languages import LANGUAGES, PORTFOLIO, SCENARIO, SPEC

END = "end of the keys"


def entries_of(language):
    found = vars(language.module).values()
    own = [
        entry
        for entry in found
        if isinstance(entry, type)
        and issubclass(entry, Entry)
        and entry.__module__ == language.module.__name__
    ]
    return [ReferenceEntry, *own]


def keys_of(entry):
    """The keys that the entry does not share with all safeguards: those stand once."""
    shared = fields_of(SafeguardEntry) if entry is not SafeguardEntry else {}
    is_safeguard = issubclass(entry, SafeguardEntry)
    return [key for key in fields_of(entry) if not (is_safeguard and key in shared)]


ENTRIES = [(language, entry) for language in LANGUAGES for entry in entries_of(language)]
KEYS = [(language, entry.__name__, key) for language, entry in ENTRIES for key in keys_of(entry)]


def names(value):
    return value if isinstance(value, str) else value.noun


@pytest.fixture(scope="module")
def proses():
    return {language: (SPEC / f"{language.noun}.md").read_text(encoding="utf-8") for language in LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES, ids=names)
def test_the_shipped_schema_is_current(language):
    shipped = SPEC / f"{language.noun}.schema.json"
    assert shipped.read_text(encoding="utf-8") == text(language.document, language.noun)


@pytest.mark.parametrize("language", LANGUAGES, ids=names)
def test_the_schema_is_itself_legal(language):
    jsonschema.Draft202012Validator.check_schema(schema(language.document, language.noun))


@pytest.mark.parametrize("language", LANGUAGES, ids=names)
def test_the_schema_describes_every_key(language):
    made = schema(language.document, language.noun)
    properties = {"Document": made["properties"]} | {
        name: entry["properties"] for name, entry in made["$defs"].items() if "properties" in entry
    }
    for entry in entries_of(language):
        for key in fields_of(entry) if entry is not SafeguardEntry else ():
            assert properties[entry.__name__][key]["description"], (entry, key)


@pytest.mark.parametrize("language", LANGUAGES, ids=names)
def test_the_schema_defines_what_it_needs_and_nothing_else(language):
    made = text(language.document, language.noun)
    for name in schema(language.document, language.noun)["$defs"]:
        assert f'"#/$defs/{name}"' in made, name


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
def test_the_schema_of_scenarios_refuses_common_slips(change):
    legal = {
        "detente": 1,
        "name": "slips",
        "critical": "degrade",
        "horizon": "1 d",
        "actors": {"ash": {"kind": "state"}},
        "systems": {"shield": {"owner": "ash", "domain": "cyber"}},
        "shocks": [{"hits": "shield", "rung": "probe"}],
    }
    validator = jsonschema.Draft202012Validator(schema(SCENARIO.document, SCENARIO.noun))
    assert validator.is_valid(legal)
    assert not validator.is_valid(legal | change)


@pytest.mark.parametrize(
    "safeguards",
    [
        {"red-line": {"forbid": [{"from": "damage"}]}},
        {"red-lines": {"forbid": []}},
        {"red-lines": {"forbid": [{}]}},
        {"red-lines": {"forbid": [{"in": "cyber"}, {"in": "cyber"}]}},
        {"compartments": None},
        {"compartments": {"strength": 1, "adopters": []}},
        {"compartments": {"strength": 1, "adopters": ["west", "west"]}},
        {"compartments": {"strength": 1, "cost": 5}},
        {"confidence-floor": {"floors": {}}},
        {"confidence-floor": {"floors": {"damage": 1}, "below": "ask"}},
        {"export-controls": {"kinds": []}},
        {"throttle": {"rate": "1 min"}},
        {"throttle": {"rate": "1 /min", "burst": 0}},
        {"human-on-the-loop": {"reviewers": 0, "review": "1 s", "approves_right": 1, "approves_wrong": 0}},
        {
            "human-on-the-loop": {
                "reviewers": "few",
                "review": "1 s",
                "approves_right": 1,
                "approves_wrong": 0,
            }
        },
        {"robustness": {"review": -1}},
    ],
    ids=range(16),
)
def test_the_schema_of_portfolios_refuses_common_slips(safeguards):
    legal = {"detente": 1, "portfolio": "none", "safeguards": {"throttle": {"rate": "1 /min"}}}
    validator = jsonschema.Draft202012Validator(schema(PORTFOLIO.document, PORTFOLIO.noun))
    assert validator.is_valid(legal)
    assert not validator.is_valid(legal | {"safeguards": safeguards})


@pytest.mark.parametrize(("language", "entry", "key"), KEYS, ids=names)
def test_every_key_is_documented(language, entry, key, proses):
    """A table row under the entry's own heading begins with the key."""
    section = proses[language].split(f"<!-- {entry} -->")[1].split("<!-- ")[0]
    assert f"\n| `{key}` |" in section, f"{key} of {entry}"


@pytest.mark.parametrize("language", LANGUAGES, ids=names)
def test_no_key_is_documented_that_does_not_exist(language, proses):
    sections = proses[language].split(f"<!-- {END} -->")[0].split("<!-- ")[1:]
    assert len(sections) == len(entries_of(language))
    for section in sections:
        entry, _, body = section.partition(" -->")
        rows = [line.split("`")[1] for line in body.splitlines() if line.startswith("| `")]
        assert rows == [key for where, name, key in KEYS if (where, name) == (language, entry)], entry


def test_units_and_kinds_are_documented(proses):
    prose = proses[SCENARIO]
    for name in (*DURATION.names, *RATE.names, *MONEY.names):
        assert f"`{name}`" in prose or name == "\u03bcs", name
    for kind in KNOWN_KINDS:
        assert f"`{kind}`" in prose


def test_words_of_portfolios_are_documented(proses):
    for word in (*Below, *Excess, *OnTimeout):
        assert f"`{word.value}`" in proses[PORTFOLIO]


def test_every_safeguard_is_called_static_or_dynamic_and_has_its_adopters_explained(proses):
    for heading in ("Adopters", "Static and dynamic safeguards"):
        section = proses[PORTFOLIO].split(f"\n## {heading}\n")[1].split("\n## ")[0]
        rows = [line for line in section.splitlines() if line.startswith("| `")]
        listed = [name for row in rows for name in SAFEGUARDS if f"`{name}`" in row.split(" | ")[0]]
        assert sorted(listed) == sorted(SAFEGUARDS), heading


@pytest.mark.parametrize("language", LANGUAGES, ids=names)
def test_the_examples_in_the_prose_are_legal(language, proses):
    examples = [block.split("```")[0] for block in proses[language].split("```yaml\n")[1:]]
    assert examples
    for example in examples:
        report = language.check(of_text(example).tree)
        assert (report.problems, report.warnings) == ((), ())
