"""Tokens: shown once, kept as fingerprints, in a file that is the gate's alone."""

import json
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from detente.errors import GateError
from detente.gate.service import identities
from detente.gate.service.known import Identities

NOW = datetime(2026, 5, 1, tzinfo=UTC)


class Clock:
    def __init__(self):
        self.now = NOW

    def __call__(self):
        self.now += timedelta(milliseconds=1)
        return self.now


@pytest.fixture
def path(tmp_path):
    return tmp_path / identities.FILE


def test_a_token_is_shown_once_and_kept_as_a_fingerprint(path):
    token = identities.add(path, "ana", ("approver",), now=NOW)
    assert token.startswith("dtt_")
    assert len(token) == 47
    assert token not in path.read_text()
    assert token[4:] not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Identities(path).whose(token.encode()).name == "ana"
    assert Identities(path).whose(token[:-1].encode()) is None


def test_nobody_has_the_same_token():
    assert len({identities.new_token() for _ in range(1000)}) == 1000


def test_a_new_token_ends_the_old_one(path):
    old = identities.add(path, "ana", ("approver",), now=NOW)
    new, _ = identities.rotate(path, "ana", now=NOW)
    known = Identities(path)
    assert known.whose(old.encode()) is None
    assert known.whose(new.encode()).name == "ana"


def test_a_new_token_counts_as_long_as_the_old_one_would_have(path):
    end = NOW + timedelta(days=90)
    identities.add(path, "ana", ("approver",), now=NOW, expires=end)
    assert identities.rotate(path, "ana", now=NOW + timedelta(days=1))[1] == end
    assert identities.read(path)[0].expires == end
    with pytest.raises(GateError, match=r"was over on 2026-07-30.*--days N or --for-ever"):
        identities.rotate(path, "ana", now=end)
    later = end + timedelta(days=7)
    assert identities.rotate(path, "ana", now=end, expires=later)[1] == later
    assert identities.rotate(path, "ana", now=end, expires=None)[1] is None


def test_who_was_revoked_gets_no_new_token_unasked(path):
    identities.add(path, "ana", ("approver",), now=NOW)
    identities.revoke(path, "ana", now=NOW)
    before = path.read_bytes()
    with pytest.raises(GateError, match=r"ana: was revoked on 2026-05-01.* ana --restore"):
        identities.rotate(path, "ana", now=NOW)
    assert path.read_bytes() == before
    token, _ = identities.rotate(path, "ana", now=NOW, restore=True)
    assert Identities(path).whose(token.encode()).name == "ana"


def test_what_is_revoked_or_has_expired_counts_no_more(path):
    clock = Clock()
    ana = identities.add(path, "ana", ("approver",), now=NOW)
    ben = identities.add(path, "ben", ("approver",), now=NOW, expires=NOW + timedelta(hours=1))
    known = Identities(path, clock=clock)
    assert known.whose(ana.encode())
    assert known.whose(ben.encode())
    clock.now += timedelta(hours=1)
    assert known.whose(ben.encode()) is None
    identities.revoke(path, "ana", now=clock.now)
    clock.now += timedelta(seconds=2)  # the file is looked at once a second
    assert known.whose(ana.encode()) is None


def test_a_revocation_counts_also_when_the_clock_goes_back(path):
    clock = Clock()
    ana = identities.add(path, "ana", ("approver",), now=NOW)
    known = Identities(path, clock=clock)
    assert known.whose(ana.encode())
    identities.revoke(path, "ana", now=clock.now)
    clock.now -= timedelta(hours=5)
    assert known.whose(ana.encode()) is None


