"""The front door in Python: an argument of a type that makes no sense is refused in words, whichever it is."""

import inspect
import math

import networkx as nx
import pytest

import detente
from detente.ensemble.arguments import fraction, function, listed, whole, words, writable
from detente.errors import DetenteError, SimulationError
from tests.analysis.uncertain import CHAIN
from tests.quarrel import QUARREL

FEW = {"runs": 20, "threads": 1}
CALLS = {
    "simulate": ([QUARREL], FEW),
    "solve": ([QUARREL], {}),
    "compare": ([QUARREL, ["none", "throttle"]], {**FEW, "halt_level": None}),
    "halt": ([QUARREL], {**FEW, "level": 0.1}),
    "rare": ([QUARREL], {"error": 0.5, "max_crises": 2000, "threads": 1}),
    "report": ([QUARREL, ["none"]], {**FEW, "halt_level": None}),
    "sweep": ([CHAIN], {"draws": 2, "runs": 0, "threads": 1}),
    "sensitivity": ([CHAIN], {"draws": 16, "top": 2, "trajectories": 2}),
    "discover": ([CHAIN], {"draws": 128, "runs": 0, "threads": 1, "fails": "catastrophe > 0.3"}),
    "import_network": ([nx.path_graph(4)], {}),
    "load": ([QUARREL], {}),
    "load_portfolio": (["none"], {}),
}
ARGUMENTS = [
    (name, argument)
    for name in CALLS
    for argument in inspect.signature(getattr(detente, name)).parameters
    if argument != "substations"  # anything is true or false
]


@pytest.mark.parametrize(("name", "argument"), ARGUMENTS)
@pytest.mark.parametrize("value", [object(), b"x"], ids=["an object", "bytes"])
def test_what_can_be_no_argument_is_refused_in_words(name, argument, value):
    given, more = CALLS[name]
    called = inspect.signature(getattr(detente, name)).bind(*given, **more)
    called.arguments[argument] = value
    with pytest.raises(DetenteError, match=r"found .*expected"):
        getattr(detente, name)(*called.args, **called.kwargs)


@pytest.mark.parametrize("value", ["0.1", None, [0.1], math.nan, True, 0, 1, 1.0, -0.5])
def test_a_fraction_is_a_number_between_0_and_1(value):
    with pytest.raises(SimulationError, match=r"level: found .*, expected a probability above 0 and below 1"):
        fraction("level", value, "a probability")


def test_arguments_that_make_sense_come_back_as_what_is_needed():
    assert fraction("level", 0.25) == 0.25
    assert whole("runs", 5, 1, 10) == 5
    assert words("event", "depth >= 3", "'depth >= 3'") == "depth >= 3"
    assert writable("out", "here").name == "here"
    assert writable("out", None) is None
    assert function("progress", print) is print
    assert listed(one for one in ("none", "essay")) == ["none", "essay"]


@pytest.mark.parametrize("name", ["compare", "report", "sweep"])
@pytest.mark.parametrize(
    "single", ["none", QUARREL, detente.load_portfolio("none")], ids=["name", "mapping", "loaded"]
)
def test_one_portfolio_where_a_list_is_wanted(name, single):
    with pytest.raises(SimulationError, match=r"found a single one, expected a list of portfolios, as \["):
        getattr(detente, name)(CHAIN, single)


def test_what_is_loaded_already_can_be_loaded():
    scenario, portfolio = detente.load(QUARREL), detente.load_portfolio("essay")
    assert detente.load(scenario) is scenario
    assert detente.load_portfolio(portfolio) is portfolio


def test_each_where_the_other_is_wanted():
    with pytest.raises(
        detente.ScenarioError, match="a Python Portfolio, expected the name of a shipped scenario"
    ):
        detente.load(detente.load_portfolio("essay"))
    with pytest.raises(
        detente.PortfolioError, match="a Python Scenario, expected the name of a shipped portfolio"
    ):
        detente.solve(QUARREL, detente.load(QUARREL))


def test_the_node_that_is_struck_may_be_called_as_the_graph_calls_it():
    graph = nx.path_graph(4)
    assert [one.hits for one in detente.import_network(graph, shock=1).scenario.shocks] == ["node-1"]
    with pytest.raises(detente.NetworkError, match="shock: found '9', expected a node"):
        detente.import_network(graph, shock=9)
