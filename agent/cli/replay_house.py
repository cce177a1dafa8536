"""The house that a stream tells of, as far as it tells."""

from collections.abc import Callable
from dataclasses import replace
from math import inf

from agent.bridges.streams import Device, Header
from agent.control.rules import HouseRules
from agent.control.state import State
from agent.model.clock import Now
from agent.model.driver import DeviceInfo
from agent.model.intents import ChargerMode
from agent.model.pairs import ProbePolicy
from agent.model.readings import DeviceKind
from agent.model.schedules import Location
from agent.model.units import amps_from_watts, watts_from_amps
from agent.model.wishes import ChargerWish, Wishes
from agent.plan.allocation import round_down
from agent.plan.settings import ChargerSettings, PlanSettings
from agent.store import Persisted

HOME = "home"
NO_FUSE_A = 1e6
"""A stream does not tell of the fuse; nothing is held back for its sake."""

DEFAULT_PHASES, DEFAULT_MAX_A, LEAST_A = 3, 16.0, 6.0


def state_of(header: Header, now: Now, new_id: Callable[[], str]) -> State:
    """A house in which nothing has happened yet; its chargers are on fast."""
    devices = tuple(_info(device) for device in header.devices.values())
    chargers = {d.id: d for d in devices if d.kind is DeviceKind.CHARGER}
    meters = [d.id for d in devices if d.kind is DeviceKind.METER]
    home = Location(
        id=HOME,
        name=HOME,
        latitude_deg=header.latitude_deg,
        longitude_deg=header.longitude_deg,
        timezone=header.timezone,
        chargers=tuple(chargers),
    )
    return State(
        settings=PlanSettings(
            fuse_a=NO_FUSE_A,
            meter_stale_s=inf,
            grid_meter=meters[0] if len(meters) == 1 else None,
            devices=devices,
            chargers={
                d: ChargerSettings(max_a=info.max_current_a, phases=info.phases)
                for d, info in chargers.items()
            },
        ),
        rules=HouseRules(
            home=HOME,
            # Nothing answers in a stream: a probe is only told as a wish.
            pairing=replace(header.pairing_settings(), probe=ProbePolicy.ALWAYS_ASK),
            locations={HOME: home},
        ),
        wishes=Wishes(chargers={d: ChargerWish(mode=ChargerMode.FAST) for d in chargers}),
        persisted=Persisted(),
        now=now,
        boot="replay",
        new_id=new_id,
    )


def _likely_phases(max_power_w: float | None) -> int:
    """What gives less than 6 A on three phases, the least for a car (IEC 61851-1), has one."""
    weak = max_power_w is not None and max_power_w < watts_from_amps(LEAST_A, DEFAULT_PHASES)
    return 1 if weak else DEFAULT_PHASES


def _info(device: Device) -> DeviceInfo:
    phases = device.phases or _likely_phases(device.max_power_w)
    max_a = DEFAULT_MAX_A
    if device.max_power_w is not None:
        max_a = round_down(amps_from_watts(device.max_power_w, phases))
    info = DeviceInfo(
        id=device.id,
        kind=device.kind,
        name=device.id,
        driver="stream",
        phases=phases,
        max_power_w=device.max_power_w,
        capacity_wh=device.capacity_wh,
    )
    return replace(info, max_current_a=max_a) if device.kind is DeviceKind.CHARGER else info
