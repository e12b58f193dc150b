"""Files that somebody names for what a command writes: whether it may is settled before time is spent."""

from collections.abc import Callable
from pathlib import Path

from detente.cli.terminal import ArgumentError

__all__ = ["place_for"]

_PROBE = ".detente-can-write"


def place_for(place: Path, what: str, is_ours: Callable[[Path], bool], option: str = "--out") -> Path:
    """Return a path at which a file may appear, with the directories it lies in; nothing is made yet.

    Parameters
    ----------
    what
        What the command writes, in words: "a report".
    is_ours
        Whether a file that is there already is such a thing, and may be replaced. An empty one always may.

    Raises
    ------
    ArgumentError
        When something else is there and would be lost, or nothing can be written.
    """
    told = f"{option} {place}"
    if not place.name or place.is_dir():
        raise ArgumentError(f"{told}: found a directory, expected the name of a file to write")
    if place.exists() and not place.is_file():
        raise ArgumentError(f"{told}: found a device or a pipe, expected the name of a file to write")
    try:
        if place.is_file() and place.stat().st_size and not is_ours(place):
            raise ArgumentError(
                f"{told}: found a file that is not {what}, which would be lost; name another, or remove it"
            )
        probe = _nearest(place) / _PROBE
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise ArgumentError(f"{told}: cannot be written: {error.strerror}") from error
    return place


def _nearest(place: Path) -> Path:
    """The directory that is there already, in which the others would be made."""
    return next(folder for folder in place.resolve().parents if folder.exists())
