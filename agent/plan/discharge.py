"""Batteries that are told to discharge give no more than may be fed in beside the rest. Pure.

Registers wear: a power is lowered at once and with some to spare, and raised later in steps that
are worth a write. The meter is asked again only when it has seen the last change.
"""

from collections.abc import Mapping
from dataclasses import replace

from agent.model.clock import Now
from agent.model.readings import BatteryMode, BatteryReading, DeviceId
from agent.model.snapshot import Seen
from agent.model.targets import BatteryTarget, Owner, Reason
from agent.plan import flows
from agent.plan.battery import LEAST_CHARGE_W, RAISE_AFTER_S, RAISE_W, SPARE_W, STEP_W
from agent.plan.exporting import Cap, Flow
from agent.plan.memory import OutMemory
from agent.plan.stored import FOLLOWS_S


def capped(
    targets: Mapping[DeviceId, BatteryTarget],
    seen: Mapping[DeviceId, Seen[BatteryReading]],
    mind: OutMemory | None,
    cap: Cap | None,
    flow: Flow,
    now: Now,
) -> tuple[dict[DeviceId, BatteryTarget], OutMemory | None]:
    """The same targets, with less where more than the cap would be fed in.

    Args:
        mind: what they were allowed last; None = all that was wanted.
    """
    found = dict(targets)
    wanted_w = {
        device: _wanted_w(target, seen.get(device))
        for device, target in targets.items()
        if target.mode is BatteryMode.EXPORT_FOCUS
    }
    total_w = sum(wanted_w.values())
    if cap is None or not total_w:
        return found, None
    gives_w = flows.battery_w(seen, wanted_w, now.mono_s)
    if flow.grid_w is None or gives_w is None:
        silent = "nobody measures what flows, and"
        for device in wanted_w:
            found[device] = _lowered(targets[device], 0.0, cap, silent)
        return found, mind
    gives_w = max(0.0, -gives_w)
    settled = mind is None or flow.said_mono_s > mind.changed_mono_s + FOLLOWS_S
    over = flow.grid_w < -cap.power_w and settled
    after = _allowed(mind, gives_w + flow.grid_w + cap.power_w, total_w, now, over=over)
    if after is not None and cap.power_w <= SPARE_W:  # by itself it gives just what is needed
        after = replace(after, allowed_w=0.0)
    if after is None:
        return found, None
    for device, each_w in wanted_w.items():
        found[device] = _lowered(targets[device], after.allowed_w * each_w / total_w, cap)
    return found, after


def _wanted_w(target: BatteryTarget, seen: Seen[BatteryReading] | None) -> float:
    rating_w = None if seen is None else seen.value.max_discharge_w
    return max(target.power_w or rating_w or 1.0, 1.0)


def _allowed(
    mind: OutMemory | None, most_w: float, wanted_w: float, now: Now, *, over: bool
) -> OutMemory | None:
    """What all together may give from now on; None = all that is wanted.

    Args:
        most_w: with that just the cap would be fed in. over: whether more is fed in now.
    """
    lower_w = max(0.0, most_w - SPARE_W) // STEP_W * STEP_W
    if mind is None:
        return (
            OutMemory(allowed_w=lower_w, changed_mono_s=now.mono_s) if most_w < wanted_w else None
        )
    age_s = now.mono_s - mind.changed_mono_s
    if over and lower_w < mind.allowed_w:
        return OutMemory(allowed_w=lower_w, changed_mono_s=now.mono_s)
    if age_s < RAISE_AFTER_S or lower_w < min(mind.allowed_w + RAISE_W, wanted_w):
        return mind
    if lower_w >= wanted_w:
        return None
    return OutMemory(allowed_w=lower_w, changed_mono_s=now.mono_s)


def _lowered(target: BatteryTarget, power_w: float, cap: Cap, why: str = "") -> BatteryTarget:
    """With less power, or looking after the house alone, which feeds nothing in."""
    does = f"The battery discharges with {power_w / 1000:.1f} kW"
    mode = BatteryMode.EXPORT_FOCUS
    if power_w < LEAST_CHARGE_W:
        does, mode = "The battery gives what the house needs", BatteryMode.SELF_RELIANCE
    reason = Reason(
        code=cap.code,
        sentence=f"{does}: {why} {cap.words} leaves no room for more.".replace(":  ", ": "),
        inputs={"export_limit_w": round(cap.power_w)},
    )
    most_w = power_w if mode is BatteryMode.EXPORT_FOCUS else None
    return replace(target, mode=mode, power_w=most_w, owner=Owner.SAFETY, reason=reason)
