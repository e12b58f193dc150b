"""How often somebody may ask: a bucket of tokens for each, and a bound on how many buckets there are."""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable

__all__ = ["Limit", "network_of"]

_MOST_BUCKETS = 65_536


class Limit:
    """So many requests a minute for each name, and as many at once. For one thread: that of the event loop.

    Parameters
    ----------
    per_minute
        Tokens that come back in a minute, and that a bucket holds; 0 for no limit.
    clock
        Seconds that never go back.

    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_minute = per_minute
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str) -> float:
        """Take a token; return 0, or the seconds until there is one where there is none."""
        if self.per_minute == 0:
            return 0.0
        now = self._clock()
        tokens, since = self._buckets.get(name, (float(self.per_minute), now))
        tokens = min(self.per_minute, tokens + (now - since) * self.per_minute / 60)
        allowed = tokens >= 1
        self._buckets[name] = (tokens - allowed, now)
        self._buckets.move_to_end(name)
        if (
            len(self._buckets) > _MOST_BUCKETS
        ):  # who asked longest ago has the fullest bucket: forgotten, nearly nothing is given
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - tokens) * 60 / self.per_minute


def network_of(address: str) -> str:
    """Return what a limit counts as one client: an IPv4 address, or the /64 network that one IPv6 client is given whole."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    mapped = parsed.ipv4_mapped
    return str(mapped) if mapped else str(ipaddress.ip_network((parsed, 64), strict=False))
