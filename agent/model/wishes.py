"""What people want, as it stands: the sum of their Intents so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from agent.model.intents import ChargerMode
from agent.model.limits import GridOrder
from agent.model.nothing import nothing
from agent.model.readings import BatteryMode, DeviceId
from agent.model.targets import Owner, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerWish:
    """Args:
    manual: charge now, or do not; None leaves it to the mode. Ends with the session.
    limit_a: per phase, the most that people allow; None = what the installer allows.
    """

    mode: ChargerMode
    manual: bool | None = None
    limit_a: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryWish:
    """Args:
    mode: None leaves the battery alone.
    power_w: >= 0, how hard to charge or discharge; None = as hard as the device allows.
    """

    mode: BatteryMode | None = None
    power_w: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryOrder:
    """What the plan, or a person, wants of a battery now.

    Args:
        power_w: >= 0, how hard to charge or discharge; None = as hard as the device allows.
    """

    mode: BatteryMode
    power_w: float | None = None
    owner: Owner
    reason: Reason = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What an override, a schedule or a plan wants of one device now; it outranks a person's
    manual start or stop and the mode.

    Args:
        by: who gives it, in words that follow "steered by", e.g. `the schedule "Night"`.
        most_a: per phase, the most that it lets a charger have; None = as much as allowed.
        most_w: the same over all phases, for a charger that can do with fewer; None = as most_a.
    """

    charging: bool
    owner: Owner
    reason: Reason = field(compare=False)
    by: str
    most_a: float | None = None
    most_w: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """Args:
    grid_orders: limits of the grid operator that were not taken back, announced ones too.
    """

    chargers: Mapping[DeviceId, ChargerWish] = field(default_factory=nothing)
    batteries: Mapping[DeviceId, BatteryWish] = field(default_factory=nothing)
    grid_orders: tuple[GridOrder, ...] = ()

    def with_charger(self, device: DeviceId, wish: ChargerWish) -> "Wishes":
        return replace(self, chargers=MappingProxyType({**self.chargers, device: wish}))

    def with_battery(self, device: DeviceId, wish: BatteryWish) -> "Wishes":
        return replace(self, batteries=MappingProxyType({**self.batteries, device: wish}))
