"""How much a car still needs, and how long that takes. Pure.

1. Energy = (limit - level) x usable capacity / 0.9: what the charger gives so that it arrives.
2. Power: what the charger measures while nothing holds the car back, else the mean of its last
   charges, else the least of what charger and car can do at 230 V.
3. A car that tells its level seldom is believed to have got what the charger gave it since. What
   it told before a restart of Hearth counts for as long as the plan runs that was made with it.
"""

from dataclasses import dataclass, replace
from typing import Any

from agent.model.driver import DeviceInfo
from agent.model.pairs import PairingCar
from agent.model.readings import ChargerReading, DeviceId, PowerDelivery, VehicleReading
from agent.model.snapshot import FORGET_AFTER_S, Seen, Snapshot, power_delivery
from agent.model.units import MIN_CHARGE_CURRENT_A, watts_from_amps
from agent.plan.smart.memory import Rate

EFFICIENCY = 0.9
FULL_PERCENT = 100.0
NEARLY_PERCENT = 0.5
"""A reckoned level never reaches the limit by itself: the car says when it is full."""

LEAST_LEARNED_W = 500.0
MEAN_OVER_S = 900.0
LONGEST_STEP_S = 60.0
TAPERS_FROM_PERCENT = 90.0
FRESH_S = 60.0
NOMINAL_CURRENT_A = 16.0
"""Of a car that charges where nobody knows the charger."""
UNLIMITED_SHARE = 0.97
CHANGED_WITHIN_S = 30.0
"""After a change of phases an older count says nothing of the car."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a car needs; None = unknown.

    Args:
        level_percent: now, as the car said it and with what the charger gave since.
        said_percent: as the car itself said it last.
        limit_percent: at which the car is full; limit_told: whether the car has said so.
        capacity_wh: usable.
        power_w: at the charger, at full power; min_w: the least that a charge may be.
        phases: on how many it charges at full power.
        missing: what is not known, as in "its battery's capacity is not known".
    """

    level_percent: float | None = None
    said_percent: float | None = None
    limit_percent: float = FULL_PERCENT
    limit_told: bool = False
    capacity_wh: float | None = None
    power_w: float
    min_w: float
    phases: int
    missing: str | None = None

    @property
    def energy_wh(self) -> float | None:
        """At the charger, until the car is full."""
        return self.energy_to(self.limit_percent)

    def energy_to(self, percent: float) -> float | None:
        if self.level_percent is None or self.capacity_wh is None:
            return None
        lacking = max(0.0, percent - self.level_percent) / 100
        return lacking * self.capacity_wh / EFFICIENCY

    @property
    def duration_s(self) -> float | None:
        """At full power, until the car is full."""
        energy_wh = self.energy_wh
        return None if energy_wh is None else energy_wh / self.power_w * 3600


def need_of(
    device: DeviceId,
    charger: DeviceInfo | None,
    info: DeviceInfo | None,
    car: PairingCar | None,
    snapshot: Snapshot,
    rate: Rate,
    now_mono_s: float,
) -> Need:
    """What a vehicle needs.

    Args:
        charger: on which it hangs; None = it charges through itself.
    """
    seen = _of(VehicleReading, device, snapshot)
    value = None if seen is None else seen.value
    box = None if charger is None else _of(ChargerReading, charger.id, snapshot)
    told = (value.capacity_wh if value else None, info.capacity_wh if info else None)
    # A car that tells of 0 Wh does not know.
    capacity_wh = next(filter(None, (*told, rate.capacity_wh)), None)
    said, limit = _level(seen, box, now_mono_s), value.charge_limit_percent if value else None
    said = rate.said_percent if said is None else said
    limit = rate.limit_percent if limit is None else limit
    limit_percent = FULL_PERCENT if limit is None else limit
    level = said
    if said is not None and capacity_wh is not None and said < limit_percent:
        reckoned = said + 100 * rate.added_wh * EFFICIENCY / capacity_wh
        level = min(max(said, reckoned), max(said, limit_percent - NEARLY_PERCENT))
    missing = None
    if capacity_wh is None:
        missing = "the capacity of its battery is not known; write capacity_kwh of the car"
    elif said is None:
        missing = "the level of its battery is not known"
    phases = _phases(charger, car, box)
    most_w = _most_w(charger, car, info, phases, value.max_current_a if value else None)
    return Need(
        level_percent=level,
        said_percent=said,
        limit_percent=limit_percent,
        limit_told=limit is not None,
        capacity_wh=capacity_wh,
        power_w=min(rate.power_w or most_w, most_w),
        min_w=min(most_w, _least_w(charger, phases)),
        phases=phases,
        missing=missing,
    )


def unknown_car(charger: DeviceInfo, duration_s: float, snapshot: Snapshot, rate: Rate) -> Need:
    """What a car needs of which nothing is known: to charge for so long, as a battery of its
    own that is empty when the cycle begins."""
    box = _of(ChargerReading, charger.id, snapshot)
    phases = _phases(charger, None, box)
    most_w = _most_w(charger, None, None, phases)
    power_w = min(rate.power_w or most_w, most_w)
    return Need(
        level_percent=min(1.0, rate.charged_s / duration_s) * FULL_PERCENT,
        said_percent=None,
        capacity_wh=power_w * duration_s / 3600 * EFFICIENCY,
        power_w=power_w,
        min_w=min(most_w, _least_w(charger, phases)),
        phases=phases,
    )


