"""Stops that could not be recorded: they count before anything else once something can, and until then they are shown."""

from detente.gate.commands import Stop
from detente.gate.kill import stop
from detente.gate.policy import Policy
from detente.gate.request import KillOrder
from detente.gate.state import State

__all__ = ["UnrecordedStops"]


class UnrecordedStops:
    """One for each scope, the first that was given. The caller sees to it that one thread at a time is here."""

    def __init__(self) -> None:
        self._orders: dict[str, Stop] = {}

    def keep(self, order: Stop) -> None:
        """Keep a stop whose record failed; of a scope that one stands for already it changes nothing."""
        self._orders.setdefault(order.order.scope, order)

    def drop(self, order: Stop) -> None:
        """Forget one that is recorded by now."""
        self._orders.pop(order.order.scope, None)

    def first(self) -> Stop | None:
        """Return the one that is to be recorded next."""
        return next(iter(self._orders.values()), None)

    def over(self, state: State, policy: Policy, now: int) -> State:
        """Return a state as they leave it."""
        for one in self._orders.values():
            order = KillOrder(f"{one.order.reason}; not recorded yet", one.order.scope)
            state = stop(state, order, policy, now, by=one.by)[1]
        return state

    def __bool__(self) -> bool:
        return bool(self._orders)

    def __str__(self) -> str:
        return ", ".join(f"{scope} halted by {one.by}" for scope, one in self._orders.items())
