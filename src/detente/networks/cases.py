"""The networks that pandapower ships, by name."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from detente.errors import NetworkError
from detente.model.problems import nearest_of, shown
from detente.networks.files import read_json
from detente.networks.optional import load_pandapower_networks
from detente.networks.tables import Table, Tables, of_frame, of_saved

__all__ = ["CASES", "load_case", "read_saved_grid"]

CASES = (
    "GBnetwork", "GBreducednetwork", "case118", "case11_iwamoto", "case1354pegase", "case14", "case145",
    "case1888rte", "case24_ieee_rts", "case2848rte", "case2869pegase", "case30", "case300", "case3120sp",
    "case33bw", "case39", "case4gs", "case5", "case57", "case6470rte", "case6495rte", "case6515rte", "case6ww",
    "case89pegase", "case9", "case9241pegase", "case_ieee30", "case_illinois200", "create_cigre_network_hv",
    "create_cigre_network_lv", "create_cigre_network_mv", "example_multivoltage", "example_simple", "iceland",
    "lv_schutterwald", "mv_oberrhein",
)  # fmt: skip
"""names of functions of `pandapower.networks` that make a whole network without arguments; nothing else is called"""


def load_case(name: str) -> Tables:
    """The tables of a network that pandapower ships.

    Raises
    ------
    NetworkError
        none has that name, or pandapower is not installed, or is a version without it.
    """
    if name not in CASES:
        near = nearest_of(name, CASES)
        hint = f" (did you mean '{near[0]}'?)" if near else f" ({', '.join(CASES)})"
        raise NetworkError(
            f"pandapower: found {shown(name)}, expected the name of a network that pandapower ships{hint}, "
            "or a file saved with pandapower.to_json, as grid.json"
        )
    module = load_pandapower_networks()
    if not hasattr(module, name):
        raise NetworkError(
            f"pandapower: this version of pandapower has no network '{name}': install a later one"
        )
    made = getattr(module, name)()
    grid: Mapping[str, Any] = made[0] if isinstance(made, tuple) else made
    return {kind: of_frame(grid[kind]) for kind in Table if kind in grid}


def read_saved_grid(path: Path) -> Tables:
    """The tables in a file written by `pandapower.to_json`, read as plain data: nothing in it is run.

    Raises
    ------
    NetworkError
        it cannot be read, or is something else.
    """
    return of_saved(read_json(path), path)
