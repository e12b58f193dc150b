"""The solver on everything that ships."""

import numpy as np
import pytest

import detente
from detente.engine.compile import compile_tables
from detente.exact import criticality
from detente.exact.means import arrivals
from detente.exact.operator import Operator


@pytest.mark.parametrize("portfolio", detente.portfolios())
@pytest.mark.parametrize("scenario", detente.scenarios())
def test_r_is_the_largest_eigenvalue_of_the_mean_matrix(scenario: str, portfolio: str) -> None:
    """Column by column from the operator, then LAPACK on the dense matrix: another algorithm, and no mixing."""
    solution = detente.solve(scenario, portfolio)
    op = Operator(compile_tables(detente.load(scenario), detente.load_portfolio(portfolio)))
    among = criticality.live(op, criticality.reachable(op, *op.seed(arrivals(op))))
    types = np.flatnonzero(among)
    matrix = np.empty((types.size, types.size))
    for column, kind in enumerate(types):
        unit = op.zeros()
        unit.flat[kind] = 1.0
        matrix[:, column] = op.mean(unit).flat[types]
    assert np.abs(np.linalg.eigvals(matrix)).max() == pytest.approx(solution.escalation_number, rel=1e-7)


def test_where_mixing_leads_nowhere_plain_passes_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    mixed = detente.solve("attribution-error").escalation_number
    monkeypatch.setattr(criticality, "_PATIENCE", 0)
    assert detente.solve("attribution-error").escalation_number == pytest.approx(mixed, rel=1e-9)
    monkeypatch.setattr(criticality, "_MOST_PLAIN", 3)
    with pytest.raises(detente.SolverError, match="the escalation number: still changing by"):
        detente.solve("attribution-error")
