"""`detente gate`: whether an automated action may go ahead now, and why."""

from detente.cli.gate import (
    doctor,
    identity,
    offline,
    people,
    proposing,
    replaying,
    serving,
    simulating,
    standing,
)
from detente.cli.terminal import Command, group

__all__ = ["app"]

app = group("Decide, hold, stop and replay automated actions by the same safeguards that the lab simulates.")
app.command("init", cls=Command)(serving.init)
app.command("serve", cls=Command)(serving.serve)
app.command("check", cls=Command)(offline.check)
app.command("lint", cls=Command)(offline.lint)
app.command("simulate", cls=Command)(simulating.simulate)
app.command("propose", cls=Command)(proposing.propose)
app.command("report", cls=Command)(proposing.report)
app.command("outcome", cls=Command)(proposing.outcome)
app.command("holds", cls=Command)(people.holds)
app.command("approve", cls=Command)(people.approve)
app.command("deny", cls=Command)(people.deny)
app.command("judge", cls=Command)(people.judge)
app.command("attribute", cls=Command)(people.attribute)
app.command("mode", cls=Command)(standing.mode)
app.command("kill", cls=Command)(standing.kill)
app.command("phase", cls=Command)(standing.phase)
app.command("meter", cls=Command)(standing.meter)
app.command("explain", cls=Command)(standing.explain)
app.command("replay", cls=Command)(replaying.replay)
app.command("doctor", cls=Command)(doctor.doctor)
app.add_typer(identity.app, name="identity")
