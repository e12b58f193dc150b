"""`detente ledger witness`: run one, make its key, ask others for their word."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detente.cli.terminal import ArgumentError, Command, Commands, errors, output

if TYPE_CHECKING:
    from detente.ledger.formats.keys import PublicKey
    from detente.ledger.witness.state import WitnessState

__all__ = ["app"]

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help="Watch other people's ledgers, and sign what you saw of them.",
)

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
    from detente.ledger.store.folder import read_secret
    from detente.ledger.witness.cosigner import Cosigner, known_logs
    from detente.ledger.witness.serve import Place, listen, serve
    from detente.ledger.witness.service import Limits, witness_app

    place = Place(host, port, certificate, certificate_key, plain)
    watched = known_logs(_logs(log or (), logs))
    secret = [read_secret(file) for file in keys]
    listening = listen(place)
    cosigner = Cosigner(secret, watched, _state(state, new=new))
    app = witness_app(cosigner, Limits(per_address, per_origin))
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


def forks(
    state: Annotated[Path, typer.Argument(metavar="FILE", help="The state of a witness.")],
) -> None:
    """List the logs that signed two roots of one size, and print both notes of each."""
    from detente.ledger.witness.state import WitnessState

    console = output()
    for origin, one, other in WitnessState.open(state).forks():
        console.print(
            f"{origin} signed two trees of one size:\n\n{one.decode()}\n{other.decode()}", soft_wrap=True
        )


app.command("key", cls=Command)(key)
app.command("serve", cls=Command)(serve)
app.command("forks", cls=Command)(forks)


def _logs(given: "list[str] | tuple[()]", file: Path | None) -> "list[PublicKey]":
    from detente.ledger.formats.keys import PublicKey
    from detente.ledger.formats.policy import parse_policy

    found = [PublicKey.parse(key) for key in given]
    if file is not None:
        try:
            with file.open("rb") as opened:
                policy = parse_policy(opened.read(_LARGEST_POLICY))
        except OSError as error:
            raise ArgumentError(f"{file}: cannot be read: {error.strerror}") from None
        found += [line.key for line in policy.logs]
    return list(dict.fromkeys(found))


def _state(file: Path, *, new: bool) -> "WitnessState":
    from detente.ledger.witness.state import WitnessState

    return WitnessState.create(file) if new else WitnessState.open(file)


def _log_to_standard_error() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    log = logging.getLogger("detente.witness")
    log.addHandler(handler)
    log.setLevel(logging.INFO)
