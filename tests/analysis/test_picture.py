"""Pictures of scenarios: everything has its place, nothing lies on anything, and the pages show today's."""

import xml.etree.ElementTree as ET
from itertools import combinations, pairwise

import pytest
from tools import pictures

import detente
from detente.analysis.report.layout import NODE_HEIGHT, NODE_WIDTH, layout
from detente.analysis.report.network import network_of
from detente.analysis.report.picture import draw
from tests import generate
from tests.quarrel import QUARREL

SVG = "{http://www.w3.org/2000/svg}"
SCENARIOS = [detente.load(name) for name in detente.scenarios()]
SCENARIOS += [
    detente.load(QUARREL),
    detente.load(generate.document(1)),
    detente.load(generate.document(5, systems=140)),
]


@pytest.fixture(
    scope="module", params=SCENARIOS, ids=lambda scenario: f"{scenario.name}-{len(scenario.systems)}"
)
def network(request):
    return network_of(request.param)


def placed(network):
    return layout(network.scenario, network.systems, network.shared)


def test_every_system_has_a_place_of_its_own_within_the_picture(network):
    place = placed(network)
    assert set(place.boxes) == {system.name for system in network.systems}
    for box in place.boxes.values():
        assert 0 <= box.x <= place.width - NODE_WIDTH
        assert 0 <= box.y <= place.height - NODE_HEIGHT
    for one, other in combinations(place.boxes.values(), 2):
        assert abs(one.x - other.x) >= NODE_WIDTH or abs(one.y - other.y) >= NODE_HEIGHT, (one, other)
    for one, other in combinations(place.frames, 2):
        apart = abs(one.x - other.x) >= one.width
        assert apart or one.y + one.height <= other.y or other.y + other.height <= one.y


def test_owners_hold_their_systems(network):
    place = placed(network)
    owners = {system.name: system.owner for system in network.systems}
    for box in place.boxes.values():
        around = [
            frame.owner
            for frame in place.frames
            if frame.x <= box.x
            and box.x + NODE_WIDTH <= frame.x + frame.width
            and frame.y <= box.y
            and box.y + NODE_HEIGHT <= frame.y + frame.height
        ]
        assert around == [owners[box.name]]


def test_the_picture_is_well_formed_and_shows_all_couplings(network):
    text = draw(network)
    assert text == draw(network)
    picture = ET.fromstring(text)  # noqa: S314 -- our own
    groups = {one.get("class"): one for one in picture.iter(f"{SVG}g")}
    assert len(groups["net-strikes"]) == len(network.strikes)
    assert len(groups["net-outages"]) == len(network.dependencies)
    assert len(groups["net-systems"].findall(f"{SVG}g")) == len(network.systems)
    hubs = [one for one in groups["net-shared"] if one.get("class") == "net-hub"]
    assert len(hubs) == len(network.shared)
    for number, loop in enumerate(network.loops, start=1):
        discs = [one for one in picture.iter(f"{SVG}g") if one.get("class") == f"net-loop-{number} net-turns"]
        assert sum(len(one.findall(f"{SVG}circle")) for one in discs) == len(loop.systems)
    assert picture.find(f"{SVG}title").text
    assert picture.get("role") == "img"
    for one in picture.iter():
        assert not any("nan" in str(value) or "inf" in str(value).split() for value in one.attrib.values())


def test_kinds_of_couplings_differ_without_colour():
    sheet = detente.load("attribution-error")
    text = draw(network_of(sheet))
    rules = dict(line.split(" { ", 1) for line in text.splitlines() if " { " in line)
    dashes = {
        name: rules[f".net .net-{name} path"].partition("stroke-dasharray: ")[2].partition(";")[0]
        for name in ("strikes", "outages", "shared")
    }
    assert len(set(dashes.values())) == 3
    loops = [rules[".net .net-act"], rules[".net .net-loop-2 .net-act"], rules[".net .net-loop-3 .net-act"]]
    assert len({rule.partition("stroke-dasharray: ")[2] for rule in loops}) == 3


def test_the_busiest_strikes_come_first_and_the_loops_are_those_of_the_solver():
    scenario = detente.load("attribution-error")
    network = network_of(scenario)
    assert all(one.expected >= other.expected for one, other in pairwise(network.strikes))
    assert network.loops == detente.solve(scenario).loops[:3]
    assert network.hidden == 0


def test_a_large_scenario_shows_its_busiest_systems():
    network = network_of(detente.load(generate.document(5, systems=140)))
    assert (len(network.systems), network.hidden) == (120, 20)
    shown = {system.name for system in network.systems}
    assert {name for loop in network.loops for name in loop.systems} <= shown


@pytest.mark.parametrize("name", detente.scenarios())
def test_the_page_shows_todays_picture_with_words_for_it(name):
    assert pictures.place(name).read_text(encoding="utf-8") == pictures.drawn(name), "make docs"
    page = pictures.place(name).with_suffix(".md").read_text(encoding="utf-8")
    words = page.partition("![")[2].partition(f"]({name}.svg)")[0]
    assert len(words) > 100
