"""Packages that only some networks need: loaded when they are, with a word on how to install them."""

from importlib import import_module
from typing import Any

from detente.errors import NetworkError, install

__all__ = ["load_networkx", "load_pandapower_networks"]


def load_networkx() -> Any:
    """The package networkx.

    Raises
    ------
    NetworkError
        it is not installed.
    """
    return _load("networkx", "networkx", "networks")


def load_pandapower_networks() -> Any:
    """The module of pandapower in which its networks are.

    Raises
    ------
    NetworkError
        it is not installed.
    """
    return _load("pandapower.networks", "pandapower", "grid")


def _load(module: str, package: str, extra: str) -> Any:
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise NetworkError(
            f"this needs {package}, which is not installed ({error}): {install(extra)}"
        ) from None
