"""What devices should do, who says so, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum

from agent.model.nothing import nothing
from agent.model.readings import BatteryMode, DeviceId


class Owner(IntEnum):
    """Who steers a device; the smaller number wins."""

    SAFETY = 0
    BOOKING = 1
    OVERRIDE = 2
    SCHEDULE = 3
    SMART_CHARGING = 4
    MANUAL = 5
    DEFAULT = 6


class ReasonCode(StrEnum):
    """Why a device does what it does; stable words for programs."""

    MODE_OFF = "mode-off"
    MODE_FAST = "mode-fast"
    MODE_SMART = "mode-smart"
    SURPLUS = "surplus"
    SURPLUS_WAITING = "surplus-waiting"
    SURPLUS_ENDING = "surplus-ending"
    SURPLUS_MINIMUM = "surplus-minimum"
    SURPLUS_UNKNOWN = "surplus-unknown"
    PHASES_SWITCH = "phases-switch"
    PHASES_KEPT = "phases-kept"
    MANUAL_START = "manual-start"
    MANUAL_STOP = "manual-stop"
    FUSE_LIMIT = "fuse-limit"
    FUSE_METER_LOST = "fuse-meter-lost"
    IMPORT_LIMIT = "import-limit"
    GRID_OPERATOR = "grid-operator"
    UNBALANCED_LOAD = "unbalanced-load"
    EXPORT_LIMIT = "export-limit"
    EXPORT_PRICE = "export-price"
    SUN_FREE = "sun-free"
    OVERRIDE = "override"
    SCHEDULE_CHARGE = "schedule-charge"
    SCHEDULE_HOLD = "schedule-hold"
    SCHEDULE_YIELDS = "schedule-yields"
    SMART_CHARGE = "smart-charge"
    SMART_HOLD = "smart-hold"
    SMART_MINIMUM = "smart-minimum"
    SMART_READY = "smart-ready"
    SMART_YIELDS = "smart-yields"
    PLAN_CHARGE = "plan-charge"
    PLAN_WAIT = "plan-wait"
    PLAN_SUN = "plan-sun"
    PLAN_MINIMUM = "plan-minimum"
    PLAN_READY = "plan-ready"
    PLAN_KEEPS = "plan-keeps"
    PLAN_LIMIT = "plan-limit"
    PLAN_FULL = "plan-full"
    PLAN_MISSING = "plan-missing"
    BATTERY_STORE = "battery-store"
    BATTERY_COVER = "battery-cover"
    BATTERY_BUY = "battery-buy"
    BATTERY_SELL = "battery-sell"
    BATTERY_HOLD = "battery-hold"
    BATTERY_HELP = "battery-help"
    BATTERY_MANUAL = "battery-manual"
    BATTERY_RESERVE = "battery-reserve"
    BATTERY_ALONE = "battery-alone"
    PAIR_FOUND = "pair-found"
    PAIR_SAID = "pair-said"
    PAIR_UNKNOWN = "pair-unknown"
    PAIR_ENDED = "pair-ended"
    PAIR_PROBE = "pair-probe"


Input = float | str | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why, for people and programs alike.

    Args:
        code: stable word.
        sentence: one plain sentence that a householder understands.
        inputs: the figures that it rests on, names with units.
        changes_at: aware UTC when this may change by itself; None if nobody can tell.
    """

    code: ReasonCode
    sentence: str
    inputs: Mapping[str, Input] = field(default_factory=nothing)
    changes_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerTarget:
    """Let the car charge, at most at `max_current_a` per phase, or do not.

    Args:
        max_current_a: per phase; None leaves the limit to the charger. Not below 6 while charging.
        phases: on how many the car is to charge, 1 or 3; None leaves them as they are.
        hard_stop: end the transaction rather than pause it (a person pressed stop and the
            installer chose stop_mode: transaction).
    """

    device: DeviceId
    charging: bool
    max_current_a: float | None = None
    phases: int | None = None
    hard_stop: bool = False
    owner: Owner
    reason: Reason = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryTarget:
    """Put a stationary battery into an operation mode.

    Args:
        power_w: how hard to charge (IMPORT_FOCUS) or discharge (EXPORT_FOCUS), >= 0; None =
            as hard as the device allows.
    """

    device: DeviceId
    mode: BatteryMode
    power_w: float | None = None
    owner: Owner
    reason: Reason = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleTarget:
    """Ask a car itself to charge or not."""

    device: DeviceId
    charging: bool
    owner: Owner
    reason: Reason = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class InverterTarget:
    """Let a solar inverter give no more than so much.

    Args:
        max_power_w: at its AC side, >= 0; None = all that it can.
    """

    device: DeviceId
    max_power_w: float | None
    owner: Owner
    reason: Reason = field(compare=False)


Target = ChargerTarget | BatteryTarget | VehicleTarget | InverterTarget
