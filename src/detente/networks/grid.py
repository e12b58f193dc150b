"""Electricity grids as networks: buses or substations as nodes, lines and transformers as links."""

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from detente.errors import NetworkError
from detente.networks.tables import Row, Table, Tables, is_on, number
from detente.networks.topology import Link, Node, Topology, require_size

__all__ = ["of_grid"]

_OUT_OF_SERVICE = "elements out of service or switched off"


@dataclass(frozen=True, slots=True)
class _Branch:
    """What joins two buses."""

    ends: tuple[int, int]
    kind: Table
    strength_mva: float
    """power it would carry into a short circuit, rated voltage squared over impedance; 0 where unknown"""


def of_grid(tables: Tables, *, origin: str, name: str, is_by_substation: bool = False) -> Topology:
    """The network of a grid.

    Buses joined by a closed switch are one node. With `is_by_substation`, so are buses joined by a transformer.
    What is out of service or switched off is left out.

    Raises
    ------
    NetworkError
        there are no buses, or too many, or a branch ends at a bus that is not there.
    """
    rows = tables.get(Table.BUS, {})
    if not rows:
        raise NetworkError(f"{origin}: found no buses, expected an electricity grid")
    buses = {index: row for index, row in rows.items() if is_on(row)}
    branches = list(_branches(tables))
    require_size(len(buses), len(branches), origin)
    for branch in branches:
        for end in branch.ends:
            if end not in rows:
                raise NetworkError(
                    f"{origin}: {branch.kind}: found an end at bus {end}, expected a bus there is"
                )
    live = [branch for branch in branches if all(end in buses for end in branch.ends)]
    joined = _joined(tables, buses, live, is_by_substation=is_by_substation)
    links = [branch for branch in live if joined[branch.ends[0]] != joined[branch.ends[1]]]
    typical = statistics.median([b.strength_mva for b in links if b.strength_mva > 0.0] or [1.0])
    idle = len(rows) - len(buses) + len(branches) - len(live) + _idle(tables, branches)
    return Topology(
        origin=origin,
        name=name,
        noun="substation" if is_by_substation else "bus",
        nodes=tuple(_nodes(tables, buses, joined)),
        links=tuple(
            Link(
                source=str(joined[branch.ends[0]]),
                target=str(joined[branch.ends[1]]),
                weight=branch.strength_mva or typical,
            )
            for branch in links
        ),
        is_directed=False,
        weight="rated voltage squared over impedance, in MVA; the median of the others where a branch has none",
        is_grid=True,
        left_out=(f"{_OUT_OF_SERVICE}: {idle:,}",) if idle else (),
    )


def _idle(tables: Tables, branches: list[_Branch]) -> int:
    """How many branches of the tables are not among `branches`."""
    kinds = (Table.LINE, Table.TRAFO, Table.TRAFO3W, Table.IMPEDANCE, Table.DCLINE)
    listed = Counter(branch.kind for branch in branches)
    listed[Table.TRAFO3W] //= 3
    return sum(len(tables.get(kind, {})) - listed[kind] for kind in kinds)


def _branches(tables: Tables) -> Iterator[_Branch]:
    """The branches that are in service and not switched off, in the order of kinds and indices."""
    off = _switched_off(tables)
    for kind in (Table.LINE, Table.TRAFO, Table.TRAFO3W, Table.IMPEDANCE, Table.DCLINE):
        for index, row in sorted(tables.get(kind, {}).items()):
            if is_on(row) and (kind, index) not in off:
                yield from _of_row(kind, row, tables)


def _switched_off(tables: Tables) -> set[tuple[Table, int]]:
    kinds = {"l": Table.LINE, "t": Table.TRAFO, "t3": Table.TRAFO3W}
    switches = tables.get(Table.SWITCH, {}).values()
    return {
        (kinds[str(row.get("et"))], _bus(row, "element"))
        for row in switches
        if row.get("et") in kinds and row.get("closed") is False
    }


