import unicodedata

import pytest

from detente.errors import FormatError
from detente.ledger.formats.note import (
    MOST_SIGNATURES,
    Note,
    SignatureLine,
    check_key_name,
    parse_note,
    parse_signature_lines,
)

LINE = SignatureLine("log.example/a", b"\1\2\3\4", b"signature")
SPACES = [chr(code) for code in range(0x110000) if chr(code).isspace() and chr(code) >= " "]


def test_a_note_is_read_as_it_was_written():
    for text in (
        "one\n",
        "one\ntwo\n",
        "one\n\ntwo\n",
        "\none\n\n",
        "ünï — cödé\n",
        "— looks like a signature AAAA\n",
    ):
        for lines in ((LINE,), (LINE, SignatureLine("ü.example", b"\0" * 4, b"\0")), (LINE, LINE)):
            note = Note(text, lines)
            assert parse_note(bytes(note)) == note


def test_a_text_may_hold_empty_lines_and_even_notes():
    inner = Note("inner\n", (LINE,))
    outer = Note(bytes(inner).decode(), (SignatureLine("b.example", b"\0" * 4, b"x"),))
    assert parse_note(bytes(outer)) == outer


@pytest.mark.parametrize("count", [1, 16, 17, MOST_SIGNATURES])
def test_sixteen_signatures_and_more_are_read(count):
    lines = tuple(SignatureLine(f"key-{n}", b"\1\2\3\4", bytes(2420)) for n in range(count))
    assert parse_note(bytes(Note("text\n", lines))).signatures == lines


def test_but_not_any_number():
    lines = tuple(SignatureLine(f"key-{n}", b"\1\2\3\4", b"x") for n in range(MOST_SIGNATURES + 1))
    with pytest.raises(FormatError, match="found 65 signatures, expected at most 64"):
        parse_note(bytes(Note("text\n", lines)))
    with pytest.raises(FormatError, match="expected at most 524288"):
        parse_note(b"x" * 524_289)


@pytest.mark.parametrize(
    "data, what",
    [
        (b"", "no empty line"),
        (b"text\n", "no empty line"),
        ("text\n— a AAAAAAA=\n".encode(), "no empty line"),
        (b"text\n\n", "no newline at the end of the signatures"),
        ("text\n\n— a AAAAAAA=".encode(), "no newline at the end of the signatures"),
        ("text\n\n— a AAAAAAA=\n\n".encode(), "no newline at the end of the signatures"),
        ("\n\n— a AAAAAAA=\n".encode(), "no text"),
        ("\n\n\n— a AAAAAAA=\n".encode(), "no text"),
        ("text\n\n— a AAAAAAA=\nmore\n".encode(), "expected a signature"),
        (b"text\n\n- a AAAAAAA=\n", "expected a signature"),
        ("text\n\n—a AAAAAAA=\n".encode(), "expected a signature"),
        ("text\n\n— aAAAAAAA=\n".encode(), "expected a signature"),
        ("text\n\n—  AAAAAAA=\n".encode(), "name of a key"),
        ("text\n\n— a+b AAAAAAA=\n".encode(), "name of a key"),
        ("text\n\n— a  AAAAAAA=\n".encode(), "expected base64"),
        ("text\n\n— a AAAAAAA= \n".encode(), "expected base64"),
        ("text\n\n— a AAAAAAA=\r\n".encode(), "control character"),
        ("text\r\n\n— a AAAAAAA=\n".encode(), "control character"),
        ("te\txt\n\n— a AAAAAAA=\n".encode(), "control character"),
        ("te\0xt\n\n— a AAAAAAA=\n".encode(), "control character"),
        ("text\n\n— a AAAAAAE=\n".encode() + b"\xff", "no UTF-8 at 21"),
        (b"te\xc0\xafxt\n\n", "no UTF-8 at 2"),
        (b"te\xed\xa0\x80xt\n\n", "no UTF-8 at 2"),
        ("text\n\n— a AAAAAAF=\n".encode(), "canonical"),
        ("text\n\n— a AAAAAA\n".encode(), "expected base64"),
        ("text\n\n— a AAAAAA==\n".encode(), "no bytes after the 4"),
        ("text\n\n— a AAA=\n".encode(), "no bytes after the 4"),
        ("text\n\n— a \n".encode(), "no bytes after the 4"),
    ],
)
def test_what_is_no_note_is_refused(data, what):
    with pytest.raises(FormatError, match=what):
        parse_note(data)


def test_a_name_holds_no_space_of_any_script():
    assert {unicodedata.category(space) for space in SPACES} >= {"Zs", "Zl", "Zp"}
    assert len(SPACES) >= 19
    for space in SPACES:
        for name in (space, f"a{space}b", f"a{space}"):
            with pytest.raises(FormatError, match="name of a key"):
                check_key_name(name)
            with pytest.raises(FormatError):
                parse_signature_lines(f"— {name} AAAAAAA=\n")


@pytest.mark.parametrize("name", ["", "+", "a+b", "a\nb", "a\0b", "a\x1fb", "a\udcffb", "n" * 256, "ü" * 128])
def test_other_names_that_are_none(name):
    with pytest.raises(FormatError, match="name of a key"):
        check_key_name(name)


@pytest.mark.parametrize("name", ["a", "n" * 255, "ü" * 127, "example.org/log", "a=b", "—"])
def test_names_that_are_some(name):
    check_key_name(name)


def test_a_signature_is_added_once():
    note = Note("text\n", (LINE,))
    other = SignatureLine("b.example", b"\0" * 4, b"x")
    assert note.signed_also_by([other, LINE, other]) == Note("text\n", (LINE, other))
