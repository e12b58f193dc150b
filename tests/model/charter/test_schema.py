"""What an editor refuses before the program does."""

import jsonschema
import pytest

from detente.model.charter.document import Document
from detente.model.schema import schema
from tests.model.charter.charters import charter, isolate, rich, shield

VALIDATOR = jsonschema.Draft202012Validator(schema(Document, "charter"))

SLIPS = [
    charter(detente=2),
    charter(charter="two words"),
    charter(treshold=0.5),
    charter(critical=3),
    charter(ladder=["degrade"]),
    charter(uncertain_below=1.5),
    charter(stale_after=300),
    charter(enforcement="enforced"),
    charter(meter={"confidence": 1.0}),
    charter(meter={"trips": "yes"}),
    charter(promotion={"agreement": 1}),
    charter(promotion={"agreement": 0.4}),
    charter(kill={"overdue": "normal"}),
    charter(modes={"recovery": "manual"}),
    charter(groups={"watch": {"people": []}}),
    charter(groups={"watch": {"people": ["ana", "ana"]}}),
    charter(groups={"watch": {"people": ["ana"], "quorum": 0}}),
    charter(groups={"none": {"people": ["ana"]}}),
    charter(conditions={"c": {"when": "true"}}),
    charter(conditions={"c": {"when": " ", "effect": "deny"}}),
    charter(conditions={"c": {"when": "true", "effect": "allow"}}),
    shield(may="isolate"),
    shield(may=["*"]),
    shield(targets=["sh*ld"]),
    shield(targets="shield"),
    shield(phase="off"),
    shield(certified=1),
    shield(requests={"rate": "100 s"}),
    isolate(on_halt="stop"),
    isolate(on_lapse="hold"),
    isolate(reversible="true"),
    isolate(arguments={"x": "integer"}),
    isolate(arguments={"x": {}}),
    isolate(arguments={"x": {"one_of": []}}),
    isolate(arguments={"x": {"type": "whole", "low": "1"}}),
]


def test_what_is_legal_is_legal_in_an_editor():
    for document in (charter(), rich().document, shield(may="*", targets="*"), isolate(arguments={})):
        assert [error.message for error in VALIDATOR.iter_errors(document)] == []


@pytest.mark.parametrize("document", SLIPS, ids=range(len(SLIPS)))
def test_common_slips_are_refused(document):
    assert not VALIDATOR.is_valid(document)


def test_certainties_keep_their_broken_bounds():
    (alone, _) = schema(Document, "charter")["$defs"]["certainty"]["anyOf"]
    assert (alone["minimum"], alone["maximum"]) == (0.5, 0.999999)
