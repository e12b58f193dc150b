"""Charters to try things on, and what is said about them."""

import copy

from detente.model.charter.library import check, load
from detente.model.source import of_text

RICH = """\
detente: 1
charter: rich
title: Everything at once
summary: A site that has one of each.
references:
  survey: {title: A survey, authors: A. Writer, year: 2020}
critical: degrade
catastrophe: destroy
actors:
  avalon: {kind: operator, bloc: west}
  westclear: {kind: operator}
systems:
  avalon-shield:
    owner: avalon
    domain: cyber
    compartment: west-cyber
    operators: [ana]
    may: [isolate-host, block-address, release-host]
    targets: [avalon-*, westclear-core]
    certified: true
    phase: autonomous
    requests: {rate: 50 /s, burst: 200}
  westclear-core: {owner: westclear, domain: finance, may: "*", targets: "*", phase: supervised}
assets:
  avalon-laptop-17: {owner: avalon, domain: cyber, compartment: west-cyber}
actions:
  isolate-host:
    rung: disrupt
    in: cyber
    reversible: true
    undo: release-host
    rests_on: blame
    on_halt: hold
    on_lapse: allow
    quorum: 2
    arguments:
      host: text
      minutes: {type: whole, low: 1, high: 1440, required: false}
      share: {type: number, low: 0, high: 0.5}
      quiet: yes-no
      reason: {one_of: [scan, malware]}
      labels: {type: texts, one_of: [red, blue], required: false}
    other_arguments: true
  block-address: {rung: degrade, in: cyber, on_halt: deny}
  release-host: {rung: signal, reversible: true, undo: isolate it again, rests_on: nothing, on_halt: allow}
groups:
  watch: {people: [ana, ben, cleo], quorum: 2, deadline: 10 min, escalates_to: duty, open_holds: 20}
  duty: {people: [dora, emil], quorum: 1, deadline: 30 min, may_operate: true}
reviewed_by: {avalon: watch, westclear: duty}
conditions:
  at-night: {when: 'now.hour < 6', effect: hold, because: nobody is on site before six}
  never: {when: 'action.rung == rung.damage', effect: deny}
uncertain_below: {value: 0.6, source: survey}
report_outcome: 2 h
stale_after: 1 min
enforcement: observe
modes: {recovery: automatic, dwell: 5 min, guarded_review_from: disrupt, review_from: probe, restraint: 0.5}
meter: {half_life: 5 min, level: 1.5, confidence: 0.95, least_events: 30, trips: false}
promotion: {least: 14 d, least_judged: 100, agreement: 0.9, confidence: 0.95, severe_within: 60 d}
kill: {test_every: 12 h, overdue: halted}
"""

SHIELD = {"owner": "ash", "domain": "cyber", "may": ["isolate"], "targets": ["shield"]}
ISOLATE = {"rung": "disrupt", "on_halt": "deny"}


def charter(**changes):
    """One system, one kind of action and two people, and what changes."""
    return {
        "detente": 1,
        "charter": "small",
        "critical": "degrade",
        "actors": {"ash": {"kind": "operator"}},
        "systems": {"shield": copy.deepcopy(SHIELD)},
        "actions": {"isolate": dict(ISOLATE)},
        "groups": {"watch": {"people": ["ana", "ben"]}},
        "reviewed_by": {"ash": "watch"},
        **copy.deepcopy(changes),
    }


def shield(**changes):
    """The small charter, whose only system changes."""
    return charter(systems={"shield": SHIELD | changes})


def isolate(**changes):
    """The small charter, whose only kind of action changes."""
    return charter(actions={"isolate": ISOLATE | changes})


def rich():
    return load(of_text(RICH).tree)


def problems(document):
    report = check(document)
    assert report.warnings == ()
    return {problem.path: f"{problem.found} / {problem.expected}" for problem in report.problems}


def warnings(document):
    report = check(document)
    assert report.problems == ()
    return {problem.path: f"{problem.found} / {problem.expected}" for problem in report.warnings}
