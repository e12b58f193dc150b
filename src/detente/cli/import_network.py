"""`detente import`: a real network as a scenario to edit."""

import shlex
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from detente.analysis.wording import counted
from detente.cli.terminal import ArgumentError, Json, emit_json, errors, output

__all__ = ["import_network"]


def import_network(
    form: Annotated[
        str, typer.Argument(metavar="FORMAT", help="networkx (node-link JSON), graphml, gml or pandapower.")
    ],
    source: Annotated[
        str,
        typer.Argument(
            metavar="FILE|NAME",
            help="The file; for pandapower also the name of a network it ships, as case118.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the scenario there; a file that exists is left alone."),
    ] = None,
    owner: Annotated[
        str | None,
        typer.Option(
            metavar="ATTRIBUTE",
            help="The attribute of nodes that says who owns them. [default: regions found]",
        ),
    ] = None,
    compartment: Annotated[
        str | None,
        typer.Option(
            metavar="ATTRIBUTE",
            help="The attribute of nodes that says what is sealed off together. [default: regions found]",
        ),
    ] = None,
    domain: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The domain of every system. [default: energy for pandapower, else communications]",
        ),
    ] = None,
    domain_by: Annotated[
        str | None,
        typer.Option(metavar="ATTRIBUTE", help="The attribute of nodes that says their domain, instead."),
    ] = None,
    weight: Annotated[
        str | None,
        typer.Option(
            metavar="ATTRIBUTE",
            help="The attribute of edges that says how strongly they tie. Grids: by impedance.",
        ),
    ] = None,
    shock: Annotated[
        str | None,
        typer.Option(
            metavar="NODE", help="The node that incidents strike. [default: the one with most links]"
        ),
    ] = None,
    substations: Annotated[
        bool,
        typer.Option(
            "--substations", help="Make buses that a transformer joins one system (pandapower only)."
        ),
    ] = False,
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="The name of the scenario. [default: as the file]")
    ] = None,
    as_json: Json = False,
) -> None:
    """Turn a real network into a scenario: systems, owners, compartments, dependencies, and defaults to edit."""
    from detente.networks.bring import FORMATS
    from detente.networks.bring import import_network as bring

    if form not in FORMATS:
        raise ArgumentError(f"FORMAT: found {form!r}, expected one of {', '.join(FORMATS)}")
    if out is not None:
        _require_free(out)
    made = bring(
        source, form, owner=owner, compartment=compartment, domain=domain, domain_by=domain_by,
        weight=weight, shock=shock, substations=substations, name=name,
    )  # fmt: skip
    if out is not None:
        _save(made.text, out)
    if as_json:
        emit_json(_as_dict(made, out))
    elif out is None:
        sys.stdout.write(made.text)
    else:
        _tell(made, out)
    for warning in made.warnings:
        errors().print(f"warning: {warning}", soft_wrap=True)


def _require_free(out: Path) -> None:
    """Refuse before the work what would be refused after it."""
    if out.exists():
        raise ArgumentError(f"--out {out}: exists already: name another file, or remove it")


def _save(text: str, out: Path) -> None:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with out.open("x", encoding="utf-8") as file:  # `x` never overwrites, whoever came between
            file.write(text)
    except OSError as error:
        raise ArgumentError(f"--out {out}: cannot be written: {error.strerror}") from error


def _tell(made: Any, out: Path) -> None:
    scenario, to = made.scenario, output()
    to.print(
        f"{out}: {counted(len(scenario.systems), 'system')} of {counted(len(scenario.actors), 'actor')}, "
        f"{counted(len(scenario.dependencies), 'dependency', 'dependencies')}",
        soft_wrap=True,
    )
    for what in made.left_out:
        to.print(f"left out: {what}", soft_wrap=True)
    file = shlex.quote(str(out))
    to.print(
        f"\nEdit it, then:  detente check {file}; detente solve {file}; detente run {file}", soft_wrap=True
    )


def _as_dict(made: Any, out: Path | None) -> dict[str, Any]:
    return {
        "name": made.scenario.name,
        "file": str(out) if out else None,
        "systems": len(made.scenario.systems),
        "actors": len(made.scenario.actors),
        "dependencies": len(made.scenario.dependencies),
        "left_out": list(made.left_out),
        "warnings": list(made.warnings),
        "document": None if out else made.text,
    }
