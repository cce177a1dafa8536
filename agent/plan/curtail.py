"""Roofs are turned down by what may not be fed in, and no further, in real time. Pure.

Consumption comes first: cars and batteries that take surplus count the sun that is turned down as
theirs, and the limit rises as they take more. Like the guard of the fuse this works on
differences: what the meter shows beside what the roofs give. Until both have spoken since the last
change, a limit is lowered by the larger figure and not raised.
"""

from collections.abc import Mapping
from dataclasses import replace

from agent.model.clock import Now
from agent.model.driver import DeviceInfo
from agent.model.readings import DeviceId, InverterReading, Reading
from agent.model.snapshot import Seen, Snapshot
from agent.model.targets import InverterTarget, Owner, Reason, ReasonCode
from agent.plan.exporting import Cap, Flow, limitable
from agent.plan.memory import SunMemory
from agent.plan.settings import PlanSettings
from agent.plan.stored import FOLLOWS_S, UNSURE_S

SPARE_W = 50.0
"""Kept below a limit: meter and inverter are a little apart."""

STEP_W = 100.0
BINDS_SHARE = 0.04
"""A roof that gives this much less than it may gives all that it has."""

RELEASE_AFTER_S = 300.0


def curtailed(
    snapshot: Snapshot,
    settings: PlanSettings,
    mind: SunMemory,
    said: Mapping[DeviceId, str],
    cap: Cap | None,
    flow: Flow,
    now: Now,
) -> tuple[dict[DeviceId, InverterTarget], SunMemory]:
    """What each inverter may give, and what to remember. One that nothing limits is left alone,
    once it says itself that it is free.

    Args:
        said: reason and deed of the last tick.
    """
    roofs = limitable(settings.devices)
    if not roofs:
        return {}, mind
    after = stepped(mind, cap, flow, now)
    ratings_w = {info.id: _rating_w(info, snapshot.get(info.id)) for info in roofs}
    targets: dict[DeviceId, InverterTarget] = {}
    for device, rating_w in ratings_w.items():
        power_w = None
        if after.limit_w is not None:
            power_w = after.limit_w * rating_w / sum(ratings_w.values())
        elif device not in said or (_over(said[device]) and _free(snapshot.get(device))):
            continue
        targets[device] = InverterTarget(
            device=device,
            max_power_w=power_w,
            owner=Owner.SAFETY,
            reason=_reason(power_w, cap, flow),
        )
    return targets, after


def stepped(mind: SunMemory, cap: Cap | None, flow: Flow, now: Now) -> SunMemory:
    """The limit of all roofs together from now on."""
    if cap is None:
        return mind.limited(None, now.mono_s)
    changed_mono_s = mind.changed_mono_s
    settled = (
        flow.said_mono_s > changed_mono_s + FOLLOWS_S or now.mono_s - changed_mono_s > UNSURE_S
    )
    might_w = [flow.sun_w]
    if not settled:
        might_w += [each for each in (mind.limit_w, mind.before_w) if each is not None]
    spare_w = cap.power_w - SPARE_W
    if flow.grid_w is None:
        most_w = least_w = cap.power_w
    else:
        most_w = max(0.0, max(might_w) + flow.grid_w + spare_w)
        least_w = max(0.0, min(might_w) + flow.grid_w + spare_w)
    held_w = mind.limit_w
    if held_w is None:
        over = not flow.waits if flow.grid_w is None else -flow.grid_w > cap.power_w
        mind = replace(mind, full_w=flow.sun_w)
        return mind.limited(least_w, now.mono_s) if over else mind
    binds = flow.sun_w >= held_w - max(STEP_W, BINDS_SHARE * held_w)
    mind = _noted(mind, flow, now, binds=binds or not settled)
    if most_w < held_w - SPARE_W:
        return mind.limited(most_w, now.mono_s)
    if binds and settled and least_w > held_w + STEP_W:
        return mind.limited(least_w, now.mono_s)
    idle_s = 0.0 if mind.idle_mono_s is None else now.mono_s - mind.idle_mono_s
    return mind.limited(None, now.mono_s) if idle_s >= RELEASE_AFTER_S else mind


def _noted(mind: SunMemory, flow: Flow, now: Now, *, binds: bool) -> SunMemory:
    """With what the roofs could give: what they gave when nothing held them."""
    if binds:
        known_w = max(mind.full_w or 0.0, flow.sun_w)
        return replace(mind, full_w=known_w, sun_w=flow.sun_w, idle_mono_s=None)
    idle = now.mono_s if mind.idle_mono_s is None else mind.idle_mono_s
    return replace(mind, full_w=flow.sun_w, sun_w=flow.sun_w, idle_mono_s=idle)


def _rating_w(info: DeviceInfo, seen: Seen[Reading] | None) -> float:
    value = None if seen is None else seen.value
    rated_w = value.rated_power_w if isinstance(value, InverterReading) else None
    return rated_w or info.max_power_w or 1.0


def _over(said: str) -> bool:
    return said.startswith(ReasonCode.SUN_FREE)


def _free(seen: Seen[Reading] | None) -> bool:
    """Whether an inverter says that nothing holds it."""
    value = None if seen is None else seen.value
    if not isinstance(value, InverterReading) or value.production_limit_w is None:
        return False
    return value.rated_power_w is None or value.production_limit_w >= value.rated_power_w


def _reason(power_w: float | None, cap: Cap | None, flow: Flow) -> Reason:
    if power_w is None or cap is None:
        return Reason(
            code=ReasonCode.SUN_FREE,
            sentence="The sun may give all it has: nothing limits now what is fed in.",
        )
    why = f"{cap.words} leaves no room for more; more use in the house lets it give more"
    if flow.grid_w is None:
        why = f"the grid meter is silent, and {cap.words} is kept without it; its return ends that"
    return Reason(
        code=cap.code,
        sentence=f"The sun is turned down to {power_w / 1000:.1f} kW: {why}.",
        inputs={
            "limit_w": round(power_w),
            "export_limit_w": round(cap.power_w),
            "grid_w": None if flow.grid_w is None else round(flow.grid_w),
            "sun_w": round(flow.sun_w),
        },
    )
