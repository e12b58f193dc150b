import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.errors import FormatError
from detente.ledger.formats.checkpoint import Checkpoint, check_origin, parse_checkpoint
from detente.ledger.formats.tree import EMPTY_ROOT
from tests.ledger.examples import CHECKPOINT

line = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), min_size=1)
ROOT = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


@given(line, st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32), st.lists(line, max_size=3))
def test_a_checkpoint_is_read_as_it_was_written(origin, size, root, extensions):
    checkpoint = Checkpoint(origin, size, root, tuple(extensions))
    assert parse_checkpoint(checkpoint.text) == checkpoint


def test_an_empty_log_has_one_too():
    assert Checkpoint("a", 0, EMPTY_ROOT).text == f"a\n0\n{ROOT}\n"


@pytest.mark.parametrize(
    "text, what",
    [
        ("", "no newline at the end"),
        ("\n", "found 1 lines"),
        (f"a\n0\n{ROOT}", "no newline at the end"),
        ("a\n0\n", "found 2 lines"),
        (f"\n0\n{ROOT}\n", "empty line"),
        (f"a\n\n{ROOT}\n", "empty line"),
        (f"a\n0\n{ROOT}\n\n", "empty line"),
        (f"a\n0\n{ROOT}\nmore\n\nmore\n", "empty line"),
        (f"a\n00\n{ROOT}\n", "size of a checkpoint: found '00'"),
        (f"a\n-1\n{ROOT}\n", "size of a checkpoint"),
        (f"a\n 1\n{ROOT}\n", "size of a checkpoint"),
        (f"a\n１\n{ROOT}\n", "size of a checkpoint"),
        (f"a\n{2**63}\n{ROOT}\n", "size of a checkpoint"),
        (f"a\n0\n{ROOT[:-1]}\n", "root of a checkpoint"),
        (f"a\n0\n{ROOT[:-2]}V=\n", "root of a checkpoint"),
        (f"a\n0\n {ROOT}\n", "root of a checkpoint"),
        ("a\n0\nAAAA\n", "root of a checkpoint: found 3 bytes"),
    ],
)
def test_what_is_no_checkpoint_is_refused(text, what):
    with pytest.raises(FormatError, match=what):
        parse_checkpoint(text)


def test_our_own_origins_are_names_of_keys():
    check_origin(CHECKPOINT.origin)
    check_origin("o" * 255)
    for origin in ("", "a b", "a+b", "a\u2003b", "a\nb", "a\x7f\x00", "ü" * 128, "a\udcffb"):
        with pytest.raises(FormatError, match=r"^origin: found"):
            check_origin(origin)
    parse_checkpoint(f"of others + any\n0\n{ROOT}\n")  # a checker must not assume so
