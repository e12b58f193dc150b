"""Files of one request, or of one on each line."""

from pathlib import Path
from typing import Any

from detente.cli.gate.given import LARGEST, read_bounded, refuse_twice
from detente.cli.terminal import ArgumentError

__all__ = ["documents"]

_MOST_LINES = 10_000
_NOT_SENT = "; nothing was sent"


def documents(file: Path, what: str) -> list[tuple[int, Any]]:
    """Return what is in a file, each with its line: one JSON document, or one on each line, and never none."""
    from msgspec import DecodeError, json

    from detente.gate.expected import in_words

    body = read_bounded(file, LARGEST * 32, f"one JSON object{_NOT_SENT}")
    try:
        whole = json.decode(body)
        refuse_twice(body, str(file), _NOT_SENT)
    except RecursionError:
        raise ArgumentError(f"{file}: it is nested too deeply, expected one JSON object") from None
    except DecodeError:
        pass
    else:
        return [(1, whole)]
    found = []
    for number, line in enumerate(body.splitlines(), 1):
        if not line.strip():
            continue
        try:
            found.append((number, json.decode(line)))
            refuse_twice(line, f"{file}:{number}", _NOT_SENT)
        except RecursionError:
            raise ArgumentError(
                f"{file}:{number}: it is nested too deeply, expected one JSON object"
            ) from None
        except DecodeError as error:
            raise ArgumentError(
                f"{file}:{number}: {in_words(None, str(error))}; expected one JSON object{_NOT_SENT}"
            ) from None
        if len(found) > _MOST_LINES:
            raise ArgumentError(f"{file}: found more than {_MOST_LINES} lines, expected at most so many")
    if not found:
        raise ArgumentError(f"{file}: found no {what}, expected one as JSON, or one on each line")
    return found
