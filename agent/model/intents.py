"""What people want. A command from Home Assistant, the cloud or the command line is an Intent
like any other, so it obeys the same limits."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from agent.model.actions import Action, RequestedBy
from agent.model.documents import DocumentKind, DocumentValue
from agent.model.limits import GridPeriod, Scope
from agent.model.pairs import Pair
from agent.model.readings import BatteryMode, DeviceId
from agent.model.schedules import Override
from agent.model.smart import Windows


class ChargerMode(StrEnum):
    """What a charger does when nobody says otherwise."""

    OFF = "off"
    FAST = "fast"
    SOLAR = "solar"
    MIN_SOLAR = "min_solar"
    SMART = "smart"  # as its plan says; where there is none, as fast as allowed


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """Args:
    request_id: makes a repeated request harmless; None if the source has no such thing.
    fingerprint: hash of the request's content, with request_id; the outcome is then kept in the
        same transaction as what the Intent changes.
    """

    requested_by: RequestedBy = RequestedBy.USER
    request_id: str | None = None
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceIntent(Intent):
    device: DeviceId


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeCommand(DeviceIntent):
    charging: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentLimit(DeviceIntent):
    max_current_a: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerLimit(DeviceIntent):
    max_power_w: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeChoice(DeviceIntent):
    mode: ChargerMode


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryModeChoice(DeviceIntent):
    mode: BatteryMode
    power_w: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelAction(Intent):
    action_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StartOverride(DeviceIntent):
    """Charge now, without turning schedules or plans off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndOverride(DeviceIntent):
    """Give the device back to its schedule or plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskProbe(DeviceIntent):
    """Let a charger charge slower for some minutes, to see which car hangs on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GridLimit(Intent):
    """The grid operator limits the house, or takes the limit back.

    Args:
        source: which input says so; each holds one limit, and the tightest counts.
        import_w, export_w: >= 0; both None = taken back.
        ends_at: aware UTC; None = until it is taken back.
    """

    source: str
    scope: Scope
    import_w: float | None = None
    export_w: float | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GridPlan(Intent):
    """The grid operator announces limits, in place of all that the source said before.

    Args:
        source: as in GridLimit.
        periods: ascending, not overlapping; none = taken back.
    """

    source: str
    scope: Scope
    periods: tuple[GridPeriod, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refresh(DeviceIntent):
    """Ask the device for news out of turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PinPair(Intent):
    """A person says which car hangs on a charger.

    Args:
        vehicle: None takes the pin away.
    """

    charger: DeviceId
    vehicle: DeviceId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectPair(Intent):
    """A person says what was wrong for this session only.

    Args:
        vehicle: None = unknown to us; `guest` = it is nobody's of the house.
        undo: with neither, True takes back all that people said of this charger, also a pin;
            False rules out the car that is named; None does the one where something was said and
            the other where nothing was.
    """

    charger: DeviceId
    vehicle: DeviceId | None
    guest: bool = False
    undo: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnableSchedule(Intent):
    schedule: str
    enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSmartPolicy(DeviceIntent):
    """A person's own edit of the smart charging of a vehicle, or of a charger for cars that nobody
    knows. None = stays as it is.

    Args:
        deadlines, ready_at, duration_s, min_on_s, min_off_s: as in SmartPolicy.
        once_no_more: forget ready_at.
        user: who says so, as the cloud calls them; None = somebody of the house.
    """

    enabled: bool | None = None
    deadlines: tuple[int | None, ...] | None = None
    minimum_percent: float | None = None
    windows: Windows | None = None
    ready_at: datetime | None = None
    once_no_more: bool = False
    duration_s: float | None = None
    min_on_s: float | None = None
    min_off_s: float | None = None
    user: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PutDocument(Intent):
    """A document from the cloud, or a person's own edit of one.

    Args:
        rev: the cloud's revision; None = an edit in the house.
        value: None deletes it.
        problem: why this revision could not even be read; it is noted and nothing else.
    """

    kind: DocumentKind
    id: str
    rev: int | None
    value: DocumentValue | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of an Intent.

    Args:
        action: the Action it made, if it is of the kind that makes one.
        override: the smart override it began or ended.
        pair: the pair that a person's word made or ended.
        problem: why it was not taken, in one sentence with the remedy; None if it was.
        status: like an HTTP status: 200, 400, 404, 409, 422.
    """

    action: Action | None = None
    override: Override | None = None
    pair: Pair | None = None
    problem: str | None = None
    status: int = 200
