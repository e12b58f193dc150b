"""How entries and receipts are shown."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from detente.ledger.formats.text import encode_base64

if TYPE_CHECKING:
    from detente.ledger.formats.entry import Entry
    from detente.ledger.store.receipt import Receipt

__all__ = ["body_as_text", "entry_as_dict", "receipt_as_dict", "when"]


def when(nanoseconds: int) -> str:
    """Return a time of an entry as people write it, in UTC, to the microsecond."""
    try:
        return datetime.fromtimestamp(nanoseconds // 1000 / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S.%fZ")
    except (OverflowError, ValueError, OSError):
        return f"{nanoseconds} ns"


def body_as_text(body: bytes, most: int = 200) -> str:
    """Return a body on one line, with everything a terminal might obey made harmless."""
    try:
        text = body.decode("utf-8")
        shown = "".join(letter if letter.isprintable() else json.dumps(letter)[1:-1] for letter in text)
    except UnicodeDecodeError:
        shown = f"{len(body)} bytes: {body[:32].hex()}" + ("..." if len(body) > 32 else "")
    return shown if len(shown) <= most else f"{shown[:most]}... ({len(body)} bytes)"


def entry_as_dict(index: int, entry: "Entry") -> dict[str, Any]:
    """Return an entry as plain data; a body that is no text in base64."""
    try:
        body = {"text": entry.body.decode("utf-8")}
    except UnicodeDecodeError:
        body = {"base64": encode_base64(entry.body)}
    return {
        "index": index,
        "kind": str(entry.kind),
        "source": entry.source,
        "number": entry.number,
        "time": when(entry.time),
        "time_ns": entry.time,
        "body": body,
    }


def receipt_as_dict(receipt: "Receipt") -> dict[str, Any]:
    """Return a receipt as plain data, with the proof to keep."""
    return {
        "index": receipt.index,
        "source": receipt.source,
        "number": receipt.number,
        "time": when(receipt.time),
        "leaf": receipt.leaf.hex(),
        "proof": bytes(receipt.proof()).decode(),
    }
