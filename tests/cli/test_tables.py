"""Tables and sentences in terminals of any width: no figure is ever broken."""

import io
import re
import shlex

import pytest
from rich.console import Console

from detente.cli.folding import as_typed, folded
from detente.cli.tables import table
from detente.cli.terminal import output

PORTFOLIOS = ("none", "human-on-the-loop")
FIGURES = ("10.67 % (10.25 to 11.11)", "23 min 47 s", "-8.1 (-9.1 to -7.1)")


def printed(width):
    rows = table("Rightful defence", "catastrophe", "delayed by", "catastrophe, points")
    for name in PORTFOLIOS:
        rows.add_row(name, *FIGURES)
    rows.caption = "per crisis, in the mean"
    console = Console(file=io.StringIO(), width=width)
    console.print(rows)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [47, 50, 60, 65, 66, 70, 74, 76, 77, 78, 100])
def test_no_figure_is_broken_at_any_width(width):
    told = printed(width)
    assert max(map(len, told.splitlines())) <= width
    for figure in FIGURES:
        assert told.count(figure) == 2
    assert "per crisis, in the mean" in told
    assert "…" not in told


def test_what_gives_way_first():
    assert "Rightful defence  " in printed(100)
    assert "\nhuman-on-the-loop  10.67" in printed(78)
    assert "\nhuman-on-  " in printed(70)
    assert "\nthe-loop" in printed(70)
    assert printed(60).splitlines()[-5:-1] == [
        "human-on-the-loop",
        "  catastrophe          10.67 % (10.25 to 11.11)",
        "  delayed by           23 min 47 s",
        "  catastrophe, points  -8.1 (-9.1 to -7.1)",
    ]


def test_what_a_row_does_not_have_is_left_out_of_its_paragraph():
    rows = table("Loops", "share of R", "gain")
    rows.add_row("avalon-shield-of-the-north", "12 % (11.4 to 12.6)", "0.3")
    rows.add_row("992 others", "88 %", "")
    console = Console(file=io.StringIO(), width=20)
    console.print(rows)
    assert console.file.getvalue().splitlines()[-2:] == ["992 others", "  share of R  88 %"]


def test_cells_of_words_may_break_between_them():
    rows = table("How crises ended", "share", "", words=("",))
    rows.add_row("capped", "0 % (under 0.128)", "budget ran out: end unknown")
    console = Console(file=io.StringIO(), width=50)
    console.print(rows)
    assert re.search(r"capped +0 % \(under 0.128\)  budget ran +\n", console.file.getvalue())


@pytest.mark.parametrize("quantity", ["8 min 43 s", "79.8 %", "3 h", "12 ms", "2 d 4 h", "1.5 µs"])
def test_a_line_never_ends_within_a_quantity(quantity):
    text = f"actions are decided after {quantity} in the mean"
    for width in range(15, 60):
        lines = folded(text, width)
        assert " ".join(lines) == text
        assert sum(quantity in line for line in lines) == 1
        assert max(map(len, lines)) <= max(width, 10)


def test_lines_are_indented_as_asked_and_long_words_are_kept():
    assert folded("one two-three", 8, "- ", "  ") == ["- one", "  two-three"]
    assert folded("one two-three", 8, on_hyphens=True) == ["one two-", "three"]
    assert folded("", 8, "  ") == [""]


def test_the_console_folds_sentences_and_leaves_commands_alone(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "20")
    console = output()
    console.print("halves about every 4 h 26 min\n\nand so on")
    console.print("detente run attribution-error --seed 0", soft_wrap=True)
    assert capsys.readouterr().out.splitlines() == [
        "halves about every",
        "4 h 26 min",
        "",
        "and so on",
        "detente run attribution-error --seed 0",
    ]


@pytest.mark.parametrize("width", [10, 40, 60, 200])
def test_a_command_is_one_for_a_shell_however_narrow_its_lines(width):
    words = [
        "detente",
        "rare",
        "a b",
        "--event",
        "ended == 'catastrophe'",
        "--error",
        "0.1",
        "--portfolio",
        'x$"',
    ]
    typed = as_typed(words, width)
    assert shlex.split(typed.replace("\\\n", " ")) == words
    lines = typed.splitlines()
    assert all(len(line) <= max(width, 39) for line in lines)  # an option is not parted from its value
    assert all(line.startswith("    --") for line in lines[1:])
    assert "\"ended == 'catastrophe'\"" in typed
