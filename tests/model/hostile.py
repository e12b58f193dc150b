"""What the tests of hostile documents throw at the four languages."""

import json
import re
from typing import NamedTuple

from hypothesis import strategies as st

from detente.model.source import of_text
from tests.conformance.languages import CHARTER, PORTFOLIO, RACE, SCENARIO, SPEC, Language
from tests.model import documents, portfolios
from tests.model.charter import charters
from tests.race.documents import document as race_document

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 30)
)


SNIPPETS = [
    "null", "~", "-1", "1e400", "[]", "{}", "true", "'x'", "*a", "&a b", "!t x", "!!str x", "1 h", "none", "1.5",
    "{value: 1}", "{value: 1, low: 2}", "{value: {value: 1}}", ": ", "- ", "? ", "0x10", ".nan", "9" * 30, "9" * 5000,
    '"\\ud800"', '"\\0"', "[a, [b]]", "ash", "{value: 1 s}", "---\n", "...\n", "%YAML 1.1\n", "\t", "|\n", ">-\n",
    "<<: *a", "\u2028", "\x85", "\ufeff", "\U0001f600", "#", "'", '"', "{", "[", "`", "@", "\\", "\r", "\x7f",
]  # fmt: skip


def mangled(rng, text):
    """The text with one to five accidents."""
    for _ in range(rng.choice([1, 1, 2, 5])):
        start = rng.randrange(len(text) + 1)
        end = min(len(text), start + rng.randrange(30))
        accident = rng.randrange(6)
        if accident == 0:
            text = (
                text[:start]
                + chr(rng.choice([rng.randrange(128), rng.randrange(0xD7FF)]))
                + text[start + 1 :]
            )
        elif accident == 1:
            text = text[:start] + text[end:]
        elif accident == 2:
            text = text[:start] + text[start:end] * 2 + text[end:]
        elif accident == 3:
            lines = text.split("\n")
            one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
            lines[one], lines[other] = lines[other], lines[one]
            text = "\n".join(lines)
        elif accident == 4:
            words = [match.span() for match in re.finditer(r"[\w.-]+(?: [a-zA-Z/]+)?", text)] or [(0, 0)]
            one, other = rng.choice(words)
            text = text[:one] + rng.choice(SNIPPETS) + text[other:]
        else:
            text = text[:start] + rng.choice(SNIPPETS) + text[start:]
    return text


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["ash", "1 h", "tower"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["value", "from", "a"]), inner, max_size=3)
    ),
    max_leaves=5,
)


def spots(value):
    """Every container of a document with every key or position in it."""
    items = (
        list(value.items())
        if isinstance(value, dict)
        else list(enumerate(value))
        if isinstance(value, list)
        else []
    )
    return [(value, key) for key, _ in items] + [spot for _, item in items for spot in spots(item)]


class Kind(NamedTuple):
    """A language, with a document that uses much of it and a place for a value that no document can hold."""

    language: Language
    rich: str
    holding: object
    """makes a document with that value in a place where a number belongs"""
    place: str
    """the path of that place, as problems tell it"""

    @property
    def noun(self):
        return self.language.noun

    def plain(self):
        """The rich document, resolved, as plain data."""
        return json.loads(json.dumps(self.language.load(of_text(self.rich).tree).document))

    def assert_refused_or_legal(self, document):
        """The whole promise: a report, and nothing raised."""
        report = self.language.check(document)
        assert (getattr(report, self.noun) is None) == bool(report.problems)
        for problem in (*report.problems, *report.warnings):
            assert problem.expected
            assert "\n" not in str(problem)
        return report


KINDS = (
    Kind(
        SCENARIO,
        documents.RICH,
        lambda value: documents.with_shield(senses={"attribution": value}),
        "systems.shield.senses.attribution",
    ),
    Kind(
        PORTFOLIO,
        portfolios.RICH,
        lambda value: portfolios.portfolio(compartments={"strength": value}),
        "safeguards.compartments.strength",
    ),
    Kind(
        RACE,
        (SPEC / "cases" / "race-valid" / "every_section.yaml").read_text(encoding="utf-8"),
        lambda value: race_document(concern={"near_miss": value}),
        "concern.near_miss",
    ),
    Kind(
        CHARTER,
        charters.RICH,
        lambda value: charters.charter(uncertain_below=value),
        "uncertain_below",
    ),
)


def written(folder, data):
    path = folder / "document.yaml"
    path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass"))
    return path
