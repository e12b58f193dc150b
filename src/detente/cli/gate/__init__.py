"""`detente gate`: whether an automated action may go ahead now, and why."""

from detente.cli.gate import offline, simulating
from detente.cli.terminal import Command, group

__all__ = ["app"]

app = group("Decide, hold, stop and replay automated actions by the same safeguards that the lab simulates.")
app.command("check", cls=Command)(offline.check)
app.command("lint", cls=Command)(offline.lint)
app.command("simulate", cls=Command)(simulating.simulate)
