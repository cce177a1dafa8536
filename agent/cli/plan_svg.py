"""The plan as a picture: one panel for the price, one for power, one for the battery's level."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from html import escape
from typing import Any

from agent.cli.plan import COLUMN, COLUMNS, first_column, remarks, rows

WIDTH, LEFT, RIGHT, TOP, PANEL, GAP = 960, 70, 190, 40, 150, 34
LINE = 16
COLOURS = {"sun": "#e0a100", "house": "#7a7a7a", "grid": "#b03a2e", "battery": "#1e8449"}
CARS = ("#1f618d", "#6c3483", "#117864", "#873600")


def drawn(doc: Mapping[str, Any], zone: tzinfo | None) -> str:
    """A whole SVG file."""
    found = {label: (values, unit) for label, values, unit in rows(doc)}
    panels = [
        [("price", *found["price"])],
        [(n, *v) for n, v in found.items() if v[1] == "kW"],
        [(n, *v) for n, v in found.items() if v[1] == "%"],
    ]
    panels = [panel for panel in panels if panel]
    below = TOP + len(panels) * (PANEL + GAP) + 4
    said = remarks(doc)
    height = below + 16 + len(said) * LINE
    made = datetime.fromisoformat(doc["plan"]["steps"][0]["start"]).astimezone(zone)
    begins = first_column(doc, zone)
    view = f'viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {view}>',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        f'<text x="{LEFT}" y="22" font-size="15">The plan of {made:%a %d %b %H:%M}</text>',
    ]
    for n, panel in enumerate(panels):
        parts += _panel(panel, TOP + n * (PANEL + GAP), begins)
    for n, sentence in enumerate(said):
        y = below + (n + 1) * LINE
        parts.append(f'<text x="{LEFT}" y="{y}">{escape(sentence)}.</text>')
    return "\n".join([*parts, "</svg>", ""])


def _panel(
    series: Sequence[tuple[str, list[float | None], str]], top: int, begins: datetime
) -> Iterator[str]:
    known = [v for _, values, _ in series for v in values if v is not None]
    least, most = min(0.0, *known), max(known)
    span = (most - least) or 1.0
    wide = (WIDTH - LEFT - RIGHT) / COLUMNS

    def y(value: float) -> float:
        return top + PANEL - (value - least) / span * PANEL

    yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(0):.1f}" y2="{y(0):.1f}" stroke="#ccc"/>'
    for edge in (least, most):
        yield (
            f'<text x="{LEFT - 6}" y="{y(edge) + 4:.1f}" text-anchor="end" fill="#555">'
            f"{edge:.2f}</text>"
        )
    for n in range(COLUMNS):
        at = begins + n * COLUMN
        if at.hour % 3 == 0 and at.minute < COLUMN.seconds // 60:
            x = LEFT + n * wide
            yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{top + PANEL}" stroke="#eee"/>'
            yield f'<text x="{x:.1f}" y="{top + PANEL + 15}" fill="#555">{at:%H}</text>'
    cars = iter(CARS)
    for n, (label, values, of) in enumerate(series):
        unit = of.removeprefix("/")  # of a currency that nobody told, "kWh" is left
        colour = COLOURS.get(label.split()[0]) or (next(cars, "#333") if unit == "kW" else "#333")
        points = []
        for k, value in enumerate(values):
            if value is not None:
                points += [f"{LEFT + k * wide:.1f},{y(value):.1f}"]
                points += [f"{LEFT + (k + 1) * wide:.1f},{y(value):.1f}"]
        yield (
            f'<polyline points="{" ".join(points)}" fill="none" stroke="{colour}"'
            ' stroke-width="1.6"/>'
        )
        yield (
            f'<text x="{WIDTH - RIGHT + 10}" y="{top + 12 + n * 16}" fill="{colour}">'
            f"{escape(label)}, {escape(unit)}</text>"
        )
