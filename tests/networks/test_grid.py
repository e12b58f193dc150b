import importlib.util
import json
import sys

import pytest

from detente.errors import NetworkError
from detente.networks import cases
from detente.networks.bring import import_network
from detente.networks.tables import Table, of_saved
from tests.networks.examples import buses, line, saved_grid

HAS_PANDAPOWER = (
    importlib.util.find_spec("pandapower") is not None
    and importlib.util.find_spec("pandapower.networks") is not None  # a folder may outlive what was in it
)
needs_pandapower = pytest.mark.skipif(
    not HAS_PANDAPOWER,
    reason="pandapower is not installed, so the grids it ships are not tried: pip install pandapower",
)


@pytest.fixture
def grid(tmp_path):
    """Import a grid given by its tables."""

    def grid(given=None, **tables):
        path = tmp_path / "grid.json"
        path.write_text(json.dumps(saved_grid(**tables)))
        return import_network(path, "pandapower", **(given or {}))

    return grid


def systems(made):
    return {system.name: system for system in made.scenario.systems if system.domain != "control"}


def test_a_saved_grid_is_read_without_pandapower(grid, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandapower", None)
    made = grid(bus=buses(3), line=[line(0, 1), line(1, 2)])
    assert set(systems(made)) == {"B0", "B1", "B2"}
    assert {system.domain for system in systems(made).values()} == {"energy"}
    assert len(made.scenario.dependencies) == 4


def test_zones_may_be_owners(grid):
    made = grid({"owner": "zone"}, bus=buses(3), line=[line(0, 1), line(1, 2)])
    assert {name: system.owner for name, system in systems(made).items()} == {
        "B0": "zone-0",
        "B1": "zone-1",
        "B2": "zone-0",
    }


def test_transformers_join_buses_and_with_substations_make_one_of_them(grid):
    trafo = [{"hv_bus": 0, "lv_bus": 1, "sn_mva": 40.0, "vk_percent": 10.0}]
    tables = {"bus": buses(3), "line": [line(1, 2)], "trafo": trafo}
    assert set(systems(grid(**tables))) == {"B0", "B1", "B2"}
    made = grid({"substations": True}, **tables)
    assert set(systems(made)) == {"B0", "B2"}
    assert "3 buses" not in made.text
    assert "2 substations and 1 link read" in made.text


def test_three_windings_are_three_links(grid):
    trafo = {"hv_bus": 0, "mv_bus": 1, "lv_bus": 2, "sn_mv_mva": 40.0, "vk_mv_percent": 10.0}
    made = grid(bus=buses(3), trafo3w=[trafo])
    assert len(made.scenario.dependencies) == 6
    assert made.left_out == ()


def test_switches_join_and_part(grid):
    made = grid(
        bus=buses(5),
        line=[line(0, 1), line(1, 2), line(2, 3), line(3, 4)],
        switch=[
            {"bus": 0, "element": 1, "et": "b", "closed": True},
            {"bus": 3, "element": 4, "et": "b", "closed": False},
            {"bus": 2, "element": 2, "et": "l", "closed": False},
        ],
    )
    assert set(systems(made)) == {"B0", "B2", "B3", "B4"}
    assert {(d.source, d.target) for d in made.scenario.dependencies if d.source < d.target} == {
        ("B0", "B2"),
        ("B3", "B4"),
    }
    assert made.left_out[0] == "elements out of service or switched off: 1"


def test_what_is_out_of_service_is_left_out(grid):
    rows = buses(4)
    rows[3]["in_service"] = False
    made = grid(bus=rows, line=[line(0, 1), line(1, 2, in_service=False), line(0, 2), line(2, 3)])
    assert set(systems(made)) == {"B0", "B1", "B2"}
    assert made.left_out == ("elements out of service or switched off: 3",)


def test_harm_follows_load_and_a_little_of_generation(grid):
    made = grid(
        bus=buses(4),
        line=[line(0, 1), line(1, 2), line(2, 3)],
        load=[
            {"bus": 0, "p_mw": 30.0},
            {"bus": 0, "p_mw": 60.0, "scaling": 0.25},
            {"bus": 0, "p_mw": -30.0},
            {"bus": 1, "p_mw": -4.0},
        ],
        gen=[{"bus": 2, "p_mw": 200.0}, {"bus": 3, "p_mw": 900.0, "in_service": False}],
    )
    harm = {name: list(system.harm_usd) for name, system in systems(made).items()}
    # 45 MW is nearest to 50, at 10,000 USD per MWh for an hour and for six; 200 MW of generation count as 2.
    assert harm["B0"][2:4] == [500_000.0, 3_000_000.0]
    assert harm["B2"][2:4] == [20_000.0, 120_000.0]
    assert set(harm["B1"]) == set(harm["B3"]) == {0.0}


def test_lines_are_weighed_by_voltage_and_impedance(grid):
    made = grid(bus=buses(3), line=[line(0, 1, x_ohm_per_km=1.0), line(1, 2, x_ohm_per_km=9.0), line(0, 2)])
    spread = {(d.source, d.target): d.spreads for d in made.scenario.dependencies}
    assert spread["B0", "B1"] > spread["B2", "B1"]
    assert spread["B0", "B2"] > spread["B1", "B2"]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "expected a network saved with pandapower.to_json"),
        ({"_class": "pandapowerNet", "_object": "gAAAA"}, "expected a network saved with"),
        (saved_grid(), "found no buses"),
        (saved_grid(bus=buses(2), line=[line(0, 7)]), "line: found an end at bus 7"),
        (saved_grid(bus=buses(2), line=[line(None, 1)]), "line: found an end at bus -1"),
        ({"_class": "pandapowerNet", "_object": {"bus": 3}}, "bus: found no table"),
        ({"_class": "pandapowerNet", "_object": {"bus": {"_object": "[["}}}, "bus: found no table"),
        ({"_class": "pandapowerNet", "_object": {"bus": {"_object": "{}"}}}, "bus: found no table"),
    ],
)
def test_a_file_that_is_no_grid(tmp_path, document, message):
    path = tmp_path / "x.json"
    path.write_text(json.dumps(document))
    with pytest.raises(NetworkError, match=message):
        import_network(path, "pandapower")


