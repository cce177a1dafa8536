"""What people want. A command from Home Assistant, the cloud or the command line is an Intent
like any other, so it obeys the same limits."""

from dataclasses import dataclass
from enum import StrEnum

from agent.model.actions import Action, RequestedBy
from agent.model.readings import BatteryMode, DeviceId


class ChargerMode(StrEnum):
    """What a charger does when nobody says otherwise."""

    OFF = "off"
    FAST = "fast"
    SOLAR = "solar"
    MIN_SOLAR = "min_solar"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """Args:
    request_id: makes a repeated request harmless; None if the source has no such thing.
    """

    device: DeviceId
    requested_by: RequestedBy = RequestedBy.USER
    request_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeCommand(Intent):
    charging: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentLimit(Intent):
    max_current_a: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerLimit(Intent):
    max_power_w: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeChoice(Intent):
    mode: ChargerMode


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryModeChoice(Intent):
    mode: BatteryMode
    power_w: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelAction(Intent):
    action_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of an Intent.

    Args:
        action: the Action it made, if it is of the kind that makes one.
        problem: why it was not taken, in one sentence with the remedy; None if it was.
        status: like an HTTP status: 200, 400, 404, 409, 422.
    """

    action: Action | None = None
    problem: str | None = None
    status: int = 200
