"""Who may bear which name before a gate: one person one name, and a system's name for nobody else.

Who halts a gate does not lift the halt, and who proposes does not decide: both are told by name. So names that differ in capitals
alone are one name, and whoever had two of them would be two people.
"""

from collections.abc import Iterable
from pathlib import Path

from detente.errors import GateError

__all__ = ["require_distinct", "require_fit", "require_own"]


def require_distinct(path: Path, names: Iterable[str]) -> None:
    """See that names in a file are told apart by more than capitals. Raises GateError."""
    there: dict[str, str] = {}
    for name in names:
        other = there.get(name.casefold())
        if other == name:
            raise GateError(f"{path}: found {name} twice, expected each name once")
        if other is not None:
            raise GateError(
                f"{path}: found {name} beside {other}, expected names that differ in more than capitals: take one of the two out of the file"
            )
        there[name.casefold()] = name


def require_own(name: str, others: Iterable[str], where: str) -> None:
    """See that a name differs from others by more than capitals; it may be one of them. Raises GateError."""
    near = [other for other in others if other.casefold() == name.casefold()]
    if near and name not in near:
        raise GateError(
            f"{name}: found '{near[0]}' {where}, which differs in capitals alone, expected one name for one person or system"
        )


def require_fit(
    name: str, roles: tuple[str, ...], systems: Iterable[str] | None, asks_for: tuple[str, ...]
) -> None:
    """See that roles fit a name, and each other. Raises GateError.

    Parameters
    ----------
    systems
        Those of the charter, if known.

    """
    if "system" in roles and len(roles) > 1:
        # Who proposes must not decide: an approver in disguise of a system, or the other way about, is what this prevents.
        raise GateError(f"{name}: found system besides {', '.join(roles)}, expected system alone")
    if asks_for and "system" not in roles:
        raise GateError(f"{name}: found asks_for, expected it of a system alone")
    if systems is None:
        return
    known = set(systems)
    if "system" in roles and name not in known and not asks_for:
        raise GateError(f"{name}: expected a system of the charter; they are: {', '.join(sorted(known))}")
    if "system" not in roles and name in known:
        raise GateError(f"{name}: is a system of the charter, and cannot be a person")
