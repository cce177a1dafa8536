"""From a set-point of the battery to an operation mode that real devices have.

Registers wear, and a mode takes seconds to settle: what the battery would do by itself is left to
itself, a mode is kept for a while, and a power is changed only in steps worth a write.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from agent.model.clock import Now
from agent.model.driver import DeviceInfo
from agent.model.readings import BatteryMode, DeviceId, DeviceKind
from agent.model.targets import Owner, Reason
from agent.model.wishes import BatteryOrder
from agent.plan.moment import Moment, Setpoints

NEAR_W, NEAR_SHARE = 150.0, 0.05
LEAST_W = 50.0
STAYS_S = 60.0
STEP_W, STEP_SHARE = 200.0, 0.15
LEAP_W = 1000.0
SETTLES_S = 300.0
"""How long a power is kept, unless it is wrong by LEAP_W; then STAYS_S."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What the batteries were told last.

    Args:
        power_w: of all together; None = by themselves.
        since_mono_s, power_mono_s: when mode and power last changed.
    """

    mode: BatteryMode = BatteryMode.SELF_RELIANCE
    power_w: float | None = None
    since_mono_s: float = float("-inf")
    power_mono_s: float = float("-inf")


def battery_orders(
    setpoints: Setpoints,
    moment: Moment,
    devices: Sequence[DeviceInfo],
    before: Holding,
    reason: Reason,
    now: Now,
) -> tuple[Mapping[DeviceId, BatteryOrder], Holding]:
    """What each battery is told, and what to remember."""
    task, wanted_w = moment.battery, setpoints.battery_w
    mine = [d for d in devices if d.kind is DeviceKind.BATTERY and d.battery_modes]
    if task is None or wanted_w is None or not mine:
        return MappingProxyType({}), Holding()
    cars_w = max(sum(setpoints.car_w.values()), moment.cars_w) + moment.others_w
    alone_w = _alone_w(moment, cars_w)
    mode, power_w = _mode(wanted_w, alone_w)
    held = _steady(mode, power_w, before, now)
    ratings_w = {d.id: d.max_power_w or 1.0 for d in mine}
    total_w = sum(ratings_w.values())
    orders = {
        info.id: BatteryOrder(
            mode=held.mode
            if held.mode.value in info.battery_modes
            else _otherwise(held.mode, info),
            power_w=None if held.power_w is None else held.power_w * ratings_w[info.id] / total_w,
            owner=Owner.SMART_CHARGING,
            reason=reason,
        )
        for info in mine
    }
    return MappingProxyType(orders), held


def _alone_w(moment: Moment, cars_w: float) -> float:
    """What the battery would do by itself: take what is left over, give what is missing. It knows
    neither our reserve nor that a car is not to be fed."""
    task = moment.battery
    if task is None:
        return 0.0
    rest_w = moment.load_w - moment.sun_w + cars_w
    if rest_w < 0:
        return min(-rest_w, task.max_charge_w) if task.level_wh < task.most_wh else 0.0
    return -min(rest_w, task.max_discharge_w) if task.level_wh > 0 else 0.0


def _mode(wanted_w: float, alone_w: float) -> tuple[BatteryMode, float | None]:
    if abs(wanted_w - alone_w) <= max(NEAR_W, NEAR_SHARE * abs(alone_w)):
        return BatteryMode.SELF_RELIANCE, None
    if abs(wanted_w) < LEAST_W:
        return BatteryMode.IDLE, None
    mode = BatteryMode.IMPORT_FOCUS if wanted_w > 0 else BatteryMode.EXPORT_FOCUS
    return mode, abs(wanted_w)


def _steady(mode: BatteryMode, power_w: float | None, before: Holding, now: Now) -> Holding:
    if mode is before.mode:
        old_w = before.power_w
        if power_w is None or old_w is None:
            return before
        apart_w = abs(power_w - old_w)
        stays_s = STAYS_S if apart_w >= LEAP_W else SETTLES_S
        young = now.mono_s - before.power_mono_s < stays_s
        if young or apart_w < max(STEP_W, STEP_SHARE * old_w):
            return before
        return replace(before, power_w=power_w, power_mono_s=now.mono_s)
    if now.mono_s - before.since_mono_s < STAYS_S:
        return before
    return Holding(mode=mode, power_w=power_w, since_mono_s=now.mono_s, power_mono_s=now.mono_s)


def _otherwise(mode: BatteryMode, info: DeviceInfo) -> BatteryMode:
    """The nearest that the device has: giving less is better than giving to a car."""
    if mode is BatteryMode.EXPORT_FOCUS and BatteryMode.IDLE.value in info.battery_modes:
        return BatteryMode.IDLE
    return BatteryMode.SELF_RELIANCE
