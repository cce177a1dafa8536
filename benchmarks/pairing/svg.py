"""Just enough SVG for a plot: axes, lines, points, words."""

from collections.abc import Callable, Sequence
from math import log10

WIDTH, HEIGHT = 560, 360
LEFT, RIGHT, TOP, BOTTOM = 64, 150, 34, 52
INK, GRID = "#333333", "#dddddd"

Scale = Callable[[float], float]


def linear(value: float) -> float:
    return value


class Plot:
    """
    Args:
        x, y: the ends of the axes, in their units.
        x_scale, y_scale: `linear`, `log10`, or any other rising function.
    """

    def __init__(
        self,
        title: str,
        labels: tuple[str, str],
        x: tuple[float, float],
        y: tuple[float, float],
        x_scale: Scale = linear,
        y_scale: Scale = linear,
    ) -> None:
        self._x, self._y, self._x_scale, self._y_scale = x, y, x_scale, y_scale
        self._legend = 0
        self._parts = [
            _text(LEFT, 20, title, anchor="start", size=14),
            _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, labels[0]),
            f'<g transform="rotate(-90 16 {HEIGHT / 2})">{_text(16, HEIGHT / 2, labels[1])}</g>',
        ]

    def ticks(self, xs: Sequence[float], ys: Sequence[float], form: str = "g") -> None:
        for value in xs:
            x = self._across(value)
            self._parts.append(_line([(x, TOP), (x, HEIGHT - BOTTOM)], GRID, 1))
            self._parts.append(_text(x, HEIGHT - BOTTOM + 16, f"{value:g}"))
        for value in ys:
            y = self._up(value)
            self._parts.append(_line([(LEFT, y), (WIDTH - RIGHT, y)], GRID, 1))
            self._parts.append(_text(LEFT - 6, y + 4, format(value, form), anchor="end"))

    def line(
        self, points: Sequence[tuple[float, float]], colour: str, *, dashed: bool = False
    ) -> None:
        places = [(self._across(x), self._up(y)) for x, y in points]
        self._parts.append(_line(places, colour, 2, dashed=dashed))

    def point(
        self, x: float, y: float, colour: str, bar: tuple[float, float] | None = None
    ) -> None:
        across = self._across(x)
        if bar:
            ends = [(across, self._up(bar[0])), (across, self._up(bar[1]))]
            self._parts.append(_line(ends, colour, 1.5))
        self._parts.append(
            f'<circle cx="{across:.1f}" cy="{self._up(y):.1f}" r="4" fill="{colour}"/>'
        )

    def note(self, x: float, y: float, words: str) -> None:
        place = self._across(x) + 6, self._up(y) - 4
        self._parts.append(_text(*place, words, anchor="start", size=10))

    def legend(self, words: str, colour: str) -> None:
        y = TOP + 10 + 18 * self._legend
        self._legend += 1
        x = WIDTH - RIGHT + 12
        self._parts.append(f'<rect x="{x}" y="{y - 8}" width="10" height="10" fill="{colour}"/>')
        self._parts.append(_text(x + 16, y + 1, words, anchor="start"))

    def svg(self) -> str:
        body = "\n".join(self._parts)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
            f' width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif">\n'
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>\n{body}\n</svg>\n'
        )

    def _across(self, value: float) -> float:
        return _placed(value, self._x, self._x_scale, (LEFT, WIDTH - RIGHT))

    def _up(self, value: float) -> float:
        return _placed(value, self._y, self._y_scale, (HEIGHT - BOTTOM, TOP))


def _placed(
    value: float, ends: tuple[float, float], scale: Scale, between: tuple[float, float]
) -> float:
    low, high = scale(ends[0]), scale(ends[1])
    share = (scale(min(max(value, ends[0]), ends[1])) - low) / (high - low)
    return between[0] + share * (between[1] - between[0])


def _line(
    points: Sequence[tuple[float, float]], colour: str, width: float, *, dashed: bool = False
) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dash = ' stroke-dasharray="5 4"' if dashed else ""
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"{dash}/>'


def _text(x: float, y: float, words: str, *, anchor: str = "middle", size: int = 11) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}"'
        f' fill="{INK}">{words}</text>'
    )


def surprise(share: float) -> float:
    """A scale on which 0.9, 0.99, 0.999 lie evenly."""
    return -log10(max(1e-6, 1 - share))
