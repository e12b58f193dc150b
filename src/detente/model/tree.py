"""YAML events to a plain tree of dicts, lists and scalars, within fixed limits.

The text is a stranger's. Everything here is a loop over the parser's events, never a recursion,
and every allocation is counted against a limit first. Scalars follow the YAML 1.2 core schema,
narrowed to numbers as JSON writes them: `no` and `on` are text, and so are `0x10`, `.5` and `1_000`.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from detente.errors import DocumentError, Problem, ScenarioError
from detente.model.problems import Path, shown, spell
from detente.model.units import NUMBER

__all__ = ["NULL", "Place", "Scalar", "Tree", "grow", "places", "strange_letter"]


class Null:
    """A null in a document. It is not None, so that no optional field takes it for a value left out."""

    def __repr__(self) -> str:
        return "null"


NULL = Null()

Scalar: TypeAlias = str | int | float | bool | Null
Tree: TypeAlias = Any  # dict[str, Tree] | list[Tree] | Scalar

MOST_NODES = 2_000_000
"""values in a document, counting what an alias repeats every time it is repeated"""
DEEPEST = 64
"""levels of nesting"""
LONGEST_SCALAR = 65_536
"""letters in one text or number"""

_NUMBER = re.compile(NUMBER)
_STRANGE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff]")
_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), NULL),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_MOST_INT_DIGITS = 15  # a longer whole number would not be exact as a float anyway


class Place(NamedTuple):
    """A line and a column, both counted from 1."""

    line: int
    column: int


class _RefusedError(Exception):
    """A text that cannot become a tree, and the place where that showed."""

    def __init__(self, found: str, expected: str, place: Place | None) -> None:
        self.found, self.expected, self.place = found, expected, place


def strange_letter(text: str) -> re.Match[str] | None:
    """The first character that no document needs: control characters and lone surrogates."""
    return _STRANGE.search(text)


def grow(text: str, file: str, error: type[DocumentError] = ScenarioError) -> Tree:
    """The tree that `text` describes.

    Raises
    ------
    error
        not YAML, more than one document, an alias that contains itself, a tag, a duplicate key, a
        number that is not finite, or a limit of this module passed.
    """
    grower = _Grower(file, error.form or f"a {error.noun}: a mapping that begins `detente: 1`")
    try:
        for event in _events(text):
            grower.take(event)
    except _RefusedError as refused:
        grower.blame(refused)
    if grower.problems:
        raise error(grower.problems)
    return grower.root


def _events(text: str) -> Iterator[Any]:
    # Without its compiled parser ruamel.yaml is slower and otherwise the same.
    parse = YAML(typ="safe").parse(text)
    while True:
        try:
            event = next(parse)
        except StopIteration:
            return
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = Place(mark.line + 1, mark.column + 1) if mark is not None else None
            problem = error.problem or error.context or "no reason given"
            raise _RefusedError(f"text that is not YAML ({problem})", "a YAML document", place) from error
        except Exception as error:  # the parser is not ours: whatever it raises, it could not read the text
            raise _RefusedError("text that is not YAML", "a YAML document", None) from error
        yield event


def _place(event: Any) -> Place:
    return Place(event.start_mark.line + 1, event.start_mark.column + 1)


@dataclass(slots=True)
class _Open:
    """A mapping or list whose end has not come yet."""

    value: Tree
    anchor: str | None
    first: int
    """nodes counted before it"""
    key: str | None = None
    """the key whose value comes next; None while a key is expected"""
    height: int = 1
    """levels of nesting, itself included"""


@dataclass(frozen=True, slots=True)
class _Anchored:
    value: Tree
    nodes: int
    height: int


@dataclass(slots=True)
class _Grower:
    """Builds the tree from events, one at a time."""

    file: str
    form: str
    """what the document should be"""
    root: Tree = None
    problems: list[Problem] = field(default_factory=list)
    stack: list[_Open] = field(default_factory=list)
    anchors: dict[str, _Anchored | None] = field(default_factory=dict)
    """None while the anchored value is still open, so that an alias inside it is seen"""
    nodes: int = 0
    documents: int = 0

    def take(self, event: Any) -> None:
        match type(event).__name__:
            case "ScalarEvent":
                self._scalar(event)
            case "MappingStartEvent":
                self._open({}, event)
            case "SequenceStartEvent":
                self._open([], event)
            case "MappingEndEvent" | "SequenceEndEvent":
                self._close()
            case "AliasEvent":
                self._alias(event)
            case "DocumentStartEvent":
                self._document(event)
            case "StreamEndEvent" if self.documents == 0:
                raise _RefusedError("an empty document", self.form, Place(1, 1))

    def blame(self, refused: _RefusedError) -> None:
        """Note a problem at the value that is being read."""
        self.problems.append(
            Problem(
                path=spell(self._path()),
                found=refused.found,
                expected=refused.expected,
                file=self.file,
                line=refused.place.line if refused.place else None,
                column=refused.place.column if refused.place else None,
            )
        )

    def _path(self) -> Path:
        steps = (len(top.value) if isinstance(top.value, list) else top.key for top in self.stack)
        return tuple(step for step in steps if step is not None)

    def _document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            raise _RefusedError("a second document after `---`", "one document in a file", _place(event))

    def _scalar(self, event: Any) -> None:
        self._count(1, event)
        text: str = event.value
        if len(text) > LONGEST_SCALAR:
            raise _RefusedError(f"a text of {len(text)} letters", f"at most {LONGEST_SCALAR}", _place(event))
        if strange_letter(text):
            raise _RefusedError(shown(text), "text without control characters", _place(event))
        if self.stack and isinstance(self.stack[-1].value, dict) and self.stack[-1].key is None:
            self._key(text, event)
            return
        self._refuse_tag(event)
        is_plain = event.implicit[0] and not event.style
        value = self._plain(text, event) if is_plain else text
        if event.anchor is not None:
            self.anchors[event.anchor] = _Anchored(value, 1, 0)
        self._put(value)

    def _plain(self, text: str, event: Any) -> Scalar:
        """The value of a scalar written without quotes."""
        if text in _WORDS:
            return _WORDS[text]
        if not _NUMBER.fullmatch(text):
            return text
        if len(text) <= _MOST_INT_DIGITS and text.lstrip("-").isdigit():
            return int(text)
        number = float(text)
        if not math.isfinite(number):
            self.blame(_RefusedError(shown(text), "a number below 1e308", _place(event)))
        return number

    def _key(self, text: str, event: Any) -> None:
        self._refuse_tag(event)
        if event.anchor is not None:
            raise _RefusedError(
                f"an anchor on the key {shown(text)}", "anchors on values only", _place(event)
            )
        top = self.stack[-1]
        top.key = text
        if text in top.value:
            self.blame(_RefusedError(f"the key {shown(text)} a second time", "each key once", _place(event)))

    def _open(self, value: Tree, event: Any) -> None:
        self._count(1, event)
        self._refuse_tag(event)
        if self.stack and isinstance(self.stack[-1].value, dict) and self.stack[-1].key is None:
            raise _RefusedError("a mapping or a list as a key", "text as a key", _place(event))
        if len(self.stack) >= DEEPEST:
            raise _RefusedError(f"more than {DEEPEST} levels of nesting", f"at most {DEEPEST}", _place(event))
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        self.stack.append(_Open(value, event.anchor, self.nodes - 1))

    def _close(self) -> None:
        done = self.stack.pop()
        if done.anchor is not None:
            self.anchors[done.anchor] = _Anchored(done.value, self.nodes - done.first, done.height)
        self._put(done.value, done.height)

    def _alias(self, event: Any) -> None:
        if self.stack and isinstance(self.stack[-1].value, dict) and self.stack[-1].key is None:
            raise _RefusedError(f"the alias *{event.anchor} as a key", "text as a key", _place(event))
        if event.anchor not in self.anchors:
            raise _RefusedError(
                f"the alias *{event.anchor}", f"an anchor &{event.anchor} before it", _place(event)
            )
        target = self.anchors[event.anchor]
        if target is None:
            raise _RefusedError(
                f"the alias *{event.anchor} inside its own value", "no recursion", _place(event)
            )
        if len(self.stack) + target.height > DEEPEST:
            raise _RefusedError(f"more than {DEEPEST} levels of nesting", f"at most {DEEPEST}", _place(event))
        self._count(target.nodes, event)
        self._put(target.value, target.height)

    def _put(self, value: Tree, height: int = 0) -> None:
        if not self.stack:
            self.root = value
            return
        top = self.stack[-1]
        top.height = max(top.height, height + 1)
        if isinstance(top.value, list):
            top.value.append(value)
        else:
            assert top.key is not None, "INVARIANT: a value in a mapping follows its key"
            top.value.setdefault(top.key, value)
            top.key = None

    def _count(self, nodes: int, event: Any) -> None:
        self.nodes += nodes
        if self.nodes > MOST_NODES:
            expected = f"at most {MOST_NODES}, counting what an alias repeats"
            raise _RefusedError(f"more than {MOST_NODES} values", expected, _place(event))

    def _refuse_tag(self, event: Any) -> None:
        if event.tag is not None:
            raise _RefusedError("a tag", "no tags", _place(event))


def places(text: str, wanted: set[Path]) -> dict[Path, tuple[Place, Place]]:
    """Where the wanted paths stand in `text`: the place of the key and of the value.

    A second pass over the text, made only once something has to be pointed at, so that a document
    without problems pays nothing for it. Paths inside an alias have no place of their own.
    """
    found: dict[Path, tuple[Place, Place]] = {}
    walk = _Walk()
    for event in _events(text):
        step = walk.take(event)
        if step is not None and step[0] in wanted:
            found.setdefault(step[0], step[1:])
    return found


@dataclass(slots=True)
class _Walk:
    """Follows the events and knows the path of each value."""

    stack: list[tuple[Path, bool]] = field(default_factory=list)
    """the open containers: path, and whether it is a mapping"""
    keys: list[tuple[str, Place] | None] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)

    def take(self, event: Any) -> tuple[Path, Place, Place] | None:
        """The path, key place and value place when `event` begins a value."""
        name = type(event).__name__
        if name in ("MappingEndEvent", "SequenceEndEvent"):
            self.stack.pop()
            self.keys.pop()
            self.counts.pop()
            return None
        if name not in ("ScalarEvent", "AliasEvent", "MappingStartEvent", "SequenceStartEvent"):
            return None
        if self.stack and self.stack[-1][1] and self.keys[-1] is None:
            self.keys[-1] = (event.value, _place(event))
            return None
        # A value that is not written stands where its key does: the parsers disagree about its place.
        step = self._step(_place(event))
        if name == "ScalarEvent" and event.value == "" and not event.style:
            step = (step[0], step[1], step[1])
        if name in ("MappingStartEvent", "SequenceStartEvent"):
            self.stack.append((step[0], name == "MappingStartEvent"))
            self.keys.append(None)
            self.counts.append(0)
        return step

    def _step(self, place: Place) -> tuple[Path, Place, Place]:
        if not self.stack:
            return (), place, place
        path, is_mapping = self.stack[-1]
        if not is_mapping:
            self.counts[-1] += 1
            return (*path, self.counts[-1] - 1), place, place
        key = self.keys[-1]
        assert key is not None, "INVARIANT: a value in a mapping follows its key"
        self.keys[-1] = None
        return (*path, key[0]), key[1], place