def _of_row(kind: Table, row: Row, tables: Tables) -> Iterator[_Branch]:
    if kind is Table.TRAFO3W:
        hv, mv, lv = (_bus(row, f"{side}_bus") for side in ("hv", "mv", "lv"))
        for ends, side in (((hv, mv), "mv"), ((hv, lv), "lv"), ((mv, lv), "lv")):
            yield _Branch(ends, kind, _transformer(row, f"sn_{side}_mva", f"vk_{side}_percent"))
    elif kind is Table.TRAFO:
        strength = _transformer(row, "sn_mva", "vk_percent")
        yield _Branch((_bus(row, "hv_bus"), _bus(row, "lv_bus")), kind, strength)
    else:
        ends = (_bus(row, "from_bus"), _bus(row, "to_bus"))
        strength = _line(row, tables.get(Table.BUS, {}).get(ends[0], {})) if kind is Table.LINE else 0.0
        if kind is Table.IMPEDANCE and (
            per_unit := abs(complex(number(row, "rft_pu"), number(row, "xft_pu")))
        ):
            strength = number(row, "sn_mva") / per_unit
        yield _Branch(ends, kind, strength)


def _bus(row: Row, column: str) -> int:
    return int(number(row, column, -1.0))


def _transformer(row: Row, power: str, voltage: str) -> float:
    percent = number(row, voltage)
    return number(row, "parallel", 1.0) * number(row, power) * 100.0 / percent if percent > 0.0 else 0.0


def _line(row: Row, bus: Row) -> float:
    impedance = abs(complex(number(row, "r_ohm_per_km"), number(row, "x_ohm_per_km"))) * number(
        row, "length_km"
    )
    power = number(bus, "vn_kv") ** 2 * number(row, "parallel", 1.0)
    return power / impedance if impedance > 0.0 else 0.0


def _joined(
    tables: Tables, buses: Mapping[int, Row], branches: list[_Branch], *, is_by_substation: bool
) -> dict[int, int]:
    """For each bus the lowest index among those it is one node with."""
    first = {index: index for index in buses}

    def find(index: int) -> int:
        while first[index] != index:
            first[index] = first[first[index]]
            index = first[index]
        return index

    pairs = [
        (_bus(row, "bus"), _bus(row, "element"))
        for _, row in sorted(tables.get(Table.SWITCH, {}).items())
        if row.get("et") == "b" and row.get("closed") is not False
    ]
    if is_by_substation:
        pairs += [branch.ends for branch in branches if branch.kind in (Table.TRAFO, Table.TRAFO3W)]
    for one, other in pairs:
        if one in first and other in first:
            low, high = sorted((find(one), find(other)))
            first[high] = low
    return {index: find(index) for index in buses}


def _nodes(tables: Tables, buses: Mapping[int, Row], joined: Mapping[int, int]) -> Iterator[Node]:
    load = _power(tables, (Table.LOAD,), joined)
    generation = _power(tables, (Table.GEN, Table.SGEN, Table.EXT_GRID), joined)
    for index, row in sorted(buses.items()):
        if joined[index] == index:
            label = row.get("name")
            yield Node(
                key=str(index),
                label=str(index if label is None or label == "" else label),
                attributes=row,
                load_mw=load[index],
                generation_mw=generation[index],
            )


def _power(tables: Tables, kinds: tuple[Table, ...], joined: Mapping[int, int]) -> Mapping[int, float]:
    """MW at each node; what flows the wrong way does not count."""
    total: defaultdict[int, float] = defaultdict(float)
    for kind in kinds:
        for _, row in sorted(tables.get(kind, {}).items()):
            bus = _bus(row, "bus")
            if is_on(row) and bus in joined:
                total[joined[bus]] += max(0.0, number(row, "p_mw") * number(row, "scaling", 1.0))
    return total