def test_nothing_in_a_saved_grid_is_imported_or_run(tmp_path):
    document = saved_grid(bus=buses(2), line=[line(0, 1)])
    document["_object"]["bus"]["_module"] = "this"  # importing it would print a poem
    document["_object"]["controller"] = {"_module": "os", "_class": "system", "_object": "exit 3"}
    sys.modules.pop("this", None)
    tables = of_saved(document, tmp_path / "x.json")
    assert set(tables) == {Table.BUS, Table.LINE}
    assert "this" not in sys.modules


def test_only_known_names_are_called():
    with pytest.raises(NetworkError, match=r"found 'case119'.*did you mean 'case118'"):
        import_network("case119", "pandapower")
    with pytest.raises(NetworkError, match="expected the name of a network"):
        import_network("sorted_from_json", "pandapower")
    with pytest.raises(NetworkError, match="expected none: its links are weighed"):
        import_network("case9", "pandapower", weight="x")


def test_a_missing_pandapower_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandapower", None)
    monkeypatch.setitem(sys.modules, "pandapower.networks", None)
    with pytest.raises(
        NetworkError,
        match=r"this needs pandapower.*pip install 'detente\[grid\]', or in a clone .*'\.\[grid\]'",
    ):
        import_network("case9", "pandapower")


@needs_pandapower
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # pandapower's own
def test_case118_is_imported_whole():
    made = import_network("case118", "pandapower")
    assert len(systems(made)) == 118
    assert len(made.scenario.dependencies) == 2 * 179
    assert made.left_out == ("links parallel to another (their weights were added to it): 7",)
    assert made.warnings == ()


@needs_pandapower
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["case118", "example_multivoltage", "mv_oberrhein"])
def test_a_grid_saved_by_pandapower_is_the_same_as_the_grid_itself(tmp_path, name):
    pandapower = pytest.importorskip("pandapower")
    networks = pytest.importorskip("pandapower.networks")
    made = getattr(networks, name)()
    path = tmp_path / f"{name}.json"
    pandapower.to_json(made, str(path))
    saved, direct = import_network(path, "pandapower"), import_network(name, "pandapower")
    assert saved.text.partition("detente: 1")[2] == direct.text.partition("detente: 1")[2]


@needs_pandapower
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_every_listed_case_is_there():
    networks = pytest.importorskip("pandapower.networks")
    assert all(callable(getattr(networks, name, None)) for name in cases.CASES)
