"""What devices report: one partial, immutable Reading per kind of device.

A Reading says what was true of a device at one instant. None means "this message did not
say", never zero. A device's state is the fold of its Readings (see snapshot.py), so one set
of classes serves as report and as state.

Units are in the names. Power is positive when it flows into the device: for the grid meter
that is import, for a battery charging, for a charger the car charging. An inverter has
production_w instead, which is never negative. Counters ending in _wh are lifetime counters
unless their name says session.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

DeviceId = NewType("DeviceId", str)
"""The installer's name for a device; a hybrid's parts are called NAME_battery and NAME_meter."""


class DeviceKind(StrEnum):
    CHARGER = "charger"
    VEHICLE = "vehicle"
    BATTERY = "battery"
    INVERTER = "inverter"
    METER = "meter"
    LINK = "link"  # a listener or a bus as such: no device, but it has news of its own


class PowerDelivery(StrEnum):
    """The resource model's states; a charger is never COMPLETE, an unknown one is UNKNOWN."""

    UNKNOWN = "UNKNOWN"
    UNPLUGGED = "UNPLUGGED"
    INITIALIZING = "PLUGGED_IN:INITIALIZING"
    CHARGING = "PLUGGED_IN:CHARGING"
    DISCHARGING = "PLUGGED_IN:DISCHARGING"
    COMPLETE = "PLUGGED_IN:COMPLETE"
    STOPPED = "PLUGGED_IN:STOPPED"
    NO_POWER = "PLUGGED_IN:NO_POWER"
    FAULT = "PLUGGED_IN:FAULT"

    @property
    def plugged_in(self) -> bool | None:
        """Whether a cable connects car and charger; None when unknown."""
        return None if self is PowerDelivery.UNKNOWN else self is not PowerDelivery.UNPLUGGED


class BatteryMode(StrEnum):
    """Operation modes of the resource model; UNKNOWN can be read but never set."""

    SELF_RELIANCE = "SELF_RELIANCE"
    TIME_OF_USE = "TIME_OF_USE"
    IMPORT_FOCUS = "IMPORT_FOCUS"
    EXPORT_FOCUS = "EXPORT_FOCUS"
    IDLE = "IDLE"
    UNKNOWN = "UNKNOWN"


