"""Bytes that are no text: which byte it is and where, for whoever sent them."""

__all__ = ["stray_byte"]


def stray_byte(body: bytes) -> tuple[int, str] | None:
    """Return the first byte that is not UTF-8, as its offset and in words; None where all are."""
    try:
        body.decode()
    except UnicodeDecodeError as error:
        return error.start, f"found the byte 0x{body[error.start]:02x}, which is not UTF-8"
    return None
