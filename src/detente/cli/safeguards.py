"""What safeguards did, for people: whom they stopped, rightly or wrongly, and how people coped."""

from typing import TYPE_CHECKING

from rich.table import Table

from detente.analysis.wording import count, duration, share
from detente.cli.tables import table

if TYPE_CHECKING:
    from detente.ensemble.books import Books

__all__ = ["people", "stopped"]


def stopped(books: "Books") -> Table:
    """Return what each safeguard stopped, and what of it was rightful defence."""
    rows = table("Safeguards, per crisis", "mean")
    for name, estimate in books.stopped.items():
        if estimate.value:
            rows.add_row(f"stopped by {name}", count(estimate.value))
    rows.add_row("rightful defence stopped", count(books.rightful_stopped.value))
    rows.add_row("rightful defence delayed, all together", duration(books.rightful_delay_s.value))
    return rows


def people(books: "Books") -> str:
    """Return how reviewers coped, in a sentence."""
    if not books.reviewed.value:
        return "Nothing was held for reviewers."
    return (
        f"Reviewers: {count(books.reviewed.value)} actions held per crisis, decided after {duration(books.wait_s)} "
        f"in the mean; {share(books.denied_share)} denied, {share(books.timed_out_share)} not decided in time."
    )
