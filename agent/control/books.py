"""Counters, totals and samples: what the house adds up to, as plain functions."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from types import MappingProxyType
from typing import Any

from agent.counters import Counter, Counters, Key
from agent.model.driver import DeviceInfo
from agent.model.picture import Totals
from agent.model.readings import BatteryReading, DeviceId, DeviceKind, Reading
from agent.model.snapshot import Seen, Snapshot
from agent.model.units import watts_from_amps
from agent.plan import flows
from agent.plan.settings import PlanSettings

HOUSE = DeviceId("house")
_NOT_SAMPLED = frozenset(
    {"device", "at", "mono_s", "anomalies", "transaction_id", "rated_power_w", "capacity_wh"}
)


def power_totals(snapshot: Snapshot, settings: PlanSettings, now_mono_s: float) -> Totals:
    """Flows of the house as a whole; each None rather than partial."""
    devices = settings.devices
    grid_w = flows.grid_w(snapshot, settings.grid_meter, now_mono_s)
    sun_w = flows.production_w(snapshot, flows.ids(devices, DeviceKind.INVERTER), now_mono_s)
    batteries = flows.ids(devices, DeviceKind.BATTERY)
    battery_w = flows.battery_w(snapshot, batteries, now_mono_s)
    cars_w = flows.chargers_w(snapshot, flows.ids(devices, DeviceKind.CHARGER), now_mono_s)
    load_w = None
    if None not in (grid_w, sun_w, battery_w, cars_w):
        load_w = (grid_w or 0.0) + (sun_w or 0.0) - (battery_w or 0.0) - (cars_w or 0.0)
    return Totals(
        grid_w=grid_w,
        production_w=sun_w if flows.ids(devices, DeviceKind.INVERTER) else None,
        battery_w=battery_w if batteries else None,
        chargers_w=cars_w,
        load_w=load_w,
        battery_soc_percent=_soc_percent(snapshot, batteries),
    )


def _soc_percent(snapshot: Snapshot, batteries: tuple[DeviceId, ...]) -> float | None:
    """Mean over all batteries, weighted by capacity where all of them say it."""
    rows = []
    for device in batteries:
        seen = snapshot.get(device)
        if seen is None or not isinstance(seen.value, BatteryReading):
            return None
        if seen.value.soc_percent is None:
            return None
        rows.append((seen.value.soc_percent, seen.value.capacity_wh))
    if not rows:
        return None
    weights = [wh if all(w for _, w in rows) else 1.0 for _, wh in rows]
    total = sum(w or 0.0 for w in weights)
    return sum(percent * (w or 0.0) for (percent, _), w in zip(rows, weights, strict=True)) / total


def shown(counters: Counters, kept: Counters) -> dict[Key, float]:
    """What may be published, such that no crash can make it fall afterwards.

    One of ours as it is on disk. A device's own as it is, once the device has said it since the
    start: what is on disk is older than what was shown before a crash, and the device knows
    better. While it is news that the device counts by itself, or that it was exchanged, nothing.

    Args:
        kept: the counters as they are on disk.
    """
    result: dict[Key, float] = {}
    for key, counter in counters.items():
        on_disk = kept.get(key)
        if on_disk is None or counter.young or on_disk.young:
            continue
        if counter.integrated and on_disk.integrated:
            result[key] = on_disk.shown_wh
        elif counter.mono_s is not None and _segment(counter) == _segment(on_disk):
            result[key] = counter.shown_wh
    return result


def with_news(counters: Counters, kept: Counters) -> bool:
    """Whether something must be on disk before it can be shown: a new counter or segment."""
    return any(
        not counter.young
        and (key not in kept or kept[key].young or _segment(counter) != _segment(kept[key]))
        for key, counter in counters.items()
    )


def _segment(counter: Counter) -> float | None:
    """What tells apart the meters that one counter has been read from; None for our own."""
    return None if counter.integrated else counter.offset_wh


def with_energies(totals: Totals, wh: Mapping[Key, float], settings: PlanSettings) -> Totals:
    """The totals with their energies; a sum over several devices waits until all have one."""

    def total(kind: DeviceKind, name: str) -> float | None:
        devices = flows.ids(settings.devices, kind)
        values = [wh.get((device, name)) for device in devices]
        known = [value for value in values if value is not None]
        return sum(known) if known and len(known) == len(values) else None

    meter = settings.grid_meter or DeviceId("")
    powers = {f.name: getattr(totals, f.name) for f in fields(totals) if f.name.endswith("_w")}
    return Totals(
        **powers,
        battery_soc_percent=totals.battery_soc_percent,
        grid_import_wh=wh.get((meter, "import_wh")),
        grid_export_wh=wh.get((meter, "export_wh")),
        production_wh=total(DeviceKind.INVERTER, "production_wh"),
        battery_charge_wh=total(DeviceKind.BATTERY, "charge_wh"),
        battery_discharge_wh=total(DeviceKind.BATTERY, "discharge_wh"),
        chargers_wh=total(DeviceKind.CHARGER, "energy_wh"),
        load_wh=wh.get((HOUSE, "load_wh")),
    )


_NOT_KEPT = (
    "doubt_wh", "doubts", "doubt_since_mono_s", "power_w", "mono_s", "young_since_mono_s",
)  # fmt: skip


def to_rows(counters: Counters) -> dict[Key, dict[str, Any]]:
    """Counters for the store; running samples are not worth keeping."""
    rows = {}
    for key, counter in counters.items():
        if counter.young:
            continue
        row = asdict(counter)
        for name in _NOT_KEPT:
            del row[name]
        row["at"] = counter.at.isoformat() if counter.at else None
        row["before"] = list(counter.before) if counter.before else None
        rows[key] = row
    return rows


def from_rows(rows: Mapping[Key, Mapping[str, Any]]) -> Counters:
    counters = {}
    for key, row in rows.items():
        counters[key] = Counter(
            raw_wh=row.get("raw_wh"),
            offset_wh=row.get("offset_wh") or 0.0,
            at=datetime.fromisoformat(row["at"]) if row.get("at") else None,
            before=tuple(row["before"]) if row.get("before") else None,
        )
    return MappingProxyType(counters)


def sample(seen: Seen[Reading], now_mono_s: float, within_s: float) -> dict[str, float]:
    """The figures that a device has said lately, by field name, for the history."""
    values: dict[str, float] = {}
    for field in fields(seen.value):
        value = getattr(seen.value, field.name)
        if field.name in _NOT_SAMPLED or isinstance(value, bool):
            continue
        if isinstance(value, int | float) and seen.fresh(field.name, now_mono_s, within_s):
            values[field.name] = float(value)
    return values


def ratings_w(devices: tuple[DeviceInfo, ...], settings: PlanSettings) -> dict[DeviceId, float]:
    """The most power that each device can move, for the plausibility of its counters."""
    ratings = {d.id: d.max_power_w for d in devices if d.max_power_w is not None}
    for device, charger in settings.chargers.items():
        ratings.setdefault(device, watts_from_amps(charger.max_a, charger.phases))
    return ratings
