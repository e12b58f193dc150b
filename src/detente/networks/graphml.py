"""GraphML files, without the parts of XML by which a small file can hurt."""

import io
import warnings
from pathlib import Path
from typing import Any
from xml.parsers import expat

from detente.errors import NetworkError
from detente.networks.files import read_bytes
from detente.networks.optional import load_networkx
from detente.networks.topology import require_size

__all__ = ["read_graphml"]

_DEEPEST = 64
"""elements within each other; a real file has about six"""


def read_graphml(path: Path) -> Any:
    """The graph in a GraphML file, as networkx has it.

    Raises
    ------
    NetworkError
        it cannot be read, is no GraphML, declares a document type or entities, or is too large.
    """
    networkx = load_networkx()
    content = read_bytes(path)
    _Guard(path).examine(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about types it guesses
            return networkx.read_graphml(io.BytesIO(content))
    except Exception as error:  # noqa: BLE001 -- networkx lets through whatever a strange file makes it do
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise NetworkError(
            f"{path}: found no GraphML that can be read ({reason}), expected a graph"
        ) from None


class _Guard:
    """A first pass that counts and refuses, so that the second meets nothing it was not made for."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._depth = 0
        self._counts = {"node": 0, "edge": 0}
        self._parser = expat.ParserCreate()
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end

    def examine(self, content: bytes) -> None:
        try:
            self._parser.Parse(content, True)
        except (expat.ExpatError, LookupError, ValueError) as error:
            raise NetworkError(f"{self._path}: found no XML ({error}), expected GraphML") from None

    def _refuse_doctype(self, *_declaration: object) -> None:
        # Entities can be declared nowhere else: without them nothing in the file multiplies or reads other files.
        raise NetworkError(
            f"{self._path}:{self._parser.CurrentLineNumber}: found a document type declaration, "
            "expected GraphML without one: remove it if you trust the file"
        )

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise NetworkError(
                f"{self._path}:{self._parser.CurrentLineNumber}: found elements more than {_DEEPEST} deep, "
                "expected GraphML"
            )
        what = name.rpartition(":")[2]
        if what in self._counts:
            self._counts[what] += 1
            require_size(self._counts["node"], self._counts["edge"], str(self._path))

    def _end(self, _name: str) -> None:
        self._depth -= 1
