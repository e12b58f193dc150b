"""`detente scenarios`: what ships with detente."""

from typing import Any

from rich.table import Table

from detente.cli.terminal import Json, emit_json, output

__all__ = ["scenarios"]


def scenarios(as_json: Json = False) -> None:
    """List the scenarios that ship with detente."""
    from detente.model.library import load, names

    rows = [_row(load(name)) for name in names()]
    if as_json:
        emit_json({"scenarios": rows})
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading, justify in (("name", "left"), ("title", "left"), ("systems", "right"), ("actors", "right")):
        table.add_column(heading, justify=justify, no_wrap=heading != "title")  # type: ignore[arg-type]
    table.add_column("domains")
    for row in rows:
        table.add_row(
            row["name"], row["title"], str(row["systems"]), str(row["actors"]), ", ".join(row["domains"])
        )
    console = output()
    console.print(table)
    if rows:
        console.print(f"\nRun one:  detente run {rows[0]['name']}", soft_wrap=True)


def _row(scenario: Any) -> dict[str, Any]:
    return {
        "name": scenario.name,
        "title": scenario.title,
        "summary": scenario.summary,
        "actors": len(scenario.actors),
        "systems": len(scenario.systems),
        "domains": sorted({system.domain for system in scenario.systems}),
    }
