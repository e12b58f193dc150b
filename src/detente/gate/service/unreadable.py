"""What is said of a file of identities that cannot be read: where it stops making sense, and what to do."""

import json
from pathlib import Path
from typing import Any

from msgspec import ValidationError

from detente.gate.expected import in_words

__all__ = ["told"]

_REMEDY = "put it back from a copy, or remove it and add everybody anew: detente gate identity add"


def told(path: Path, kind: Any, body: bytes, error: Exception) -> str:
    """Return what is wrong with a file.

    Parameters
    ----------
    kind
        The type that the file should have had.
    body
        What is in it.
    error
        What msgspec, or Python, said of it.
    """
    if isinstance(error, ValidationError):
        return f"{path}: {in_words(kind, str(error))}; it is not as `detente gate identity` has written it: {_REMEDY}"
    if not body.strip():
        return f"{path}: found nothing in it, expected what `detente gate identity` has written: {_REMEDY}"
    return f"{path}{_line(body)}: what `detente gate identity` has written makes no sense from here on: {_REMEDY}"


def _line(body: bytes) -> str:
    """Return the line and the column from which on it is no JSON, as the end of a place."""
    try:
        json.loads(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        before = body[: error.start].split(b"\n")
        return f":{len(before)}:{len(before[-1]) + 1}"
    except json.JSONDecodeError as error:
        return f":{error.lineno}:{error.colno}"
    except RecursionError:
        return ":1"
    return ""
