"""Who does the work of a command: this process, several, or a cluster; and options about how much work."""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detente.cli.terminal import ArgumentError, errors

if TYPE_CHECKING:
    from detente.ensemble.dataset import Dataset
    from detente.ensemble.summary import Summary

__all__ = [
    "Checkpoint",
    "Cluster",
    "Error",
    "HalfWidth",
    "Workers",
    "tell_kept",
    "tell_resumed",
    "tell_stopping",
    "workforce",
]


def _checked(address: str | None) -> str | None:
    """Refuse what is no address before anything else is done."""
    if address is None:
        return None
    from detente.ensemble.executors import scheduler

    return scheduler("--cluster", address)


Workers = Annotated[
    int | None,
    typer.Option(metavar="N", help="Use N worker processes instead of threads, and go on when one dies."),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS", help="Use a Dask cluster: its scheduler, as tcp://host:8786.", callback=_checked
    ),
]
Checkpoint = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Store every finished piece in DIR; the same command goes on where a killed one ended.",
    ),
]
Error = Annotated[
    float | None,
    typer.Option(
        metavar="SHARE",
        help="Stop once the interval of P(catastrophe) is within this share of it, as 0.05; --runs is the most.",
    ),
]
HalfWidth = Annotated[
    float | None,
    typer.Option(
        metavar="WIDTH",
        help="Stop once the interval of P(catastrophe) is within so much of it, as 0.001; --runs is the most.",
    ),
]


@contextmanager
def workforce(workers: int | None, address: str | None) -> Iterator[Executor | None]:
    """Give the executor that was asked for; None for the threads of this process."""
    if workers is not None and address is not None:
        raise ArgumentError("--workers and --cluster: expected one of them")
    if workers is None and address is None:
        yield None
        return
    from detente.ensemble.executors import Processes, cluster

    with Processes(workers) if workers is not None else cluster(address or "") as executor:
        yield executor


def tell_resumed(dataset: "Dataset") -> None:
    """Say what of a dataset was there already, and what of it was not sound."""
    pieces = len(dataset.manifest.spans())
    if dataset.found:
        errors().print(f"{dataset.found:,} of {pieces:,} pieces were there already", soft_wrap=True)
    for name in dataset.damaged:
        errors().print(f"{dataset.folder / name} was damaged and is made again", soft_wrap=True)
    if not dataset.is_complete:
        tell_kept(dataset.folder)


def tell_kept(folder: Path) -> None:
    """Say how to go on with a run that was cut short."""
    errors().print(
        f"what is finished is stored in {folder}: the same command goes on from there", soft_wrap=True
    )


def tell_stopping(summary: "Summary") -> str:
    """Return why a run that was to stop by itself ended; nothing for any other, or one that was cut short."""
    stopping = summary.stopping
    if stopping is None or summary.is_interrupted:
        return ""
    asked = [f"{100 * stopping.relative:g} % of it"] if stopping.relative is not None else []
    asked += [f"{stopping.half_width:g}"] if stopping.half_width is not None else []
    wanted = " and ".join(asked)
    if stopping.is_met:
        return (
            f"P(catastrophe) is within {wanted}, in spite of the looking; "
            "other intervals are those of a fixed number of runs."
        )
    enough = (
        f"about {stopping.needed:,} would be enough"
        if stopping.needed
        else "no estimate says how many it takes"
    )
    return f"P(catastrophe) is NOT within {wanted} after the most crises allowed (--runs); {enough}."
