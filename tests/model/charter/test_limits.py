"""No charter is larger than its gate can carry, and none takes long to be read, whatever is wrong with it."""

import pytest

from detente.model.charter import limits
from detente.model.charter.document import Document
from detente.model.charter.library import check
from detente.model.problems import MOST_PROBLEMS
from detente.model.schema import schema
from tests.model.charter.charters import ISOLATE, SHIELD, charter, isolate, shield

ACTOR = {"kind": "operator"}


def named(count, body, **first):
    return {**first, **{f"n{i}": body for i in range(count - len(first))}}


def ladder(count):
    return ["degrade", "disrupt", *(f"r{i}" for i in range(count - 2))]


BY_LIMIT = {
    "actors": (limits.MOST_ACTORS, lambda n: charter(actors=named(n, ACTOR, ash=ACTOR))),
    "systems": (limits.MOST_SYSTEMS, lambda n: charter(systems=named(n, SHIELD, shield=SHIELD))),
    "actions": (limits.MOST_ACTIONS, lambda n: charter(actions=named(n, ISOLATE, isolate=ISOLATE))),
    "groups": (
        limits.MOST_GROUPS,
        lambda n: charter(groups=named(n, {"people": ["ana"]}, watch={"people": ["ana"]})),
    ),
    "conditions": (
        limits.MOST_CONDITIONS,
        lambda n: charter(conditions=named(n, {"when": "true", "effect": "deny"})),
    ),
    "ladder": (limits.MOST_RUNGS, lambda n: charter(ladder=ladder(n), catastrophe="degrade")),
    "actions.isolate.arguments": (limits.MOST_ARGUMENTS, lambda n: isolate(arguments=named(n, "text"))),
    "actions.isolate.arguments.x.one_of": (
        limits.MOST_CHOICES,
        lambda n: isolate(arguments={"x": {"one_of": [f"c{i}" for i in range(n)]}}),
    ),
    "systems.shield.targets": (
        limits.MOST_TARGETS,
        lambda n: (
            shield(targets=[f"n{i}" for i in range(n)])
            | {"assets": named(n, {"owner": "ash", "domain": "cyber"})}
        ),
    ),
    "systems.shield.operators": (
        limits.MOST_PEOPLE,
        lambda n: shield(operators=[f"p{i}" for i in range(n)]),
    ),
    "groups.watch.people": (
        limits.MOST_PEOPLE,
        lambda n: charter(groups={"watch": {"people": [f"p{i}" for i in range(n)]}}),
    ),
    "conditions.c.when": (
        limits.LONGEST_CONDITION,
        lambda n: charter(conditions={"c": {"when": "x" * n, "effect": "deny"}}),
    ),
}


@pytest.mark.parametrize("path", BY_LIMIT)
def test_as_many_are_legal_and_one_more_is_not(path):
    most, make = BY_LIMIT[path]
    assert check(make(most)).problems == ()
    (problem,) = check(make(most + 1)).problems
    assert problem.path == path
    assert f"at most {most}" in problem.expected


@pytest.mark.slow
def test_more_than_a_hundred_thousand_assets_are_refused():
    body = {"owner": "ash", "domain": "cyber"}
    (problem,) = check(charter(assets=named(limits.MOST_ASSETS + 1, body))).problems
    assert (problem.path, problem.expected) == ("assets", f"at most {limits.MOST_ASSETS}")


def test_the_schema_knows_the_limits():
    made = schema(Document, "charter")
    top, entries = made["properties"], made["$defs"]
    assert top["assets"]["maxProperties"] == limits.MOST_ASSETS
    for path, (most, _) in BY_LIMIT.items():
        match path.split("."):
            case [section]:
                place = top[section]
            case [_, "isolate", "arguments", _, key]:
                place = entries["ArgumentEntry"]["properties"][key]
            case [section, _, key]:
                entry = {"actions": "Action", "systems": "System", "groups": "Group"}.get(
                    section, "Condition"
                )
                place = entries[f"{entry}Entry"]["properties"][key]
        bounds = {
            place.get(key)
            for place in (place, *place.get("anyOf", ()))
            for key in ("maxProperties", "maxItems", "maxLength")
        }
        assert most in bounds, path


@pytest.mark.parametrize("many", ["targets", "undo", "in", "operators", "unreviewed", "chains", "domains"])
def test_charters_full_of_mistakes_are_read_in_bounded_time(many):
    """As many entries as are legal, all wrong: quadratic work would take minutes."""
    names = [f"n{i}" for i in range(3000)]
    document = charter()
    if many == "targets":
        document["systems"] = {
            name: SHIELD | {"targets": [f"x{name}{i}" for i in range(5)]} for name in names
        }
    elif many == "undo":
        document["actions"] = {f"k{i}": ISOLATE | {"undo": f"x{i}"} for i in range(1000)} | {
            "isolate": ISOLATE
        }
        document["actions"].pop("k0")
    elif many == "in":
        document["assets"] = {name: {"owner": "ash", "domain": name} for name in names}
        document["actions"] = {f"k{i}": ISOLATE | {"in": f"x{i}"} for i in range(999)} | {"isolate": ISOLATE}
    elif many == "operators":
        document["systems"] = {
            name: SHIELD | {"targets": "*", "operators": [f"x{name}{i}" for i in range(5)]} for name in names
        }
    elif many == "unreviewed":
        document["actors"] = dict.fromkeys(names, ACTOR) | {"ash": ACTOR}
        document["systems"] = {name: SHIELD | {"owner": name, "targets": "*"} for name in names}
    elif many == "chains":
        document["groups"] = {
            f"g{i}": {"people": ["ana"], "escalates_to": f"g{(i + 1) % 200}"} for i in range(200)
        }
        document["reviewed_by"] = {"ash": "g0"}
        document["systems"] = {name: SHIELD | {"targets": "*", "operators": ["ana"]} for name in names}
    else:
        document["assets"] = {f"a{name}": {"owner": "ash", "domain": name} for name in names}
        document["actions"] = {f"k{i}": ISOLATE | {"in": f"n{i}"} for i in range(1000)}
        targets = [f"an{i}" for i in range(1000, 1900)]
        document["systems"] = {
            name: SHIELD | {"may": list(document["actions"]), "targets": targets} for name in names[:50]
        }
    report = check(document)
    told = report.problems or report.warnings
    assert len(told) in range(900, MOST_PROBLEMS + 2), len(told)
