"""The report for people: tables and small charts in the terminal."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent.backtest.report import Report, saved
from agent.backtest.trace import Row

BARS = " ▁▂▃▄▅▆▇█"
WIDEST = 62
Figure = Callable[[Report], str]


def show(found: Sequence[Report], console: Console) -> None:
    """One scenario, or several side by side."""
    console.print(_figures(found))
    for each in found:
        console.print(_charts(each))
        for word in remarks(each):
            console.print(Text(word))


def _figures(found: Sequence[Report]) -> Table:
    spans = [_span(each) for each in found]
    same, (first, behind) = len(set(spans)) == 1, spans[0]
    title = f"{first} to {behind}, steps of {found[0].scenario.step_s} s"
    if not same:
        title = "not the same days: compare with care"
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for each in found:
        table.add_column(each.scenario.name.stem, justify="right")
    if not same:
        table.add_row("from", *(first for first, _ in spans))
        table.add_row("to", *(behind for _, behind in spans))
    for words, figure in _rows(found):
        table.add_row(words, *(figure(each) for each in found))
    return table


def _span(each: Report) -> tuple[str, str]:
    """The first day, and the one behind the last."""
    scenario = each.scenario
    first, behind = (at.astimezone(scenario.zone).date() for at in (scenario.begins, scenario.ends))
    return str(first), str(behind)


def _rows(found: Sequence[Report]) -> Iterable[tuple[str, Figure]]:
    yield "cost", lambda r: _money(r, r.all.cost)
    if any(r.stored_kwh for r in found):
        yield "cost with what the battery holds", lambda r: _money(r, r.comparable_cost)
    yield (
        "charging at once would cost",
        _at_once,
    )
    yield "saved", lambda r: _money(r, saved(r))
    yield "bought", lambda r: f"{r.all.import_kwh:.1f} kWh"
    yield "sold", lambda r: f"{r.all.export_kwh:.1f} kWh"
    if any(r.all.sun_kwh for r in found):
        yield "sun used or stored", lambda r: _percent(r.all.self_consumption)
        yield "sun curtailed", lambda r: f"{r.all.curtailed_kwh:.1f} kWh"
    if any(r.cars for r in found):
        yield "charged into cars", lambda r: f"{r.all.charged_kwh:.1f} kWh"
        yield "ready on time", _ready
    yield "over the fuse", lambda r: f"{r.seconds.fuse_s} s"
    yield "over the operator's limit", lambda r: f"{r.seconds.operator_s} s"
    yield "plans made", lambda r: str(len(r.run.plan_ms))


def _at_once(each: Report) -> str:
    return _money(each, None if each.baseline is None else each.baseline.comparable_cost)


def _ready(each: Report) -> str:
    departures = sum(len(car.departures) for car in each.cars)
    late = sum(len(car.late) for car in each.cars)
    return f"{departures - late} of {departures}"


def _money(each: Report, value: float | None) -> str:
    return "-" if value is None else f"{value:.2f} {each.scenario.currency}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.0f} %"


def _charts(each: Report) -> Table:
    table = Table(title=f"{each.scenario.name.stem}: by day", title_justify="left", box=None)
    table.add_column("", style="dim")
    table.add_column("")
    table.add_column("", style="dim")
    days = list(each.days.values())[:WIDEST]
    costs = [day.cost or 0.0 for day in days]
    if each.baseline is not None:
        at_once = [day.cost or 0.0 for day in list(each.baseline.days.values())[:WIDEST]]
        top = max(*costs, *at_once, 0.01) if costs else 1.0
        table.add_row("charging at once", *_bars(at_once, top, "a day"))
        table.add_row("cost", *_bars(costs, top, "a day"))
    table.add_row("sun, kWh", *_bars([day.sun_kwh for day in days]))
    table.add_row("cars, kWh", *_bars([day.charged_kwh for day in days]))
    table.add_section()
    hours = _by_hour(each, each.run.rows)
    table.add_row("", "0     6     12    18   ", "of the usual day")
    table.add_row("price", *_bars(hours["price"], None, f"{each.scenario.currency}/kWh", ".3f"))
    table.add_row("house, kW", *_bars(hours["load"], form=".2f"))
    table.add_row("sun, kW", *_bars(hours["sun"], form=".2f"))
    table.add_row("cars, kW", *_bars(hours["cars"], form=".2f"))
    if each.stored_kwh is not None:
        table.add_row("battery, %", *_bars(hours["battery"], 100.0, form=".0f"))
    return table


def _bars(
    values: Sequence[float], top: float | None = None, unit: str = "", form: str = ".1f"
) -> tuple[str, str]:
    """A line of bars from 0, and the most of them in words."""
    most = max(values, default=0.0)
    top = top or most
    if top <= 0:
        return BARS[0] * len(values), "0"
    full = len(BARS) - 1
    bars = "".join(BARS[min(full, max(0, round(value / top * full)))] for value in values)
    return bars, f"up to {most:{form}} {unit}".rstrip()


def _by_hour(each: Report, rows: Sequence[Row]) -> dict[str, list[float]]:
    """Means by the hour of the local day."""
    sums = {name: [0.0] * 24 for name in ("price", "load", "sun", "cars", "battery")}
    counts = [0] * 24
    for row in rows:
        hour = datetime.fromtimestamp(row.start_s, UTC).astimezone(each.scenario.zone).hour
        counts[hour] += 1
        sums["price"][hour] += row.import_per_kwh or each.prices.import_per_kwh or 0.0
        sums["load"][hour] += row.load_kw
        sums["sun"][hour] += row.sun_kw
        sums["cars"][hour] += sum(car.power_kw for car in row.cars)
        sums["battery"][hour] += row.battery_percent or 0.0
    return {
        name: [each / (n or 1) for each, n in zip(values, counts, strict=True)]
        for name, values in sums.items()
    }


def remarks(each: Report) -> Iterable[str]:
    """What a reader of the figures should know."""
    for name, seconds in each.unknown_s.items():
        if seconds:
            counted = "billed at the mean price" if name == "price" else "counted as 0"
            hours = f"{seconds / 3600:.1f} h"
            yield f"{each.scenario.name.stem}: {name} is not known for {hours}, {counted}."
    zone = each.scenario.zone
    for vehicle, car in zip(each.scenario.vehicles, each.cars, strict=True):
        for late in car.late[:5]:
            at = late.deadline.astimezone(zone).strftime("%a %d %b %H:%M")
            yield f"{vehicle.id} was late on {at}: {late.short_kwh:.1f} kWh short."
