"""The tables of docs/reference/classics.md, which the tool prints."""

from dataclasses import replace

import pytest
from tools import classics

TABLES = list(classics.tables())


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.title.partition(":")[0])
def test_closed_forms_and_what_is_found_agree(table):
    assert table.furthest <= table.apart
    assert list(classics.printed(table))[-1].startswith("no two are further apart")


def test_a_pair_that_is_apart_fails_the_tool(monkeypatch, capsys):
    table = TABLES[0]
    wrong = replace(table, rows=(*table.rows[1:], replace(table.rows[0], found=0.51)))
    monkeypatch.setattr(classics, "tables", lambda: iter([TABLES[1], wrong]))
    assert classics.main() == 1
    assert "SOME ARE further apart than 1e-06" in capsys.readouterr().out
