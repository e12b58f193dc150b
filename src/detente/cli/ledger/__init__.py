"""`detente ledger`: write evidence, prove it, and check it without trusting whoever wrote it."""

from detente.cli.ledger import checking, finding, keys, monitor, payloads, read, witness, write
from detente.cli.terminal import Command, group

__all__ = ["app"]

app = group(
    "Write evidence of automated decisions, prove it, and check it without trusting whoever wrote it."
)
app.command("init", cls=Command)(write.init)
app.command("append", cls=Command)(write.append)
app.command("publish", cls=Command)(write.publish)
app.command("show", cls=Command)(read.show)
app.command("prove", cls=Command)(read.prove)
app.command("verify", cls=Command)(checking.verify)
app.command("audit", cls=Command)(checking.audit)
app.command("index", cls=Command)(finding.index)
app.command("find", cls=Command)(finding.find)
app.command("check-answer", cls=Command)(finding.check_answer)
app.command("seal", cls=Command)(payloads.seal)
app.command("open", cls=Command)(payloads.open_)
app.command("erase", cls=Command)(payloads.erase)
app.command("monitor", cls=Command)(monitor.monitor)
app.add_typer(keys.app, name="keys")
app.add_typer(witness.app, name="witness")
