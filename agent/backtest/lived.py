"""The house's own recorded history as a scenario, and what of it is not known.

Load = grid + sun - batteries - chargers, by quarter of an hour; where one of them is not known,
neither is the load. Cars are known through their chargers: whoever was plugged in needs what it was
given, by the deadline or, where it left earlier, as early as it left.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

from agent.backtest.faults import BadScenario, fault
from agent.backtest.reading import Tariff
from agent.backtest.recorded import Quarters, Recorded, Records, Roles, opened, series_of
from agent.backtest.scenario import (
    Battery,
    Foresight,
    Mains,
    Mode,
    Scenario,
    Series,
    Trip,
    Vehicle,
)
from agent.config.charger import ChargerSettings
from agent.config.models import Settings
from agent.model.readings import DeviceId
from agent.model.units import watts_from_amps
from agent.plan.calendar import midnight
from agent.store.samples import QUARTER_S

HISTORY_DAYS, DAYS = 28, 30
EFFICIENCY = 0.95
"""Of a battery each way, where nobody measured it."""

CAR_EFFICIENCY = 0.9
DEADLINE_MINUTE = 7 * 60
NEEDED_WH = 100.0
"""A car that took less needed nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """
    Args:
        measured: power at the grid meter, W; None = there is no meter.
        remarks: what is missing or taken for granted, in sentences.
    """

    scenario: Scenario
    measured: Series | None
    remarks: tuple[str, ...]


def lived(settings: Settings, tariff: Tariff, currency: str, known_minute: int) -> Lived:
    """The last full days of the house, at most 30, under a tariff.

    Raises:
        BadScenario: nothing, or too little, is written down.
    """
    path = settings.store.path
    with opened(path) as records:
        zone = ZoneInfo(settings.house.timezone)
        begins, ends = _span(records, path, zone)
        _a_whole_day(records, ends, path, zone)
        chargers = tuple(DeviceId(name) for name in settings.chargers)
        cars = frozenset(DeviceId(name) for name in settings.vehicles)
        roles = records.roles(chargers, cars, settings.house.grid_meter)
        earlier = begins - timedelta(days=HISTORY_DAYS)
        found = records.recorded(roles, earlier, ends)
    remarks = _missing(roles)
    battery = _battery(roles, found, begins, remarks)
    vehicles = tuple(_vehicles(settings, roles, found, (begins, ends), remarks))
    counted = (*(roles.batteries if battery is not None else ()), *(car.id for car in vehicles))
    load = series_of(earlier, ends, lambda q: _load_w(roles, found, counted, q))
    sun = series_of(earlier, ends, lambda q: _sun_w(roles, found, q)) if roles.inverters else None
    begins = _first_known(load, begins, zone, path)
    scenario = Scenario(
        name=Path("history"),
        begins=begins,
        ends=ends,
        zone=zone,
        currency=currency,
        import_prices=tariff.import_prices,
        export_prices=tariff.export_prices,
        fixed_import=tariff.fixed_import,
        fixed_export=tariff.fixed_export,
        known_minute=known_minute,
        load=load,
        sun=sun,
        foresight=Foresight.PERSISTENCE,
        mains=_mains(settings),
        battery=battery,
        vehicles=vehicles,
    )
    meter = found.power_w.get(roles.meter) if roles.meter is not None else None
    measured = None if meter is None else series_of(begins, ends, lambda q: _mean(meter, q))
    return Lived(scenario=scenario, measured=measured, remarks=tuple(remarks))


