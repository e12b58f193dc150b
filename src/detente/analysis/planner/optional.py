"""The optimiser, which only planning needs: loaded when it is, with a word on how to install it."""

from importlib import import_module
from typing import Any

from detente.errors import SimulationError

__all__ = ["load_optuna"]


def load_optuna() -> Any:
    """The package optuna.

    Raises
    ------
    SimulationError
        it is not installed.
    """
    try:
        return import_module("optuna")
    except ModuleNotFoundError as error:
        raise SimulationError(
            f"planning needs optuna, which is not installed ({error}): pip install 'detente[plan]', "
            "or in a clone .venv/bin/python -m pip install -e '.[plan]'"
        ) from None
