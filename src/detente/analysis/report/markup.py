"""HTML and SVG as nested calls, escaped by construction: a text becomes markup only by being escaped."""

import html
import json
from typing import final

__all__ = ["Content", "Markup", "data", "element", "joined"]

_VOID = frozenset({"meta", "link", "br", "hr", "input", "col"})


@final
class Markup(str):
    """Text that is markup already; any other text is escaped where it is put into an element."""

    __slots__ = ()


Content = Markup | str | None
"""What an element may hold; None is nothing."""

Attribute = str | float | bool | None
"""True is an attribute without a value; None and False leave it out."""


def element(name: str, /, *children: Content, **attributes: Attribute) -> Markup:
    """Return an element; `class_` is written `class`, `aria_label` is written `aria-label`.

    Parameters
    ----------
    attributes
        True is an attribute without a value; None and False leave it out.
    """
    told = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Markup(f"<{name}{told}>")
    return Markup(f"<{name}{told}>{joined(*children)}</{name}>")


def joined(*children: Content) -> Markup:
    """Return children one after the other, those escaped that are plain text."""
    return Markup("".join(_safe(child) for child in children if child is not None))


def data(document: object, **attributes: Attribute) -> Markup:
    """Return plain data as a script that is not run; no text in it can end the script."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return element("script", Markup(text), type="application/json", **attributes)


def _safe(child: str) -> str:
    return child if isinstance(child, Markup) else html.escape(child)


def _attribute(key: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{html.escape(str(value))}"'
