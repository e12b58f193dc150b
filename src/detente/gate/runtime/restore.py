"""The state of a gate from its record: each entry folded in turn, under the policy that was in force."""

from msgspec import Struct
from msgspec.structs import replace

from detente.errors import DocumentError, GateError
from detente.gate.compile import compile_policy
from detente.gate.entries import Adopted, Entry
from detente.gate.fold import fold
from detente.gate.policy import Policy
from detente.gate.state import State
from detente.model.charter import library as charters
from detente.model.portfolio import library as portfolios

__all__ = ["Restored", "compiled"]


class Restored(Struct, frozen=True):
    """How far a record has been folded."""

    state: State = State()
    policy: Policy | None = None
    """In force from here on; None before the first was adopted."""
    adopted: int = -1
    """Where that one stands in the record."""

    def after(self, place: int, entry: Entry) -> "Restored":
        """Return what is remembered after the entry at `place`.

        Raises
        ------
        GateError
            It does not follow from those before it.
        """
        if isinstance(entry, Adopted):
            policy = compiled(entry)
            return Restored(fold(self.state, entry, policy), policy, place)
        if self.policy is None:
            raise GateError(f"entry {place} of a gate: no policy has been adopted before it")
        return replace(self, state=fold(self.state, entry, self.policy))


def compiled(entry: Adopted) -> Policy:
    """Return the policy that was adopted.

    Raises
    ------
    GateError
        This version reads its documents otherwise than the one that adopted it, or not at all.
    """
    try:
        policy = compile_policy(charters.load(entry.charter), portfolios.load(entry.portfolio))
    except DocumentError as error:
        raise GateError(
            f"policy of {entry.digest[:12]}: detente {entry.version} adopted it, and this version cannot read it: {error}"
        ) from error
    if policy.digest != entry.digest:
        raise GateError(
            f"policy of {entry.digest[:12]}: detente {entry.version} adopted it, and to this version it is {policy.digest[:12]}"
        )
    return policy
