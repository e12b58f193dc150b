"""The one place that says how kernels are compiled.

Compiled kernels are cached on disk under a folder named after the content of *all* kernel sources:
Numba itself notices a change only in the file of the function it compiles, and would go on using
a kernel built on yesterday's `_chance`. Fast-math stays off: it would part the compiled kernel from
its interpreted twin.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba

_HERE = Path(__file__).parent
_ROOMS = (_HERE, _HERE.parent / "exact")


def _sources_digest() -> str:
    digest = hashlib.blake2b(numba.__version__.encode(), digest_size=8)
    kernels = [source for room in _ROOMS for source in sorted(room.glob("_*.py"))]
    for source in [
        *kernels,
        _HERE / "tables.py",
        _HERE / "branches.py",
    ]:  # whose types the cache knows by name
        digest.update(source.read_bytes())
    return digest.hexdigest()


def cache_folder() -> Path:
    """Where compiled kernels of exactly these sources are kept."""
    base = os.environ.get("NUMBA_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "detente" / f"kernels-{_sources_digest()}"


CACHE_FOLDER = cache_folder()


def kernel(function: Callable[..., Any]) -> Any:
    """A compiled function that kernels call: always inlined.

    A call would hand over every array of `Tables` and `Work` as some two hundred arguments.
    """
    return _compiled(function, forceinline=True)


def entry(function: Callable[..., Any]) -> Any:
    """A compiled function that Python calls, or too large to inline at each use."""
    return _compiled(function, forceinline=False)


def _compiled(function: Callable[..., Any], *, forceinline: bool) -> Any:
    """Compiled on first call: lock released, cached on disk, IEEE arithmetic.

    Without Numba's run time (`_nrt`) nothing is reference-counted, which costs more than the
    simulation itself, and a kernel that allocates does not compile.
    """
    config: Any = numba.config  # numba's types know neither its settings nor these options
    njit: Any = numba.njit
    options = {"error_model": "numpy", "_nrt": False, "forceinline": forceinline}
    before = config.CACHE_DIR
    config.CACHE_DIR = str(CACHE_FOLDER)
    try:
        return njit(cache=True, nogil=True, **options)(function)
    finally:
        config.CACHE_DIR = before


def is_compiled(name: str = "run_block") -> bool:
    """Whether the kernel of that name, of these sources, is already on disk."""
    return any(CACHE_FOLDER.rglob(f"*.{name}-*.nbc"))
