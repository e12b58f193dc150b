"""`detente gate identity`: who may speak to a gate."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from detente.cli.gate.given import Folder
from detente.cli.gate.saying import say
from detente.cli.terminal import ArgumentError, Command, Json, emit_json, errors, group

if TYPE_CHECKING:
    from detente.gate.service.identities import Role

__all__ = ["app"]

app = group("Who may speak to a gate: add people and systems, give them new tokens, take tokens away.")

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help="A system of the charter, or a person as the charter's groups name them."
    ),
]
Days = Annotated[
    int | None,
    typer.Option("--days", help="The token counts for so many days; default: for ever.", min=1, max=36_500),
]


def _file(folder: Path) -> Path:
    from detente.gate.service import identities

    if not (folder / "charter.yaml").is_file():
        raise ArgumentError(f"{folder}: found no charter.yaml in it, expected the folder of a gate")
    return folder / identities.FILE


def _until(days: int | None, now: datetime) -> datetime | None:
    return None if days is None else now + timedelta(days=days)


def _show(name: str, token: str, expires: datetime | None) -> None:
    print(token)
    until = "for ever, until it is revoked" if expires is None else f"until {expires:%Y-%m-%d %H:%M} UTC"
    errors().print(
        f"the token of {name}: shown this once, the gate keeps only its hash; it counts {until}",
        soft_wrap=True,
    )


def add(
    folder: Folder,
    name: Name,
    roles: Annotated[
        list[str],
        typer.Option(
            "--role", metavar="ROLE", help="system, approver, operator or auditor; a person may have several."
        ),
    ],
    days: Days = None,
    asks_for: Annotated[
        list[str] | None,
        typer.Option(
            "--asks-for",
            metavar="SYSTEM",
            help="Of an enforcement point: systems in whose name it may ask; * for all.",
        ),
    ] = None,
) -> None:
    """Add somebody and print their token, this once."""
    from detente.gate.folder import policy_in
    from detente.gate.service import identities

    path, now = _file(folder), datetime.now(UTC)
    expires = _until(days, now)
    strange = [role for role in roles if role not in identities.ROLES]
    if strange:
        raise ArgumentError(f"--role: found {strange[0]!r}, expected one of {', '.join(identities.ROLES)}")
    policy = policy_in(folder)
    approvers = {person for group in policy.groups.values() for person in group.people}
    operators = {person for system in policy.charter.systems for person in system.operators}
    token = identities.add(
        path,
        name,
        cast("tuple[Role, ...]", tuple(roles)),
        now=now,
        expires=expires,
        asks_for=tuple(asks_for or ()),
        systems=policy.systems,
        people=approvers | operators,
    )
    _show(name, token, expires)
    if "approver" in roles and name not in approvers:
        errors().print(
            f"warning: {name} is in no group of the charter, and can decide nothing until they are in one",
            soft_wrap=True,
        )


def rotate(
    folder: Folder,
    name: Name,
    days: Annotated[
        int | None,
        typer.Option(
            "--days",
            help="The token counts for so many days; default: as long as the old one would have.",
            min=1,
            max=36_500,
        ),
    ] = None,
    for_ever: Annotated[
        bool, typer.Option("--for-ever", help="The token counts until it is revoked.")
    ] = False,
    restore: Annotated[
        bool, typer.Option("--restore", help="Also where their token was taken away: lets them in again.")
    ] = False,
) -> None:
    """Give somebody a new token and print it, this once; the old one counts no more."""
    from detente.gate.service import identities

    if for_ever and days is not None:
        raise ArgumentError("--for-ever: found --days besides, expected one of the two")
    now = datetime.now(UTC)
    expires: identities.Until = _until(days, now) if for_ever or days is not None else "kept"
    token, until = identities.rotate(_file(folder), name, now=now, expires=expires, restore=restore)
    _show(name, token, until)


def revoke(folder: Folder, name: Name) -> None:
    """Take somebody's token away; a running gate notices within a second."""
    from detente.gate.service import identities

    identities.revoke(_file(folder), name, now=datetime.now(UTC))
    say([f"{name}: the token counts no more"])


def show(folder: Folder, as_json: Json = False) -> None:
    """List who may speak to a gate; no token is kept, so none is shown."""
    from detente.gate.service import identities

    now = datetime.now(UTC)
    rows = [
        {
            "name": one.name,
            "roles": list(one.roles),
            "counts": one.is_valid(now),
            "created": one.created.isoformat(timespec="seconds"),
            "expires": one.expires.isoformat(timespec="seconds") if one.expires else None,
            "asks_for": list(one.asks_for),
        }
        for one in identities.read(_file(folder))
    ]
    if as_json:
        emit_json({"identities": rows})
        return
    for row in rows:
        until = f", until {row['expires']}" if row["expires"] else ""
        counts = "" if row["counts"] else ", counts no more"
        say([f"{row['name']}: {', '.join(cast('list[str]', row['roles']))}{until}{counts}"])


app.command("add", cls=Command)(add)
app.command("rotate", cls=Command)(rotate)
app.command("revoke", cls=Command)(revoke)
app.command("list", cls=Command)(show)
