"""`detente gate init`, `serve` and `doctor`: a gate's own folder, and the service on it."""

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from detente.cli.gate.given import Folder
from detente.cli.terminal import ArgumentError, errors, output

__all__ = ["init", "serve"]


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A directory that is empty or not there.")],
) -> None:
    """Make a gate to begin with: a charter, a portfolio, and a token for everybody in them.

    The tokens are shown once, as lines a shell can take: eval "$(detente gate init demo)". The gate keeps only their hashes.
    """
    from detente.gate.folder import begun, policy_in
    from detente.gate.service import identities

    with begun(folder):
        policy = policy_in(folder)
        path, now = folder / identities.FILE, datetime.now(UTC)
        systems = tuple(policy.systems)
        people = sorted({person for group in policy.groups.values() for person in group.people})
        everybody: list[tuple[str, identities.Role]] = [
            *((name, "system") for name in systems),
            *((name, "approver") for name in people),
            ("chief", "operator"),
            ("auditor", "auditor"),
        ]
        given = [
            (name, identities.add(path, name, (role,), now=now, systems=systems)) for name, role in everybody
        ]
    for name, token in given:
        print(f"export {_variable(name)}={token}")
    told = errors()
    told.print(
        f"{folder}: a new gate: {len(systems)} systems, {len(people)} people who approve, an operator and an auditor.",
        soft_wrap=True,
    )
    told.print("Their tokens are shown this once; the gate keeps only their hashes.")
    if sys.stdout.isatty():
        told.print(
            f'For a shell that has them: eval "$(detente gate init {quote(str(folder))})" in a folder that is not there yet.'
        )
    told.print(f"Next: detente gate serve {quote(str(folder))}", soft_wrap=True)


def _variable(name: str) -> str:
    return "TOKEN_" + "".join(letter if letter.isalnum() else "_" for letter in name).upper()


def _made_anew(folder: Path) -> Iterator[str]:
    """Yield what was in the folder of a gate that has recorded, is there no more, and will be made anew: and what that means."""
    from detente.gate.runtime import own_ledger
    from detente.gate.service.serve import SECRET
    from detente.ledger.store.folder import Folder as LedgerFolder

    ledger = LedgerFolder(folder / own_ledger.LEDGER)
    if not ledger.head.exists():
        return
    if not own_ledger.has_one(folder):
        yield (
            f"{folder / own_ledger.KEY} was not there and is made anew: the ledger that lies there now is taken for this gate's own; "
            f"where nobody removed the file on purpose, compare {ledger.public_keys} with the key that was given to others"
        )
    if not (folder / SECRET).exists():
        yield (
            f"{folder / SECRET} was not there and is made now: if this gate was served before, somebody has removed it, and handles of access "
            "requests that were given out then hold no more; tokens, holds and receipts are not touched by that"
        )


def serve(
    folder: Folder,
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 for any that is free.", min=0, max=65_535)] = 8470,
    certificate: Annotated[
        Path | None, typer.Option(metavar="FILE", help="For TLS: the certificate with its chain, PEM.")
    ] = None,
    certificate_key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="For TLS: the certificate's key, PEM.")
    ] = None,
    plain: Annotated[
        bool,
        typer.Option("--plain", help="Listen beyond this machine without TLS: something before it encrypts."),
    ] = False,
    public_url: Annotated[
        str,
        typer.Option(metavar="URL", help="Where clients find it, for documents that must name it in full."),
    ] = "",
    access_requests: Annotated[
        bool, typer.Option("--access-requests", help="AuthZEN Access Request and Approval, draft 1.")
    ] = False,
    otel: Annotated[
        bool,
        typer.Option(
            "--otel",
            help="A span per decision by OTLP; also where $OTEL_EXPORTER_OTLP_ENDPOINT says where to.",
        ),
    ] = False,
) -> None:
    """Serve a gate until it is interrupted: native JSON, AuthZEN 1.0, events and metrics; nobody is anonymous.

    Ctrl-C and SIGTERM end it in order: what was begun is answered, what was answered is on record, and it leaves with 0.
    """
    from detente.gate.outward.document import receivers_in
    from detente.gate.outward.outward import telling
    from detente.gate.outward.traces import is_asked_for, tracing
    from detente.gate.runtime.gate import Gate
    from detente.gate.service import identities
    from detente.gate.service.app import desk_of
    from detente.gate.service.call import Settings
    from detente.gate.service.known import Identities
    from detente.gate.service.serve import EVERYWHERE, serve_gate, service_secret
    from detente.hosting.place import Place, listen

    if public_url and not re.fullmatch(r"https?://[^/\s?#]+(/[^\s?#]*)?", public_url):
        raise ArgumentError(
            f"--public-url: found {public_url!r}, expected https://HOST, where clients find it"
        )
    place = Place(host, port, certificate, certificate_key, plain)
    console = errors()
    receivers = receivers_in(folder)
    made_anew = list(_made_anew(folder))
    with listen(place) as listening, Gate.open(folder) as gate:
        known = Identities(folder / identities.FILE, tell=lambda text: console.print(text, soft_wrap=True))
        if not list(known):
            raise ArgumentError(
                f"{folder / identities.FILE}: found nobody, expected somebody who may ask: detente gate identity add {quote(str(folder))} NAME --role ROLE"
            )
        settings = Settings(public_url=public_url, access_requests=access_requests)
        desk = desk_of(gate, known, settings, secret=service_secret(folder))
        for text in made_anew:
            console.print(f"warning: {text}", soft_wrap=True)
        address, bound = listening.getsockname()[:2]
        shown = f"[{address}]" if ":" in address else address
        policy = gate.policy
        console.print(
            f"gate {policy.charter.name}, portfolio {policy.portfolio.name}, policy {policy.digest[:12]}, "
            f"{gate.size:,} entries on record",
            soft_wrap=True,
        )
        console.print(
            f"listening at {place.scheme}://{shown}:{bound}; its description: /openapi.json", soft_wrap=True
        )
        if not public_url and host in EVERYWHERE:
            console.print(
                f"it listens at every address, and cannot know by which it is found: with --public-url {place.scheme}://HOST documents of AuthZEN name it in full",
                soft_wrap=True,
            )
        if receivers:
            console.print(f"tells: {', '.join(one.name for one in receivers)}", soft_wrap=True)
        with telling(gate, folder, receivers), tracing(gate, is_on=otel or is_asked_for()) as traces:
            desk.trace = None if traces is None else traces.parent
            serve_gate(desk, place, listening)
    output().print("stopped; everything that was answered is on record")
