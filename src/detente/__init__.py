"""detente: how automated systems escalate each other, and what stops them.

    import detente

    scenario = detente.load("attribution-error")
    ensemble = detente.simulate(scenario, runs=100_000, seed=0)
    print(ensemble.summary())
    solution = detente.solve(scenario)
    print(solution.escalation_number, solution.catastrophe_probability)

Every name below is loaded when it is first used, so that importing detente costs nothing and
loads neither the simulator nor the document reader.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from detente._version import __version__

if TYPE_CHECKING:
    from detente.analysis.compare import Comparison as Comparison
    from detente.analysis.compare import compare as compare
    from detente.analysis.halt import HaltDeadline as HaltDeadline
    from detente.analysis.halt import find_halt as halt
    from detente.analysis.planner.plan import plan as plan
    from detente.analysis.planner.results import Plan as Plan
    from detente.analysis.planner.results import PlanInterrupted as PlanInterrupted
    from detente.analysis.race_report.make import RaceReport as RaceReport
    from detente.analysis.race_report.make import race_report as race_report
    from detente.analysis.rare import rare as rare
    from detente.analysis.rare_event import RareEvent as RareEvent
    from detente.analysis.rare_event import RareInterrupted as RareInterrupted
    from detente.analysis.report.make import Report as Report
    from detente.analysis.report.make import report as report
    from detente.analysis.uncertainty.discover import Discovery as Discovery
    from detente.analysis.uncertainty.discover import discover as discover
    from detente.analysis.uncertainty.results import Sweep as Sweep
    from detente.analysis.uncertainty.sensitivity import Sensitivity as Sensitivity
    from detente.analysis.uncertainty.sensitivity import sensitivity as sensitivity
    from detente.analysis.uncertainty.sweep import SweepInterrupted as SweepInterrupted
    from detente.analysis.uncertainty.sweep import sweep as sweep
    from detente.ensemble.dataset import Dataset as Dataset
    from detente.ensemble.executors import Processes as Processes
    from detente.ensemble.executors import cluster as cluster
    from detente.ensemble.replicate import SimulationInterrupted as SimulationInterrupted
    from detente.ensemble.replicate import simulate as simulate
    from detente.ensemble.results import Ensemble as Ensemble
    from detente.errors import CharterError as CharterError
    from detente.errors import DetenteError as DetenteError
    from detente.errors import NetworkError as NetworkError
    from detente.errors import PortfolioError as PortfolioError
    from detente.errors import Problem as Problem
    from detente.errors import RaceError as RaceError
    from detente.errors import ResultError as ResultError
    from detente.errors import ScenarioError as ScenarioError
    from detente.errors import SimulationError as SimulationError
    from detente.errors import SolverError as SolverError
    from detente.exact.solution import Solution as Solution
    from detente.exact.solve import solve as solve
    from detente.model.charter.library import load as load_charter
    from detente.model.charter.vocabulary import Charter as Charter
    from detente.model.library import check as check
    from detente.model.library import load as load
    from detente.model.library import names as scenarios
    from detente.model.portfolio.library import load as load_portfolio
    from detente.model.portfolio.library import names as portfolios
    from detente.model.portfolio.safeguards import Portfolio as Portfolio
    from detente.model.race.library import load as load_race
    from detente.model.race.library import names as races
    from detente.model.race.vocabulary import Race as Race
    from detente.model.vocabulary import Scenario as Scenario
    from detente.networks.bring import ImportedNetwork as ImportedNetwork
    from detente.networks.bring import import_network as import_network
    from detente.race.ensemble import RaceResult as RaceResult
    from detente.race.ensemble import run_race as run_race

__all__ = [
    "Charter",
    "CharterError",
    "Comparison",
    "Dataset",
    "DetenteError",
    "Discovery",
    "Ensemble",
    "HaltDeadline",
    "ImportedNetwork",
    "NetworkError",
    "Plan",
    "PlanInterrupted",
    "Portfolio",
    "PortfolioError",
    "Problem",
    "Processes",
    "Race",
    "RaceError",
    "RaceReport",
    "RaceResult",
    "RareEvent",
    "RareInterrupted",
    "Report",
    "ResultError",
    "Scenario",
    "ScenarioError",
    "Sensitivity",
    "SimulationError",
    "SimulationInterrupted",
    "Solution",
    "SolverError",
    "Sweep",
    "SweepInterrupted",
    "__version__",
    "check",
    "cluster",
    "compare",
    "discover",
    "halt",
    "import_network",
    "load",
    "load_charter",
    "load_portfolio",
    "load_race",
    "plan",
    "portfolios",
    "race_report",
    "races",
    "rare",
    "report",
    "run_race",
    "scenarios",
    "sensitivity",
    "simulate",
    "solve",
    "sweep",
]

# public name -> (module, name there)
_PUBLIC = {
    "Comparison": ("detente.analysis.compare", "Comparison"),
    "HaltDeadline": ("detente.analysis.halt", "HaltDeadline"),
    "compare": ("detente.analysis.compare", "compare"),
    "Plan": ("detente.analysis.planner.results", "Plan"),
    "PlanInterrupted": ("detente.analysis.planner.results", "PlanInterrupted"),
    "plan": ("detente.analysis.planner.plan", "plan"),
    "RaceReport": ("detente.analysis.race_report.make", "RaceReport"),
    "race_report": ("detente.analysis.race_report.make", "race_report"),
    "rare": ("detente.analysis.rare", "rare"),
    "RareEvent": ("detente.analysis.rare_event", "RareEvent"),
    "RareInterrupted": ("detente.analysis.rare_event", "RareInterrupted"),
    "halt": ("detente.analysis.halt", "find_halt"),
    "Discovery": ("detente.analysis.uncertainty.discover", "Discovery"),
    "Sensitivity": ("detente.analysis.uncertainty.sensitivity", "Sensitivity"),
    "Sweep": ("detente.analysis.uncertainty.results", "Sweep"),
    "SweepInterrupted": ("detente.analysis.uncertainty.sweep", "SweepInterrupted"),
    "discover": ("detente.analysis.uncertainty.discover", "discover"),
    "sensitivity": ("detente.analysis.uncertainty.sensitivity", "sensitivity"),
    "sweep": ("detente.analysis.uncertainty.sweep", "sweep"),
    "Charter": ("detente.model.charter.vocabulary", "Charter"),
    "CharterError": ("detente.errors", "CharterError"),
    "DetenteError": ("detente.errors", "DetenteError"),
    "ImportedNetwork": ("detente.networks.bring", "ImportedNetwork"),
    "NetworkError": ("detente.errors", "NetworkError"),
    "import_network": ("detente.networks.bring", "import_network"),
    "Dataset": ("detente.ensemble.dataset", "Dataset"),
    "Ensemble": ("detente.ensemble.results", "Ensemble"),
    "Portfolio": ("detente.model.portfolio.safeguards", "Portfolio"),
    "PortfolioError": ("detente.errors", "PortfolioError"),
    "Problem": ("detente.errors", "Problem"),
    "Report": ("detente.analysis.report.make", "Report"),
    "Processes": ("detente.ensemble.executors", "Processes"),
    "Race": ("detente.model.race.vocabulary", "Race"),
    "RaceError": ("detente.errors", "RaceError"),
    "RaceResult": ("detente.race.ensemble", "RaceResult"),
    "load_race": ("detente.model.race.library", "load"),
    "races": ("detente.model.race.library", "names"),
    "run_race": ("detente.race.ensemble", "run_race"),
    "ResultError": ("detente.errors", "ResultError"),
    "Scenario": ("detente.model.vocabulary", "Scenario"),
    "ScenarioError": ("detente.errors", "ScenarioError"),
    "SimulationError": ("detente.errors", "SimulationError"),
    "SimulationInterrupted": ("detente.ensemble.replicate", "SimulationInterrupted"),
    "Solution": ("detente.exact.solution", "Solution"),
    "SolverError": ("detente.errors", "SolverError"),
    "check": ("detente.model.library", "check"),
    "cluster": ("detente.ensemble.executors", "cluster"),
    "load": ("detente.model.library", "load"),
    "load_charter": ("detente.model.charter.library", "load"),
    "load_portfolio": ("detente.model.portfolio.library", "load"),
    "portfolios": ("detente.model.portfolio.library", "names"),
    "report": ("detente.analysis.report.make", "report"),
    "scenarios": ("detente.model.library", "names"),
    "simulate": ("detente.ensemble.replicate", "simulate"),
    "solve": ("detente.exact.solve", "solve"),
}


def __getattr__(name: str) -> object:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'detente' has no attribute {name!r}")
    module, attribute = _PUBLIC[name]
    value: object = getattr(import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
