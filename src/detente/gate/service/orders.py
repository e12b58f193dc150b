"""Orders that people give: modes, the switch that stops everything, phases."""

from typing import cast

from detente.gate.commands import Move, SetModeTo, Stop
from detente.gate.request import KillOrder, ModeOrder, PhaseOrder
from detente.gate.service.call import Call, Desk, answer
from detente.gate.service.reply import Reply
from detente.gate.service.views import modes_view, phase_view, phases_view
from detente.gate.state import Record

__all__ = ["kill", "modes", "move", "phases", "set_mode"]


async def modes(desk: Desk, _: Call) -> Reply:
    """Return all modes that stand."""
    return answer(modes_view(desk.gate.standing))


async def set_mode(desk: Desk, call: Call) -> Reply:
    """Set the mode of a scope; return all modes that then stand."""
    await desk.gate.asked(SetModeTo(call.who.name, cast("ModeOrder", call.body)))
    return answer(modes_view(desk.gate.standing))


async def kill(desk: Desk, call: Call) -> Reply:
    """Stop everything in a scope: the next decision obeys. The answer comes when the order is recorded."""
    await desk.gate.asked(Stop(call.who.name, cast("KillOrder", call.body)))
    return answer(modes_view(desk.gate.standing))


async def phases(desk: Desk, call: Call) -> Reply:
    """Return what systems have shown, kind by kind; a system sees its own."""
    return answer(
        phases_view(desk.gate.state, desk.gate.policy, call.who.name if call.has("system") else None)
    )


async def move(desk: Desk, call: Call) -> Reply:
    """Move a system, for one kind of action, to another phase."""
    order = cast("PhaseOrder", call.body)
    record = cast("Record", await desk.gate.asked(Move(call.who.name, order)))
    return answer(phase_view(f"{order.system} {order.action}", record))
