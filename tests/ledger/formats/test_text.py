import base64
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.errors import FormatError
from detente.ledger.formats.text import decode_base64, decode_hash, decode_number, encode_base64


@given(st.binary(max_size=70))
def test_base64_is_that_of_the_standard_and_there_is_one_of_it(data):
    text = base64.b64encode(data).decode()
    assert encode_base64(data) == text
    assert decode_base64(text, "it") == data


ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="


def test_no_two_texts_of_one_length_mean_the_same():
    """Every last group there is, of which only some are canonical."""
    meanings = {}
    for last in itertools.product(ALPHABET, repeat=2):
        for end in ("==", "=", "", "A", "A="):
            text = "QUJD" + "".join(last) + end
            try:
                data = decode_base64(text, "it")
            except FormatError:
                continue
            assert meanings.setdefault(data, text) == text
    # one byte behind the group: 256 of them; two bytes that end in a zero byte, or three
    assert len([data for data in meanings if len(data) == 4]) == 256


@pytest.mark.parametrize(
    "text, why",
    [
        ("QUI", "padding left out"),
        ("QUI==", "padding too long"),
        ("QUI=====", "padding of a whole group more"),
        ("QUJ=", "unused bits"),
        ("QV==", "unused bits"),
        ("QUI=\n", "newline"),
        ("QU I=", "space"),
        ("Q=UI", "padding inside"),
        ("=", "padding alone"),
        ("QUI-", "the other alphabet"),
        ("QUI_", "the other alphabet"),
        ("QÜI=", "no ASCII"),
        ("QU\udcffI=", "a surrogate"),
        ("ＱＵＩ＝", "wide letters"),
    ],
)
def test_any_other_base64_is_refused(text, why):
    with pytest.raises(FormatError, match=r"^signature: found .*, expected"):
        decode_base64(text, "signature")


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_hash_has_32_bytes(length):
    with pytest.raises(FormatError, match=f"root: found {length} bytes, expected the 32 of a SHA-256 hash"):
        decode_hash(encode_base64(b"x" * length), "root")


@given(st.integers(0, 2**63 - 1))
def test_numbers_are_written_as_they_are_read(number):
    assert decode_number(str(number), "size") == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "00",
        "01",
        "-0",
        "-1",
        "+1",
        " 1",
        "1 ",
        "1\n",
        "1_0",
        "1.0",
        "1e3",
        "0x1",
        "٣",
        "１",
        "²",
        "1٣",
        "\0",
        "1\0",
    ],
)
def test_a_number_has_one_spelling(text):
    with pytest.raises(FormatError, match="expected a decimal number without leading zeros"):
        decode_number(text, "size")


def test_numbers_end_where_others_could_not_hold_them():
    assert decode_number(str(2**63 - 1), "size") == 2**63 - 1
    with pytest.raises(FormatError, match=r"expected at most 2\^63 - 1"):
        decode_number(str(2**63), "size")
    for digits in (20, 5_000, 1_000_000):  # beyond 4,300 digits Python itself would raise, or take its time
        with pytest.raises(
            FormatError, match=r"size: found '9{57}\.\.\.', expected a decimal|size: found '9{20}'"
        ):
            decode_number("9" * digits, "size")
