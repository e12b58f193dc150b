"""Tables as the reports print them."""

from typing import TYPE_CHECKING

from rich.table import Table

from detente.analysis.wording import share_with_interval

if TYPE_CHECKING:
    from detente.ensemble.estimators import Estimate

__all__ = ["interval", "table"]


def table(title: str, *headings: str) -> Table:
    """Return an empty table: names to the left, numbers to the right."""
    empty = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    empty.add_column(title)
    for heading in headings:
        empty.add_column(heading, justify="right")
    return empty


def interval(estimate: "Estimate") -> str:
    """Return a share with its interval."""
    return share_with_interval(estimate.value, estimate.low, estimate.high)
