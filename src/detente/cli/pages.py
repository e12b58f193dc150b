"""Where a page may be written: over nothing but another page."""

from pathlib import Path

from detente.cli.terminal import ArgumentError

__all__ = ["prepared"]


def prepared(place: Path) -> Path:
    """Find out that a page can be written there before time is spent on it.

    Raises
    ------
    ArgumentError
        When there is something else there that would be lost, or nothing can be written there.
    """
    if place.is_dir():
        raise ArgumentError(f"--out {place}: found a directory, expected the name of a file to write")
    if place.exists() and not place.is_file():
        raise ArgumentError(f"--out {place}: found a device or a pipe, expected the name of a file to write")
    if place.is_file() and not _is_page(place):
        raise ArgumentError(
            f"--out {place}: found a file that is no report, which would be lost; name another, or remove it"
        )
    if not place.parent.is_dir():
        raise ArgumentError(
            f"--out {place}: found no directory {place.parent}, expected one that is there; make it first"
        )
    probe = place.with_name(f".{place.name}.detente-can-write")
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise ArgumentError(f"--out {place}: cannot be written: {error.strerror}") from error
    return place


def _is_page(place: Path) -> bool:
    """Whether a file is empty, or one that a report could have written."""
    with place.open("rb") as file:
        return file.read(15).lower() in (b"", b"<!doctype html>")
