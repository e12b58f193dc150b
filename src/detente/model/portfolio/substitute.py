"""The same portfolio with other numbers, or with fewer safeguards."""

from collections.abc import Collection
from dataclasses import fields, replace
from typing import Any

from detente.model.portfolio.safeguards import SAFEGUARDS, Portfolio, Safeguard
from detente.model.problems import step
from detente.model.rewrite import Numbers, Rewriter, known
from detente.model.substitute import Lookup, delay_with
from detente.model.vocabulary import Delay

__all__ = ["only", "whole_numbers", "with_numbers"]

_COUNTS = ("trips_at", "burst", "reviewers")
_SUFFIXES = ("_usd_per_year", "_per_s", "_s")
"""what a field's name has beyond the key's in the document: its unit"""


def with_numbers(portfolio: Portfolio, numbers: Numbers, rewriter: Rewriter | None = None) -> Portfolio:
    """The portfolio with the numbers at some paths replaced, and their ranges gone.

    Parameters
    ----------
    rewriter
        of the portfolio's document, made once for all draws; default: made here.
    """
    get: Lookup = numbers.get
    rewriter = rewriter or Rewriter.of(portfolio.document, numbers)
    standing = {
        name.replace("-", "_"): _safeguard(f"safeguards.{name}", safeguard, get)
        for name, safeguard in portfolio.safeguards.items()
    }
    return replace(
        portfolio,
        quantities=known(portfolio.quantities, numbers),
        document=rewriter(numbers),
        **standing,  # type: ignore[arg-type]  # each under its own name, as it was found
    )


def only(portfolio: Portfolio, names: Collection[str]) -> Portfolio:
    """The portfolio with the safeguards of these names, and no other."""
    gone = {name.replace("-", "_"): None for name in SAFEGUARDS if name not in names}
    kept = {
        path: quantity
        for path, quantity in portfolio.quantities.items()
        if path.split(".")[1] in names or not path.startswith("safeguards.")
    }
    written = portfolio.document.get("safeguards", {})
    assert isinstance(written, dict), "INVARIANT: a resolved document lists its safeguards by name"
    standing = {name: stated for name, stated in written.items() if name in names}
    return replace(
        portfolio,
        quantities=kept,
        document={**portfolio.document, "safeguards": standing},
        **gone,  # type: ignore[arg-type]  # each is a safeguard that may be off
    )


def whole_numbers(portfolio: Portfolio) -> frozenset[str]:
    """The paths of numbers that are whole."""
    return frozenset(path for path in portfolio.quantities if path.rpartition(".")[2] in _COUNTS)


def _safeguard(path: str, safeguard: Safeguard, get: Lookup) -> Safeguard:
    changed = {
        one.name: _new(f"{path}.{_key(one.name)}", getattr(safeguard, one.name), get)
        for one in fields(safeguard)
    }
    return replace(safeguard, **changed)


def _new(path: str, stated: Any, get: Lookup) -> Any:
    """What stands in a field of a safeguard, with its numbers replaced; words and lists of names stay."""
    if isinstance(stated, Delay):
        return delay_with(path, stated, get)
    if isinstance(stated, int) and not isinstance(stated, bool):
        return int(get(path, stated))
    if isinstance(stated, float):
        return get(path, stated)
    if path.endswith(".floors"):
        return tuple((rung, get(path + step(rung), floor)) for rung, floor in stated)
    return stated


def _key(field: str) -> str:
    """A field's key in the document, which does not repeat its unit."""
    for suffix in _SUFFIXES:
        if field.endswith(suffix):
            return field.removesuffix(suffix)
    return field
