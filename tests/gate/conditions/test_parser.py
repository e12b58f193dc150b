"""The grammar: what CEL's own conformance cases ask of a parser, and everything that is not CEL."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.gate.conditions.checker import Refused
from detente.gate.conditions.lexer import LONGEST
from detente.gate.conditions.loader import Conditions, Failure, load
from detente.gate.conditions.parser import DEEPEST, parse
from detente.gate.conditions.syntax import Refusal
from detente.gate.conditions.types import Schema
from tests.gate.conditions.schema import FACTS, SCHEMA


def answer(text):
    (outcome,) = load({"n": text}, SCHEMA).evaluate(FACTS)
    return outcome


def refusal(text):
    with pytest.raises(Refusal) as raised:
        parse(text)
    return raised.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("'hello'", "hello"),
        ('"hello"', "hello"),
        ("'''hello'''", "hello"),
        ('"""x""x"""', 'x""x'),
        ("'''a\nb'''", "a\nb"),
        (r'"\a\b\f\n\r\t\v"', "\a\b\f\n\r\t\v"),
        (r"""' \\ \? \" \' \` '""", " \\ ? \" ' ` "),
        (r'"\000\012\177\377"', "\x00\n\x7fÿ"),
        (r'"\x41\X42\u00e9\U0001F600"', "ABé\U0001f600"),
        (r'r"\n\""[0:0]', None),
        (r"r'\n'", r"\n"),
        (r'R"\\"', r"\\"),
        ("r'''\\'''", "\\"),
        ("''", ""),
    ],
)
def test_texts(text, value):
    if value is None:
        assert isinstance(refusal(text), Refusal)
    else:
        assert parse(text).value == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("0x1F", 31),
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808", -(2**63)),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1.0E-3", 0.001),
        ("-2.5", -2.5),
        ("true", True),
        ("false", False),
        ("null", None),
    ],
)
def test_literals(text, value):
    found = parse(text).value
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 32 + "true" + ")" * 32,
        "!" * 32 + "true",
        " || ".join(["false"] * 31 + ["true"]),
        " && ".join(["true"] * 32),
        "true ? true : " * 24 + "false",
        " - ".join(["3"] * 33) + " == -93",
        " * ".join(["1"] * 33) + " == 1",
        "-" * 32 + "19 == 19",
        "[" * 12 + "'foo'" + "]" * 12 + "[0]" * 12 + " == 'foo'",
        f"{list(range(32))}[17] == 17",
        "size({" + ", ".join(f'"k{number}": {number}' for number in range(32)) + "}) == 32",
        "size(" + "[" * 12 + "0" + "]" * 12 + ") == 1",
        "true // and then nothing",
        "\ttrue\r\n\f",
    ],
)
def test_the_depth_and_the_repetitions_that_the_specification_asks_for(text):
    assert answer(text) is True


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("1 + 2 * 3 == 7", True),
        ("1 - 2 - 3 == -4", True),
        ("8 / 2 / 2 == 2", True),
        ("true || false && false", True),
        ("(true || false) && false", False),
        ("!false && false", False),
        ("1 < 2 == true", True),
        ("false ? false : true ? true : false", True),
        ("-action.rung == -3", True),
        ("2 - -1 == 3", True),
        ("1 in [1] == true", True),
    ],
)
def test_precedence(text, same):
    assert answer(text) is same


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("", 0),
        ("   ", 3),
        ("1 +", 3),
        ("1 + * 2", 4),
        ("(1", 2),
        ("1)", 1),
        ("[1", 2),
        ("[,]", 1),
        ("f(1,)", 4),
        ("{1: }", 4),
        ("{1}", 2),
        ("a.", 2),
        ("a.1", 1),
        ("a..b", 2),
        ("a b", 2),
        ("a = 1", 2),
        ("a & b", 2),
        ("a | b", 2),
        ("'a", 0),
        ("'a\nb'", 0),
        ("'\\z'", 1),
        ("'\\ud800'", 1),
        ("'\\U00110000'", 1),
        ("'\\x4'", 1),
        ("9223372036854775808", 0),
        ("1e400", 0),
        ("1u", 0),
        ("0x", 0),
        ("5min", 0),
        ("b'abc'", 0),
        ("a ? b ? 1 : 2 : 3", 6),
        ("a ? b", 5),
        ("!-1", 1),
        ("if", 0),
        ("a.while", 2),
        ("M{a: 1}", 1),
        ("a?.b", 2),
        (".a", 0),
        ("`a`", 0),
        ("a\u2009b", 1),
        ("\x00", 0),
        ("(" * (DEEPEST + 1) + "1" + ")" * (DEEPEST + 1), DEEPEST + 1),
        ("x" * (LONGEST + 1), LONGEST),
    ],
)
def test_what_is_no_condition_is_refused_where_it_goes_wrong(text, at):
    assert refusal(text).at == at


def test_a_chain_is_as_deep_as_it_is_long():
    assert "levels" in refusal(" + ".join(["1"] * (DEEPEST + 2))).found
    assert "levels" in refusal("a" + ".a" * (DEEPEST + 1)).found
    assert "levels" in refusal("a" + "[0]" * (DEEPEST + 1)).found
    assert "levels" in refusal("!" * (DEEPEST + 1) + "true").found
    assert "levels" in refusal("true ? true : " * (DEEPEST + 2) + "false").found


@pytest.mark.parametrize(
    "opening",
    ["(", "[", "{", "!", "-", "f(", "a[", "a.f(", "a ? b : ", "{a: ", "1 + ", "a && (", "x.all(x, "],
)
def test_nothing_is_deep_enough_to_break_anything(opening):
    for count in (DEEPEST, 500, 10_000):
        with pytest.raises((Refusal, Refused)):
            parse((opening * count)[:LONGEST])


WORDS = st.sampled_from(
    [
        *(
            "action.rung",
            "action.name",
            "premise.confidence",
            "hosts",
            "h",
            "h.name",
            "1",
            "2.5",
            "'a'",
            '"b"',
        ),
        *("has(", "all(", "exists(", "map(", "filter(", "size(", "matches(", "timestamp(", "duration("),
        *("true", "null", "&&", "||", "!", "==", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*", "/", "%"),
        *("?", ":", "(", ")", "[", "]", "{", "}", ",", ".", "//", "\n"),
    ]
)


@given(
    st.one_of(
        st.text(max_size=200),
        st.lists(WORDS, max_size=25).map(" ".join),
        st.lists(WORDS, max_size=25).map("".join),
    )
)
def test_any_text_is_loaded_or_refused_with_a_place_and_a_remedy(text):
    loads_or_refuses(text)


VALID = [
    'action.name == "restart-plc" && now.hour < 6',
    "has(premise.confidence) && premise.confidence < 0.8 || action.arguments.count > 5",
    'hosts.exists(h, h.name.startsWith("h") && (!has(h.weight) || h.weight > 1)) ? !action.reversible : 1/0 == 1',
    'action.targets.filter(t, t.matches("^a+$")).map(t, t + "!") == ["a!"]',
    'now.at - action.asked > duration("5m") && now.at < timestamp("2030-01-01T00:00:00Z")',
]


@given(st.sampled_from(VALID), st.integers(0, 150), st.integers(0, 6), st.text(max_size=3))
def test_a_damaged_condition_is_loaded_or_refused_with_a_place_and_a_remedy(text, at, cut, put):
    loads_or_refuses(text[:at] + put + text[at + cut :])


def loads_or_refuses(text):
    from detente.errors import PolicyError

    try:
        conditions = load({"n": text}, SCHEMA)
    except PolicyError as error:
        for problem in error.problems:
            assert problem.path == "n.when"
            assert " column " in problem.found
            assert problem.expected
    else:
        assert isinstance(conditions, Conditions)
        for facts in (FACTS, {}):
            (outcome,) = conditions.evaluate(facts)
            assert isinstance(outcome, bool | Failure)


@pytest.mark.parametrize("text", VALID)
def test_the_conditions_that_are_damaged_are_sound(text):
    load({"n": text}, SCHEMA)


def test_an_empty_schema_knows_no_names():
    with pytest.raises(Exception, match="unknown name"):
        load({"n": "a"}, Schema({}))
