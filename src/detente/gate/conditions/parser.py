"""Reads the text of a condition by the grammar of CEL (cel-spec, `doc/langdef.md`, "Syntax").

A recursive descent, one function for each line of the grammar. Depth is bounded here once, so that whatever
walks the tree later may recurse. Left out of the grammar: messages (`M{…}`), bytes, unsigned numbers.
"""

from detente.gate.conditions.lexer import Token, cut
from detente.gate.conditions.syntax import (
    Call,
    Index,
    Junction,
    Listed,
    Literal,
    Mapped,
    Name,
    Refusal,
    Select,
    Syntax,
)
from detente.gate.conditions.types import RESERVED

__all__ = ["DEEPEST", "parse"]

DEEPEST = 40
"""Levels of a tree; the specification asks for 32. CPython reads no more than 200 brackets in brackets."""

_LARGEST = 2**63 - 1
_RELATIONS = frozenset({"<", "<=", ">=", ">", "==", "!="})
_WORDS = {"true": True, "false": False, "null": None}


def parse(text: str) -> Syntax:
    """The tree of a condition.

    Raises
    ------
    Refusal
        The text is no expression of CEL, or is too long, too deep or uses what conditions leave out.
    """
    parser = _Parser(cut(text))
    tree = parser.expression()
    if parser.token.kind != "end":
        raise parser.unexpected("an operator, or the end")
    return tree


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._next = 0
        self._open = 0
        """brackets and conditionals around the present place"""
        self._depths: dict[int, int] = {}
        """of each node made so far, by its identity"""
        self._made: list[Syntax] = []
        self.token = tokens[0]

    # words ---------------------------------------------------------------------------------------

    def _advance(self) -> Token:
        taken = self.token
        self._next += 1
        self.token = self._tokens[min(self._next, len(self._tokens) - 1)]
        return taken

    def _is(self, *marks: str) -> bool:
        return self.token.kind == "mark" and self.token.written in marks

    def _take(self, mark: str) -> bool:
        if self._is(mark):
            self._advance()
            return True
        return False

    def _need(self, mark: str) -> None:
        if not self._take(mark):
            raise self.unexpected(f"'{mark}'")

    def unexpected(self, expected: str) -> Refusal:
        """The refusal of the present word."""
        token = self.token
        found = token.written if token.kind == "end" else f"'{token.written[:30]}'"
        return Refusal(token.at, found, expected)

    # depth ---------------------------------------------------------------------------------------

    def _node(self, tree: Syntax, *parts: Syntax) -> Syntax:
        depth = 1 + max((self._depths.get(id(part), 1) for part in parts), default=0)
        self._refuse_deep(tree.at, depth)
        self._depths[id(tree)] = depth
        self._made.append(tree)  # an identity is its own only while the node lives
        return tree

    def _refuse_deep(self, at: int, depth: int) -> None:
        if depth > DEEPEST:
            raise Refusal(at, f"more than {DEEPEST} levels", "a flatter condition, or several conditions")

    def _nested(self) -> Syntax:
        self._open += 1
        self._refuse_deep(self.token.at, self._open)
        tree = self.expression()
        self._open -= 1
        return tree

    # the grammar ---------------------------------------------------------------------------------

    def expression(self) -> Syntax:
        """`Expr = ConditionalOr ["?" ConditionalOr ":" Expr]`."""
        condition = self._junction(is_and=False)
        if not self._is("?"):
            return condition
        at = self._advance().at
        yes = self._junction(is_and=False)
        self._need(":")
        no = self._nested()
        return self._node(Call(at, "_?_:_", None, (condition, yes, no)), condition, yes, no)

    def _junction(self, *, is_and: bool) -> Syntax:
        """`ConditionalOr` and `ConditionalAnd`, their parts side by side: both operators are associative."""
        at = self.token.at
        parts = [self._relation() if is_and else self._junction(is_and=True)]
        while self._take("&&" if is_and else "||"):
            parts.append(self._relation() if is_and else self._junction(is_and=True))
        return parts[0] if len(parts) == 1 else self._node(Junction(at, is_and, tuple(parts)), *parts)

    def _relation(self) -> Syntax:
        left = self._addition()
        while self._is(*_RELATIONS) or (self.token.kind == "name" and self.token.written == "in"):
            operator = self._advance()
            right = self._addition()
            name = "@in" if operator.written == "in" else f"_{operator.written}_"
            left = self._node(Call(operator.at, name, None, (left, right)), left, right)
        return left

    def _addition(self) -> Syntax:
        left = self._multiplication()
        while self._is("+", "-"):
            operator = self._advance()
            right = self._multiplication()
            left = self._node(Call(operator.at, f"_{operator.written}_", None, (left, right)), left, right)
        return left

    def _multiplication(self) -> Syntax:
        left = self._unary()
        while self._is("*", "/", "%"):
            operator = self._advance()
            right = self._unary()
            left = self._node(Call(operator.at, f"_{operator.written}_", None, (left, right)), left, right)
        return left

    def _unary(self) -> Syntax:
        """`Unary = Member | "!" {"!"} Member | "-" {"-"} Member`; a minus before a number belongs to it."""
        signs: list[Token] = []
        while self._is("!", "-") and (not signs or self.token.written == signs[0].written):
            signs.append(self._advance())
        if self._is("!", "-"):
            raise self.unexpected("a name, a number or '('")
        is_negative = bool(signs) and signs[0].written == "-" and self.token.kind in {"int", "double"}
        if is_negative:
            signs.pop()
        tree = self._member(is_negative=is_negative)
        for sign in reversed(signs):
            tree = self._node(Call(sign.at, f"{sign.written}_", None, (tree,)), tree)
        return tree

    def _member(self, *, is_negative: bool) -> Syntax:
        tree = self._primary(is_negative=is_negative)
        while True:
            at = self.token.at
            if self._take("."):
                tree = self._selected(tree)
            elif self._take("["):
                index = self._nested()
                self._need("]")
                tree = self._node(Index(at, tree, index), tree, index)
            elif self._is("{"):
                raise self.unexpected("an operator: conditions make no messages")
            else:
                return tree

    def _selected(self, of: Syntax) -> Syntax:
        name = self._identifier()
        if not self._take("("):
            return self._node(Select(name.at, of, name.written), of)
        arguments = self._arguments(")")
        return self._node(Call(name.at, name.written, of, arguments), of, *arguments)

    def _identifier(self) -> Token:
        if self.token.kind != "name":
            raise self.unexpected("a name")
        if self.token.written in RESERVED:
            raise self.unexpected('a name that is no word of CEL; of free-form facts write x["name"]')
        return self._advance()

    def _arguments(self, closing: str) -> tuple[Syntax, ...]:
        arguments: list[Syntax] = []
        while not self._is(closing):
            arguments.append(self._nested())
            if not self._take(","):
                break
            if self._is(closing) and closing == ")":
                raise self.unexpected("another argument")
        self._need(closing)
        return tuple(arguments)

    def _primary(self, *, is_negative: bool) -> Syntax:
        token = self.token
        if token.kind in {"int", "double"}:
            return self._number(is_negative=is_negative)
        if token.kind == "text":
            self._advance()
            assert not isinstance(token.value, int | float), "INVARIANT: a text stands for a text"
            return Literal(token.at, token.value)
        if token.kind == "name":
            return self._named()
        if self._take("("):
            inner = self._nested()
            self._need(")")
            return inner
        if self._take("["):
            items = self._arguments("]")
            return self._node(Listed(token.at, items), *items)
        if self._take("{"):
            return self._map(token.at)
        raise self.unexpected("a name, a number, a text, '(', '[' or '{'")

    def _number(self, *, is_negative: bool) -> Literal:
        token = self._advance()
        assert isinstance(token.value, int | float), "INVARIANT: a number stands for a number"
        if token.kind == "int" and token.value > _LARGEST + is_negative:
            raise Refusal(
                token.at, f"the number {token.written[:30]}", "one of 64 bits, or 1.0e19 for a double"
            )
        return Literal(token.at, -token.value if is_negative else token.value)

    def _named(self) -> Syntax:
        token = self.token
        if token.written in _WORDS:
            self._advance()
            return Literal(token.at, _WORDS[token.written])
        name = self._identifier()
        if not self._take("("):
            return Name(name.at, name.written)
        arguments = self._arguments(")")
        return self._node(Call(name.at, name.written, None, arguments), *arguments)

    def _map(self, at: int) -> Syntax:
        entries: list[tuple[Syntax, Syntax]] = []
        while not self._is("}"):
            key = self._nested()
            self._need(":")
            entries.append((key, self._nested()))
            if not self._take(","):
                break
        self._need("}")
        return self._node(Mapped(at, tuple(entries)), *(part for entry in entries for part in entry))
