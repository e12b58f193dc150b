"""GML files, also those that break the rules in the ways real collections do."""

import re
from pathlib import Path
from typing import Any

from detente.errors import NetworkError
from detente.networks.files import read_text
from detente.networks.optional import load_networkx
from detente.networks.topology import require_size

__all__ = ["read_gml"]

_GRAPH = re.compile(r"^\s*graph\s*\[", re.MULTILINE)
_RECORD = re.compile(r"^\s*(node|edge)\b", re.MULTILINE)
_MULTIGRAPH = re.compile(r"^\s*multigraph\s+[01]\s*$", re.MULTILINE)


def read_gml(path: Path) -> Any:
    """The graph in a GML file, as networkx has it, its nodes under their `id`.

    Labels may repeat or be missing. Parallel edges are read whether or not the file says that it has some,
    as files of the Internet Topology Zoo do not.

    Raises
    ------
    NetworkError
        it cannot be read, is no GML, or is too large.
    """
    networkx = load_networkx()
    text = read_text(path)
    records = _RECORD.findall(text)
    require_size(records.count("node"), records.count("edge"), str(path))
    try:
        return networkx.parse_gml(_with_parallel_edges(text).splitlines(), label="id")
    except RecursionError:
        raise NetworkError(f"{path}: found brackets nested too deeply, expected GML") from None
    except Exception as error:  # noqa: BLE001 -- networkx lets through whatever a strange file makes it do
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise NetworkError(f"{path}: found no GML that can be read ({reason}), expected a graph") from None


def _with_parallel_edges(text: str) -> str:
    """The text with the word that allows parallel edges, which are merged later in any case."""
    bare = _MULTIGRAPH.sub("", text)
    return _GRAPH.sub(lambda found: f"{found[0]}\n  multigraph 1", bare, count=1)
