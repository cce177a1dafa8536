"""Small sums over named values, as a device map writes them.

    sum    = part (("+" | "-") part)*
    part   = number | name | "-" part | "(" sum ")" | ("min" | "max") "(" sum ("," sum)* ")"

A name is `name` or `role.name`. There is nothing else on purpose: a map is data that an
installer may get from a stranger, so it must not be able to do anything.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

Lookup = Callable[[str], float | None]
_Node = Callable[[Lookup], float | None]

_PIECE = re.compile(r"\s*(?:(\d+\.?\d*)|([A-Za-z_][\w.]*)|([-+(),]))")
_FUNCTIONS: dict[str, Callable[..., float]] = {"min": min, "max": max}
_DEEPEST = 20


class ExpressionError(ValueError):
    """The text is no expression; says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Expression:
    """Args:
    names: every name in it, once, in order of appearance.
    """

    names: tuple[str, ...]
    _node: _Node

    def value(self, lookup: Lookup) -> float | None:
        """Return the sum; None as soon as one part of it is unknown."""
        return self._node(lookup)

    def value_of_known(self, lookup: Lookup) -> float | None:
        """Return the sum with 0 for unknown parts; None if all are unknown."""
        known = {name: lookup(name) for name in self.names}
        if all(part is None for part in known.values()):
            return None
        return self._node(lambda name: known[name] or 0.0)


@lru_cache(maxsize=256)
def parse(text: str) -> Expression:
    """Read an expression.

    Raises:
        ExpressionError: with the place and what was expected there.
    """
    parser = _Parser(text)
    node = parser.sum(0)
    if parser.now_at is not None:
        raise ExpressionError(f"'{parser.now_at}' is not expected there")
    return Expression(tuple(dict.fromkeys(parser.names)), node)


class _Parser:
    def __init__(self, text: str) -> None:
        self.names: list[str] = []
        self._pieces = _pieces(text)
        self.now_at: str | None = None
        self._next()

    def sum(self, depth: int) -> _Node:
        node = self._part(depth)
        while self.now_at in {"+", "-"}:
            sign = -1.0 if self.now_at == "-" else 1.0
            self._next()
            node = _added(node, self._part(depth), sign)
        return node

    def _part(self, depth: int) -> _Node:
        if depth > _DEEPEST:
            raise ExpressionError("too deeply nested")
        part = self.now_at
        if part is None:
            raise ExpressionError("it ends where a name or a number is expected")
        self._next()
        if part == "-":
            return _added(lambda _: 0.0, self._part(depth + 1), -1.0)
        if part == "(":
            return self._closed(self.sum(depth + 1))
        if part[0].isdigit():
            number = float(part)
            return lambda _: number
        if part in _FUNCTIONS and self.now_at == "(":
            return self._call(_FUNCTIONS[part], depth + 1)
        if not (part[0].isalpha() or part[0] == "_"):
            raise ExpressionError(f"'{part}' stands where a name or a number is expected")
        self.names.append(part)
        return lambda lookup: lookup(part)

    def _call(self, function: Callable[..., float], depth: int) -> _Node:
        self._next()
        parts = [self.sum(depth)]
        while self.now_at == ",":
            self._next()
            parts.append(self.sum(depth))
        return self._closed(_applied(function, parts))

    def _closed(self, node: _Node) -> _Node:
        if self.now_at != ")":
            raise ExpressionError("a closing bracket is missing")
        self._next()
        return node

    def _next(self) -> None:
        self.now_at = self._pieces.pop(0) if self._pieces else None


def _pieces(text: str) -> list[str]:
    pieces, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = _PIECE.match(text, at)
        if match is None:
            raise ExpressionError(f"'{text[at:].strip()[0]}' is not allowed")
        pieces.append(match.group().strip())
        at = match.end()
    return pieces


def _added(left: _Node, right: _Node, sign: float) -> _Node:
    def node(lookup: Lookup) -> float | None:
        a, b = left(lookup), right(lookup)
        return None if a is None or b is None else a + sign * b

    return node


def _applied(function: Callable[..., float], parts: list[_Node]) -> _Node:
    def node(lookup: Lookup) -> float | None:
        values = [part(lookup) for part in parts]
        known = [value for value in values if value is not None]
        return function(*known, known[0]) if len(known) == len(values) else None

    return node
