"""Evaluates loaded conditions with the library `common-expression-language` (the CEL project's Rust one).

It is what the compiler is held to, and a second opinion for whoever doubts the first: slower by a factor of
tens, since each fact crosses into Rust at each call. All conditions are one program, a list; where that
raises, each is asked alone, so that one's error hides nothing of another's.

The library differs from the specification in these ways, each of which a test pins down:

- `size` of a text counts bytes, not code points;
- `all` and `exists` stop at the first error, where a later element would decide;
- an int and a double are compared as doubles, so that 2^53 + 1 equals 2^53;
- a duration is added to a moment only when it stands behind it (the printer turns such sums about);
- moments and durations cross the border in microseconds.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from detente.gate.conditions.loader import Conditions, Failure, Outcome
from detente.gate.conditions.printer import printed
from detente.gate.conditions.tree import Bound, Fact, Node, Present, paths_of
from detente.gate.conditions.types import DURATION, TIMESTAMP, Type

__all__ = ["Reference"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Reference:
    """Conditions as programs of the library."""

    def __init__(self, conditions: Conditions) -> None:
        # The package draws in its own command line, which takes longer than all else here: only when wanted.
        import cel  # noqa: PLC0415

        self._schema = conditions.schema
        trees = list(conditions.trees.values())
        paths = sorted({path for tree in trees for path in paths_of(tree)})
        self._flat = {path: f"f{number}" for number, path in enumerate(paths)}
        texts = [self._text(tree) for tree in trees]
        self._together = cel.compile(f"[{', '.join(texts)}]")
        self._apart = [cel.compile(text) for text in texts]

    def _text(self, tree: Node) -> str:
        return printed(tree, self._name)

    def _name(self, named: Fact | Present | Bound) -> str:
        if isinstance(named, Bound):
            return f"x{named.level}"
        return self._flat[named.path] if isinstance(named, Fact) else f"has_{self._flat[named.field]}"

    def evaluate(self, facts: dict[str, Any]) -> tuple[Outcome, ...]:
        """The outcome of each condition, as `Conditions.evaluate` gives it; the texts of failures differ."""
        given = self._given(facts)
        together = _run(self._together, given)
        if isinstance(together, list) and all(outcome is True or outcome is False for outcome in together):
            return tuple(together)
        return tuple(_outcome(_run(program, given)) for program in self._apart)

    def _given(self, facts: dict[str, Any]) -> dict[str, Any]:
        given: dict[str, Any] = {}
        for path, name in self._flat.items():
            stated = self._schema.facts[path]
            value = facts.get(path)
            is_there = value is not None if stated.optional else path in facts
            given[f"has_{name}"] = is_there
            if is_there:
                given[name] = _converted(value, stated.type)
        return given


def _run(program: Any, given: dict[str, Any]) -> Any:
    try:
        return program.execute(given)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001 - a panic in Rust arrives as one that is no Exception
        return Failure(f"{type(error).__name__}: {error}")


def _outcome(result: Any) -> Outcome:
    if result is True or result is False or isinstance(result, Failure):
        return result
    return Failure(f"{type(result).__name__} where true or false is needed")


def _converted(value: Any, of: Type) -> Any:
    """A fact as the library takes it."""
    if of == TIMESTAMP:
        return _EPOCH + timedelta(microseconds=value // 1000)
    if of == DURATION:
        return timedelta(microseconds=value // 1000)
    if of.kind == "list" and of.inner is not None:
        return [_converted(element, of.inner) for element in value]
    if of.kind == "map" and of.inner is not None:
        return {name: _converted(element, of.inner) for name, element in value.items()}
    if of.kind == "object":
        return {
            name: _converted(value[name], field.type)
            for name, field in of.fields
            if not (field.optional and value.get(name) is None)
        }
    return value
