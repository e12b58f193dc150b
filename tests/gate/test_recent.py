"""A memory of what was seen last: every version says for ever what it said, whoever adds to whichever, in however many threads."""

import subprocess
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.gate.recent import Recent


@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from("abcde"), st.integers()), max_size=60))
def test_each_version_is_the_dict_that_it_would_be(steps):
    """Each step adds to any version so far, the last or an older one."""
    versions: list[tuple[Recent[int], dict[str, int], int]] = [(Recent(1_000), {}, 0)]
    for place, key, value in steps:
        one, expected, puts = versions[-1 - place % len(versions)]
        versions.append((one.put(key, value, 7), expected | {key: value}, puts + 1))
    for one, expected, puts in versions:
        assert dict(one.young()) == expected
        assert {key: one.get(key) for key in "abcdef"} == {key: expected.get(key) for key in "abcdef"}
        assert (len(one), one.puts, bool(one)) == (len(expected), puts, puts > 0)
        assert one == Recent.of(1_000, expected.items(), puts=puts, turned_at=7 if puts else None)


@given(st.lists(st.integers(0, 30), max_size=200), st.integers(1, 10))
def test_it_holds_the_latest_and_forgets_by_generations(keys, room):
    recent: Recent[int] = Recent(room)
    young: dict[str, int] = {}
    old: dict[str, int] = {}
    lost, puts = None, 0
    for now, key in enumerate(keys):
        recent = recent.put(str(key), now, now)
        young, puts = young | {str(key): now}, puts + 1
        if puts == room:
            lost = now if lost is None and old else lost
            young, old, puts = {}, young, 0
        assert (dict(recent.young()), dict(recent.old()), recent.first_lost_at) == (young, old, lost)
        assert {str(one): recent.get(str(one)) for one in range(31)} == {
            str(one): (old | young).get(str(one)) for one in range(31)
        }


def test_an_older_version_is_added_to_without_the_newer_noticing():
    first = Recent.of(10, [("a", 1)])
    newer, other = first.put("a", 2, 0), first.put("b", 3, 0)
    assert (dict(first.young()), dict(newer.young()), dict(other.young())) == (
        {"a": 1}, {"a": 2}, {"a": 1, "b": 3},
    )  # fmt: skip
    assert newer.put("c", 4, 0).get("a") == 2


def test_a_version_from_before_a_turn_goes_on_without_the_newer_noticing():
    full = Recent.of(3, [("a", 1), ("b", 2)])
    turned, other = full.put("c", 3, 5), full.put("d", 4, 6)
    assert (turned.get("c"), turned.get("d"), turned.puts) == (3, None, 0)
    assert (other.get("c"), other.get("d"), other.turned_at) == (None, 4, 6)


def test_equal_are_those_with_the_same_entries_and_the_same_past():
    assert Recent.of(9, [("a", 1)]).put("b", 2, 0) == Recent.of(9, [("b", 2), ("a", 1)], turned_at=0)
    assert Recent.of(9, [("a", 1)]).put("a", 2, 0) != Recent.of(9, [("a", 2)], turned_at=0)
    assert Recent.of(9, [("a", 1)]) != {"a": 1}


@pytest.fixture
def hasty():
    """Threads that take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hasty")
def test_threads_that_add_to_one_version_do_not_meet():
    bases: list[Recent[str]] = [Recent.of(9, [("0", "base")]) for _ in range(20_000)]
    start, found = threading.Barrier(4), {}

    def add(name: str) -> None:
        start.wait()
        found[name] = [base.put("1", name, 0) for base in bases]

    threads = [threading.Thread(target=add, args=(str(number),)) for number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    for name, mine in found.items():
        assert {one.get("1") for one in mine} == {name}
    assert {base.get("1") for base in bases} == {None}


ONE_KEY = """
from detente.gate.recent import Recent
one = Recent(1_000_000)
for number in range(300_000):
    one = one.put("same", number, 0)
print(one.get("same"))
del one
print("gone")
"""


def test_a_key_that_is_put_again_and_again_is_taken_apart_without_recursion():
    """In a process of its own: what it is tried for ends a process."""
    done = subprocess.run([sys.executable, "-c", ONE_KEY], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "299999\ngone\n"), done.stderr


def test_memory_of_a_generation_is_bounded_however_often_one_key_is_put():
    """What is replaced stays until the generation goes: so each time counts, not each key."""
    memory: Recent[int] = Recent(100)
    for number in range(1_000):
        memory = memory.put("same", number, number)
    assert (memory.get("same"), memory.first_lost_at) == (999, 199)
    assert memory.puts < 100
