"""The vectors of transparency-dev/merkle (Apache-2.0), which lie beside the checkout and not in it."""

import base64
import json
from pathlib import Path

import pytest

from detente.errors import ProofError
from detente.ledger.formats.tree import verify_consistency, verify_inclusion


def find():
    here = Path(__file__).resolve()
    places = (folder / "shared" / "data" / "merkle-vectors" / "vectors.json" for folder in here.parents)
    return next((place for place in places if place.exists()), None)


PLACE = find()
pytestmark = pytest.mark.skipif(
    PLACE is None,
    reason="NO VECTORS: shared/data/merkle-vectors/vectors.json lies neither in nor beside the checkout",
)
CASES = json.loads(PLACE.read_text()) if PLACE else {}


def hashes(texts):
    return [base64.b64decode(text) for text in texts or ()]


def holds(case):
    try:
        if "leafHash" in case:
            leaf, root = hashes([case["leafHash"], case["root"]])
            verify_inclusion(leaf, case["leafIdx"], case["treeSize"], hashes(case["proof"]), root)
        else:
            old, new = hashes([case["root1"], case["root2"]])
            verify_consistency(case["size1"], old, case["size2"], new, hashes(case["proof"]))
    except ProofError:
        return False
    return True


def test_all_are_there():
    kinds = [name.partition("/")[0] for name in CASES]
    assert (kinds.count("inclusion"), kinds.count("consistency")) == (49, 43)


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_vector_is_judged_as_its_makers_judge_it(name):
    assert holds(CASES[name]) is not CASES[name]["wantErr"], CASES[name]["desc"]
