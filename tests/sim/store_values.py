"""Facts to store, for the tests of the store."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.model.actions import Action, ActionKind, ActionState, Failure, FailureType
from agent.model.clock import Now
from agent.model.picture import JournalEntry, Session
from agent.model.readings import DeviceId, DeviceKind
from agent.model.targets import Reason, ReasonCode
from agent.store import Store

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
GARAGE = DeviceId("garage")
ROOF = DeviceId("roof")


class HandClock:
    """A clock that a test sets by hand."""

    def __init__(self, at: datetime = NOON, mono_s: float = 1000.0) -> None:
        self.value = Now(at=at, mono_s=mono_s)

    def now(self) -> Now:
        return self.value

    async def sleep(self, seconds: float) -> None:
        self.value = self.value.later(seconds)

    def jump(self, delta: timedelta) -> None:
        """Move the wall clock alone."""
        now = self.value
        self.value = Now(at=now.at + delta, mono_s=now.mono_s, trusted=now.trusted)


async def open_store(folder: Path, clock: HandClock | None = None, quota_mb: int = 128) -> Store:
    return await Store.open(folder / "hearth.db", clock or HandClock(), quota_mb=quota_mb)


def action(name: str, device: DeviceId = GARAGE, *, pending: bool = True) -> Action:
    return Action(
        id=name,
        device=device,
        device_kind=DeviceKind.CHARGER,
        kind=ActionKind.SET_MAX_CURRENT,
        value=10.0,
        state=ActionState.PENDING if pending else ActionState.CANCELLED,
        created_at=NOON,
        updated_at=NOON,
        completed_at=None if pending else NOON,
        failure=None
        if pending
        else Failure(type=FailureType.CONFLICT, detail="garage got a newer wish"),
        device_commanded=device,
        created_mono_s=1.5,
        boot_id="boot",
        window_s=300.0,
    )


def session(name: str, *, is_open: bool = True) -> Session:
    return Session(
        id=name,
        charger=GARAGE,
        plugged_in_at=NOON,
        plugged_out_at=None if is_open else NOON + timedelta(hours=1),
        energy_wh=1234.5,
    )


def entry(does: str) -> JournalEntry:
    reason = Reason(code=ReasonCode.SURPLUS, sentence="the sun shines", inputs={"power_w": 4200.0})
    return JournalEntry(at=NOON, device=GARAGE, reason=reason, does=does)
