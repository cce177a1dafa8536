"""Reads a scenario: all of it, or all its faults at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

from agent.backtest.faults import BadScenario, fault
from agent.backtest.parts import battery, events, mains, vehicle
from agent.backtest.scenario import Foresight, Scenario, Series, Vehicle
from agent.backtest.section import Section
from agent.backtest.tables import columns_of, read_series, read_trips
from agent.config.faults import ConfigError, Fault
from agent.config.tree import Mark, Tree, parse
from agent.plan.calendar import UnknownZone, first_instant, zone
from agent.tariffs.plausible import cents, doubtful

KEYS = (
    "scenario", "from", "to", "timezone", "currency", "prices", "pricesKnown", "load", "solar",
    "forecast", "mains", "events", "battery", "vehicles", "trips",
)  # fmt: skip
PRICE_KEYS = (
    "file", "importColumn", "add", "factor", "exportFixed", "exportColumn", "fixed",
)  # fmt: skip
USUAL_KNOWN = 13 * 60
"""European day-ahead prices are out by 13:00."""

MOST_DAYS = 1100
"""Three years; whoever mistypes a year waits for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """What the `prices` of a scenario say; see Scenario."""

    import_prices: Series | None = None
    export_prices: Series | None = None
    fixed_import: float = 0.0
    fixed_export: float = 0.0


def read_scenario(path: Path) -> Scenario:
    """Read a scenario; the files that it names are seen from its own folder.

    Raises:
        BadScenario: with every fault that could be found.
    """
    tree = read_tree(path)
    faults = list[Fault](tree.faults)
    root = Section(tree, (), faults, KEYS)
    root.choice("scenario", ("1",), "1")
    begins, ends, where = _span(root)
    tariff = read_tariff(
        Section(tree, ("prices",), faults, PRICE_KEYS), path, root.text("currency", "EUR")
    )
    scenario = Scenario(
        name=path,
        begins=begins,
        ends=ends,
        zone=where,
        currency=root.text("currency", "EUR"),
        import_prices=tariff.import_prices,
        export_prices=tariff.export_prices,
        fixed_import=tariff.fixed_import,
        fixed_export=tariff.fixed_export,
        known_minute=USUAL_KNOWN if (known := root.minute("pricesKnown")) is None else known,
        load=_measured(root, "load", path),
        sun=_measured(root, "solar", path),
        foresight=Foresight(root.choice("forecast", [*Foresight], Foresight.PERSISTENCE)),
        mains=mains(
            Section(tree, ("mains",), faults, ("phases", "amps", "importLimitKw", "exportLimitKw"))
        ),
        events=events(root),
        battery=battery(root) if root.has("battery") else None,
        vehicles=_vehicles(root, path),
    )
    if faults:
        raise BadScenario(faults)
    return scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffFile:
    """A tariff by itself; see Scenario.

    Args:
        remarks: what of it is not known or not counted, in sentences.
    """

    tariff: Tariff
    currency: str
    known_minute: int
    remarks: tuple[str, ...] = ()


def read_tariff_file(path: Path) -> TariffFile:
    """A tariff from a CSV (import prices in its second column, export in its third) or from the
    `prices`, `currency` and `pricesKnown` of a scenario.

    Raises:
        BadScenario: with every fault that could be found.
    """
    if path.suffix.lower() == ".csv":
        names = columns_of(path)
        if not names:
            remedy = "its first line is start_utc,import,export: EUR per kWh"
            raise BadScenario([fault(path, 1, "the file", "it has no column of prices", remedy)])
        keys = dict(zip(("importColumn", "exportColumn"), names, strict=False))
        tree = Tree({"prices": {"file": path.name, **keys}}, {(): Mark(str(path), 1)})
    else:
        tree = read_tree(path)
    faults = list[Fault](tree.faults)
    root = Section(tree, (), faults, KEYS)
    currency, known = root.text("currency", "EUR"), root.minute("pricesKnown")
    tariff = read_tariff(Section(tree, ("prices",), faults, PRICE_KEYS), path, currency)
    if faults:
        raise BadScenario(faults)
    return TariffFile(
        tariff=tariff, currency=currency, known_minute=USUAL_KNOWN if known is None else known
    )


