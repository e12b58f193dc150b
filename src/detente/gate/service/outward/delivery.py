"""Delivering notices: in order for each hook, signed, tried again with patience, and never waited for.

The signature is that of Standard Webhooks (standardwebhooks.com): HMAC-SHA256 over `id.timestamp.body`, so that neither the body nor
its time can be changed, and an old delivery is known to be old. Each queue is bounded: where a hook is down for long, the oldest
notices are dropped, and counted.
"""

import asyncio
import base64
import hashlib
import hmac
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from detente.gate.entries import Entry
from detente.gate.service.call import log
from detente.gate.service.outward.hooks import Hook
from detente.gate.service.outward.notices import Notice, as_cloud_event, as_slack, notices_of
from detente.hosting.optional import load

__all__ = ["Delivery", "signature"]

_MOST = 256
"""Notices that wait for one hook."""
_ATTEMPTS = 8
_FIRST_S, _LONGEST_S = 1.0, 60.0
"""Between attempts: doubled each time."""
_WITHIN_S = 5.0
"""One attempt."""
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


def signature(secret: bytes, name: str, timestamp: int, body: bytes) -> str:
    """Return the signature of a delivery, as its header has it."""
    signed = b"%s.%d." % (name.encode(), timestamp) + body
    return "v1," + base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()


class Delivery:
    """Notices on their way. For one event loop.

    Parameters
    ----------
    source
        Who tells: the address at which the gate is found, or its name.
    wall
        Gives seconds since the epoch.
    """

    def __init__(
        self,
        hooks: Sequence[Hook],
        source: str,
        *,
        wall: Callable[[], float] = time.time,
        first_s: float = _FIRST_S,
    ) -> None:
        self._source, self._wall, self._first_s = source, wall, first_s
        self._lines = [_Line(hook) for hook in hooks]
        self._topics = frozenset().union(*(hook.topics for hook in hooks)) if hooks else frozenset()
        self.delivered = 0
        self.given_up = 0

    @property
    def dropped(self) -> int:
        """Notices that found no room."""
        return sum(line.dropped for line in self._lines)

    def take(self, group: Sequence[tuple[int, Entry]]) -> None:
        """Queue what is worth telling about entries: at once, and without waiting for anybody."""
        for index, entry in group:
            for notice in notices_of(index, entry):
                if notice.topic in self._topics:
                    for line in self._lines:
                        line.put(notice)

    async def run(self) -> None:
        """Deliver until cancelled."""
        client = load("httpx").AsyncClient(follow_redirects=False, trust_env=False, timeout=_WITHIN_S)
        async with client, asyncio.TaskGroup() as tasks:
            for line in self._lines:
                tasks.create_task(self._serve(client, line))

    async def _serve(self, client: Any, line: "_Line") -> None:
        while True:
            notice = await line.next()
            if await self._deliver(client, line.hook, notice):
                self.delivered += 1
            else:
                self.given_up += 1

    async def _deliver(self, client: Any, hook: Hook, notice: Notice) -> bool:
        patience = self._first_s
        why = ""
        for attempt in range(_ATTEMPTS):
            if attempt:
                await asyncio.sleep(patience)
                patience = min(2 * patience, _LONGEST_S)
            why = await self._try(client, hook, notice)
            if not why:
                return True
            if why.isdecimal() and int(why) not in _AGAIN:
                break
        log.warning("hook %s: notice of entry %d given up: %s", hook.name, notice.index, why)
        return False

    async def _try(self, client: Any, hook: Hook, notice: Notice) -> str:
        """Make one attempt; return nothing where it was taken, else the status or what went wrong."""
        is_slack = hook.style == "slack"
        body = (as_slack if is_slack else as_cloud_event)(notice, self._source)
        name, now = f"{notice.index}.{notice.number}", int(self._wall())
        media = "application/json" if is_slack else "application/cloudevents+json; charset=utf-8"
        headers = {"Content-Type": media, "User-Agent": "detente-gate"}
        if hook.secret:
            headers |= {
                "webhook-id": name,
                "webhook-timestamp": str(now),
                "webhook-signature": signature(hook.secret, name, now, body),
            }
        try:
            # What it answers is not read: nothing here depends on it.
            async with client.stream("POST", hook.url, content=body, headers=headers) as answer:
                status: int = answer.status_code
        except (load("httpx").HTTPError, load("httpx").InvalidURL, OSError) as error:
            return type(error).__name__  # not its text, which has the address in it
        return "" if 200 <= status < 300 else str(status)


class _Line:
    """Notices that wait for one hook."""

    def __init__(self, hook: Hook) -> None:
        self.hook, self.dropped = hook, 0
        self._waiting: deque[Notice] = deque()
        self._filled = asyncio.Event()

    def put(self, notice: Notice) -> None:
        if notice.topic not in self.hook.topics:
            return
        if len(self._waiting) >= _MOST:
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append(notice)
        self._filled.set()

    async def next(self) -> Notice:
        while not self._waiting:
            self._filled.clear()
            await self._filled.wait()
        return self._waiting.popleft()
