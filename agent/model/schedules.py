"""Schedules and smart overrides: when a charger or a car shall charge, and who says "now"."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from agent.model.readings import DeviceId, DeviceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Sets the value wherever all its filters match; without a filter, always.

    Args:
        from_minute, to_minute: minutes after local midnight, both or neither; from 0 to 1439,
            to 1 to 1440 (24:00) or 0. A `to` that is not after `from` is meant for the next day.
        weekdays: 0 = Monday; the day on which the stretch begins. None = every day, never empty.
        from_at, to_at: aware instants, inclusive and exclusive; None = no bound.
    """

    should_charge: bool
    from_minute: int | None = None
    to_minute: int | None = None
    weekdays: frozenset[int] | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Args:
    target: a charger, or a vehicle.
    location: id of the Location where it applies; None: see the schedule planner.
    rules: the last one that matches decides; `default_should_charge` where none does.
    """

    id: str
    name: str = ""
    target: DeviceId
    target_kind: DeviceKind
    location: str | None = None
    enabled: bool = True
    default_should_charge: bool = True
    rules: tuple[Rule, ...] = ()


class ScheduleState(StrEnum):
    PENDING = "PENDING"
    DISABLED = "INACTIVE:DISABLED"
    AWAY = "INACTIVE:AWAY"
    INCAPABLE = "INACTIVE:INCAPABLE"
    OVERRIDDEN = "INACTIVE:OVERRIDDEN"
    ALIGNED = "ALIGNED"
    REQUESTED = "TRANSITION:REQUESTED"
    RETRYING = "MISALIGNED:RETRYING"
    MANUAL_OVERRIDE = "MISALIGNED:MANUAL_OVERRIDE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """Aware UTC instant from which on the schedule wants something else than before."""

    at: datetime
    should_charge: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A smart override: charge now, whatever schedule or plan say.

    Args:
        device: whom it was asked of; on a pair it holds for both.
        action_id: the Action that it began.
        seen_plugged_in: only what was plugged in can be unplugged.
        seen_charging: only what has charged can stop charging.
        idle_mono_s: since when it has not charged; None while it does.
        steered: the device that was steered for it last; None = none yet.
    """

    id: str
    device: DeviceId
    device_kind: DeviceKind
    created_at: datetime
    ended_at: datetime | None = None
    action_id: str | None = None
    seen_charging: bool = False
    seen_plugged_in: bool = False
    idle_mono_s: float | None = None
    steered: DeviceId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleStatus:
    """How a schedule stands to what its target does.

    Args:
        charging: what the target does; None = unknown.
        expected: whether it should charge now: all three parts together; None while any is unknown
            and none is False.
        transitions: the next two at the most, soonest first.
        problem: why it cannot do what it should, in one sentence; None if it can.
    """

    schedule: str
    changed_at: datetime
    state: ScheduleState
    charging: bool | None
    expected: bool | None
    should_charge: bool | None
    plugged_in: bool | None
    needs_charge: bool | None
    transitions: tuple[Transition, ...] = ()
    override: Override | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Where devices stand together; a circle of 200 m to enter, of 270 m to leave.

    Args:
        id: ours for the installer's own (the house's id), the cloud's for its own.
        timezone: IANA name.
        chargers: those that stand there; a charger has no position of its own.
    """

    id: str
    name: str
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    timezone: str = "UTC"
    chargers: tuple[DeviceId, ...] = ()
