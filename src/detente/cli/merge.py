"""`detente merge`: the pieces of a checkpoint into one file."""

from pathlib import Path
from typing import Annotated

import typer

from detente.cli.places import place_for
from detente.cli.terminal import ArgumentError, Json, emit_json, output

__all__ = ["merge"]


def merge(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The directory that `run --checkpoint` wrote.")
    ],
    out: Annotated[Path, typer.Option(metavar="FILE", help="The Parquet file to write.")],
    partial: Annotated[
        bool, typer.Option("--partial", help="Merge what there is of a run that has not ended.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Merge the pieces of a run with a checkpoint into one table that carries what made it.

    The file is the same, to the last byte, however often the run was interrupted and whoever did the work.
    """
    from detente.ensemble.dataset import Dataset
    from detente.ensemble.store import is_result

    place_for(out, "a result of detente", is_result)
    dataset = Dataset.open(folder)
    if not dataset.is_complete and not partial:
        raise ArgumentError(
            f"{folder}: holds {dataset.runs:,} of {dataset.manifest.runs:,} crises; "
            "give the command that began it again, or --partial for what there is"
        )
    saved = dataset.save(out)
    if as_json:
        emit_json({"rows": str(saved), "runs": dataset.runs, "pieces": len(dataset.spans)})
    else:
        output().print(
            f"{saved}: {dataset.runs:,} crises of {dataset.scenario.name}, seed {dataset.seed}, "
            f"from {len(dataset.spans):,} pieces",
            soft_wrap=True,
        )
