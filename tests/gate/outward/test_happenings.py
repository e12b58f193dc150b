"""What entries are called: the same to everybody, always by a name that can be asked for."""

from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import json

from detente.errors import GateError
from detente.gate.commands import PassTime
from detente.gate.decision import HOLD
from detente.gate.entries import Adopted, Changed, Decided, Passed, SetMode, Voted
from detente.gate.folder import policy_in
from detente.gate.outward import chat
from detente.gate.outward.cloud_event import cloud_event, source_of
from detente.gate.outward.happenings import NAMES, happening_of, is_wanted, names_of, opens_hold
from detente.gate.request import ModeOrder, Vote
from detente.gate.runtime.gate import Gate
from tests.gate.build import START
from tests.gate.runtime.sites import CHARTER, Crowd, site

ESCALATING = CHARTER.replace("open_holds: 40}\n  duty", "open_holds: 40, escalates_to: duty}\n  duty")


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """A gate that a crowd has asked for this and that, hours long."""
    now = count(START, 5 * 10**9)
    gate = Gate(policy_in(site(tmp_path_factory.mktemp("site"), charter=ESCALATING)), clock=lambda: next(now))
    crowd = Crowd(20261127)
    for _ in range(1500):
        try:
            gate.ask(crowd.next(gate.state))
            gate.ask(PassTime())
        except GateError:
            pass  # a crowd asks for nonsense, too
    yield gate
    gate.close()


def test_every_entry_is_called_what_can_be_asked_for(lived):
    met = set()
    for index, entry in lived.entries(0):
        names = names_of(entry)
        met |= set(names)
        assert set(names) <= set(NAMES)
        event = json.decode(cloud_event(index, entry, "site"))
        assert event["type"] == f"detente.gate.{names[0]}"
        assert event.get("brought", "").split() == list(names[1:])
        assert event.get("subject", "none") != ""
        assert is_wanted(entry, frozenset({"all"}))
        assert is_wanted(entry, frozenset({names[-1]}))
        assert is_wanted(entry, frozenset({names[-1].partition(".")[0]}))
        assert not is_wanted(entry, frozenset(NAMES) - set(names))
    for name in ("hold.opened", "hold.voted", "hold.approved", "hold.denied", "hold.escalated", "hold.expired", "hold.cancelled",
                 "hold.joined", "action.allowed", "incident.reported", "kill.ordered"):  # fmt: skip
        assert name in met, name


def test_each_hold_is_opened_by_one_entry(lived):
    opened = [
        entry.decision.hold
        for _, entry in lived.entries(0)
        if isinstance(entry, Decided) and opens_hold(entry.decision)
    ]
    held = {
        entry.decision.hold
        for _, entry in lived.entries(0)
        if isinstance(entry, Decided) and entry.decision.effect == HOLD
    }
    assert len(opened) == len(set(opened))
    assert set(opened) == held
    assert len(opened) > 20


def test_a_vote_that_decides_is_the_deciding_and_another_hold_is_beside_it():
    vote = Vote(approve=True, reason="seen", digest="0" * 64)
    other, own = (
        Changed("hold", "h1", "pending", "expired", "late"),
        Changed("hold", "h2", "pending", "approved", "by ben"),
    )
    assert names_of(Voted(START, "ben", "h2", vote, (other, own))) == ("hold.approved", "hold.expired")
    assert names_of(Voted(START, "ben", "h2", vote, (other,))) == ("hold.voted", "hold.expired")
    assert happening_of(Voted(START, "ben", "h2", vote)).subject == "h2"


def test_what_an_entry_has_no_room_for_is_called_nothing():
    more = Changed("mode", "", "", "", "and 9 more")
    assert names_of(SetMode(START, "ben", ModeOrder("guarded", "so"), (more,))) == ("mode.set",)
    assert names_of(Passed(START, (more,))) == ("time.passed",)


def test_of_a_policy_both_documents_are_left_to_the_ledger():
    entry = Adopted(START, "gate", "d" * 64, "1", {"large": "x" * 100_000}, {"large": "y" * 100_000})
    event = json.decode(cloud_event(0, entry, "site"))
    assert len(cloud_event(0, entry, "site")) < 1000
    assert (event["data"]["digest"], event["data"]["type"]) == ("d" * 64, "policy")


@settings(deadline=None, max_examples=200)
@given(text=st.text(max_size=700))
def test_a_code_span_stays_one(text):
    shown = chat.coded(text)
    assert shown.startswith("`")
    assert shown.endswith("`")
    assert shown.count("`") == 2
    assert not set(shown) & set("<>\n\r")
    assert shown.isprintable()
    assert len(shown) <= 300 * 5 + 2


@settings(deadline=None, max_examples=200)
@given(name=st.text(min_size=1, max_size=100))
def test_a_source_is_a_uri_reference(name):
    source = source_of(name)
    assert source
    assert source.isascii()
    assert not set(source) & set(' "<>\\^`{|}#?/:')
