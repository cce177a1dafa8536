"""Energy counters that people can trust: never back to 0, never a phantom megawatt-hour.

A lifetime counter of a device passes a plausibility filter: a rise may be at most what the
device could have moved since, and a fall is believed only when it stays. Then the device was
exchanged or reset: a new segment begins and what is shown goes on from where it was. Where a
device has power only, we integrate it ourselves. Pure; the clock is an argument.

Source of the limits: Home Assistant books the whole counter again after 100 -> 0 -> 100.5
(measured with its Energy dashboard), which is the most frequent energy complaint there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from agent.model.clock import Now
from agent.model.readings import (
    BatteryReading,
    ChargerReading,
    DeviceId,
    InverterReading,
    MeterReading,
    Reading,
)
from agent.model.snapshot import Seen, Snapshot

RISE_FACTOR: Final = 1.5
RISE_FREE_WH: Final = 200.0
BELIEVE_AFTER: Final = 3  # sightings
BELIEVE_OVER_S: Final = 60.0
FORGET_DOUBT_S: Final = 300.0
LONGEST_GAP_S: Final = 120.0  # power is integrated over a gap of at most this
DEFAULT_MAX_POWER_W: Final = 50_000.0
PROBATION_S: Final = 600.0
"""Devices say their counters less often than their power; only one that has said none for so
long has none."""

Key = tuple[DeviceId, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """One counter.

    Args:
        raw_wh: what the device last said, believed; None for one that we integrate.
        offset_wh: added to raw_wh since earlier segments; for an integrated one, all of it.
        before: (raw_wh, offset_wh) of the previous segment, in case it comes back.
        doubt_wh, doubts, doubt_since_mono_s: an unbelievable value and how often it was seen.
        power_w, mono_s: the last sample that was integrated.
        young_since_mono_s: set while the device may yet say a counter of its own; nobody has
            seen this one then, and it is forgotten when the device speaks.
    """

    raw_wh: float | None = None
    offset_wh: float = 0.0
    at: datetime | None = None
    mono_s: float | None = None
    before: tuple[float, float] | None = None
    doubt_wh: float | None = None
    doubts: int = 0
    doubt_since_mono_s: float = 0.0
    power_w: float | None = None
    young_since_mono_s: float | None = None

    @property
    def young(self) -> bool:
        return self.young_since_mono_s is not None

    @property
    def shown_wh(self) -> float:
        return (self.raw_wh or 0.0) + self.offset_wh

    @property
    def integrated(self) -> bool:
        return self.raw_wh is None


Counters = Mapping[Key, Counter]


def accept(old: Counter | None, raw_wh: float, now: Now, max_power_w: float) -> Counter:
    """Return the counter after the device said `raw_wh`."""
    if raw_wh < 0 or raw_wh != raw_wh:  # noqa: PLR0124 NaN is the only value unlike itself
        return old or Counter(at=now.at, mono_s=now.mono_s)
    if old is None or old.young:
        return Counter(raw_wh=raw_wh, at=now.at, mono_s=now.mono_s)
    if old.raw_wh is None:
        # Integrated so far, now the device counts by itself: go on from what was shown.
        return Counter(
            raw_wh=raw_wh, offset_wh=old.offset_wh - raw_wh, at=now.at, mono_s=now.mono_s
        )
    most_wh = _most_wh(old, now, max_power_w)
    if 0 <= raw_wh - old.raw_wh <= most_wh:
        return replace(old, raw_wh=raw_wh, at=now.at, mono_s=now.mono_s, doubt_wh=None, doubts=0)
    if old.before is not None and 0 <= raw_wh - old.before[0] <= most_wh:
        # The value from before the supposed exchange is back: it had only been a fault.
        raw_before_wh, offset_before_wh = old.before
        lost_wh = old.shown_wh - (raw_before_wh + offset_before_wh)
        offset_wh = offset_before_wh + max(0.0, lost_wh - (raw_wh - raw_before_wh))
        return Counter(raw_wh=raw_wh, offset_wh=offset_wh, at=now.at, mono_s=now.mono_s)
    return _doubt(old, raw_wh, now, most_wh)


def _doubt(old: Counter, raw_wh: float, now: Now, most_wh: float) -> Counter:
    same = (
        old.doubt_wh is not None
        and 0 <= raw_wh - old.doubt_wh <= most_wh
        and now.mono_s - old.doubt_since_mono_s <= FORGET_DOUBT_S
    )
    since_mono_s = old.doubt_since_mono_s if same else now.mono_s
    doubts = old.doubts + 1 if same else 1
    if doubts >= BELIEVE_AFTER and now.mono_s - since_mono_s >= BELIEVE_OVER_S:
        return Counter(
            raw_wh=raw_wh,
            offset_wh=old.shown_wh - raw_wh,
            at=now.at,
            mono_s=now.mono_s,
            before=(old.raw_wh or 0.0, old.offset_wh),
        )
    return replace(old, doubt_wh=raw_wh, doubts=doubts, doubt_since_mono_s=since_mono_s)


def _most_wh(old: Counter, now: Now, max_power_w: float) -> float:
    # The monotonic clock says nothing over a restart; the wall clock helps out then only, for a
    # jump of it would let any value pass.
    if old.mono_s is not None:
        gap_s = now.mono_s - old.mono_s
    else:
        gap_s = (now.at - old.at) / timedelta(seconds=1) if old.at is not None else 0.0
    return max_power_w * max(0.0, gap_s) / 3600 * RISE_FACTOR + RISE_FREE_WH


def integrate(old: Counter | None, power_w: float | None, now: Now) -> Counter:
    """Return the counter after `power_w` (>= 0) was measured; None ends the stretch."""
    if old is None or old.mono_s is None or old.power_w is None:
        return replace(old or Counter(), power_w=power_w, at=now.at, mono_s=now.mono_s)
    gap_s = now.mono_s - old.mono_s
    if power_w is None or not 0 <= gap_s <= LONGEST_GAP_S:
        return replace(old, power_w=power_w, at=now.at, mono_s=now.mono_s)
    moved_wh = (old.power_w + power_w) / 2 * gap_s / 3600
    return replace(
        old, offset_wh=old.offset_wh + moved_wh, power_w=power_w, at=now.at, mono_s=now.mono_s
    )


def step(
    counters: Counters,
    snapshot: Snapshot,
    load_w: float | None,
    max_power_w: Mapping[DeviceId, float],
    now: Now,
) -> Counters:
    """Advance all counters by one tick.

    Args:
        load_w: what the house itself uses now; None when a part of the sum is unknown.
        max_power_w: rating per device; what is missing counts as 50 kW.
    """
    after = dict(counters)
    for device, seen in snapshot.items():
        for name, raw_wh, power_w in _sources(seen):
            key = (device, name)
            old = after.get(key)
            sample = _sample_time(seen, name if raw_wh is not None else "power", now)
            if raw_wh is not None:
                if old is None or old.mono_s is None or sample.mono_s != old.mono_s:
                    rating_w = max_power_w.get(device, DEFAULT_MAX_POWER_W)
                    after[key] = accept(old, raw_wh, sample, rating_w)
            elif old is not None and old.integrated:
                after[key] = _grown_up(integrate(old, power_w, sample), now)
            elif old is None and power_w is not None:
                new = integrate(None, power_w, sample)
                after[key] = replace(new, young_since_mono_s=now.mono_s)
    house = (DeviceId("house"), "load_wh")
    after[house] = integrate(after.get(house), None if load_w is None else max(0.0, load_w), now)
    return MappingProxyType(after)


def _grown_up(counter: Counter, now: Now) -> Counter:
    since_mono_s = counter.young_since_mono_s
    if since_mono_s is None or now.mono_s - since_mono_s < PROBATION_S:
        return counter
    return replace(counter, young_since_mono_s=None)


def _sample_time(seen: Seen[Reading], field: str, now: Now) -> Now:
    """The instant at which the device said it, so that a slow tick does not bend the energy."""
    names = ("power_w", "production_w") if field == "power" else (field,)
    said = [seen.said_mono_s[name] for name in names if name in seen.said_mono_s]
    return now.later(max(said) - now.mono_s) if said else now


def _sources(seen: Seen[Reading]) -> list[tuple[str, float | None, float | None]]:
    """Counter name, what the device counts (or None), the power it would be integrated from."""
    match seen.value:
        case MeterReading() as m:
            return [
                ("import_wh", m.import_wh, _positive(m.power_w)),
                ("export_wh", m.export_wh, _positive(_minus(m.power_w))),
            ]
        case InverterReading() as i:
            return [("production_wh", i.production_wh, _positive(i.production_w))]
        case BatteryReading() as b:
            return [
                ("charge_wh", b.charge_wh, _positive(b.power_w)),
                ("discharge_wh", b.discharge_wh, _positive(_minus(b.power_w))),
            ]
        case ChargerReading() as c:
            return [("energy_wh", c.energy_wh, _positive(c.power_w))]
        case _:
            return []


def _minus(power_w: float | None) -> float | None:
    return None if power_w is None else -power_w


def _positive(power_w: float | None) -> float | None:
    return None if power_w is None else max(0.0, power_w)
