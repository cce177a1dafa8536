"""A screen that fits: where the terminal is too low, what matters least is shortened, then left
out."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """
    Args:
        weight: the lightest goes first; None = it always stays.
        short: the same in fewer lines, if there is such a thing.
    """

    full: RenderableType
    weight: int | None = None
    short: RenderableType | None = None


class Fitting:
    """All parts, one under the other.

    Args:
        room: in lines; None = there is enough.
    """

    def __init__(self, parts: Sequence[Part], room: int | None) -> None:
        self._parts, self._room = parts, room

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        room = self._room
        shown: list[RenderableType | None] = [part.full for part in self._parts]
        lines = [_lines(each, console, options) for each in shown]
        order = sorted(
            (part.weight, n) for n, part in enumerate(self._parts) if part.weight is not None
        )
        for _, n in order:
            for less in (self._parts[n].short, None):
                if room is None or sum(lines) <= room:
                    break
                shown[n], lines[n] = less, _lines(less, console, options)
        yield from (each for each in shown if each is not None)


def _lines(part: RenderableType | None, console: Console, options: ConsoleOptions) -> int:
    return 0 if part is None else len(console.render_lines(part, options, pad=False))
