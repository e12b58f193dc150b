"""`detente check`: whether a scenario, a portfolio, a race or a charter is right, and what it says in full; and a gate's `outward.yaml`."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from detente.analysis.wording import counted
from detente.cli.terminal import (
    BAD_INPUT,
    DONE,
    ArgumentError,
    Json,
    emit_json,
    errors,
    output,
    problem_as_dict,
)
from detente.errors import DocumentError

if TYPE_CHECKING:
    from detente.model.either import Report

__all__ = ["check"]


def check(
    file: Annotated[
        str,
        typer.Argument(
            help="A scenario, portfolio, race or charter file, or the name of a shipped one; or a gate's outward.yaml."
        ),
    ],
    resolved: Annotated[
        bool,
        typer.Option(
            "--resolved", help="Print the document with every default filled in and every unit in SI."
        ),
    ] = False,
    kind: Annotated[
        str | None,
        typer.Option(
            metavar="KIND",
            help="What it is: scenario, portfolio, race or charter; where a shipped name is that of several.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Check a scenario, a portfolio, a race or a charter: every problem at once, with its place and the nearest valid name."""
    from detente.model.either import KINDS
    from detente.model.either import check as check_document

    if kind is not None and kind not in KINDS:
        raise ArgumentError(f"--kind: found '{kind}', expected {', '.join(KINDS[:-1])} or {KINDS[-1]}")
    if kind is None and Path(file).name == "outward.yaml":
        _check_outward(Path(file), resolved=resolved, as_json=as_json)
        return
    report = _with_conditions(file, check_document(file, kind))
    if as_json:
        emit_json(_as_dict(file, report, resolved=resolved))
        raise typer.Exit(DONE if report.made else BAD_INPUT)
    if report.made is None:
        raise DocumentError(report.problems)
    if resolved:
        _print_yaml(report.made.document)
    else:
        verdict = _VERDICTS[str(report.kind)](report.made)
        output().print(f"ok: {report.made.name}: {verdict}", soft_wrap=True)
    for warning in report.warnings:
        errors().print(f"warning: {warning}", soft_wrap=True)


def _check_outward(file: Path, *, resolved: bool, as_json: bool) -> None:
    """Check who is told by a gate: it is known by its name, since it has no `detente: 1`."""
    from detente.gate.outward.document import receivers_in

    if resolved:
        raise ArgumentError("--resolved: outward.yaml has no resolved form, expected it without")
    if not file.is_file():
        raise ArgumentError(f"{file}: found no such file")
    try:
        told, problems = [one.name for one in receivers_in(file.parent)], []
    except DocumentError as error:
        if not as_json:
            raise
        told, problems = [], [problem_as_dict(problem) for problem in error.problems]
    if as_json:
        emit_json(
            {"file": str(file), "kind": "outward", "ok": not problems, "problems": problems, "warnings": []}
        )
        raise typer.Exit(BAD_INPUT if problems else DONE)
    output().print(f"ok: {file}: tells {', '.join(told) or 'nobody'}", soft_wrap=True)


def _with_conditions(file: str, report: "Report") -> "Report":
    """Return the report with what is wrong with a charter's conditions: only the gate knows the facts they may read."""
    from detente.model.charter.vocabulary import Charter

    if not isinstance(report.made, Charter) or not report.made.conditions:
        return report
    from dataclasses import replace

    from detente.gate.folder import wrong_conditions

    placed = wrong_conditions(file, report.made)
    if not placed:
        return report
    return replace(report, problems=placed, made=None)


def _as_dict(file: str, report: Any, *, resolved: bool) -> dict[str, Any]:
    document: dict[str, Any] = {
        "file": file,
        "kind": report.kind,
        "ok": report.made is not None,
        "problems": [problem_as_dict(problem) for problem in report.problems],
        "warnings": [problem_as_dict(problem) for problem in report.warnings],
    }
    if resolved:
        document["resolved"] = report.made.document if report.made else None
    return document


def _scenario(scenario: Any) -> str:
    domains = {system.domain for system in scenario.systems}
    rules = sum(len(system.responds) for system in scenario.systems)
    return (
        f"{counted(len(scenario.systems), 'system')} of {counted(len(scenario.actors), 'actor')} "
        f"in {counted(len(domains), 'domain')}, {counted(rules, 'response')}, "
        f"{counted(len(scenario.dependencies), 'dependency', 'dependencies')}, {counted(len(scenario.shocks), 'shock')}"
    )


def _portfolio(portfolio: Any) -> str:
    standing = list(portfolio.safeguards)
    return f"{counted(len(standing), 'safeguard')}: {', '.join(standing)}" if standing else "no safeguards"


def _race(race: Any) -> str:
    return (
        f"{counted(len(race.players), 'player')} over {counted(race.quarters, 'quarter')}, "
        f"{counted(len(race.crises), 'kind')} of crises, {counted(len(race.policies), 'policy', 'policies')}, "
        f"{counted(len(race.beliefs), 'belief')}"
    )


def _charter(charter: Any) -> str:
    people = {name for group in charter.groups for name in group.people}
    return (
        f"{counted(len(charter.systems), 'system')} and {counted(len(charter.assets), 'asset')} "
        f"of {counted(len(charter.actors), 'actor')}, {counted(len(charter.actions), 'kind')} of actions, "
        f"{counted(len(people), 'person', 'people')} in {counted(len(charter.groups), 'group')}, "
        f"{counted(len(charter.conditions), 'condition')}"
    )


_VERDICTS = {"scenario": _scenario, "portfolio": _portfolio, "race": _race, "charter": _charter}


def _print_yaml(document: Mapping[str, object]) -> None:
    from ruamel.yaml import YAML

    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = False
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    writer.allow_unicode = True
    writer.width = 4096
    writer.dump(document, sys.stdout)
