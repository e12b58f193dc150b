"""Messages for a chat that takes what Slack's incoming webhooks take: what people are asked, and what became of it.

Whatever came from outside stands in a code span: there it is no link, no mention and no formatting, in Slack or in what is like it. Nothing in
a message approves anything: it names the command, and the gate asks whoever gives it who they are.
"""

from collections.abc import Iterator
from typing import Any

from msgspec import json

from detente.gate.decision import HOLD
from detente.gate.entries import Changed, Decided, Entry, Killed
from detente.gate.outward.happenings import changes_of, opens_hold
from detente.gate.policy import Policy
from detente.gate.rule_names import CONDITIONS
from detente.gate.state import Hold, State
from detente.gate.telling import instant

__all__ = ["TOPICS", "coded", "message"]

TOPICS = ("hold", "mode", "phase", "kill")
"""What a chat can be told."""

_LONGEST = 300
"""Characters of one value."""
_LONGEST_MESSAGE = 3500
"""Slack advises 4000, and escaping may still lengthen what is cut before."""
_MOST = 10
"""Things that one message tells."""


def coded(text: object, longest: int = _LONGEST) -> str:
    """Return something as a code span that stays one whatever it says: on one line, escaped as Slack wants it, bounded."""
    plain = "".join(letter if letter.isprintable() else " " for letter in str(text)[: longest + 1])
    plain = plain.replace("`", "'").strip() or "-"
    if len(plain) > longest:
        plain = plain[: longest - 1] + "…"
    return "`" + plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") + "`"


def message(
    entry: Entry, wanted: frozenset[str], state: State, policy: Policy, *, show_arguments: bool = False
) -> bytes | None:
    """Return what a chat is told of an entry; None where that is nothing.

    Parameters
    ----------
    wanted
        Names of happenings, or what is before their dot.
    state, policy
        As they are by now: they say of a hold what its entry does not.
    show_arguments
        Whether values of arguments may be seen in the chat.
    """
    told = [text for name, text in _told(entry, state, policy, show_arguments) if _is_of(name, wanted)]
    if not told:
        return None
    more = [f"and {len(told) - _MOST} more: detente gate holds"] if len(told) > _MOST else []
    text = _bounded("\n".join((f"*gate* {coded(policy.charter.name, 80)}", *told[:_MOST], *more)))
    return json.encode({"text": text, "unfurl_links": False, "unfurl_media": False})


def _is_of(name: str, wanted: frozenset[str]) -> bool:
    return name in wanted or name.partition(".")[0] in wanted


def _bounded(text: str) -> str:
    """Return whole lines, as many as there is room for."""
    kept: list[str] = []
    size = 0
    for line in text.split("\n"):
        size += len(line) + 1
        if size > _LONGEST_MESSAGE:
            return "\n".join((*kept, "…"))
        kept.append(line)
    return text


def _told(entry: Entry, state: State, policy: Policy, show: bool) -> Iterator[tuple[str, str]]:  # noqa: FBT001
    if isinstance(entry, Decided) and entry.decision.effect == HOLD and opens_hold(entry.decision):
        yield "hold.opened", "\n".join(_opened(entry, state, policy, show))
    if isinstance(entry, Killed):
        text = f"*stopped* {coded(entry.order.scope)} by {coded(entry.by)}: {coded(entry.order.reason)}"
        yield "kill.ordered", text
    for changed in changes_of(entry):
        if changed.what == "hold":
            yield f"hold.{changed.after}", "\n".join(_hold_changed(changed, state, policy))
        else:
            name = f"kill.{changed.after}" if changed.what == "kill" else f"{changed.what}.changed"
            yield (
                name,
                (
                    f"*{changed.what}* of {coded(changed.of)}: {coded(changed.before)} → {coded(changed.after)}: "
                    f"{coded(changed.cause)}"
                ),
            )


def _opened(entry: Decided, state: State, policy: Policy, show: bool) -> Iterator[str]:  # noqa: FBT001
    action, decision = entry.action, entry.decision
    hold = _hold(state, str(decision.hold))
    kind = action.action or f"{action.domain}/{action.rung}"
    yield f"*hold {coded(decision.hold)} opened*: {coded(decision.system)} asks to {coded(kind)} {coded(action.target)}"
    if hold is not None:
        yield _terms(hold, policy)
    for reason in decision.reasons:
        if reason.effect == HOLD:
            # Of an own rule that could not be evaluated the cause may quote an argument.
            because = (
                reason.because if show or not reason.rule.startswith(CONDITIONS) else "it asks for people"
            )
            yield f"why: {coded(reason.rule)} {coded(because)}"
    yield f"arguments: {_arguments(action.arguments, show)}"
    yield from _commands(str(decision.hold))


def _arguments(arguments: dict[str, Any], show: bool) -> str:  # noqa: FBT001
    if not arguments:
        return "none"
    if show:
        return coded(json.encode(arguments).decode(), 3 * _LONGEST)
    return f"{len(arguments)}, shown by the gate alone"


def _terms(hold: Hold, policy: Policy) -> str:
    rung = policy.ladder[hold.rung] if hold.rung < len(policy.ladder) else str(hold.rung)
    return (
        f"rung {coded(rung)}; {hold.quorum} of {coded(hold.group)} approve until {instant(hold.deadline)}, "
        f"else it is {'allowed' if hold.lapse == 'allow' else 'denied'}"
    )


def _commands(hold: str) -> Iterator[str]:
    yield f"look first: {coded('detente gate holds')}"
    for word in ("approve", "deny"):
        command = f"detente gate {word} {hold} --reason '...'"
        yield f"{word}: {coded(command)}"


def _hold_changed(changed: Changed, state: State, policy: Policy) -> Iterator[str]:
    hold = _hold(state, changed.of)
    yield f"*hold {coded(changed.of)} {_plain(changed.after)}*: {coded(changed.cause)}"
    if hold is not None:
        yield f"{coded(hold.system)} asked to {coded(hold.kind)} {coded(hold.action.target)}, why: {coded(', '.join(hold.why))}"
        if changed.after == "escalated":
            yield _terms(hold, policy)
            yield from _commands(changed.of)


def _plain(word: str) -> str:
    return word if word.isascii() and word.isalpha() else "changed"


def _hold(state: State, name: str) -> Hold | None:
    return state.holds.get(name) or state.closed.get(name)
