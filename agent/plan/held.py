"""Batteries that a person holds in a mode: until when, in words. Pure."""

from collections.abc import Iterator, Mapping

from agent.model.readings import BatteryMode, DeviceId
from agent.model.wishes import BatteryWish
from agent.plan.settings import BatteryPlan, PlanSettings

WORDS = {
    BatteryMode.SELF_RELIANCE: "looks after the house by itself",
    BatteryMode.TIME_OF_USE: "follows its own rate schedule",
    BatteryMode.IMPORT_FOCUS: "charges",
    BatteryMode.EXPORT_FOCUS: "discharges",
    BatteryMode.IDLE: "neither charges nor discharges",
}
DEEDS = {
    BatteryMode.SELF_RELIANCE: "looking after the house by itself",
    BatteryMode.TIME_OF_USE: "following its own rate schedule",
    BatteryMode.IMPORT_FOCUS: "charging",
    BatteryMode.EXPORT_FOCUS: "discharging",
    BatteryMode.IDLE: "neither charging nor discharging",
}
_BACK = BatteryMode.TIME_OF_USE.value.lower()


def held(
    wishes: Mapping[DeviceId, BatteryWish], settings: PlanSettings
) -> Iterator[tuple[DeviceId, str]]:
    """The batteries that plans would steer if no person had given them a mode, and one sentence
    each."""
    if settings.battery.plan is BatteryPlan.ALONE:
        return
    for info in settings.devices:
        wish = wishes.get(info.id)
        if wish is None or wish.mode is None:
            continue
        speed = "" if wish.power_w is None else f" at {wish.power_w / 1000:.1f} kW"
        does = f"{info.name} {WORDS[wish.mode]}{speed} because somebody chose that"
        ends = f"until the mode {_BACK} is chosen"
        yield info.id, f"{does}: plans leave it alone, whatever is drawn for it, {ends}"
