import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.errors import FormatError
from detente.ledger.formats.entry import LARGEST_BODY, Entry, Kind, check_source, encode_entry, parse_entry
from detente.ledger.formats.tiles import LARGEST_ENTRY

SOURCES = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=128)
NUMBERS = st.integers(1, 2**63 - 1)
HEAD = b"detente-entry/v1\nrecord gate-1 7 1700000000000000000\n"


@given(st.sampled_from(Kind), SOURCES, NUMBERS, st.integers(0, 2**63 - 1), st.binary(max_size=100))
def test_an_entry_is_read_as_it_was_written(kind, source, number, time, body):
    check_source(source)
    data = encode_entry(kind, source, number, time, body)
    assert parse_entry(data) == Entry(kind, source, number, time, body)
    assert bytes(parse_entry(data)) == data


def test_these_are_its_bytes():
    assert (
        encode_entry(Kind.RECORD, "gate-1", 7, 1_700_000_000_000_000_000, b"body\n\0") == HEAD + b"body\n\0"
    )
    assert parse_entry(HEAD) == Entry(Kind.RECORD, "gate-1", 7, 1_700_000_000_000_000_000, b"")


def test_the_largest_body_fits_under_the_longest_head():
    longest = encode_entry(Kind.HEARTBEAT, "s" * 128, 2**63 - 1, 2**63 - 1, bytes(LARGEST_BODY))
    assert max(map(len, Kind)) == len(Kind.HEARTBEAT)
    assert len(longest) <= LARGEST_ENTRY


@pytest.mark.parametrize(
    "data, what",
    [
        (b"", "at the beginning"),
        (HEAD[1:], "at the beginning"),
        (b" " + HEAD, "at the beginning"),
        (HEAD.replace(b"v1", b"v2"), "at the beginning"),
        (HEAD.replace(b"v1\n", b"v1\r\n"), "at the beginning"),
        (HEAD[:-1], "no newline after the head"),
        (HEAD.replace(b"record", b"Record"), "expected KIND SOURCE NUMBER TIME"),
        (HEAD.replace(b"record", b"other"), "expected KIND SOURCE NUMBER TIME"),
        (HEAD.replace(b"record ", b""), "expected KIND SOURCE NUMBER TIME"),
        (HEAD.replace(b"record ", b"record  "), "expected KIND SOURCE NUMBER TIME"),
        (HEAD.replace(b" 7 ", b" 7 8 "), "expected KIND SOURCE NUMBER TIME"),
        (HEAD.replace(b"gate-1", "gäte".encode()), "expected KIND SOURCE NUMBER TIME"),
        (HEAD.replace(b"gate-1", b"gate\t1"), "source"),
        (HEAD.replace(b"gate-1", b"gate\x7f1"), "source"),
        (HEAD.replace(b"gate-1", b""), "source"),
        (HEAD.replace(b"gate-1", b"s" * 129), "source"),
        (HEAD.replace(b" 7 ", b" 0 "), "expected numbers from 1"),
        (HEAD.replace(b" 7 ", b" 07 "), "number of an entry"),
        (HEAD.replace(b" 7 ", b" -7 "), "number of an entry"),
        (HEAD.replace(b" 7 ", b" 9223372036854775808 "), "number of an entry"),
        (HEAD.replace(b" 17", b" 017"), "time of an entry"),
        (HEAD.replace(b"\n", b" \n").replace(b"v1 ", b"v1"), "expected KIND SOURCE NUMBER TIME"),
        (HEAD.replace(b"0\n", b"0\r\n"), "time of an entry"),
    ],
)
def test_what_is_no_entry_is_refused(data, what):
    with pytest.raises(FormatError, match=what):
        parse_entry(data)


@pytest.mark.parametrize("source", ["", "a b", "a\n", "ä", "s" * 129, "\x7f", "a\udcff", "\u2003"])
def test_what_names_no_source(source):
    with pytest.raises(FormatError, match="source: found"):
        check_source(source)
