"""A persistent map: every version says for ever what it said, whoever adds to whichever, in however many threads."""

import subprocess
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.gate.persistent import Persistent
from detente.gate.recent import Recent


@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from("abcde"), st.integers()), max_size=60))
def test_each_version_is_the_dict_that_it_would_be(steps):
    """Each step adds to any version so far, the last or an older one."""
    versions: list[tuple[Persistent[str, int], dict[str, int], int]] = [(Persistent.of(), {}, 0)]
    for place, key, value in steps:
        one, expected, puts = versions[-1 - place % len(versions)]
        versions.append((one.set(key, value), expected | {key: value}, puts + 1))
    for one, expected, puts in versions:
        assert dict(one.items()) == expected
        assert {key: one.get(key) for key in "abcdef"} == {key: expected.get(key) for key in "abcdef"}
        assert (len(one), one.puts, sorted(one.keys())) == (len(expected), puts, sorted(expected))
        assert one == Persistent.of(expected.items(), puts)


def test_an_older_version_is_added_to_without_the_newer_noticing():
    first = Persistent.of([("a", 1)])
    newer, other = first.set("a", 2), first.set("b", 3)
    assert (dict(first.items()), dict(newer.items()), dict(other.items())) == (
        {"a": 1}, {"a": 2}, {"a": 1, "b": 3},
    )  # fmt: skip
    assert newer.set("c", 4).get("a") == 2


def test_equal_are_those_with_the_same_entries_and_the_same_past():
    assert Persistent.of([("a", 1)]).set("b", 2) == Persistent.of([("b", 2), ("a", 1)])
    assert Persistent.of([("a", 1)]).set("a", 2) != Persistent.of([("a", 2)])
    assert Persistent.of([("a", 1)]) != {"a": 1}


@pytest.fixture
def hasty():
    """Threads that take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hasty")
def test_threads_that_add_to_one_version_do_not_meet():
    bases: list[Persistent[int, str]] = [Persistent.of([(0, "base")]) for _ in range(20_000)]
    start, found = threading.Barrier(4), {}

    def add(name: str) -> None:
        start.wait()
        found[name] = [base.set(1, name) for base in bases]

    threads = [threading.Thread(target=add, args=(str(number),)) for number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    for name, mine in found.items():
        assert {one.get(1) for one in mine} == {name}
    assert {base.get(1) for base in bases} == {None}


ONE_KEY = """
from detente.gate.persistent import Persistent
one = Persistent.of()
for number in range(300_000):
    one = one.set("same", number)
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
        memory = memory.put("same", number)
    assert (memory.get("same"), memory.forgotten) == (999, True)
    assert memory.young.puts < 100
