"""Points in the unit cube: scrambled Sobol points, the same for a draw however many draws or unknowns there are."""

import numpy as np
from scipy.stats import qmc

from detente.analysis.uncertainty.factors import Floats
from detente.errors import SimulationError

__all__ = ["MOST_DRAWS", "sobol"]

MOST_DRAWS = 100_000
_LEAST_DIMENSIONS = 1024
_BLOCK = 1024
_MOST_DIMENSIONS = qmc.Sobol.MAXDIM


def sobol(draws: int, dimensions: int, seed: int) -> Floats:
    """(draws, dimensions) the first points of a scrambled Sobol sequence.

    A draw keeps its point when draws are added. So does it, in the unknowns there were before, when unknowns are added
    behind them (up to 1024 together, then up to each further power of two): the scrambling is drawn for that many.

    Raises
    ------
    SimulationError
        more unknowns than the sequence has dimensions.
    """
    if dimensions > _MOST_DIMENSIONS:
        raise SimulationError(
            f"found {dimensions} uncertain numbers, expected at most {_MOST_DIMENSIONS}: give fewer of them a range"
        )
    room = min(max(_LEAST_DIMENSIONS, 1 << (dimensions - 1).bit_length()), _MOST_DIMENSIONS)
    engine = qmc.Sobol(room, scramble=True, rng=np.random.default_rng(seed))
    # In blocks, so that the dimensions that stand empty take no room; a block is a power of two, where the sequence is
    # balanced, and what it has beyond the draws asked for is dropped.
    blocks = [engine.random(_BLOCK)[:, :dimensions].copy() for _ in range(0, draws, _BLOCK)]
    return np.concatenate(blocks)[:draws]
