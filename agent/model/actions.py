"""Actions: public records of a wish on its way to becoming true."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from agent.model.readings import DeviceId, DeviceKind


class ActionState(StrEnum):
    PENDING = "PENDING"
    CONFIRMED = "CONFIRMED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class ActionKind(StrEnum):
    START = "START"
    STOP = "STOP"
    SET_MAX_CURRENT = "SET_MAX_CURRENT"
    SET_CHARGE_RATE_LIMIT = "SET_CHARGE_RATE_LIMIT"
    SET_OPERATION_MODE = "SET_OPERATION_MODE"
    PROBE = "PROBE"


class FailureType(StrEnum):
    NO_RESPONSE = "NO_RESPONSE"
    FAILED_PRECONDITION = "FAILED_PRECONDITION"
    UNNECESSARY = "UNNECESSARY"
    CONFLICT = "CONFLICT"
    REQUESTED_CANCELLATION = "REQUESTED_CANCELLATION"
    NOT_FOUND = "NOT_FOUND"


class RequestedBy(StrEnum):
    USER = "user"
    SCHEDULE = "schedule"
    SMART_CHARGING = "smart-charging"
    OVERRIDE = "override"
    BOOKING = "booking"
    CLOUD = "cloud"
    PAIRING = "pairing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    type: FailureType
    detail: str  # a human sentence that names the device


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """See the ledger for its rules.

    Args:
        id: uuid.
        device: whom it was asked of; `device_commanded` who got the command (pairs differ).
        value: A, W or an operation mode, by kind; None for START and STOP. Of a PROBE the A per
            phase to which it lowers the current, 0 = a pause.
        created_mono_s, boot_id: the window runs on the monotonic clock of one boot of the machine.
        window_s: how long it may stay PENDING.
        attempts: commands sent so far to `device_commanded`, the last at `sent_mono_s`.
        spent: why the other way to charge a car (its charger, or the car itself) was given up.
    """

    id: str
    device: DeviceId
    device_kind: DeviceKind
    kind: ActionKind
    value: float | str | None = None
    state: ActionState = ActionState.PENDING
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None = None
    failure: Failure | None = None
    requested_by: RequestedBy = RequestedBy.USER
    request_id: str | None = None
    device_commanded: DeviceId
    created_mono_s: float
    boot_id: str
    window_s: float
    attempts: int = 0
    sent_mono_s: float | None = None
    spent: str | None = None

    @property
    def pending(self) -> bool:
        return self.state is ActionState.PENDING
