"""What is legal in a charter and looks like a mistake."""

import pytest

from tests.model.charter.charters import ISOLATE, SHIELD, charter, isolate, rich, shield, warnings


def test_a_charter_without_mistakes_is_not_warned_of():
    assert warnings(charter()) == {}
    assert warnings(rich().document) == {}


DUTY = {"duty": {"people": ["cleo", "dora"]}}
WATCH = {"people": ["ana", "ben"]}

CASES = {
    "actions.release": (
        charter(actions={"isolate": ISOLATE, "release": ISOLATE}),
        "an action that nobody may propose",
    ),
    "actions.isolate": (charter(actions={"isolate": {"rung": "disrupt"}}), "no `on_halt`"),
    "actions.isolate.on_halt": (
        isolate(rung="degrade", on_halt="allow"),
        "'allow', for what is critical and cannot be undone",
    ),
    "actions.isolate.reversible": (isolate(reversible=True), "true, and no `undo`"),
    "actions.isolate.undo": (isolate(undo="plug it in again"), "a way to undo it, and `reversible` false"),
    "actions.isolate.rung": (isolate(rung="strategic"), "'strategic', a catastrophe by itself"),
    "systems.idle": (
        charter(systems={"shield": SHIELD, "idle": {"owner": "ash", "domain": "cyber"}}),
        "a system that may do nothing",
    ),
    "systems.shield.may": (
        shield(may=["isolate"], targets=["shield"])
        | {
            "actions": {"isolate": ISOLATE | {"in": "energy"}},
            "assets": {"grid": {"owner": "ash", "domain": "energy"}},
        },
        "'isolate', in 'energy', where this system may act upon nothing",
    ),
    "systems.shield.operators[0]": (
        shield(operators=["anna"]),
        "'anna', who is in no group",
    ),
    "groups.duty": (charter(groups={"watch": WATCH} | DUTY), "a group that nobody asks"),
    "modes.review_from": (charter(modes={"review_from": "damage"}), "'damage'"),
    "promotion.least_judged": (
        charter(promotion={"least_judged": 44}),
        "44, with which no agreement is shown",
    ),
    "uncertain_below": (charter(uncertain_below={"value": 0.5, "low": 0.4, "high": 0.6}), "a range"),
    "groups.watch.quorum": (
        charter(groups={"watch": WATCH | {"quorum": {"value": 1, "low": 1, "high": 2}}}),
        "a range",
    ),
    "actors.ash.kind": (charter(actors={"ash": {"kind": "operater"}}), "'operater'"),
    "actors.ash.bloc": (
        charter(
            actors={"ash": {"kind": "operator", "bloc": "oak"}, "oak": {"kind": "operator"}},
            assets={"grid": {"owner": "oak", "domain": "energy"}},
        ),
        "'oak', which is also an actor",
    ),
    "actors.oak": (
        charter(actors={"ash": {"kind": "operator"}, "oak": {"kind": "operator"}}),
        "an actor that owns nothing",
    ),
    "references.survey": (
        charter(references={"survey": {"title": "A survey"}}),
        "a reference that no number cites",
    ),
}


@pytest.mark.parametrize("path", CASES)
def test_each_is_told_alone(path):
    document, found = CASES[path]
    told = warnings(document)
    assert list(told) == [path]
    assert told[path].startswith(found)


@pytest.mark.parametrize(
    "action", [{"rung": "disrupt"}, {"rung": "damage", "reversible": True, "undo": "let it go"}]
)
def test_what_is_mild_or_can_be_undone_may_go_on_while_all_is_halted(action):
    assert warnings(isolate(on_halt="allow", **action)) == {}


def test_a_system_with_no_targets_is_always_refused():
    document = shield(targets=[]) | {"actions": {"isolate": ISOLATE | {"in": "cyber"}}}
    told = warnings(document)
    assert list(told) == ["systems.shield"]
    assert told["systems.shield"].startswith("a system that may act upon nothing")


def test_de_escalation_may_ask_for_as_much_as_guarded_mode():
    assert warnings(charter(modes={"review_from": "degrade"})) == {}
    assert warnings(charter(modes={"review_from": "damage", "guarded_review_from": "damage"})) == {}


def test_the_word_for_all_does_whatever_there_is():
    actions = {"isolate": ISOLATE, "shed": ISOLATE | {"in": "energy"}}
    assets = {"grid": {"owner": "ash", "domain": "energy"}}
    assert warnings(shield(may="*") | {"actions": actions, "assets": assets}) == {}


def test_who_was_probably_meant_is_told():
    assert "(did you mean 'ana'?)" in warnings(shield(operators=["anna"]))["systems.shield.operators[0]"]


def test_an_operator_who_is_in_no_group_is_told_once():
    systems = {name: SHIELD | {"targets": "*", "operators": ["zoe"]} for name in ("one", "two")}
    assert list(warnings(charter(systems=systems))) == ["systems.one.operators[0]"]


def test_the_next_group_comes_late():
    document = shield(operators=["ana", "ben"]) | {
        "groups": {"watch": WATCH | {"escalates_to": "duty"}} | DUTY
    }
    told = warnings(document)
    assert list(told) == ["systems.shield"]
    assert told["systems.shield"].startswith("0 of 'watch' who may approve")
    assert "'duty' is asked late" in told["systems.shield"]


@pytest.mark.parametrize(
    ("agreement", "confidence", "needed"),
    [(0.95, 0.9, 45), (0.9, 0.9, 22), (0.5, 0.5, 1), (0.5, 0.75, 2), (0.99, 0.99, 459)],
)
def test_how_many_must_agree_is_the_zero_failure_sample_size(agreement, confidence, needed):
    """(1 - confidence)^(1/n) >= agreement, the lower Clopper-Pearson bound where nobody disagreed; 45 and 459 are in every table."""
    assert (1 - confidence) ** (1 / needed) >= agreement - 1e-12
    assert needed == 1 or (1 - confidence) ** (1 / (needed - 1)) < agreement
    terms = {"agreement": agreement, "confidence": confidence, "least_judged": needed}
    assert warnings(charter(promotion=terms)) == {}
    if needed > 1:
        told = warnings(charter(promotion=terms | {"least_judged": needed - 1}))
        assert f"at least {needed}:" in told["promotion.least_judged"]
