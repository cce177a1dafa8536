"""hearth plan: the hours ahead, as a chart, as JSON or as a picture."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

from agent.cli import words
from agent.cli.ask import ask, where

Doc = Mapping[str, Any]
Row = tuple[str, list[float | None], str]
"""A label, a value for each column (None = nothing to draw), and the unit."""

BARS = " ▁▂▃▄▅▆▇█"
GUESSED = "░"
COLUMN = timedelta(minutes=30)
COLUMNS = 48
ONE_DIGIT_FROM, LEAST_KWH = 10.0, 0.05
LABEL = 13


def plan(config: Path, socket_path: Path | None, *, as_json: bool, svg: Path | None) -> int:
    """Ask for the plan and show it; see `show`.

    Raises:
        ConfigError, NotRunning: see `where` and `ask`.
    """
    path, zone = where(config, socket_path)
    return show(ask(path, {"ask": "plan"}), zone, as_json=as_json, svg=svg)


def show(doc: Doc, zone: tzinfo | None, *, as_json: bool, svg: Path | None) -> int:
    """Print the plan, draw it into a file, or both where both are asked for; 1 = there is none, or
    it cannot be drawn there."""
    if as_json:
        print(json.dumps(doc, indent=2))
    if doc["plan"] is None:
        print(f"There is no plan: {doc['problem']}.", file=sys.stderr)
        return 1
    if svg is not None:
        return 0 if _written(svg, doc, zone) else 1
    if not as_json:
        words.show(lines(doc, zone))
    return 0


def _written(svg: Path, doc: Doc, zone: tzinfo | None) -> bool:
    from agent.cli.plan_svg import drawn

    try:
        svg.write_text(drawn(doc, zone), encoding="utf-8")
    except OSError as error:
        print(f"{svg} cannot be written ({error.strerror}); name another file", file=sys.stderr)
        return False
    print(f"drawn into {svg}", file=sys.stderr)
    return True


def lines(doc: Doc, zone: tzinfo | None) -> Iterator[str]:
    """The plan for people, times on the clock of `zone`; None = this machine's."""
    found = doc["plan"]
    made, begins = _stamp(found["steps"][0]["start"], zone), first_column(doc, zone)
    how = "by the solver" if found["method"] == "programme" else "without a solver"
    yield f"The plan of {made:%H:%M}, made {how}. A column is half an hour."
    yield ""
    for label, values, unit in rows(doc):
        money, _, per = unit.partition("/")
        name = f"{label} per {per}" if per else label
        yield f"{name[:LABEL]:>{LABEL}} {bars(values)} {_span(values)} {money}".rstrip()
    guesses = "".join(" " if known else GUESSED for known in _columns(doc, _known))
    if GUESSED in guesses:
        yield f"{'price guessed':>{LABEL}} {guesses}"
    yield f"{'':>{LABEL}} {hours(begins)}"
    yield ""
    yield from (f"{sentence}." for sentence in remarks(doc))
    for device, car in found["cars"].items():
        yield _car(doc["names"].get(device, device), car, found["currency"], zone)


def remarks(doc: Doc) -> list[str]:
    """What plans do without, and what they leave alone; also for pictures."""
    return [*doc["shortcomings"], *doc["held"].values()]


def _span(values: Sequence[float | None]) -> str:
    """From the least to the most, in so few characters that a line has 80 at the most."""
    known = [value for value in values if value is not None]
    least, most = min(known, default=0.0), max(known, default=0.0)
    digits = 2 if max(abs(least), abs(most)) < ONE_DIGIT_FROM else 1
    return f"{least:z.{digits}f} to {most:z.{digits}f}"


def first_column(doc: Doc, zone: tzinfo | None) -> datetime:
    """The half hour of the clock in which the plan begins, or without one the document."""
    found = doc["plan"]
    at = _stamp(doc["at"] if found is None else found["steps"][0]["start"], UTC)
    return (at - (at - datetime.min.replace(tzinfo=UTC)) % COLUMN).astimezone(zone)


