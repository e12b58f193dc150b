import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.errors import FormatError
from detente.ledger.formats.tiles import (
    LARGEST_ENTRY,
    bundle_path,
    decode_bundle,
    decode_tile,
    encode_bundle,
    tile_path,
    tiles_of,
    width_at,
)


@pytest.mark.parametrize(
    "index, path",
    [
        (0, "000"),
        (7, "007"),
        (999, "999"),
        (1000, "x001/000"),
        (1_234_067, "x001/x234/067"),
        (10**9, "x001/x000/x000/000"),
    ],
)
def test_where_tiles_lie(index, path):
    assert tile_path(0, index) == f"tile/0/{path}"
    assert tile_path(11, index, 5) == f"tile/11/{path}.p/5"
    assert bundle_path(index) == f"tile/entries/{path}"
    assert bundle_path(index, 255) == f"tile/entries/{path}.p/255"


@pytest.mark.parametrize("width", [0, -1, 257])
def test_no_tile_is_empty_or_wider_than_256(width):
    with pytest.raises(FormatError, match=f"found a width of {width}, expected 1 to 256"):
        tile_path(0, 0, width)
    with pytest.raises(FormatError, match=f"found a width of {width}, expected 1 to 256"):
        bundle_path(0, width)


def test_seventy_thousand_entries_are_the_tiles_that_the_specification_counts():
    tiles = list(tiles_of(70_000))
    full, partial = [t for t in tiles if t[2] == 256], [t for t in tiles if t[2] < 256]
    assert [sum(level == t[0] for t in full) for level in range(3)] == [273, 1, 0]
    assert partial == [(0, 273, 112), (1, 1, 17), (2, 0, 1)]
    assert list(tiles_of(256)) == [(0, 0, 256), (1, 0, 1)]
    assert list(tiles_of(0)) == []


@given(st.integers(0, 2**40), st.integers(0, 5))
def test_the_widths_of_a_level_add_up_to_its_hashes(size, level):
    hashes = size >> 8 * level
    last = hashes >> 8
    assert last * 256 + width_at(level, last, size) == hashes
    assert width_at(level, last + 1, size) == 0
    if last:
        assert width_at(level, last - 1, size) == 256


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_a_bundle_is_read_as_it_was_written(entries):
    assert decode_bundle(encode_bundle(entries), len(entries), "it") == entries


def test_entries_are_at_most_65535_bytes():
    largest = bytes(LARGEST_ENTRY)
    assert decode_bundle(encode_bundle([largest, b"", largest]), 3, "it") == [largest, b"", largest]
    with pytest.raises(FormatError, match="found 65536 bytes, expected at most 65535"):
        encode_bundle([largest + b"\0"])


@pytest.mark.parametrize(
    "data, width",
    [
        (b"", 1),
        (b"\0", 1),
        (b"\0\0", 0),
        (b"\0\0", 2),
        (b"\0\0\0", 1),
        (b"\0\1", 1),
        (b"\0\2a", 1),
        (b"\0\1a\0", 1),
        (b"\0\1a\0\0", 1),
        (b"\0\1a\0\1", 2),
        (b"\xff\xff" + b"x" * 65534, 1),
    ],
)
def test_what_is_no_bundle_is_refused(data, width):
    with pytest.raises(FormatError, match=r"^tile/entries/000: found"):
        decode_bundle(data, width, "tile/entries/000")


def test_a_tile_is_as_long_as_it_is_wide():
    data = bytes(range(96))
    assert decode_tile(data, 3, "it") == [data[:32], data[32:64], data[64:]]
    for wrong in (2, 4):
        with pytest.raises(FormatError, match=f"tile/0/000: found 96 bytes, expected {32 * wrong}"):
            decode_tile(data, wrong, "tile/0/000")
    with pytest.raises(FormatError, match="found 95 bytes"):
        decode_tile(data[:-1], 3, "it")
