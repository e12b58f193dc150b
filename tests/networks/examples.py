"""Small networks that the tests share."""

import json

ZOO = """\
graph [
  DateObtained "1/1/11"
  Network "Somewhere"
  node [
    id 0
    label "None"
    Country "Avalon"
    Latitude 51.5
  ]
  node [
    id 1
    label "None"
    Country "Borduria"
  ]
  node [
    id 2
    label "Ost &#38; West"
    Country "Borduria"
  ]
  node [
    id 9
    label "nobody's"
  ]
  edge [
    source 0
    target 1
    LinkSpeedRaw 100.0
  ]
  edge [
    source 0
    target 1
    LinkSpeedRaw 3000.0
  ]
  edge [
    source 1
    target 2
    LinkSpeedRaw 500.0
  ]
  edge [
    source 2
    target 2
  ]
]
"""
"""As the files of the Internet Topology Zoo are: labels that repeat, places that are missing, parallel edges that
nothing announces."""

GRAPHML = """\
<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key id="d0" for="node" attr.name="label" attr.type="string"/>
  <key id="d1" for="node" attr.name="zone" attr.type="int"/>
  <graph edgedefault="directed">
    <node id="a"><data key="d0">Alpha</data><data key="d1">1</data></node>
    <node id="b"><data key="d0">Beta</data><data key="d1">2</data></node>
    <node id="c"><data key="d1">2</data></node>
    <edge source="a" target="b"/>
    <edge source="b" target="c"/>
  </graph>
</graphml>
"""


def node_link(nodes, edges, *, key="edges", **more):
    """A graph in node-link JSON."""
    return {
        "directed": False,
        "multigraph": False,
        "graph": {},
        "nodes": [{"id": node} for node in nodes],
        key: [{"source": source, "target": target} for source, target in edges],
        **more,
    }


def ring(count):
    """A ring of so many nodes, in node-link JSON."""
    return node_link(range(count), [(index, (index + 1) % count) for index in range(count)])


def saved_grid(**tables):
    """A grid as pandapower saves it: each table given as a list of rows, with their index as `index`."""
    elements = {}
    for kind, rows in tables.items():
        columns = sorted({column for row in rows for column in row} - {"index"})
        frame = {
            "columns": columns,
            "index": [row.get("index", number) for number, row in enumerate(rows)],
            "data": [[row.get(column) for column in columns] for row in rows],
        }
        elements[kind] = {
            "_module": "pandas.core.frame",
            "_class": "DataFrame",
            "_object": json.dumps(frame),
            "orient": "split",
        }
    return {"_module": "pandapower.auxiliary", "_class": "pandapowerNet", "_object": elements}


def line(start, end, **more):
    """A line of 1 km between two buses."""
    return {
        "from_bus": start,
        "to_bus": end,
        "length_km": 1.0,
        "r_ohm_per_km": 0.0,
        "x_ohm_per_km": 1.0,
        **more,
    }


def buses(count):
    """Buses of 100 kV."""
    return [{"name": f"B{number}", "vn_kv": 100.0, "zone": number % 2} for number in range(count)]