def read_tree(path: Path) -> Tree:
    """The YAML of a file.

    Raises:
        BadScenario: it cannot be read as such.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        wrong = f"it cannot be read ({error.strerror})"
        raise BadScenario([fault(path, None, "the file", wrong, "name a scenario")]) from None
    except UnicodeDecodeError:
        raise BadScenario([fault(path, 1, "the file", "it is not UTF-8", "save it so")]) from None
    if not text.strip():
        remedy = "begin with scenario: 1; docs/backtest.md shows one"
        raise BadScenario([fault(path, 1, "the file", "there is nothing in it", remedy)])
    try:
        return parse(text, str(path))
    except ConfigError as error:
        raise BadScenario(error.faults) from None


def read_tariff(section: Section, path: Path, currency: str) -> Tariff:
    """The prices of a scenario; what is wrong is noted in the section."""
    fixed_export = _money(section, "exportFixed", currency)
    has_column = section.has("exportColumn")
    if section.has("exportFixed") and has_column:
        section.fault(("exportFixed",), "exportColumn stands beside it", "delete one of the two")
    if section.has("fixed"):
        return _fixed(section, fixed_export, currency)
    import_column = section.text("importColumn")
    file = section.text("file")
    if not file or not import_column:
        return Tariff()
    columns = [import_column, *([section.text("exportColumn")] if has_column else [])]
    try:
        series = read_series(path.parent / file, list(dict.fromkeys(columns)))
    except BadScenario as error:
        section.faults.extend(error.faults)
        return Tariff()
    factor = section.number("factor", 1.0, -1e6)
    add = _money(section, "add", currency)
    bought = _all_in(series[import_column], factor, add)
    sold = series[columns[1]] if has_column else None
    if not doubtful(add, currency):
        _plausible(section, "importColumn", bought, currency)
    _plausible(section, "exportColumn", sold, currency)
    return Tariff(import_prices=bought, export_prices=sold, fixed_export=fixed_export)


def _fixed(section: Section, fixed_export: float, currency: str) -> Tariff:
    says = section.values
    other = [key for key in ("file", "importColumn", "exportColumn") if section.has(key)]
    other += [key for key, idle in _IDLE.items() if section.has(key) and says[key] not in idle]
    for key in other:
        remedy = "a fixed price needs no other; delete one of the two"
        section.fault((key,), "fixed stands beside it", remedy)
    return Tariff(fixed_import=_money(section, "fixed", currency), fixed_export=fixed_export)


_IDLE = {"add": ("0", "0.0"), "factor": ("1", "1.0")}
"""What does nothing to a price."""


def _all_in(series: Series, factor: float, add: float) -> Series:
    values = tuple(None if v is None else v * factor + add for v in series.values)
    return replace(series, values=values)


def _plausible(section: Section, key: str, series: Series | None, currency: str) -> None:
    """Cents, or the price of a MWh, would be taken for a fortune."""
    known = [abs(v) for v in series.values if v is not None] if series is not None else []
    if known and doubtful(middle := median(known), currency):
        wrong = f"half of its prices are above {middle:.4g} {currency} per kWh"
        remedy = f"prices are {currency} per kWh: factor: 0.01 for cents, factor: 0.001 for a MWh"
        if key == "exportColumn":
            remedy = f"write the column anew in {currency} per kWh"
        section.fault((key,), wrong, remedy)


def _money(section: Section, key: str, currency: str) -> float:
    """An amount per kWh that was not meant in cents; 0 where nothing stands."""
    value = section.number(key, 0.0, -1e6)
    if doubtful(value, currency):
        wrong = f"no kWh costs that many {currency}"
        remedy = f"was it {cents(currency)}? write {value / 100:.6g}"
        section.fault((key,), wrong, remedy)
    return value


def _measured(root: Section, key: str, path: Path) -> Series | None:
    if not root.has(key):
        return None
    section = Section(root.tree, (key,), root.faults, ("file", "column", "scale"))
    file, column = section.text("file"), section.text("column")
    factor = section.number("scale", 1.0, 0.0, 1e3)
    if not file or not column:
        return None
    try:
        series = read_series(path.parent / file, [column])[column]
    except BadScenario as error:
        known = {str(each) for each in root.faults}
        root.faults.extend(each for each in error.faults if str(each) not in known)
        return None
    values = tuple(None if v is None else max(0.0, v * factor) for v in series.values)
    return replace(series, values=values)


def _span(root: Section) -> tuple[datetime, datetime, ZoneInfo]:
    name = root.text("timezone", "UTC")
    try:
        where = zone(name)
    except UnknownZone:
        root.fault(("timezone",), "there is no such time zone", "write one like Europe/Paris")
        name, where = "UTC", zone("UTC")
    begins, ends = (first_instant(_day(root, key), name) for key in ("from", "to"))
    if begins >= ends and root.has("from") and root.has("to"):
        root.fault(("to",), "it is not after from", "write the day after the last one")
    elif (days := (ends - begins).days) > MOST_DAYS:
        remedy = f"at most {MOST_DAYS} days go into one scenario; write several"
        root.fault(("to",), f"that is {days} days after from", remedy)
    return begins, ends, where


def _day(root: Section, key: str) -> datetime:
    text = root.text(key)
    try:
        return datetime.combine(date.fromisoformat(text), time())
    except ValueError:
        if text:
            root.fault((key,), "that is no day", "write it like 2024-04-01")
    return datetime(2024, 1, 1)  # noqa: DTZ001 -- a local midnight


def _vehicles(root: Section, path: Path) -> tuple[Vehicle, ...]:
    listed = root.values["vehicles"] if root.has("vehicles") else []
    if not isinstance(listed, list):
        root.fault(("vehicles",), "a list is wanted", "write each car behind a dash: - {id: ...}")
        return ()
    cars = [vehicle(root, n) for n in range(len(listed))]
    _only_once(root, cars)
    if not root.has("trips"):
        return tuple(cars)
    try:
        trips = read_trips(path.parent / root.text("trips"), [str(car.id) for car in cars])
    except BadScenario as error:
        root.faults.extend(error.faults)
        return tuple(cars)
    return tuple(replace(car, trips=trips[car.id]) for car in cars)


def _only_once(root: Section, cars: Sequence[Vehicle]) -> None:
    for n, car in enumerate(cars):
        if any(car.id == other.id for other in cars[:n]):
            root.fault(("vehicles", n, "id"), "another car has this id", "give each its own")