def _span(records: Records, path: Path, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Local midnights around the last full days."""
    newest = records.newest()
    if newest is None:
        wrong = "no measurement is written down there yet"
        raise BadScenario([fault(path, None, "the database", wrong, "run Hearth for some days")])
    day = newest.astimezone(zone).date()
    return midnight(day - timedelta(days=DAYS), zone.key), midnight(day, zone.key)


def _a_whole_day(records: Records, ends: datetime, path: Path, zone: ZoneInfo) -> None:
    """A house that began today has no day to look at yet."""
    oldest = records.oldest()
    if oldest is not None and oldest >= ends:
        begun = (
            f"Hearth has measured this house since {oldest.astimezone(zone):%Y-%m-%d %H:%M} only"
        )
        remedy = "what it takes is a full day from midnight to midnight; ask again then"
        raise BadScenario([fault(path, None, "the history", begun, remedy)])


def _first_known(load: Series, begins: datetime, zone: ZoneInfo, path: Path) -> datetime:
    """The local midnight of the first day of which the load is known."""
    first_s = begins.timestamp()
    pairs = zip(load.starts_s, load.values, strict=True)
    known = next((s for s, v in pairs if v is not None and s >= first_s), None)
    if known is None:
        wrong = f"the load of no full day of the last {DAYS} can be computed"
        remedy = "it takes a grid meter, and every inverter, battery and charger beside it"
        raise BadScenario([fault(path, None, "the history", wrong, remedy)])
    day = datetime.fromtimestamp(known, UTC).astimezone(zone).date()
    return max(begins, midnight(day, zone.key))


def _mains(settings: Settings) -> Mains:
    house = settings.house
    return Mains(
        phases=house.phases,
        fuse_a=house.fuse_a - house.fuse_margin_a,
        import_limit_w=house.import_limit_w,
        export_limit_w=house.export_limit_w,
    )


def _mean(quarters: Quarters, q: int) -> float | None:
    return quarters[q].mean if q in quarters else None


def _load_w(roles: Roles, found: Recorded, counted: tuple[DeviceId, ...], q: int) -> float | None:
    if roles.meter is None:
        return None
    parts = [
        _mean(found.power_w[roles.meter], q),
        *(_mean(found.power_w[device], q) for device in roles.inverters),
        *(None if (w := _mean(found.power_w[d], q)) is None else -w for d in counted),
    ]
    known = [each for each in parts if each is not None]
    return max(0.0, sum(known)) if len(known) == len(parts) else None


def _sun_w(roles: Roles, found: Recorded, q: int) -> float | None:
    means = [_mean(found.power_w[device], q) for device in roles.inverters]
    known = [each for each in means if each is not None]
    return max(0.0, sum(known)) if len(known) == len(means) else None


def _battery(roles: Roles, found: Recorded, begins: datetime, remarks: list[str]) -> Battery | None:
    """All batteries as one."""
    parts = [_one_battery(b, found, begins, remarks) for b in roles.batteries]
    known = [each for each in parts if each is not None]
    if not known or len(known) < len(parts):
        return None
    remarks.append(f"A battery is taken to keep {EFFICIENCY:.0%} each way, charging and giving.")
    return Battery(
        capacity_wh=sum(each.capacity_wh for each in known),
        least_wh=sum(each.least_wh for each in known),
        start_wh=sum(each.start_wh for each in known),
        max_charge_w=sum(each.max_charge_w for each in known),
        max_discharge_w=sum(each.max_discharge_w for each in known),
        charge_efficiency=EFFICIENCY,
        discharge_efficiency=EFFICIENCY,
    )


def _one_battery(
    device: DeviceId, found: Recorded, begins: datetime, remarks: list[str]
) -> Battery | None:
    figures, powers = found.battery[device], found.power_w[device]
    capacities = [bucket.last for bucket in figures["capacity_wh"].values()]
    levels = figures["soc_percent"]
    if not capacities or not levels:
        what = "capacity" if levels else "level"
        remarks.append(f"The {what} of {device} is not known: it goes on as it did.")
        return None
    capacity_wh = capacities[-1]
    first = int(begins.timestamp()) // QUARTER_S
    start = min(levels, key=lambda q: abs(q - first))
    seen = {"max_charge_w": max((b.high for b in powers.values()), default=0.0)}
    seen["max_discharge_w"] = -min((b.low for b in powers.values()), default=0.0)
    most = {name: _largest(figures[name]) or max(0.0, seen[name]) for name in seen}
    return Battery(
        capacity_wh=capacity_wh,
        least_wh=min(b.low for b in levels.values()) / 100 * capacity_wh,
        start_wh=levels[start].mean / 100 * capacity_wh,
        max_charge_w=most["max_charge_w"],
        max_discharge_w=most["max_discharge_w"],
        charge_efficiency=EFFICIENCY,
        discharge_efficiency=EFFICIENCY,
    )


def _largest(quarters: Quarters) -> float | None:
    return max((bucket.high for bucket in quarters.values()), default=None)


def _vehicles(
    settings: Settings,
    roles: Roles,
    found: Recorded,
    span: tuple[datetime, datetime],
    remarks: list[str],
) -> Iterator[Vehicle]:
    for charger in roles.chargers:
        sessions = found.sessions[charger]
        if not sessions:
            if any(bucket.mean > NEEDED_WH for bucket in found.power_w[charger].values()):
                remarks.append(f"Nobody knows when a car hung on {charger}: it goes on as it did.")
            continue
        stays = [(s.plugged_in_at, s.plugged_out_at or span[1]) for s in sessions]
        yield _vehicle(charger, settings.chargers[charger], found.power_w[charger], stays, span)
        remarks.append(
            f"On {charger} whoever was plugged in ({len(stays)} times) needs what it was given, "
            f"by {DEADLINE_MINUTE // 60:02}:{DEADLINE_MINUTE % 60:02}."
        )


def _vehicle(
    charger: DeviceId,
    own: ChargerSettings,
    powers: Quarters,
    stays: list[tuple[datetime, datetime]],
    span: tuple[datetime, datetime],
) -> Vehicle:
    """One car for all who came: full as it leaves, and empty by as much as it took."""
    needs = [_given_wh(powers, max(a, span[0]), b) * CAR_EFFICIENCY for a, b in stays]
    capacity_wh = max(1000.0, *needs)
    here = stays[0][0] <= span[0]
    left = span[0] - timedelta(days=1)
    trips = []
    for (arrives, leaves), need_wh in zip(stays, needs, strict=True):
        if arrives > span[0] and arrives > left:
            trips.append(Trip(leaves=left, returns=arrives, used_wh=need_wh))
        left = leaves
    if left < span[1]:
        trips.append(Trip(leaves=left, returns=span[1] + timedelta(days=1), used_wh=0.0))
    drawn = [bucket.high for bucket in powers.values() if bucket.mean > NEEDED_WH]
    most_w = watts_from_amps(own.max_current_a, own.phases)
    used_w = min(most_w, median(drawn)) if drawn else most_w
    return Vehicle(
        id=charger,
        capacity_wh=capacity_wh,
        start_wh=capacity_wh - (needs[0] if here else 0.0),
        min_w=min(watts_from_amps(own.min_current_a, own.phases), used_w),
        max_w=used_w,
        phases=1 if own.phases == 1 else 3,
        efficiency=CAR_EFFICIENCY,
        limit_wh=capacity_wh,
        minimum_wh=0.0,
        deadline_minute=DEADLINE_MINUTE,
        mode=Mode.SMART,
        trips=tuple(trips),
    )


def _given_wh(powers: Quarters, begins: datetime, ends: datetime) -> float:
    first, behind = (int(at.timestamp()) // QUARTER_S for at in (begins, ends))
    means = (_mean(powers, q) for q in range(first, behind + 1))
    return sum(max(0.0, each) for each in means if each is not None) * QUARTER_S / 3600


def _missing(roles: Roles) -> list[str]:
    if roles.inverters:
        return []
    return ["No sun is written down: what it gave is taken off the load."]
