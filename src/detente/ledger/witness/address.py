"""Addresses that may be asked: encrypted, or on this machine."""

from urllib.parse import urlsplit

from detente.errors import FormatError
from detente.hosting.place import is_loopback

__all__ = ["require_address"]


def require_address(url: str, *, plain: bool = False) -> None:
    """See that `url` is one that may be asked.

    Parameters
    ----------
    url
        As `https://witness.example/w1`.
    plain
        `http://` is allowed beyond this machine.

    Raises
    ------
    FormatError
        Another scheme, a name or password in it, a query or fragment, or `http://` where it is not allowed.

    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise FormatError(f"address: found {url[:100]!r}: {error}") from None
    if (
        parts.scheme not in {"https", "http"}
        or not host
        or parts.query
        or parts.fragment
        or "@" in parts.netloc
    ):
        raise FormatError(f"address: found {url[:100]!r}, expected one such as https://witness.example/w1")
    if parts.scheme == "http" and not plain and not is_loopback(host):
        raise FormatError(f"address: found {url[:100]!r}, expected https:// beyond this machine")
