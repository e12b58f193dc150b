"""The gate as a service: each report, action, attribution and vote is a request over HTTP, by whoever sends it, with their own token.

The service is the one that is run, on this machine's loopback; its gate keeps its record in memory, and its clock is the
crisis's. What a gate in service does by itself as time goes on (`runtime.watch`) is done here whenever the clock is set.
"""

import asyncio
import threading
import time
from datetime import UTC, datetime
from typing import Any, Self, cast

from msgspec.structs import replace

from detente.drill.asked import LOOKED, SHARED
from detente.drill.charter import officer_of
from detente.gate.client import Client, decision_of
from detente.gate.commands import PassTime
from detente.gate.decision import Decision
from detente.gate.entries import Entry
from detente.gate.policy import NS, Policy
from detente.gate.request import Action, Attribution, Incident, Vote
from detente.gate.runtime.gate import Gate
from detente.gate.runtime.nonces import Nonces
from detente.gate.service.app import desk_of
from detente.gate.service.call import Settings
from detente.gate.service.changes import Changes
from detente.gate.service.identities import Identity, Role, fingerprint, new_token
from detente.gate.service.known import Identities
from detente.gate.service.rates import Rate
from detente.gate.service.serve import gate_server
from detente.gate.state import Status
from detente.hosting.place import Place, listen
from detente.hosting.server import new_loop

__all__ = ["OverHttp"]

_UNHURRIED = Settings(people=Rate(6e6, 1_000_000))  # requests are counted by the clock on the wall


class OverHttp:
    """A gate that is asked over HTTP. Serves until it is closed; each crisis gets a gate that has seen nothing.

    Raises
    ------
    HostingError
        A package that serving or asking needs is not installed.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy, self._now, self._nonces = policy, 0, _Given()
        self._tokens: dict[str, str] = {}
        self._clients: dict[str, Client] = {}
        self._sensors = {system.owner: name for name, system in policy.systems.items()}
        """By actor: a system that speaks for it when something is sensed."""
        self._desk = desk_of(
            self._new_gate(), Identities(None, self._everybody()), _UNHURRIED, secret=bytes(32)
        )
        place = Place(port=0)
        self._listening = listen(place)
        self._server = gate_server(self._desk, place)
        self._thread = threading.Thread(target=self._serve, name="drill-service")
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            time.sleep(0.002)

    def _serve(self) -> None:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(self._server.serve(sockets=[self._listening]))

    def _new_gate(self) -> Gate:
        return Gate(self._policy, clock=lambda: self._now, nonces=self._nonces)

    def _everybody(self) -> list[Identity]:
        officers = [officer_of(actor.name) for actor in self._policy.charter.actors]
        return [
            *(self._identity(name, "system") for name in self._policy.systems),
            *(self._identity(name, "approver") for name in officers),
            self._identity(SHARED, "operator"),
        ]

    def _identity(self, name: str, role: Role) -> Identity:
        token = self._tokens[name] = new_token()
        return Identity(name=name, roles=(role,), sha256=fingerprint(token), created=datetime.now(UTC))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving."""
        for client in self._clients.values():
            client.close()
        self._server.should_exit = True
        self._thread.join()
        self._listening.close()
        self._gate.close()

    def recorded(self) -> list[tuple[int, Entry]]:
        """Return what the gate has recorded of the crisis, each entry with its place."""
        return list(self._gate.entries(0))

    @property
    def _gate(self) -> Gate:
        return cast("Gate", self._desk.gate)

    # --- as the desk asks it ---------------------------------------------------------------------------

    def begins(self) -> None:
        # Nobody else asks this service, so nothing is under way between two crises.
        self._desk.changes.close()
        self._gate.close()
        self._now = 0
        self._desk.gate = self._new_gate()
        self._desk.changes = Changes(self._desk.gate)

    def reports(self, actor: str, incident: Incident, now: int) -> None:
        self._set(now)
        self._as(self._sensors[actor]).post("/v1/incidents", incident)

    def attributes(self, attribution: Attribution, now: int) -> None:
        self._set(now)
        self._as(SHARED).post("/v1/attributions", attribution)

    def decides(self, system: str, action: Action, nonce: int, now: int) -> Decision:
        self._set(now)
        self._nonces.next = nonce
        answer = self._as(system).post("/v1/actions", action)
        decision = decision_of(answer)
        if "retry_after_s" not in answer:
            return decision
        # Times are served to the microsecond, rounded down; how long to wait is served to the nanosecond.
        return replace(decision, retry_at=now + round(answer["retry_after_s"] * NS))

    def votes(self, hold: str, owner: str, now: int, *, approve: bool) -> bool:
        self._set(now)
        seen = self._seen(hold, owner)
        if seen["status"] != "pending":  # it lapsed, or was withdrawn for another's sake
            return False
        self._as(officer_of(owner)).post(f"/v1/holds/{hold}/votes", Vote(approve, LOOKED, seen["digest"]))
        return True

    def lapses(self, hold: str, now: int) -> None:
        self._set(now)
        there = self._gate.state.holds.get(hold)
        if (
            there is not None and there.status == "pending"
        ):  # the crisis's clock is a hair behind, in floating point
            self._set(there.deadline)

    def status(self, hold: str, owner: str) -> Status:
        return cast("Status", self._seen(hold, owner)["status"])

    def _seen(self, hold: str, owner: str) -> Any:
        return self._as(officer_of(owner)).get(f"/v1/holds/{hold}")

    def _set(self, now: int) -> None:
        """Set the clock, and let what has come due happen."""
        self._now = now
        due = self._gate.state.due
        if due is not None and due <= now:
            self._gate.ask(PassTime())

    def _as(self, name: str) -> Client:
        """Return the connection of somebody."""
        if name not in self._clients:
            port = self._listening.getsockname()[1]
            self._clients[name] = Client(f"http://127.0.0.1:{port}", self._tokens[name])
        return self._clients[name]


class _Given(Nonces):
    """The nonce that the next new action is to have: so the same crisis has the same chances, asked over HTTP or in process."""

    __slots__ = ("next",)
    next: int

    def nonce(self) -> int:
        """Return it."""
        return self.next
