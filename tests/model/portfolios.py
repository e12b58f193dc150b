"""Portfolios to try things on, and what is said about them."""

import copy
import json

from detente.model.portfolio.library import check, load
from detente.model.source import of_text

RICH = """\
detente: 1
portfolio: rich
title: Everything at once
references:
  survey: {title: A survey, authors: A. Writer, year: 2020}
safeguards:
  red-lines: {forbid: [{in: kinetic, from: damage}, {from: destroy}], compliance: 0.95, adopters: [west, east]}
  phased-rollout: {autonomy: {value: 0.3, low: 0.1, high: 0.5, source: survey}}
  certification: {coverage: 0.8, attribution: 0.9, inflates: 0.5, false_alarms: 0.5, overconfidence: 1.0}
  robustness: {sees_through_spoofs: 0.8, approves_wrong: 0.5, review: 0.5, cost: 5e6 USD}
  export-controls: {kinds: [vendor, non-state], shocks: 0.6, actions: 0.8}
  compartments: {strength: 0.95, inert: 0.02}
  confidence-floor: {floors: {degrade: 0.8, damage: 0.95}, below: review}
  de-escalation-mode: {trips_at: 5, within: 10 s, lasts: 1 h, review_from: probe, restraint: 0.7}
  throttle: {rate: 1 /min, burst: 3, excess: delay}
  human-on-the-loop:
    from: degrade
    reviewers: 3
    review: {median: 15 min, spread: 0.6}
    approves_right: 0.9
    approves_wrong: 0.2
    timeout: 1 h
    on_timeout: deny
  incident-sharing: {after: 30 min, recognises_accidents: 0.9, sees_through_spoofs: 0.7}
  shared-attribution: {verdict: {median: 6 h, spread: 0.5}, accuracy: 0.95}
"""
PEOPLE = {"reviewers": 3, "review": "10 min", "approves_right": 0.9, "approves_wrong": 0.2}
NEEDED = {
    "red-lines": {"forbid": [{"from": "damage"}]},
    "phased-rollout": {"autonomy": 0.5},
    "certification": {"attribution": 0.9},
    "robustness": {"review": 0.5},
    "export-controls": {"kinds": ["non-state"], "shocks": 0.5},
    "compartments": {"strength": 0.5},
    "confidence-floor": {"floors": {"damage": 0.9}},
    "de-escalation-mode": {"trips_at": 5, "within": "1 s", "lasts": "1 h", "restraint": 0.5},
    "throttle": {"rate": "1 /min"},
    "human-on-the-loop": PEOPLE,
    "incident-sharing": {"after": "1 h", "recognises_accidents": 0.9},
    "shared-attribution": {"verdict": "1 h", "accuracy": 0.9},
}
"""Every safeguard with what it needs, and with some effect."""


def portfolio(**safeguards):
    named = {name.replace("_", "-"): copy.deepcopy(body) for name, body in safeguards.items()}
    return {"detente": 1, "portfolio": "small", "safeguards": named}


def plain_rich():
    return json.loads(json.dumps(load(of_text(RICH).tree).document))


def warnings(document):
    report = check(document)
    assert report.problems == ()
    return {problem.path: f"{problem.found} / {problem.expected}" for problem in report.warnings}
