"""What the devices of a house cannot do of what the installer asks for, and what plans therefore do
without. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from agent.model.driver import DeviceInfo
from agent.model.readings import BatteryMode, BatteryReading, DeviceId, DeviceKind
from agent.model.snapshot import Snapshot
from agent.plan.settings import BatteryPlan, BatterySettings, PlanSettings


def offered(devices: Iterable[DeviceInfo], rules: BatterySettings) -> tuple[DeviceInfo, ...]:
    """The devices; batteries that Hearth plans for can be given back to the plan."""
    if rules.plan is BatteryPlan.ALONE:
        return tuple(devices)
    by_plan = BatteryMode.TIME_OF_USE.value
    return tuple(
        replace(info, battery_modes=(*info.battery_modes, by_plan))
        if info.battery_modes and by_plan not in info.battery_modes
        else info
        for info in devices
    )


def shortcomings(settings: PlanSettings) -> Iterator[str]:
    """One sentence for each thing that Hearth does without."""
    yield from _of_batteries(settings.devices, settings.battery)
    asked = settings.export_limit_w is not None or not settings.feeds_below_zero
    roofs = [info for info in settings.devices if info.kind is DeviceKind.INVERTER]
    for info in roofs if asked else ():
        if not info.limitable:
            yield (
                f"{info.id} cannot be turned down by Hearth: only cars and batteries keep its sun"
                " from the grid; set the limit in its own app too"
            )
    if asked and not roofs:
        yield "no inverter is known; only cars and batteries keep the sun from the grid"


def left_out(
    snapshot: Snapshot, devices: Iterable[DeviceInfo], rules: BatterySettings
) -> Iterator[tuple[DeviceId, str]]:
    """The batteries that do not say enough to be planned, and one sentence why, with the remedy.

    One of them keeps plans from all, since they are planned together. A device that has yet to
    answer, or to be read for the first time, is not blamed.
    """
    mine = [info for info in devices if info.kind is DeviceKind.BATTERY and info.battery_modes]
    for info in mine if rules.plan is not BatteryPlan.ALONE else ():
        seen = snapshot.get(info.id)
        if seen is None or not isinstance(seen.value, BatteryReading) or not seen.value.reachable:
            continue
        entry = "its entry under devices" if info.entry is None else f"devices.{info.entry}"
        whom = "it" if len(mine) == 1 else "all batteries"
        if not (seen.value.capacity_wh or info.capacity_wh):
            wrong, remedy = "how much it holds", f"set capacity_kwh of {entry} to what it holds"
        elif seen.value.soc_percent is None:
            wrong, remedy = "how full it is", f"see whether driver of {entry} is the right one"
        else:
            continue
        yield info.id, f"{info.id} does not tell {wrong}, so plans leave {whom} out; {remedy}"


def _of_batteries(devices: Iterable[DeviceInfo], rules: BatterySettings) -> Iterator[str]:
    if rules.plan is BatteryPlan.ALONE:
        return
    prices = rules.plan is BatteryPlan.PRICES
    for info in devices:
        if info.kind is not DeviceKind.BATTERY:
            continue
        modes = set(info.battery_modes)
        if not modes:
            yield f"{info.id} cannot be steered; it looks after the house by itself"
            continue
        if BatteryMode.IDLE not in modes:
            yield (
                f"{info.id} cannot be told to hold: it may be emptied into a car and below"
                " battery.reserve_percent; set its own reserve in its app"
            )
        if prices and rules.from_grid and BatteryMode.IMPORT_FOCUS not in modes:
            yield f"{info.id} cannot be charged from the grid; plans do without that"
        if prices and rules.to_grid and BatteryMode.EXPORT_FOCUS not in modes:
            yield f"{info.id} cannot be emptied into the grid; plans do without that"
