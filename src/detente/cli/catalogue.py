"""`detente scenarios`, `detente portfolios` and `detente races`: what ships with detente."""

from typing import Any

from rich.table import Table

from detente.analysis.wording import money
from detente.cli.tables import table
from detente.cli.terminal import Json, emit_json, output

__all__ = ["portfolios", "races", "scenarios"]


def scenarios(as_json: Json = False) -> None:
    """List the scenarios that ship with detente."""
    from detente.model.library import load, names

    rows = [_scenario(load(name)) for name in names()]
    if as_json:
        emit_json({"scenarios": rows})
        return
    listed = table("name", "title", "systems", "actors", "domains", words=("title", "domains"))
    for row in rows:
        listed.add_row(
            row["name"], row["title"], str(row["systems"]), str(row["actors"]), ", ".join(row["domains"])
        )
    _print(listed, f"Run one:  detente run {rows[0]['name']}" if rows else "")


def portfolios(as_json: Json = False) -> None:
    """List the portfolios of safeguards that ship with detente."""
    from detente.model.portfolio.library import load, names

    rows = [_portfolio(load(name)) for name in names()]
    if as_json:
        emit_json({"portfolios": rows})
        return
    listed = table("name", "title", "safeguards", "a year", words=("title",))
    for row in rows:
        cost = money(row["cost_usd_per_year"])
        listed.add_row(row["name"], row["title"], str(len(row["safeguards"])), cost)
    _print(listed, f"Read one in full:  detente check {rows[0]['name']} --resolved" if rows else "")


def races(as_json: Json = False) -> None:
    """List the races that ship with detente."""
    from detente.model.race.library import load, names

    rows = [_race(load(name)) for name in names()]
    if as_json:
        emit_json({"races": rows})
        return
    listed = table(
        "name", "title", "players", "years", "crises", "policies", "beliefs", words=("title", "crises")
    )
    for row in rows:
        numbers = (str(row["players"]), f"{row['quarters'] / 4:g}", ", ".join(row["crises"]))
        listed.add_row(
            row["name"], row["title"], *numbers, str(len(row["policies"])), str(len(row["beliefs"]))
        )
    _print(listed, f"Run one:  detente race {rows[0]['name']} --runs 20" if rows else "")


def _print(listed: Table, hint: str) -> None:
    console = output()
    console.print(listed)
    if hint:
        console.print(f"\n{hint}", soft_wrap=True)


def _scenario(scenario: Any) -> dict[str, Any]:
    return {
        "name": scenario.name,
        "title": scenario.title,
        "summary": scenario.summary,
        "actors": len(scenario.actors),
        "systems": len(scenario.systems),
        "domains": sorted({system.domain for system in scenario.systems}),
    }


def _portfolio(portfolio: Any) -> dict[str, Any]:
    return {
        "name": portfolio.name,
        "title": portfolio.title,
        "summary": portfolio.summary,
        "safeguards": list(portfolio.safeguards),
        "cost_usd_per_year": portfolio.cost_usd_per_year,
    }


def _race(race: Any) -> dict[str, Any]:
    return {
        "name": race.name,
        "title": race.title,
        "summary": race.summary,
        "players": len(race.players),
        "quarters": race.quarters,
        "crises": [crises.scenario for crises in race.crises],
        "policies": [policy.name for policy in race.policies],
        "beliefs": [belief.name for belief in race.beliefs],
    }
