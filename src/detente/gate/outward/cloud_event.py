"""An entry as a CloudEvent, and how a delivery is signed.

CloudEvents 1.0.2, JSON format, structured mode (github.com/cloudevents/spec). The id is the entry's index in the ledger, the same
however often it is delivered; the extension `brought` names what else the entry brought about.
"""

import hashlib
import hmac
from typing import Any
from urllib.parse import quote

from msgspec import json, to_builtins

from detente.gate.entries import Adopted, Entry
from detente.gate.outward.happenings import happening_of, names_of
from detente.gate.service.views import rfc3339

__all__ = ["MEDIA", "cloud_event", "signature", "source_of"]

MEDIA = "application/cloudevents+json; charset=utf-8"
_TYPE = "detente.gate."


def source_of(charter: str) -> str:
    """Return the name of a charter as a URI reference, which a source is."""
    return quote(charter, safe="")


def cloud_event(index: int, entry: Entry, charter: str) -> bytes:
    """Return an entry as a CloudEvent; its data are what `/v1/events` shows."""
    happening, brought = happening_of(entry), names_of(entry)[1:]
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": str(index),
        "source": source_of(charter),
        "type": _TYPE + happening.name,
        "time": rfc3339(entry.at),
        "datacontenttype": "application/json",
    }
    if happening.subject:
        event["subject"] = happening.subject
    if brought:
        event["brought"] = " ".join(brought)
    event["data"] = _data(entry)
    return json.encode(event)


def _data(entry: Entry) -> Any:
    if not isinstance(entry, Adopted):
        return entry
    # Both documents may take megabytes, which few receivers do: the ledger has them, under this digest.
    return {name: value for name, value in to_builtins(entry).items() if name not in ("charter", "portfolio")}


def signature(secret: bytes, timestamp: int, body: bytes) -> str:
    """Return the signature of a delivery, as its header has it: HMAC-SHA256 over `timestamp.body`, in hex.

    Parameters
    ----------
    timestamp
        Seconds since the epoch at which it is sent: an old delivery is known to be old.
    """
    return "v1=" + hmac.new(secret, b"%d." % timestamp + body, hashlib.sha256).hexdigest()
