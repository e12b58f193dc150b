"""Documents by name, by path or as a mapping: from what a caller gives to a plain tree."""

from collections.abc import Mapping
from importlib.resources.abc import Traversable
from pathlib import Path

from detente.errors import DocumentError, Problem
from detente.model.problems import nearest_of, shown
from detente.model.source import Source, of_mapping, read

__all__ = ["Shelf", "arrive", "find_on", "shelf_of"]

_SUFFIXES = (".yaml", ".yml", ".json")

Shelf = Mapping[str, Path]
"""The files of shipped documents, by name, in the order of names."""


def shelf_of(folder: Traversable) -> Shelf:
    """The documents that stand in a folder of the package; none if there is no such folder."""
    if not folder.is_dir():
        return {}
    files = (entry.name for entry in folder.iterdir())
    names = sorted(name.removesuffix(".yaml") for name in files if name.endswith(".yaml"))
    return {name: Path(str(folder / f"{name}.yaml")) for name in names}


def find_on(shelf: Shelf, name: str, error: type[DocumentError]) -> Path:
    """The file of a shipped document; an `error` that gives the nearest name when there is none."""
    if name in shelf:
        return shelf[name]
    near = nearest_of(name, shelf)
    hint = f" (did you mean '{near[0]}'?)" if near else f" ({', '.join(shelf)})" if shelf else ""
    example = f"my-{error.noun.split()[0]}.yaml"
    shipped = f"the name of a shipped {error.noun}{hint}, or " if error.is_shipped else ""
    expected = f"{shipped}the path of a file, as {example}"
    found = shown(name) if name.strip() else "an empty name"
    raise error([Problem(path="", found=found, expected=expected)])


def arrive(source: object, shelf: Shelf, error: type[DocumentError]) -> Source:
    """The document that `source` gives; an `error` when it gives none, or none that can be read."""
    if isinstance(source, Mapping):
        return of_mapping(source, error)
    if isinstance(source, Path):
        return read(source, error)
    if not isinstance(source, str):
        shipped = f"the name of a shipped {error.noun}, " if error.is_shipped else ""
        expected = f"{shipped}a path, or a mapping"
        raise error([Problem(path="", found=f"a Python {type(source).__name__}", expected=expected)])
    return read(Path(source) if _is_path(source, shelf) else find_on(shelf, source, error), error)


def _is_path(source: str, shelf: Shelf) -> bool:
    if source in shelf:
        return False
    return source.endswith(_SUFFIXES) or "/" in source or "\\" in source or _exists(source)


def _exists(source: str) -> bool:
    try:
        return bool(source) and Path(source).exists()  # an empty path is the folder one is in
    except (OSError, ValueError):
        return False