def test_a_file_that_cannot_be_used_changes_nothing_and_is_told(path):
    clock, told = Clock(), []
    ana = identities.add(path, "ana", ("approver",), now=NOW)
    known = Identities(path, clock=clock, tell=told.append)
    path.write_text("{ nonsense")
    clock.now += timedelta(seconds=2)
    assert known.whose(ana.encode()).name == "ana"
    assert len(told) == 1
    assert "identities.json" in told[0]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        '{"identities": [], "version": 2}',
        '{"identities": [{"name": "ana"}], "version": 1}',
        "[" * 5000,
        '{"identities": [{"name": "\xff"}], "version": 1}',
    ],
)
def test_nonsense_is_refused_in_words(path, body):
    path.write_bytes(body.encode("latin-1"))
    path.chmod(0o600)
    with pytest.raises(GateError, match=r"identities\.json"):
        Identities(path)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"{", ":1:2: what .* makes no sense from here on"),
        (b'{"identities": [],\n "version" 1}', ":2:12: what .* makes no sense from here on"),
        (b'{"identities": [],\n "\xff": 1}', ":2:3: what .* makes no sense from here on"),
        (b"\n", ": found nothing in it"),
        (b'{"identities": [3]}', r": expected an object, found a whole number - at `\$.identities\[0\]`"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_place_and_a_remedy(path, body, why):
    path.write_bytes(body)
    path.chmod(0o600)
    with pytest.raises(GateError, match=f"json{why}.*: put it back from a copy, or remove it and add"):
        identities.read(path)


@pytest.mark.parametrize("name", ["created", "expires", "revoked"])
def test_a_time_without_its_zone_is_refused(path, name):
    identities.add(path, "ana", ("approver",), now=NOW)
    document = json.loads(path.read_text())
    document["identities"][0][name] = "2026-05-01T00:00:00"
    path.write_text(json.dumps(document))
    with pytest.raises(GateError, match="expected a time with its time zone"):
        identities.read(path)


def test_a_file_that_others_may_read_is_refused(path):
    identities.add(path, "ana", ("approver",), now=NOW)
    path.chmod(0o640)
    with pytest.raises(GateError, match="0600"):
        identities.read(path)


def test_a_name_twice_in_the_file_is_refused(path):
    identities.add(path, "ana", ("approver",), now=NOW)
    document = json.loads(path.read_text())
    document["identities"] *= 2
    path.write_text(json.dumps(document))
    with pytest.raises(GateError, match="twice"):
        identities.read(path)


def test_one_person_has_one_name_in_the_file_too(path):
    identities.add(path, "ana", ("approver",), now=NOW)
    document = json.loads(path.read_text())
    document["identities"].append(document["identities"][0] | {"name": "Ana"})
    path.write_text(json.dumps(document))
    with pytest.raises(GateError, match="found Ana beside ana, expected names that differ in more than"):
        identities.read(path)


@pytest.mark.parametrize(
    "name, roles, more, why",
    [
        ("", ("auditor",), {}, "name"),
        ("a/b", ("auditor",), {}, "name"),
        ("a\nb", ("auditor",), {}, "name"),
        ("x" * 129, ("auditor",), {}, "name"),
        ("otto", (), {}, "roles"),
        ("shield", ("system", "approver"), {}, "system alone"),
        ("otto", ("system",), {}, "a system of the charter"),
        ("shield", ("approver",), {}, "cannot be a person"),
        ("otto", ("auditor",), {"asks_for": ("*",)}, "asks_for"),
        ("ana", ("auditor",), {}, "already"),
        ("Ana", ("operator",), {}, "Ana: found 'ana' in .*, which differs in capitals alone"),
        ("Shield", ("operator",), {}, "found 'shield' in the charter"),
        ("BEN", ("approver",), {"people": ("ben",)}, "found 'ben' in the charter"),
    ],
)
def test_who_cannot_be_added(path, name, roles, more, why):
    identities.add(path, "ana", ("approver",), now=NOW)
    with pytest.raises(GateError, match=why):
        identities.add(path, name, roles, now=NOW, systems=["shield"], **more)
    assert [one.name for one in identities.read(path)] == ["ana"]


@pytest.mark.parametrize("change", [identities.rotate, identities.revoke])
def test_nobody_of_that_name(path, change):
    with pytest.raises(GateError, match="nobody of that name"):
        change(path, "ana", now=NOW)


def test_a_write_that_fails_leaves_the_old_file(path, monkeypatch):
    identities.add(path, "ana", ("approver",), now=NOW)
    before = path.read_bytes()

    def fails(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fails)
    with pytest.raises(GateError, match="No space left"):
        identities.add(path, "ben", ("approver",), now=NOW)
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == [identities.FILE]


def test_what_ails_a_file_is_told_once_until_it_is_well_again(path):
    clock, told = Clock(), []
    ana = identities.add(path, "ana", ("approver",), now=NOW)
    known = Identities(path, clock=clock, tell=told.append)
    for nonsense, count in (("{", 1), ("{", 1), ("[]", 2)):
        path.write_text(nonsense)
        for _ in range(3):
            clock.now += timedelta(seconds=2)
            assert known.whose(ana.encode())
        assert len(told) == count


def test_a_file_that_is_there_no_more_changes_nothing_and_is_told_once(path):
    clock, told = Clock(), []
    ana = identities.add(path, "ana", ("approver",), now=NOW)
    ben = identities.add(path, "ben", ("approver",), now=NOW)
    identities.revoke(path, "ben", now=NOW)
    known = Identities(path, clock=clock, tell=told.append)
    kept = path.read_bytes()
    for times in (1, 2):
        path.unlink()
        for _ in range(3):
            clock.now += timedelta(seconds=2)
            assert known.whose(ana.encode()).name == "ana"
            assert known.whose(ben.encode()) is None
        assert len(told) == times
        assert "identities.json: is there no more" in told[-1]
        path.write_bytes(kept)
        path.chmod(0o600)
        clock.now += timedelta(seconds=2)
        assert known.whose(ana.encode())
    identities.revoke(path, "ana", now=NOW)
    clock.now += timedelta(seconds=2)
    assert known.whose(ana.encode()) is None


def test_a_file_may_come_later(path):
    clock, told = Clock(), []
    known = Identities(path, clock=clock, tell=told.append)
    ana = identities.add(path, "ana", ("approver",), now=NOW)
    clock.now += timedelta(seconds=2)
    assert known.whose(ana.encode())
    assert told == []


def at_once(*changes):
    """Make changes at the same time; none of them may fail."""
    with ThreadPoolExecutor(len(changes)) as pool:
        for one in [pool.submit(change) for change in changes]:
            one.result()


def test_changes_at_once_lose_nobody_and_undo_no_revocation(path, monkeypatch):
    identities.add(path, "ana", ("approver",), now=NOW)
    write = identities.write

    def slowly(*given):
        time.sleep(0.05)
        write(*given)

    monkeypatch.setattr(identities, "write", slowly)
    at_once(
        lambda: identities.add(path, "ben", ("approver",), now=NOW),
        lambda: identities.revoke(path, "ana", now=NOW),
        lambda: identities.add(path, "cleo", ("approver",), now=NOW),
    )
    assert {one.name: one.is_valid(NOW) for one in identities.read(path)} == {
        "ana": False,
        "ben": True,
        "cleo": True,
    }
    assert [one.name for one in path.parent.iterdir()] == [identities.FILE]


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(GateError, match="nowhere: cannot be locked: No such file"):
        identities.add(tmp_path / "nowhere" / identities.FILE, "ana", ("approver",), now=NOW)


def test_a_token_is_compared_by_its_hash_alone(path):
    """What is looked up is a digest: no comparison ever sees more than that, whatever was sent."""
    identities.add(path, "ana", ("approver",), now=NOW)
    known = Identities(path)
    for wrong in (b"", b"\xff" * 40, b"dtt_" + b"x" * 43, b"a" * 128):
        assert known.whose(wrong) is None
