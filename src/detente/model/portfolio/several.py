"""Several portfolios at once: each with a name that tells it from the others."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from detente.model.portfolio.library import load
from detente.model.portfolio.safeguards import Portfolio

__all__ = ["Source", "load_several"]

Source: TypeAlias = Portfolio | str | Path | Mapping[str, object]


def load_several(sources: Iterable[Source]) -> list[Portfolio]:
    """Load portfolios, in order; those that share a name are called otherwise, so that no two are called the same.

    Such a portfolio is called after its file, without its suffix; where that tells nothing apart, as it was asked for;
    and what came without a file, or twice, is numbered. Its document keeps the name it states.

    Raises
    ------
    PortfolioError
        with everything that is wrong with the first document that cannot be used.
    """
    asked = list(sources)
    loaded = [load(one) for one in asked]
    names = _told_apart([one.name for one in loaded], asked)
    return [
        one if one.name == name else replace(one, name=name) for one, name in zip(loaded, names, strict=True)
    ]


def _told_apart(names: list[str], asked: Sequence[Source]) -> list[str]:
    for spelled in (_stem, str):
        often = Counter(names)
        names = [
            spelled(source) if often[name] > 1 and isinstance(source, str | Path) else name
            for name, source in zip(names, asked, strict=True)
        ]
    often, seen = Counter(names), Counter[str]()
    for position, name in enumerate(names):
        if often[name] > 1:
            seen[name] += 1
            names[position] = f"{name} ({seen[name]})"
    return names


def _stem(source: object) -> str:
    return Path(str(source)).stem