class BatteryStatus(StrEnum):
    CHARGING = "CHARGING"
    DISCHARGING = "DISCHARGING"
    IDLE = "IDLE"
    FAULT = "FAULT"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What every kind of device may say.

    Args:
        device: who says it.
        at: aware UTC, when it was true; drivers correct a device that keeps its own clock.
        mono_s: the same instant on the monotonic clock.
        reachable: False when the link to the device is lost, True when it answers.
        problem: what is wrong at the device in words an installer understands; "" when the
            problem is over.
    """

    device: DeviceId
    at: datetime
    mono_s: float
    reachable: bool | None = None
    problem: str | None = None
    vendor: str | None = None
    model: str | None = None
    serial_number: str | None = None
    firmware: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterReading(Reading):
    power_w: float | None = None
    power_l1_w: float | None = None
    power_l2_w: float | None = None
    power_l3_w: float | None = None
    current_l1_a: float | None = None  # often a magnitude without a sign
    current_l2_a: float | None = None
    current_l3_a: float | None = None
    voltage_l1_v: float | None = None
    voltage_l2_v: float | None = None
    voltage_l3_v: float | None = None
    frequency_hz: float | None = None
    import_wh: float | None = None
    export_wh: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InverterReading(Reading):
    production_w: float | None = None  # what the sun gives, >= 0; without the battery's share
    production_wh: float | None = None
    ac_power_w: float | None = None  # out of the inverter; a hybrid's includes the battery
    frequency_hz: float | None = None
    temperature_c: float | None = None
    status: str | None = None
    rated_power_w: float | None = None
    production_limit_w: float | None = None  # the most it lets itself give; its rating when free


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryReading(Reading):
    power_w: float | None = None  # + = charging
    soc_percent: float | None = None
    capacity_wh: float | None = None
    charge_wh: float | None = None
    discharge_wh: float | None = None
    status: BatteryStatus | None = None
    operation_mode: BatteryMode | None = None
    discharge_limit_percent: float | None = None
    max_charge_w: float | None = None
    max_discharge_w: float | None = None
    voltage_v: float | None = None
    current_a: float | None = None
    temperature_c: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerReading(Reading):
    """A charger, that is one connector; a box with two sockets is two chargers.

    Args:
        power_delivery: as in the resource model.
        status: the protocol's own word for it, for people who know their charger.
        max_current_a: per phase, the limit that the charger itself says it applies.
        accepted_current_a: per phase, the last limit that it acknowledged; no proof of anything.
        energy_wh: lifetime counter.
        session_wh: since the car was plugged in.
        phases: how many phases carry current, 1 to 3.
        transaction_id: the open transaction; 0 when there is none.
        ended_by_hand: said as a transaction ends: whether a person ended it at the charger, by card
            or button, while it was offered current; False once that is over.
        anomalies: protocol faults tolerated so far, since Hearth started.
        steppable: whether it takes another current without harm to its session; None = as the
            standard has it, so it does.
        pausable: whether a short pause ends no session and wears no contactor; None = nobody
            knows, so it may.
        phases_told: on how many phases it was last told to charge, as it acknowledged; after a
            long absence those of the fallback that it has had since.
        phases_switchable: False = it says that it cannot change between one phase and three, or
            is known to end the session when it does; None = nobody knows.
        limit_in_watts: it takes its limit in watts for all phases together, so that a car on
            fewer phases than it was told may draw more on each.
    """

    power_delivery: PowerDelivery | None = None
    status: str | None = None
    power_w: float | None = None
    current_l1_a: float | None = None
    current_l2_a: float | None = None
    current_l3_a: float | None = None
    voltage_l1_v: float | None = None
    voltage_l2_v: float | None = None
    voltage_l3_v: float | None = None
    max_current_a: float | None = None
    accepted_current_a: float | None = None
    energy_wh: float | None = None
    session_wh: float | None = None
    phases: int | None = None
    soc_percent: float | None = None
    transaction_id: int | None = None
    id_tag: str | None = None
    anomalies: int | None = None
    last_anomaly: str | None = None
    # whether a paused car can be told apart from an ended transaction, and the like
    controllable: bool | None = None  # False: it can be watched, not steered
    steppable: bool | None = None
    pausable: bool | None = None
    phases_told: int | None = None
    phases_switchable: bool | None = None
    limit_in_watts: bool | None = None
    ended_by_hand: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleReading(Reading):
    """What is known of a car, through whatever gateway or cloud it comes.

    Args:
        power_delivery: as in the resource model, where the source tells enough to know it.
        plugged_in, charging: where the source tells no more than one of the two; drivers that
            give power_delivery give these too, as far as they follow from it.
        charge_limit_percent: what the car itself stops at.
        capacity_wh: usable.
        power_w: into the car's battery, + = charging.
        max_current_a: per phase, the most that the car lets itself draw.
        charge_remaining_s: until the car's own charging target is reached.
        accuracy_m: radius around the position, where the source tells it.
    """

    power_delivery: PowerDelivery | None = None
    plugged_in: bool | None = None
    charging: bool | None = None
    soc_percent: float | None = None
    charge_limit_percent: float | None = None
    capacity_wh: float | None = None
    range_km: float | None = None
    power_w: float | None = None
    max_current_a: float | None = None
    charge_remaining_s: float | None = None
    odometer_km: float | None = None
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    accuracy_m: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkReading(Reading):
    """News of a listener or a bus as such.

    Args:
        pending_approval: identities that knocked and stand in no config file.
        anomalies: protocol faults tolerated so far, since Hearth started.
    """

    pending_approval: tuple[str, ...] | None = None
    anomalies: int | None = None
    last_anomaly: str | None = None