def rows(doc: Doc) -> Iterator[Row]:
    """What is drawn, line by line; also for pictures."""
    found = doc["plan"]
    money = f"{found['currency'] or ''}/kWh"
    yield "price", _columns(doc, lambda step: step["importPrice"]), money
    yield "sun", _columns(doc, lambda step: step["sunKw"]), "kW"
    yield "house", _columns(doc, lambda step: step["loadKw"]), "kW"
    for device in found["cars"]:
        yield doc["names"].get(device, device), _columns(doc, power_of(device)), "kW"
    if found["steps"][0]["batteryKw"] is not None:
        yield "battery", _columns(doc, lambda step: step["batteryKw"]), "kW"
        yield "battery level", _columns(doc, lambda step: step["batteryPercent"]), "%"
    yield "grid", _columns(doc, lambda step: step["gridKw"]), "kW"


def power_of(device: str) -> Callable[[Doc], float]:
    """What a car draws in a step, kW."""
    return lambda step: float(step["carsKw"].get(device, 0.0))


def _known(step: Doc) -> float:
    return float(step["pricesKnown"])


def _columns(doc: Doc, value: Callable[[Doc], float]) -> list[float | None]:
    return columns(doc["plan"]["steps"], first_column(doc, UTC), value)


def columns(
    steps: Sequence[Doc], begins: datetime, value: Callable[[Doc], float]
) -> list[float | None]:
    """The mean of every half hour of a day; None where no step is."""
    spans = [(datetime.fromisoformat(s["start"]), datetime.fromisoformat(s["end"])) for s in steps]
    found = list[float | None]()
    for n in range(COLUMNS):
        first, last = begins + n * COLUMN, begins + (n + 1) * COLUMN
        total = weight = 0.0
        for (start, end), step in zip(spans, steps, strict=True):
            seconds = (min(end, last) - max(start, first)).total_seconds()
            if seconds > 0:
                total, weight = total + value(step) * seconds, weight + seconds
        found.append(total / weight if weight else None)
    return found


def bars(values: Sequence[float | None]) -> str:
    """One character each, from 0 or the least to the most; a blank where nothing is known."""
    known = [value for value in values if value is not None]
    floor = min(0.0, *known, 0.0)
    span = max(known, default=0.0) - floor
    return "".join(
        " " if v is None else BARS[round((v - floor) / span * 8) if span else 0] for v in values
    )


def hours(begins: datetime) -> str:
    """Every third hour under its column."""
    text = [" "] * (COLUMNS + 3)
    for n in range(COLUMNS):
        at = begins + n * COLUMN
        if at.hour % 3 == 0 and at.minute < COLUMN.seconds // 60:
            text[n : n + 2] = f"{at:%H}"
    return "".join(text).rstrip()


def _car(name: str, car: Doc, currency: str | None, zone: tzinfo | None) -> str:
    full = car["levelAtDeadlineKwh"] >= car["limitKwh"] - 0.05
    if car["deadline"] is None:
        when = "nothing is promised"
    else:
        by = f"{_stamp(car['deadline'], zone):%a %H:%M}"
        missing = car["limitKwh"] - car["levelAtDeadlineKwh"]
        when = f"full by {by}" if full else f"{missing:.1f} kWh short at {by}"
    cost = "cost not known yet"
    if car["cost"] is not None:
        cost = words.amount(car["cost"], currency)
        if car["costAtOnce"] is not None:
            cost += f", {words.amount(car['costAtOnce'], currency)} if charged at once"
    left = f"{car['chargeKwh']:.1f} kWh to charge, {cost}"
    return f"{name}: {when}; {'nothing to charge' if car['chargeKwh'] < LEAST_KWH else left}."


def _stamp(text: str, zone: tzinfo | None) -> datetime:
    return datetime.fromisoformat(text).astimezone(zone)
