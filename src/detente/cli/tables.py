"""Tables as the reports print them."""

from collections.abc import Collection, Iterator
from itertools import chain
from typing import TYPE_CHECKING, final

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from detente.analysis.wording import share_with_interval
from detente.cli.folding import folded

if TYPE_CHECKING:
    from detente.ensemble.estimators import Estimate

__all__ = ["interval", "table"]

_GAP = 2
"""columns between columns"""


@final
class _Figures(Table):
    """Names to the left and figures beside them, whose cells never break; where they do not fit, one below the other."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for within_names in (False, True):
            widths = self._fitted(options.max_width, within_names=within_names)
            if widths is not None:
                yield self._side_by_side(widths)
                return
        yield from self._stacked(options.max_width)

    @property
    def _cells(self) -> list[list[str]]:
        """By column."""
        return [[str(cell) for cell in column.cells] for column in self.columns]

    @property
    def _headings(self) -> list[str]:
        return [str(column.header) for column in self.columns]

    def _fitted(self, most: int, *, within_names: bool) -> list[int] | None:
        """The widths of the columns; None where not even their narrowest fit.

        Headings break between words, and so do cells of words; names may break at their hyphens, too.
        """
        columns = list(zip(self.columns, self._headings, self._cells, strict=True))
        found = []
        for position, (column, heading, cells) in enumerate(columns):
            at_hyphens = within_names and position == 0
            breaks = column.justify == "left"
            least = [_longest(cell, at_hyphens=at_hyphens) if breaks else cell_len(cell) for cell in cells]
            found.append(max([_longest(heading), *least]))
        left = most - sum(found) - _GAP * (len(columns) - 1)
        if left < 0:
            return None
        names, *words = [[(i, cell) for cell in cells] for i, (_, _, cells) in enumerate(columns)]
        title, *headings = enumerate(self._headings)
        for position, text in (*names, title, *chain(*words), *headings):
            more = min(left, max(0, cell_len(text) - found[position]))
            found[position] += more
            left -= more
        return found

    def _side_by_side(self, widths: list[int]) -> Table:
        found = _plain()
        for column, heading, width in zip(self.columns, self._headings, widths, strict=True):
            found.add_column(heading, justify=column.justify, width=width)
        for row, (name, *figures) in zip(self.rows, zip(*self._cells, strict=True), strict=True):
            found.add_row("\n".join(folded(name, widths[0], on_hyphens=True)), *figures, style=row.style)
        found.caption, found.caption_justify = self.caption, self.caption_justify
        return found

    def _stacked(self, width: int) -> Iterator[Text]:
        """Each row as a paragraph: its name, and a line for each figure that it has."""
        title, *headings = self._headings
        label = min(max(map(cell_len, headings)), width // 2)
        if title:
            yield Text("\n".join(folded(title, width)), style=self.header_style)
        for row, (name, *figures) in zip(self.rows, zip(*self._cells, strict=True), strict=True):
            lines = folded(name, width, rest="  ")
            for heading, figure in zip(headings, figures, strict=True):
                if figure:
                    lines += folded(figure, width, f"  {heading:<{label}}  ", " " * (label + 4))
            yield Text("\n".join(lines), style=row.style or "")
        if self.caption:
            yield Text("\n".join(folded(str(self.caption), width)), style="italic")


def _longest(text: str, *, at_hyphens: bool = False) -> int:
    """The width of the longest word, or part of one."""
    return max(map(cell_len, (text.replace("-", "- ") if at_hyphens else text).split()), default=0)


def _plain() -> Table:
    return Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold")


def table(title: str, *headings: str, words: Collection[str] = ()) -> Table:
    """Return an empty table: names to the left, numbers to the right, but for columns of `words`.

    Names, words and headings break between words where it is too wide, figures never; where it is too wide even so, each row
    is printed as a paragraph.
    """
    empty = _Figures(header_style="bold")
    empty.add_column(title)
    for heading in headings:
        empty.add_column(heading, justify="left" if heading in words else "right")
    return empty


def interval(estimate: "Estimate") -> str:
    """Return a share with its interval."""
    return share_with_interval(estimate.value, estimate.low, estimate.high)
