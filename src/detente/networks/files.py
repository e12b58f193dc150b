"""Files that networks come in: read within a limit, as text, without running anything in them."""

import json
from pathlib import Path

from detente.errors import NetworkError

__all__ = ["LARGEST_BYTES", "read_bytes", "read_json", "read_text"]

LARGEST_BYTES = 64 * 2**20
"""a file's size; a network of the most nodes and links allowed takes a few MiB"""


def read_bytes(path: Path) -> bytes:
    """The bytes of a file.

    Raises
    ------
    NetworkError
        it cannot be read, or is larger than `LARGEST_BYTES`.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise NetworkError(f"{path}: cannot be read: {reason}") from None
    if len(content) > LARGEST_BYTES:
        raise NetworkError(
            f"{path}: found more than {LARGEST_BYTES // 2**20} MiB, expected a network of at most that size"
        )
    return content


def read_text(path: Path) -> str:
    """The text of a file in UTF-8, or in Latin-1 where it is not UTF-8, as older network files are."""
    content = read_bytes(path)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def read_json(path: Path) -> dict[str, object]:
    """The JSON object in a file.

    Raises
    ------
    NetworkError
        it cannot be read, is no JSON, or is JSON but no object.
    """
    text = read_text(path)
    try:
        document = json.loads(text)
    except RecursionError:
        raise NetworkError(f"{path}: found brackets nested too deeply, expected a network in JSON") from None
    except ValueError as error:
        raise NetworkError(f"{path}: found no JSON ({error}), expected a network in JSON") from None
    if not isinstance(document, dict):
        raise NetworkError(f"{path}: found JSON that is no object, expected a network in JSON")
    return document
