import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.model.names import is_name
from detente.networks.naming import Namer, natural, quoted, written


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Kings Cross", "Kings-Cross"),
        ("São Paulo / 2", "Sao-Paulo-2"),
        ("7", "node-7"),
        ("none", "node-none"),
        ("True", "node-True"),
        ("", "node"),
        ("東京", "node"),
        ("...x...", "x"),
        ("a" * 200, "a" * 80),
        ("a" * 79 + " b", "a" * 79),
    ],
)
def test_a_name_looks_like_its_label(label, name):
    assert Namer().name(label, "node") == name


@given(st.lists(st.text(max_size=5) | st.sampled_from(["a", "a-2", "a-3", "A", "á"]), max_size=30))
def test_names_are_legal_and_different(labels):
    namer = Namer(["a-2"])
    names = [namer.name(label, "node") for label in labels]
    assert all(is_name(name) for name in names)
    assert len({*names, "a-2"}) == len(names) + 1


@given(st.text())
def test_a_label_in_a_comment_stays_on_its_line(label):
    comment = quoted(label)
    assert comment.isascii()
    assert comment.isprintable()


def test_numbers_in_labels_are_in_their_order():
    assert sorted(["b10", "b9", "b", "a²", "9", "10"], key=natural) == ["9", "10", "a²", "b", "b9", "b10"]


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, "1"), (1.5, "1.5"), (None, ""), (float("nan"), ""), (" x ", "x")]
)
def test_values_of_attributes_as_text(value, text):
    assert written(value) == text
