import io

import pytest
from rich.console import Console

import detente
from detente.cli.tree import as_dict, lines, render
from detente.engine.trace import Incident, Reading, Trace
from tests.quarrel import QUARREL


@pytest.fixture(scope="module")
def scenario():
    return detente.load(QUARREL)


def incident(index, parent=None, **changed):
    at_avalon = index % 2 == 0
    reading = Reading(
        responder="avalon-shield" if not at_avalon else "borduria-shield",
        perceived="disrupt",
        blamed="borduria" if not at_avalon else "avalon",
        right=True,
        confidence=0.875,
        reviewed=False,
    )
    told = {
        "index": index,
        "parent": parent,
        "key": 2**64 - 1 - index,
        "time_s": 0.04 * index,
        "kind": "shock" if parent is None else "action",
        "system": "avalon-shield" if at_avalon else "borduria-shield",
        "owner": "avalon" if at_avalon else "borduria",
        "domain": "cyber",
        "rung": "disrupt",
        "author": None if parent is None else "borduria" if at_avalon else "avalon",
        "points_to": "borduria" if at_avalon else "avalon",
        "depth": 0,
        "rule": "",
        "loss_usd": 1e5,
        "reading": None if parent is None else reading,
    }
    return Incident(**{**told, **changed})


def trace_of(*incidents):
    return Trace(
        scenario="quarrel",
        seed=1,
        crisis=2,
        ended="died-out",
        duration_s=0.5,
        critical="degrade",
        catastrophe="strategic",
        incidents=incidents,
    )


def drawn(trace, scenario, width=100, *, everything=False, encoding="utf-8"):
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    render(
        trace, scenario, Console(file=file, width=width, highlight=False, markup=False), everything=everything
    )
    file.flush()
    return file.buffer.getvalue().decode(encoding).splitlines()


def test_the_whole_picture(scenario):
    wrong = Reading(
        responder="avalon-shield",
        perceived="degrade",
        blamed="borduria",
        right=False,
        confidence=0.5,
        reviewed=True,
    )
    trace = trace_of(
        incident(0),
        incident(1, 0, rung="degrade", reading=wrong),
        incident(2, 1),
        incident(3, 0, kind="outage", author=None, points_to=None, reading=None, time_s=3700.0),
        incident(4, None, kind="false-alarm", author=None, points_to=None, time_s=90_000.0),
        incident(
            5, 3, kind="contagion", author="avalon", points_to="borduria", reading=None, time_s=100_000.0
        ),
    )
    assert drawn(trace, scenario) == [
        "A quarrel of two shields",
        "crisis 2, seed 1: died-out after 500 ms",
        "5 incidents, 2 of them actions, 1 on a wrong reading; loss $500k",
        "",
        "          0 s  disrupt: avalon-shield (avalon), an accident that looks like the work of borduria",
        "       +40 ms  ├─ degrade: borduria-shield (borduria), struck by avalon-shield (avalon), which read",
        "               │    disrupt as degrade, blaming borduria: WRONG, 50 % sure, approved by its command",
        "               │    <-- first critical, 40 ms in",
        "       +40 ms  │  ↳  disrupt: avalon-shield (avalon), struck by borduria-shield (borduria), which",
        "               │       read degrade as disrupt, blaming avalon: right, 88 % sure",
        " +61 min 40 s  └─ disrupt: borduria-shield (borduria), an outage passed on by avalon-shield",
        " +26 h 45 min     ↳  disrupt: borduria-shield (borduria), spread from borduria-shield",
        "               ... and 1 incident or false alarm elsewhere (--all)",
    ]


def test_shocks_say_who_and_what_it_was_made_to_look_like(scenario):
    def told(author, points_to):
        (line,) = lines(trace_of(incident(0, author=author, points_to=points_to)), scenario, everything=True)
        return line.text.partition(", ")[2]

    assert told(None, None) == "an accident"
    assert told(None, "borduria") == "an accident that looks like the work of borduria"
    assert told("avalon", "avalon") == "attacked by avalon"
    assert told("avalon", "borduria") == "attacked by avalon, made to look like borduria"
    assert told("avalon", None) == "attacked by avalon, made to look like an accident"


def test_a_long_crisis_is_cut_down_to_what_led_to_its_worst(scenario):
    # A chain of ten that ends in catastrophe, and a hundred others below its second link.
    chain = [incident(i, i - 1 if i else None) for i in range(9)]
    others = [incident(9 + i, 1) for i in range(100)]
    last = incident(109, 8, rung="strategic")
    trace = trace_of(*chain, *others, last)
    few = lines(trace, scenario, everything=False)
    assert len(few) == 10
    assert "[and 100 more]" in few[1].text
    assert few[-1].text.endswith("<-- catastrophe, 4.36 s in")
    assert len(lines(trace, scenario, everything=True)) == 110


def test_a_very_long_path_loses_its_middle(scenario):
    trace = trace_of(*(incident(i, i - 1 if i else None) for i in range(5000)))
    cut = lines(
        trace_of(*trace.incidents, incident(5000, 4999, rung="strategic")), scenario, everything=False
    )
    assert len(cut) == 81
    assert cut[40].text == "... 4921 lines left out (--all shows them)"


def test_a_crisis_thousands_deep_is_drawn_without_recursion_and_within_the_width(scenario):
    forks = [incident(i, (i - 1) // 2 * 2 if i else None) for i in range(8001)]
    text = drawn(trace_of(*forks), scenario, width=60, everything=True)
    assert max(map(len, text)) <= 80
    assert sum("struck by" in line or "disrupt:" in line for line in text) >= 8001


def test_nothing_happened(scenario):
    assert drawn(trace_of(), scenario)[-1] == "Nothing happened."


def test_a_terminal_without_unicode_gets_plain_branches(scenario):
    trace = trace_of(incident(0), incident(1, 0, time_s=3e-6), incident(2, 0), incident(3, 1))
    text = "\n".join(drawn(trace, scenario, encoding="ascii"))
    assert "|- disrupt" in text
    assert "3 us" in text


def test_json_keys_keep_their_bits(scenario):
    document = as_dict(trace_of(incident(0)))
    assert document["incidents"][0]["key"] == "ffffffffffffffff"
    assert document["version"] == detente.__version__
