import subprocess
import sys
from pathlib import Path

import pytest

import detente


def test_the_public_names_are_sorted_and_complete():
    assert detente.__all__ == sorted(detente.__all__)
    assert set(detente.__all__) == {*detente._PUBLIC, "__version__"}
    assert dir(detente) == detente.__all__


@pytest.mark.parametrize("name", detente.__all__)
def test_every_public_name_is_there_and_documented(name):
    thing = getattr(detente, name)
    if name != "__version__":
        assert thing.__doc__
        assert thing.__module__ == detente._PUBLIC[name][0] or name == "scenarios"


def test_the_citation_names_this_version():
    citation = Path(__file__).parent.parent / "CITATION.cff"
    assert f"\nversion: {detente.__version__}\n" in citation.read_text(encoding="utf-8")


def test_another_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'simulat'"):
        detente.simulat  # noqa: B018


def test_every_error_is_a_detente_error():
    for name in ("PortfolioError", "ResultError", "ScenarioError", "SimulationError"):
        assert issubclass(getattr(detente, name), detente.DetenteError)
    assert not issubclass(detente.SimulationInterrupted, Exception)


def test_the_public_names_type_check_as_a_user_writes_them(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        "import detente\n"
        "scenario: detente.Scenario = detente.load('attribution-error')\n"
        "ensemble: detente.Ensemble = detente.simulate(scenario, runs=10, seed=1, threads=2)\n"
        "low: float = ensemble.summary().catastrophe.low\n"
        "names: tuple[str, ...] = detente.scenarios() + detente.portfolios()\n"
        "portfolio: detente.Portfolio = detente.load_portfolio('red-lines')\n"
        "stands: bool = portfolio.red_lines is not None\n"
        "who: str | None = ensemble.trace(0).incidents[0].author\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(program)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
