"""Small documents for the tests of `model`."""

import copy

SMALL = {
    "detente": 1,
    "name": "small",
    "critical": "degrade",
    "horizon": "1 d",
    "actors": {"ash": {"kind": "state"}, "birch": {"kind": "state"}},
    "systems": {
        "shield": {"owner": "ash", "domain": "cyber"},
        "tower": {"owner": "birch", "domain": "cyber"},
    },
    "shocks": [{"hits": "shield", "rung": "probe"}],
}

RICH = """\
detente: 1
name: rich
title: Everything at once
critical: degrade
catastrophe: strategic
horizon: {value: 72 h, low: 1 d, high: 4 d, assumed: why not}
references:
  survey: {title: A survey, authors: A. Writer, year: 2020}
actors:
  ash: {kind: state, bloc: west, command: {review: {median: 4 h, spread: 0.5}, approves_right: 0.7, approves_wrong: 0.3}}
  birch: {kind: state, alert: {trips_at: 3, within: 1 h, lasts: 24 h, actions: 1.5}}
  crooks: {kind: non-state}
systems:
  grid: {owner: ash, domain: energy, components: [radio, edge-os]}
  shield:
    owner: ash
    domain: cyber
    components: [edge-os]
    harm: {disrupt: 2e6 USD, degrade: 5e7 USD}
    down: {from: destroy, lasts: 12 h}
    watches: {grid: 0.95, tower: 1.0}
    senses:
      attribution: {value: 0.72, low: 0.5, mode: 0.8, high: 0.9, source: survey}
      inflates: 0.1
      suspects: {birch: 3, crooks: 1}
      false_alarms: {rate: 0.2 /d, rung: probe}
    responds:
      - {from: degrade, at: [tower, grid], actions: 1, law: fixed, poses_as: crooks}
      - {from: disrupt, at: blamed, actions: 0.8, step: {down: 0.3, up: 0.1}, after: {median: 40 ms, spread: 1.0}}
      - {from: disrupt, at: blamed, actions: 0.5, law: {negative-binomial: 2}, reversible: {recovers: 0.5}, autonomy: 0.5}
  tower: {owner: birch, domain: cyber, compartment: east/towers, components: [radio]}
dependencies:
  - {from: grid, to: tower, spreads: 0.3, at_least: degrade, drops: 1, after: {mean: 2 min}}
  - {from: grid, to: shield, spreads: 0.2}
contagion:
  - {component: radio, spreads: 0.05, at_least: disrupt, after: {mean: 1 s}}
  - {component: edge-os, spreads: 0.05}
shocks:
  - {hits: tower, rung: disrupt, author: none, points_to: birch, at: 0 s}
  - {hits: grid, rung: probe, author: crooks, rate: 0.1 /d}
"""


def small(**changes):
    """The small document with some of its top keys replaced."""
    return copy.deepcopy(SMALL) | changes


def with_shield(**changes):
    """The small document with some keys of its first system added or replaced."""
    document = small()
    document["systems"]["shield"] |= changes
    return document


def with_response(**changes):
    """The small document with one response."""
    return with_shield(responds=[{"from": "disrupt", "at": "blamed", "actions": 1} | changes])
