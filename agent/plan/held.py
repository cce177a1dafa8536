"""Batteries that a person holds in a mode: what is left of them to plan; until when, in words.
Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from agent.model.readings import BatteryMode, DeviceId, DeviceKind
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


def free(settings: PlanSettings, wishes: Mapping[DeviceId, BatteryWish]) -> PlanSettings:
    """The settings, with batteries that a person holds as if they could not be steered.

    Where no other battery is left, those that look after the house by themselves are reckoned with
    as such: they store the sun, and feed house and cars alike.
    """
    mine = [d for d in settings.devices if d.kind is DeviceKind.BATTERY and d.battery_modes]
    modes = {d.id: wishes[d.id].mode for d in mine if d.id in wishes and wishes[d.id].mode}
    if not modes or settings.battery.plan is BatteryPlan.ALONE:
        return settings
    all_held = len(modes) == len(mine)
    own = (BatteryMode.SELF_RELIANCE.value,) if all_held else ()
    devices = tuple(
        replace(d, battery_modes=own if modes[d.id] is BatteryMode.SELF_RELIANCE else ())
        if d.id in modes
        else d
        for d in settings.devices
    )
    battery = replace(settings.battery, feeds_cars=settings.battery.feeds_cars or all_held)
    return replace(settings, devices=devices, battery=battery)


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
        yield info.id, f"{does}: plans leave it alone {ends}"
