"""How much of the sun is surely left for the devices beside a limit of the grid operator."""

from collections.abc import Iterable

from agent.model.driver import DeviceInfo
from agent.model.readings import DeviceKind
from agent.model.snapshot import Snapshot
from agent.plan import flows


def own_sun_w(
    snapshot: Snapshot,
    devices: Iterable[DeviceInfo],
    from_grid_w: float | None,
    cars_w: float,
    now_mono_s: float,
) -> float:
    """Watts of sun that the house does not use itself; without a meter 0.

    Args:
        cars_w: the least that the chargers have in the meter's figure. What a charger said before
            its limit fell would otherwise pass for sun, and undo the limit.
    """
    if from_grid_w is None:
        return 0.0
    devices = tuple(devices)
    stored_w = flows.battery_w(snapshot, flows.ids(devices, DeviceKind.BATTERY), now_mono_s)
    left_w = max(0.0, cars_w - from_grid_w + (stored_w or 0.0))
    roofs = flows.ids(devices, DeviceKind.INVERTER)
    given_w = flows.production_w(snapshot, roofs, now_mono_s) if roofs else None
    return left_w if given_w is None else min(left_w, max(0.0, given_w))
