"""Where a page may be written: over nothing but another page."""

from pathlib import Path

from detente.cli.places import place_for

__all__ = ["place_for_page"]


def place_for_page(place: Path) -> Path:
    """Return a path at which a report may appear; see `place_for`."""
    return place_for(place, "a report", _is_page)


def _is_page(place: Path) -> bool:
    """Whether a file is one that a report could have written."""
    with place.open("rb") as file:
        return file.read(15).lower() == b"<!doctype html>"
