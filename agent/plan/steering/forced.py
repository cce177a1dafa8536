"""Batteries that a person lets charge, whatever plans would want: a load like any other. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from agent.model.driver import DeviceInfo
from agent.model.readings import BatteryMode, BatteryReading, DeviceId
from agent.model.snapshot import Snapshot
from agent.model.wishes import BatteryWish
from agent.plan.moment import Moment
from agent.plan.optimise.problem import Step
from agent.plan.settings import BatteryPlan, PlanSettings


def with_forced(
    moment: Moment,
    snapshot: Snapshot,
    wishes: Mapping[DeviceId, BatteryWish],
    settings: PlanSettings,
) -> Moment:
    """With what batteries take because a person said so, until they are full."""
    power_w = lasts_s = 0.0
    for info in settings.devices if settings.battery.plan is not BatteryPlan.ALONE else ():
        wish = wishes.get(info.id)
        if wish is None or wish.mode is not BatteryMode.IMPORT_FOCUS:
            continue
        each_w, each_s = _charges(info, wish, snapshot, settings.battery.round_trip**0.5)
        power_w, lasts_s = power_w + each_w, max(lasts_s, each_s)
    return replace(moment, others_w=moment.others_w + power_w, forced_w=power_w, forced_s=lasts_s)


def _charges(
    info: DeviceInfo, wish: BatteryWish, snapshot: Snapshot, efficiency: float
) -> tuple[float, float]:
    """How hard, and for how long; nothing where nobody knows how much is missing."""
    seen = snapshot.get(info.id)
    if seen is None or not isinstance(seen.value, BatteryReading) or not seen.reachable:
        return 0.0, 0.0
    value = seen.value
    most_wh = value.capacity_wh or info.capacity_wh
    if not most_wh or value.soc_percent is None:
        return 0.0, 0.0
    missing_wh = most_wh * max(0.0, 100 - value.soc_percent) / 100 / efficiency
    most_w = value.max_charge_w or info.max_power_w or most_wh / 2
    power_w = min(most_w, most_w if wish.power_w is None else wish.power_w)
    if missing_wh <= 0 or power_w <= 0:
        return 0.0, 0.0
    return power_w, missing_wh / power_w * 3600


def loaded(steps: Sequence[Step], moment: Moment) -> tuple[Step, ...]:
    """The hours ahead, with what those batteries take of them."""
    if not moment.forced_w:
        return tuple(steps)
    made = []
    for step in steps:
        left_s = moment.forced_s - (step.start - moment.at).total_seconds()
        more_w = moment.forced_w * min(1.0, max(0.0, left_s) / step.duration_s)
        low_w = None if step.load_low_w is None else step.load_low_w + more_w
        made.append(
            replace(
                step,
                load_w=step.load_w + more_w,
                load_high_w=step.load_high_w + more_w,
                load_low_w=low_w,
            )
        )
    return tuple(made)
