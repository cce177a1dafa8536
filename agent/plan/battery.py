"""Stationary batteries: left alone unless somebody asked for a mode."""

from agent.model.readings import BatteryMode, BatteryReading, DeviceId
from agent.model.snapshot import Seen
from agent.model.targets import BatteryTarget, Owner, Reason, ReasonCode
from agent.model.wishes import BatteryWish

RESERVE_MARGIN_PERCENT = 1.0
_WORDS = {
    BatteryMode.SELF_RELIANCE: "looks after the house by itself",
    BatteryMode.TIME_OF_USE: "follows its own rate schedule",
    BatteryMode.IMPORT_FOCUS: "charges",
    BatteryMode.EXPORT_FOCUS: "discharges",
    BatteryMode.IDLE: "neither charges nor discharges",
}


def target(
    device: DeviceId, seen: Seen[BatteryReading] | None, wish: BatteryWish
) -> BatteryTarget | None:
    """The wished mode, or nothing. Forced discharge ends at the owner's reserve."""
    if wish.mode is None:
        return None
    percent = None if seen is None else seen.value.soc_percent
    reserve = None if seen is None else seen.value.discharge_limit_percent
    spent = (
        percent is not None and reserve is not None and percent <= reserve + RESERVE_MARGIN_PERCENT
    )
    if wish.mode is BatteryMode.EXPORT_FOCUS and spent:
        reason = Reason(
            code=ReasonCode.BATTERY_RESERVE,
            sentence=f"Discharge ended: {percent:.0f} % is left, {reserve:.0f} % is reserved.",
            inputs={"soc_percent": percent, "discharge_limit_percent": reserve},
        )
        return BatteryTarget(
            device=device, mode=BatteryMode.SELF_RELIANCE, owner=Owner.SAFETY, reason=reason
        )
    reason = Reason(
        code=ReasonCode.BATTERY_MANUAL,
        sentence=f"The battery {_WORDS[wish.mode]} because you said so.",
    )
    return BatteryTarget(
        device=device, mode=wish.mode, power_w=wish.power_w, owner=Owner.MANUAL, reason=reason
    )
