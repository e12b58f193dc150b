"""Rules between the entries of a charter, against slow and obvious ways of finding the same."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.model.charter.document import Document, GroupEntry
from detente.model.charter.library import check
from detente.model.charter.review import chain, panels, rings
from detente.model.charter.targets import Targets
from detente.model.validate import validate
from tests.model.charter.charters import ISOLATE, SHIELD, charter, isolate, problems, shield

NAMES = ("a", "b", "c", "d", "e", "f")


def groups(onward):
    return {name: GroupEntry.model_construct(people=("ana",), escalates_to=to) for name, to in onward.items()}


onwards = st.fixed_dictionaries({name: st.sampled_from([None, *NAMES]) for name in NAMES})


def walk(onward, start):
    """Where one gets in one step, two steps, and so on: more than enough of them."""
    here, found = start, []
    for _ in range(2 * len(NAMES)):
        here = onward[here] if here else None
        found.append(here)
    return found


@given(onwards)
def test_escalations_that_come_back_are_those_from_which_one_gets_back(onward):
    back = {name for name in NAMES if name in walk(onward, name)}
    found = list(rings(groups(onward)))
    assert {name for ring in found for name in ring} == back
    assert len([name for ring in found for name in ring]) == len(back)  # each ring once
    for ring in found:
        for one, other in itertools.pairwise([*ring, ring[0]]):
            assert onward[one] == other
        assert ring[0] == min(ring, key=list(onward).index)


@given(onwards, st.sampled_from(NAMES))
def test_a_chain_has_every_group_that_may_ever_decide_once_and_in_order(onward, start):
    reached = [start, *(name for name in walk(onward, start) if name)]
    assert chain(start, groups(onward)) == list(dict.fromkeys(reached))


words = st.text(alphabet="ab-", min_size=1, max_size=4).filter(lambda word: word[0] != "-")


@given(
    st.lists(words, min_size=1, max_size=8, unique=True),
    words,
    st.booleans(),
    st.lists(st.sampled_from(["cyber", "energy"]), min_size=8, max_size=8),
)
def test_patterns_find_what_begins_so(names, word, is_open, domains):
    named = dict(zip(names, domains, strict=False))
    assets = {name: {"owner": "ash", "domain": domain} for name, domain in named.items()}
    document, faults = validate(charter(assets=assets), Document, "charter")
    assert not faults
    there = Targets.of(document)
    pattern = word + "*" * is_open
    everything = {**named, "shield": "cyber"}
    found = {name for name in everything if (name.startswith(word) if is_open else name == word)}
    assert there.finds(pattern) == bool(found)
    for domain in ("cyber", "energy", "space"):
        assert there.finds_in(pattern, domain) == any(everything[name] == domain for name in found)
    assert there.finds("*")
    assert there.finds_in("*", "cyber")


people = st.lists(st.sampled_from(["ana", "ben", "cleo", "dora"]), unique=True, max_size=4)
some_people = people.filter(bool)


@given(
    operators=people,
    watch=some_people,
    duty=some_people,
    quorums=st.tuples(*[st.integers(1, 4)] * 2),
    stated=st.lists(st.none() | st.integers(1, 4), min_size=2, max_size=2),
    may=st.sampled_from(["*", ["one"], ["two"], ["one", "two"], []]),
    may_operate=st.booleans(),
    escalates=st.booleans(),
)
def test_a_charter_is_legal_where_some_group_can_approve_whatever_is_proposed(
    operators, watch, duty, quorums, stated, may, may_operate, escalates
):
    actions = {
        name: ISOLATE | ({} if quorum is None else {"quorum": quorum})
        for name, quorum in zip(["one", "two"], stated, strict=True)
    }
    document = charter(
        actions=actions,
        systems={"shield": SHIELD | {"operators": operators, "may": may}},
        groups={
            "watch": {"people": watch, "quorum": quorums[0], "may_operate": may_operate}
            | ({"escalates_to": "duty"} if escalates else {}),
            "duty": {"people": duty, "quorum": quorums[1]},
        },
    )
    kinds = ["one", "two"] if may == "*" else may

    def can(people, quorum, may_operate):
        able = [person for person in people if may_operate or person not in operators]
        return all(len(able) >= (actions[kind].get("quorum") or quorum) for kind in kinds)

    fits = quorums[0] <= len(watch) and quorums[1] <= len(duty)
    reachable = can(watch, quorums[0], may_operate) or (escalates and can(duty, quorums[1], False))
    assert (check(document).charter is not None) == (fits and reachable)


def test_the_largest_quorum_is_told_with_the_action_that_asks_for_it():
    (found,) = problems(isolate(quorum=3)).values()
    assert found.startswith("2 of 'watch' who may approve what 'shield' proposes, and 3 needed for 'isolate'")


def test_an_action_may_ask_for_fewer_than_its_group():
    document = isolate(quorum=1) | {"groups": {"watch": {"people": ["ana", "ben"], "quorum": 2}}}
    document["systems"]["shield"]["operators"] = ["ana"]
    assert problems(document) == {}
    loaded, _ = validate(document, Document, "charter")
    ((name, panel, groups),) = panels(loaded)
    assert (name, panel.needed("watch"), groups) == ("shield", (1, "isolate"), ["watch"])


def test_an_actor_without_reviewers_is_told_once():
    document = charter(systems={f"s{i}": SHIELD | {"targets": "*"} for i in range(3)}, reviewed_by={})
    assert [problem.path for problem in check(document).problems] == ["reviewed_by"]


@pytest.mark.parametrize(
    ("undo", "is_legal"),
    [("release", True), ("plug in", True), ("isolate", False), ("realease", False), (" realease ", False)],
)
def test_one_word_names_a_kind_of_action_and_two_are_a_sentence(undo, is_legal):
    actions = {"isolate": ISOLATE | {"reversible": True, "undo": undo}, "release": ISOLATE}
    assert (check(charter(actions=actions)).charter is not None) == is_legal


@pytest.mark.parametrize("person", ["ANA", "Ana", "anA"])
@pytest.mark.parametrize("place", ["groups.watch.people[2]", "systems.shield.operators[0]"])
def test_no_person_has_two_spellings(person, place):
    document = (
        shield(operators=[person])
        if place.startswith("systems")
        else charter(groups={"watch": {"people": ["ana", "ben", person]}})
    )
    assert list(problems(document)) == [place]


def test_a_system_is_no_person_in_any_place():
    document = shield(operators=["shield"]) | {"groups": {"watch": {"people": ["ana", "shield"]}}}
    assert set(problems(document)) == {"systems.shield.operators[0]", "groups.watch.people[1]"}


@pytest.mark.parametrize(
    ("rung", "reversible", "is_legal"),
    [
        ("disrupt", True, True),
        ("disrupt", False, False),
        ("degrade", True, False),
        ("strategic", True, False),
        ("signal", True, True),
    ],
)
def test_silence_allows_only_what_can_be_undone_below_critical(rung, reversible, is_legal):
    document = isolate(rung=rung, reversible=reversible, on_lapse="allow")
    assert (check(document).charter is not None) == is_legal
    assert check(isolate(rung=rung, reversible=reversible, on_lapse="deny")).charter is not None


def test_an_assets_domain_is_a_domain_too():
    assets = {"vault": {"owner": "ash", "domain": "finance"}}
    assert check(isolate(**{"in": "finance"}) | {"assets": assets}).problems == ()
    assert list(problems(isolate(**{"in": "finance"}))) == ["actions.isolate.in"]