def learned(
    rate: Rate,
    device: DeviceId,
    charger: DeviceInfo | None,
    snapshot: Snapshot,
    now_mono_s: float,
) -> Rate:
    """What the last moments taught about the car on a charger.

    Args:
        device: the vehicle, or the charger itself where the car is not known.
    """
    car = _of(VehicleReading, device, snapshot)
    rate = _refused(_told(rate, car), device, charger, snapshot, now_mono_s)
    before_s = now_mono_s if rate.looked_mono_s is None else rate.looked_mono_s
    step_s = min(max(0.0, now_mono_s - before_s), LONGEST_STEP_S)
    rate = replace(rate, looked_mono_s=now_mono_s)
    box = None if charger is None else _of(ChargerReading, charger.id, snapshot)
    if charger is None or box is None or box.value.power_delivery is not PowerDelivery.CHARGING:
        return rate
    power_w = box.value.power_w if box.fresh("power_w", now_mono_s, FRESH_S) else None
    rate = replace(rate, charged_s=rate.charged_s + step_s)
    if power_w is None:
        return rate
    rate = replace(rate, added_wh=rate.added_wh + max(0.0, power_w) * step_s / 3600)
    level = car.value.soc_percent if car is not None else None
    tapers = level is not None and level >= TAPERS_FROM_PERCENT
    if tapers or power_w < LEAST_LEARNED_W or not _unlimited(charger, box):
        return rate
    share = min(1.0, step_s / MEAN_OVER_S)
    old_w = power_w if rate.power_w is None else rate.power_w
    return replace(rate, power_w=old_w + share * (power_w - old_w))


def _told(rate: Rate, car: Seen[VehicleReading] | None) -> Rate:
    """What the car says of its battery; silent after a restart of Hearth, it said it before."""
    said_mono_s = None if car is None else car.said_mono_s.get("soc_percent")
    if car is None or said_mono_s is None:
        return rate
    if said_mono_s != rate.level_mono_s:
        rate = replace(rate, level_mono_s=said_mono_s, added_wh=0.0)
    said = car.value
    now = (said.soc_percent, said.charge_limit_percent, said.capacity_wh)
    if now == (rate.said_percent, rate.limit_percent, rate.capacity_wh):
        return rate
    return replace(rate, said_percent=now[0], limit_percent=now[1], capacity_wh=now[2])


def _refused(
    rate: Rate,
    device: DeviceId,
    charger: DeviceInfo | None,
    snapshot: Snapshot,
    now_mono_s: float,
) -> Rate:
    name = device if charger is None else charger.id
    refuses = power_delivery(snapshot.get(name), now_mono_s) is PowerDelivery.NO_POWER
    since_s = rate.refused_mono_s
    if refuses is (since_s is not None):
        return rate
    return replace(rate, refused_mono_s=now_mono_s if refuses else None)


def _unlimited(charger: DeviceInfo, box: Seen[ChargerReading]) -> bool:
    """Whether the car gets all that the charger may ever give; what we hold back says nothing."""
    if _reduced(charger, box):
        return False
    told_a = box.value.max_current_a
    told_a = box.value.accepted_current_a if told_a is None else told_a
    return told_a is not None and told_a >= UNLIMITED_SHARE * charger.max_current_a


def _level(
    car: Seen[VehicleReading] | None, box: Seen[ChargerReading] | None, now_mono_s: float
) -> float | None:
    """The car's own word, else what it told the charger."""
    for seen in (car, box):
        if seen is not None and seen.fresh("soc_percent", now_mono_s, FORGET_AFTER_S):
            return getattr(seen.value, "soc_percent", None)
    return None


def _phases(
    charger: DeviceInfo | None, car: PairingCar | None, box: Seen[ChargerReading] | None
) -> int:
    wired = charger.phases if charger is not None else 3
    known = car.phases if car is not None else None
    if known is None and box is not None and not _reduced(charger, box):
        known = box.value.phases
    return min(wired, known) if known else wired


def _reduced(charger: DeviceInfo | None, box: Seen[ChargerReading]) -> bool:
    """Whether the car charges on fewer phases than it could, because we said so."""
    if charger is None or not charger.phase_switching:
        return False
    told, count = box.value.phases_told, box.value.phases
    if told is not None and told < charger.phases:
        return True
    changed_mono_s = box.otherwise_mono_s.get("phases_told", float("-inf"))
    return count is not None and not box.said_after("phases", changed_mono_s + CHANGED_WITHIN_S)


def _least_w(charger: DeviceInfo | None, phases: int) -> float:
    """The least that a charge may be; a charger that can do with one phase needs power for one."""
    if charger is None:
        return watts_from_amps(MIN_CHARGE_CURRENT_A, phases)
    return watts_from_amps(charger.min_current_a, 1 if charger.phase_switching else phases)


def _most_w(
    charger: DeviceInfo | None,
    car: PairingCar | None,
    info: DeviceInfo | None,
    phases: int,
    car_a: float | None = None,
) -> float:
    """
    Args:
        car_a: per phase, the most that the car lets itself draw.
    """
    amps = charger.max_current_a if charger is not None else NOMINAL_CURRENT_A
    ratings = (
        watts_from_amps(amps, phases),
        watts_from_amps(car_a, phases) if car_a else None,
        car.max_power_w if car is not None else None,
        info.max_power_w if info is not None else None,
    )
    return min(each for each in ratings if each)


def _of(kind: type, device: DeviceId, snapshot: Snapshot) -> Seen[Any] | None:
    seen = snapshot.get(device)
    return seen if seen is not None and isinstance(seen.value, kind) else None
