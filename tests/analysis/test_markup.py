"""Markup: a text never becomes an element, an attribute or the end of a script."""

import json

import pytest

from detente.analysis.report.markup import Markup, data, element, joined
from tests.analysis.pages import Page

HOSTILE = "</script><script>alert(1)</script><!-- & \"both\" 'quotes' \u2028"


def test_texts_are_escaped_and_markup_is_not():
    page = Page(element("p", HOSTILE, element("b", "bold"), Markup("<i>made</i>"), None))
    assert page.faults == []
    assert [one["tag"] for one in page.elements] == ["p", "b", "i"]
    assert page.text(page.elements[0]) == HOSTILE + "boldmade"


def test_attributes_are_escaped_and_named_as_html_names_them():
    page = Page(element("a", "x", class_="one", aria_label=HOSTILE, hidden=True, title=None, open=False))
    assert page.elements[0]["attrs"] == {"class": "one", "aria-label": HOSTILE, "hidden": None}


@pytest.mark.parametrize("document", [{"a": HOSTILE}, {HOSTILE: [1.5, None, HOSTILE]}])
def test_no_text_ends_a_script(document):
    text = data(document, id="d")
    page = Page(text)
    assert [one["tag"] for one in page.elements] == ["script"]
    assert json.loads(page.elements[0]["text"]) == document
    assert text.count("<") == 2
    assert "\u2028" not in text


def test_empty_elements_have_no_end():
    assert joined(element("br"), element("p")) == "<br><p></p>"


def test_numbers_that_json_does_not_know_are_a_mistake():
    with pytest.raises(ValueError, match="not JSON compliant"):
        data({"a": float("nan")})
