"""Whether a device is there, and what is wrong with it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from agent.bridges.cars import car_state
from agent.bridges.home_assistant.entity import View, stale_after_s
from agent.model.readings import DeviceKind

MAIN_FIGURES: Final[Mapping[DeviceKind, tuple[str, ...]]] = MappingProxyType(
    {
        DeviceKind.BATTERY: ("power_w", "soc_percent"),
        DeviceKind.INVERTER: ("production_w", "ac_power_w"),
        DeviceKind.METER: ("power_w",),
    }
)
"""Without a fresh one of these a device is not available, though its link may be up.

Chargers and cars have none: they are silent for long while no car draws, and their links know
whether they are there.
"""


def available(view: View) -> bool:
    """Whether what the device says can be believed to be true now."""
    return view.info.kind is DeviceKind.LINK or _missing(view) is None


def problem(view: View) -> str | None:
    """What is wrong, in words for an installer; None if nothing is known to be."""
    said, missing = view.last("problem"), _missing(view)
    if view.info.kind is DeviceKind.VEHICLE:
        said = car_state(view.info, view.picture).problem  # may be its charger's
    # What a charger said last was of itself; of others it is why they cannot be reached.
    if missing is not None and (not said or view.info.kind is DeviceKind.CHARGER):
        return missing
    return said if isinstance(said, str) and said else None


def _missing(view: View) -> str | None:
    if view.seen is None:
        return "not seen since Hearth started"
    if not view.seen.reachable:
        return "not connected" if view.info.kind is DeviceKind.CHARGER else "no answer"
    now_mono_s, within_s = view.picture.now.mono_s, stale_after_s(view.info)
    figures = MAIN_FIGURES.get(view.info.kind, ())
    if figures and not any(view.seen.fresh(name, now_mono_s, within_s) for name in figures):
        return "no new figures"
    return None
