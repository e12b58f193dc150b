"""`detente ledger witness`: run one, make its key, ask others for their word."""

import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detente.cli.ledger.write import Dir
from detente.cli.terminal import ArgumentError, Command, errors, group, output

if TYPE_CHECKING:
    from detente.ledger.formats.keys import PublicKey
    from detente.ledger.formats.policy import Policy
    from detente.ledger.witness.state import WitnessState

__all__ = ["app", "given_keys", "read_policy"]

NOT_ENOUGH = 1

app = group("Watch other people's ledgers, and sign what you saw of them.")

_LARGEST_POLICY = 1024 * 1024  # bytes


def key(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file, for the secret key.")],
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="What the witness calls itself, as witness.example/w1.")
    ],
    ml_dsa: Annotated[
        bool, typer.Option("--ml-dsa", help="An ML-DSA-44 key, which withstands quantum computers.")
    ] = False,
) -> None:
    """Make the key of a witness, and print the public one, to be given to the logs and to whoever checks them."""
    import secrets

    from detente.ledger.formats.keys import Algorithm, SecretKey
    from detente.ledger.store.folder import write_secret

    algorithm = Algorithm.COSIGNATURE_ML_DSA_44 if ml_dsa else Algorithm.COSIGNATURE_ED25519
    made = SecretKey(name, algorithm, secrets.token_bytes(32))
    write_secret(file, made)
    output().print(str(made.public), soft_wrap=True)


def serve(
    keys: Annotated[
        list[Path],
        typer.Option("--key", metavar="FILE", help="A secret key to sign with; as often as there are keys."),
    ],
    state: Annotated[
        Path, typer.Option(metavar="FILE", help="What was signed, kept over restarts: never lose it.")
    ],
    log: Annotated[
        list[str] | None,
        typer.Option(metavar="VKEY", help="The public key of a log to watch; as often as you like."),
    ] = None,
    logs: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A policy (c2sp.org/tlog-policy) whose logs are watched, too."),
    ] = None,
    new: Annotated[
        bool, typer.Option("--new", help="Make the state: this witness has never signed anything.")
    ] = False,
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 for any that is free.", min=0, max=65_535)] = 8460,
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
    per_address: Annotated[
        int, typer.Option(help="Requests a minute from one address; 0 for no limit.", min=0)
    ] = 60,
    per_origin: Annotated[
        int, typer.Option(help="Requests a minute with a true signature of one log; 0 for no limit.", min=0)
    ] = 600,
) -> None:
    """Answer `add-checkpoint` (c2sp.org/tlog-witness): sign what follows from what was signed before, and nothing else."""
    from detente.hosting.place import Place, listen
    from detente.hosting.server import serve
    from detente.ledger.store.folder import read_secret
    from detente.ledger.witness.cosigner import Cosigner, known_logs, require_usable
    from detente.ledger.witness.service import Limits, witness_app

    place = Place(host, port, certificate, certificate_key, plain)
    watched = known_logs(given_keys(log or (), logs))
    secret = [read_secret(file) for file in keys]
    require_usable(secret, watched)
    with listen(place) as listening:  # the state is made last, when nothing else can go wrong
        app = witness_app(Cosigner(secret, watched, _state(state, new=new)), Limits(per_address, per_origin))
        _log_to_standard_error()
        console = errors()
        for one in secret:
            console.print(f"key {one.public}", soft_wrap=True)
        address, bound = listening.getsockname()[:2]
        shown = f"[{address}]" if ":" in address else address
        console.print(
            f"witness of {', '.join(watched)}, listening at {place.scheme}://{shown}:{bound}", soft_wrap=True
        )
        serve(app, place, listening)


def ask(
    folder: Dir,
    policy: Annotated[
        Path,
        typer.Option(
            metavar="FILE",
            help="Whom to ask, and how many are enough (c2sp.org/tlog-policy, with addresses).",
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Write the cosigned checkpoint there.")],
    within: Annotated[float, typer.Option(help="Seconds for all of them together.", min=0.1)] = 10.0,
    plain: Annotated[
        bool, typer.Option("--plain", help="Ask at addresses without TLS, too, beyond this machine.")
    ] = False,
) -> None:
    """Ask witnesses to sign a ledger's checkpoint; write it once enough have.

    Exit code 1: not enough have. Then nothing is written, and the reasons are told one by one.
    """
    from detente.cli.ledger.read import published
    from detente.cli.ledger.write import keep
    from detente.errors import QuorumError
    from detente.ledger.witness.client import Collector

    reader, checkpoint, note = published(folder)
    collector = Collector(read_policy(policy), within=within, linger=1.0, plain=plain)
    try:
        cosigned = collector.collect(note, reader.consistency)
    except QuorumError as error:
        errors().print(f"detente: {error}", soft_wrap=True)
        raise typer.Exit(NOT_ENOUGH) from None
    keep(out, bytes(cosigned))
    added = len(cosigned.signatures) - len(note.signatures)
    output().print(
        f"{out}: {checkpoint.origin} at size {checkpoint.size:,}, with {added} new signatures", soft_wrap=True
    )


def forks(
    state: Annotated[Path, typer.Argument(metavar="FILE", help="The state of a witness.")],
    origin: Annotated[
        str | None, typer.Argument(metavar="ORIGIN", help="Print the evidence against this log.")
    ] = None,
) -> None:
    """List the logs that signed two roots of one size, or print the evidence against one of them."""
    from detente.ledger.formats.note import parse_note
    from detente.ledger.witness.evidence import Evidence
    from detente.ledger.witness.state import WitnessState

    found = {name: (one, other) for name, one, other in WitnessState.open(state).forks()}
    if origin is None:
        for name in found:
            output().print(name, soft_wrap=True)
        if not found:
            output().print(
                "none: no log signed two roots of one size here; other sizes are for `detente ledger monitor`"
            )
        return
    if origin not in found:
        raise ArgumentError(f"{origin}: this witness has not seen it sign two roots of one size")
    one, other = found[origin]
    sys.stdout.buffer.write(bytes(Evidence(parse_note(one), parse_note(other))))


app.command("key", cls=Command)(key)
app.command("serve", cls=Command)(serve)
app.command("ask", cls=Command)(ask)
app.command("forks", cls=Command)(forks)


def given_keys(keys: Sequence[str], policy: Path | None) -> "list[PublicKey]":
    """Return the public keys of logs: those given one by one, and those in a policy."""
    from detente.ledger.formats.keys import PublicKey

    found = [PublicKey.parse(key) for key in keys]
    if policy is not None:
        found += [line.key for line in read_policy(policy).logs]
    return list(dict.fromkeys(found))


def read_policy(file: Path) -> "Policy":
    """Read a policy file."""
    from detente.errors import FormatError
    from detente.ledger.formats.policy import parse_policy

    try:
        with file.open("rb") as opened:
            return parse_policy(opened.read(_LARGEST_POLICY))
    except OSError as error:
        raise ArgumentError(f"{file}: cannot be read: {error.strerror}") from None
    except FormatError as error:
        raise ArgumentError(f"{file}: {error}") from None


def _state(file: Path, *, new: bool) -> "WitnessState":
    from detente.ledger.witness.state import WitnessState

    return WitnessState.create(file) if new else WitnessState.open(file)


def _log_to_standard_error() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    log = logging.getLogger("detente.witness")
    log.addHandler(handler)
    log.setLevel(logging.INFO)
