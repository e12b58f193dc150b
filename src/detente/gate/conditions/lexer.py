"""Cuts the text of a condition into the words of CEL (cel-spec, `doc/langdef.md`, "Syntax")."""

import re
from dataclasses import dataclass

from detente.gate.conditions.syntax import Refusal

__all__ = ["LONGEST", "Token", "cut"]

LONGEST = 4000
"""Characters in a condition: nobody reviews a longer one."""

_DIGITS = {"x": 2, "X": 2, "u": 4, "U": 8}
_PLAIN = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_PLAIN |= {mark: mark for mark in "\\?\"'`"}

_QUOTED = r"\"\"\"(?:[^\\]|\\.)*?\"\"\"|'''(?:[^\\]|\\.)*?'''|\"(?:[^\\\"\r\n]|\\.)*\"|'(?:[^\\'\r\n]|\\.)*'"
_RAW = r"\"\"\".*?\"\"\"|'''.*?'''|\"[^\"\r\n]*\"|'[^'\r\n]*'"
_TOKEN = re.compile(
    rf"""
    (?P<space>(?:[\t\n\f\r\ ]|//[^\r\n]*)+)
  | (?P<bytes>[bB][rR]?(?=["']))
  | (?P<raw>[rR](?:{_RAW}))
  | (?P<text>{_QUOTED})
  | (?P<double>[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+)
  | (?P<int>0x[0-9a-fA-F]+|[0-9]+)
  | (?P<name>[_a-zA-Z][_a-zA-Z0-9]*)
  | (?P<mark>&&|\|\||[<>=!]=|[-+*/%<>!?:.,()\[\]{{}}])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2}|.)", re.DOTALL)
_REMEDIES = {"=": "'==' to compare", "&": "'&&'", "|": "'||'"}


@dataclass(frozen=True, slots=True)
class Token:
    """A word: what kind, where it begins, how it was written, and what a literal stands for."""

    kind: str
    at: int
    written: str
    value: int | float | str | None = None


def cut(text: str) -> list[Token]:
    """The words of a condition, with an `end` behind the last.

    Raises
    ------
    Refusal
        The text is too long, or something in it is no word of CEL.
    """
    if len(text) > LONGEST:
        raise Refusal(LONGEST, f"{len(text)} characters", f"at most {LONGEST}")
    tokens = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise _unreadable(text, at)
        if found.lastgroup != "space":
            tokens.append(_token(str(found.lastgroup), at, found[0]))
            _refuse_glued(text, found)
        at = found.end()
    return [*tokens, Token("end", len(text), "the end")]


def _unreadable(text: str, at: int) -> Refusal:
    mark = text[at]
    if mark in "\"'":
        return Refusal(at, "a text whose closing quote is missing", f"{mark} on the same line")
    return Refusal(at, repr(mark), _REMEDIES.get(mark, "a name, a number, a text in quotes or an operator"))


def _refuse_glued(text: str, found: re.Match[str]) -> None:
    """A number that runs into a letter: `1u`, `5min`."""
    after = text[found.end() : found.end() + 1]
    if found.lastgroup not in {"int", "double"} or not (after.isalnum() or after == "_"):
        return
    at = found.start()
    if after in "uU":
        raise Refusal(
            at, f"the unsigned number {found[0]}{after}", f"{found[0]}: conditions know signed numbers"
        )
    written = re.match(r"\w+", text[at:])
    glued = written[0] if written is not None else found[0]
    raise Refusal(at, f"'{glued[:30]}'", 'a number alone; of a time write duration("5m")')


def _token(kind: str, at: int, written: str) -> Token:
    if kind == "bytes":
        raise Refusal(at, "a literal of bytes", "a text: facts are never bytes")
    if kind == "int":
        return Token(kind, at, written, int(written, 16 if written[:2] == "0x" else 10))
    if kind == "double":
        return Token(kind, at, written, _finite(at, written))
    if kind == "text":
        return Token(kind, at, written, _unescape(at, written))
    if kind == "raw":
        return Token("text", at, written, _within_quotes(written[1:]))
    return Token(kind, at, written)


def _finite(at: int, written: str) -> float:
    value = float(written)
    if value == float("inf"):
        raise Refusal(at, f"the number {written}", "a number below 1.8e308")
    return value


def _quotes(written: str) -> int:
    """How wide the quotes around a text are."""
    return 3 if len(written) >= 6 and written[:3] in {'"""', "'''"} else 1


def _within_quotes(written: str) -> str:
    width = _quotes(written)
    return written[width:-width]


def _unescape(at: int, written: str) -> str:
    first = at + _quotes(written)

    def read(found: re.Match[str]) -> str:
        code = found[0][1:]
        if code in _PLAIN:
            return _PLAIN[code]
        where = first + found.start()
        if code[0] in _DIGITS and len(code) == 1 + _DIGITS[code[0]]:
            return _point(where, int(code[1:], 16))
        if len(code) == 3:
            return chr(int(code, 8))
        expected = r"one that CEL has, as \n, \\ or \u00e9; in a raw text, r'…', none is read"
        raise Refusal(where, f"the escape {found[0]!r}", expected)

    # The quotes go first: an escaped quote may stand beside them.
    return _ESCAPE.sub(read, _within_quotes(written))


def _point(at: int, number: int) -> str:
    if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:
        raise Refusal(at, f"U+{number:04X}", "a character that Unicode has")
    return chr(number)
