"""What only services and their clients need: loaded when they run, told in words where it is missing."""

from importlib import import_module
from typing import Any

from detente.errors import HostingError, install

__all__ = ["load"]


def load(module: str, extra: str = "serve") -> Any:
    """Return a module of `starlette`, `uvicorn` or `httpx`, or of what another extra brings.

    Raises
    ------
    HostingError
        It is not installed.

    """
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise HostingError(
            f"this needs {package}, which is not installed ({error}): {install(extra)}"
        ) from None
