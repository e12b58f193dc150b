"""What the commands of the gate are given: folders, requests in files, times."""

import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from msgspec import DecodeError, Struct, ValidationError, json

from detente.cli.terminal import ArgumentError
from detente.gate.expected import expected_at, in_words
from detente.gate.letters import stray_byte
from detente.gate.request import Action
from detente.gate.twice import key_given_twice, told_twice
from detente.model.source import is_named_pipe

__all__ = [
    "Charter",
    "Folder",
    "Now",
    "Portfolio",
    "Request",
    "moment",
    "read_bounded",
    "read_request",
    "refuse_named_pipe",
    "refuse_twice",
]

Folder = Annotated[
    Path, typer.Argument(metavar="DIR", help="The gate's folder, with charter.yaml and portfolio.yaml.")
]
Charter = Annotated[
    str | None, typer.Option("--charter", metavar="FILE", help="Another charter than that of the folder.")
]
Portfolio = Annotated[
    str | None,
    typer.Option(
        "--portfolio",
        metavar="PORTFOLIO",
        help="Another portfolio than that of the folder: a file, or a shipped name.",
    ),
]
Now = Annotated[
    str | None, typer.Option("--now", metavar="TIME", help="As if it were then, as 2026-11-27T09:00:00Z.")
]

LARGEST = 32 * 1024
"""Of a request, in bytes: as much as the service takes."""


class Request(Struct, frozen=True, forbid_unknown_fields=True):
    """An action with who proposes it: what the service knows from authentication, a file must say."""

    system: str
    action: Action


_EXPECTED = '; expected an action, as {"id": ..., "target": ..., "action": ...}'

_requests = json.Decoder(Request)
_actions = json.Decoder(Action)


def read_request(file: Path, system: str | None) -> Request:
    """Return the request in a file (`-`: standard input): an action, with who proposes it beside it or as an option."""
    body = read_bounded(file, LARGEST, "an action")
    is_whole = False
    try:
        found: Any = json.decode(body)
        refuse_twice(body, str(file))
        is_whole = isinstance(found, dict) and isinstance(found.get("action"), dict)
        if is_whole:
            request = _requests.decode(body)
        elif system is None:
            raise ArgumentError(
                f"{file}: found an action without its system, expected --system NAME, or "
                '{"system": ..., "action": {...}}'
            )
        else:
            return Request(system, _actions.decode(body))
    except RecursionError:
        raise ArgumentError(f"{file}: it is nested too deeply, expected an action") from None
    except (ValidationError, DecodeError) as error:
        kind = Request if is_whole else Action
        expected = "" if expected_at(kind, str(error)) else _EXPECTED
        raise ArgumentError(f"{file}: {in_words(kind, str(error))}{expected}") from None
    return request if system is None else Request(system, request.action)


def refuse_twice(body: bytes, where: str, after: str = "") -> None:
    """See that no object has a key twice, as the service does; `after` is said at the end."""
    try:
        twice = key_given_twice(body)
    except ValueError as error:
        raise ArgumentError(f"{where}: {error}; expected JSON{after}") from None
    if twice is not None:
        raise ArgumentError(f"{where}: {told_twice(twice)}, expected each key once{after}")


def read_bounded(file: Path, most: int, expected: str) -> bytes:
    """Return the text in a file, or on standard input for `-`, up to a size; `expected` is said where it is none."""
    try:
        if str(file) == "-":
            body = sys.stdin.buffer.read(most + 1)
        else:
            refuse_named_pipe(file)
            with file.open("rb") as stream:
                body = stream.read(most + 1)
    except OSError as error:
        raise ArgumentError(f"{file}: cannot be read: {error.strerror or error}") from None
    if len(body) > most:
        raise ArgumentError(f"{file}: found more than {most} bytes, expected a request of at most so many")
    stray = stray_byte(body)
    if stray is not None:
        offset, found = stray
        line = body.count(b"\n", 0, offset) + 1
        raise ArgumentError(f"{file}:{line}: {found}; expected {expected}")
    return body


def refuse_named_pipe(file: Path) -> None:
    """See that a file can be read without waiting for somebody who writes to it. Raises ArgumentError, OSError."""
    if is_named_pipe(file):
        raise ArgumentError(f"{file}: found a named pipe, expected a file, or - for standard input")


def moment(text: str | None) -> int:
    """Return a time in nanoseconds since the epoch; without a text, the present."""
    if text is None:
        return time.time_ns()
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        when = None
    if when is None or when.tzinfo is None:
        raise ArgumentError(f"--now: found {text!r}, expected a time with its zone, as 2026-11-27T09:00:00Z")
    return round(when.timestamp()) * 1_000_000_000 + when.microsecond * 1000
