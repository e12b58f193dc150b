"""Where a running gate is, and who speaks to it: from the environment, so that no secret stands on a command line."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detente.cli.terminal import ArgumentError

if TYPE_CHECKING:
    from detente.gate.client import Client

__all__ = ["Authority", "Reason", "Url", "connected"]

Url = Annotated[
    str | None,
    typer.Option(
        "--gate", metavar="URL", help="Where the gate is; default: $DETENTE_GATE, or http://127.0.0.1:8470."
    ),
]
Authority = Annotated[
    Path | None,
    typer.Option(
        "--authority", metavar="FILE", help="PEM of the authority that signed the gate's certificate."
    ),
]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why: it becomes part of the record.")]


def connected(url: str | None, authority: Path | None) -> "Client":
    """Return a connection; the token is in $DETENTE_TOKEN."""
    from detente.gate.client import DEFAULT, Client

    token = os.environ.get("DETENTE_TOKEN", "").strip()
    if not token:
        raise ArgumentError(
            "DETENTE_TOKEN: found nothing in the environment, expected your token, as `detente gate identity` showed it"
        )
    return Client(url or os.environ.get("DETENTE_GATE") or DEFAULT, token, authority=authority)
