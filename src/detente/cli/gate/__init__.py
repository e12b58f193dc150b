"""`detente gate`: whether an automated action may go ahead now, and why."""

from detente.cli.gate import acting, doctor, identity, offline, replaying, serving, simulating
from detente.cli.terminal import Command, group

__all__ = ["app"]

app = group("Decide, hold, stop and replay automated actions by the same safeguards that the lab simulates.")
app.command("init", cls=Command)(serving.init)
app.command("serve", cls=Command)(serving.serve)
app.command("check", cls=Command)(offline.check)
app.command("lint", cls=Command)(offline.lint)
app.command("simulate", cls=Command)(simulating.simulate)
app.command("propose", cls=Command)(acting.propose)
app.command("report", cls=Command)(acting.report)
app.command("holds", cls=Command)(acting.holds)
app.command("approve", cls=Command)(acting.approve)
app.command("deny", cls=Command)(acting.deny)
app.command("mode", cls=Command)(acting.mode)
app.command("kill", cls=Command)(acting.kill)
app.command("phase", cls=Command)(acting.phase)
app.command("meter", cls=Command)(acting.meter)
app.command("explain", cls=Command)(acting.explain)
app.command("replay", cls=Command)(replaying.replay)
app.command("doctor", cls=Command)(doctor.doctor)
app.add_typer(identity.app, name="identity")
