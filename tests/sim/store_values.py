"""Facts to store, for the tests of the store."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.model.actions import Action, ActionKind, ActionState, Failure, FailureType
from agent.model.clock import Now
from agent.model.documents import Document, DocumentKind, Source
from agent.model.events import Event, Executed, Resource
from agent.model.intents import Answer
from agent.model.picture import JournalEntry, Session
from agent.model.readings import DeviceId, DeviceKind
from agent.model.schedules import Location, Override, Rule, Schedule
from agent.model.targets import Reason, ReasonCode
from agent.store import Change, Store

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


def event(number: int, resource: str = "garage", *, coalesces: bool = True) -> Event:
    """An event of a charger with a text of usual length."""
    body = (
        f'{{"eventId":"{number}","event":"user:charger:updated","charger":{{"id":"{resource}"}}}}'
    )
    return Event(
        id=f"{number}",
        name="user:charger:updated" if coalesces else "user:vendor-action:updated",
        resource_type="charger",
        resource_id=resource,
        resource_rev=number,
        now=Now(at=NOON + timedelta(seconds=number), mono_s=float(number)),
        body=body.encode(),
        coalesces=coalesces,
    )


def schedule() -> Schedule:
    nights = Rule(should_charge=True, from_minute=1320, to_minute=360, weekdays=frozenset({0, 6}))
    holidays = Rule(should_charge=False, from_at=NOON, to_at=NOON + timedelta(days=7))
    return Schedule(
        id="s1",
        name="Nächte",
        target=GARAGE,
        target_kind=DeviceKind.CHARGER,
        location="home",
        default_should_charge=False,
        rules=(nights, holidays),
    )


def override(*, is_open: bool = True) -> Override:
    return Override(
        id="now" if is_open else "then",
        device=GARAGE,
        device_kind=DeviceKind.CHARGER,
        created_at=NOON,
        ended_at=None if is_open else NOON,
        action_id="new",
    )


def executed(request_id: str = "r1") -> Executed:
    answer = Answer(action=action("new"), override=override(), status=200)
    return Executed(request_id=request_id, fingerprint="f1", answer=answer, at=NOON)


def cloud_change() -> Change:
    """Something of everything that only a house with a cloud has."""
    place = Location(id="home", name="Home", latitude_deg=52.5, chargers=(GARAGE,))
    documents = (
        Document(kind=DocumentKind.SCHEDULE, id="s1", rev=3, seen_rev=3, value=schedule()),
        Document(kind=DocumentKind.LOCATION, id="home", seen_rev=2, problem="no", value=place),
        Document(kind=DocumentKind.SCHEDULE, id="s2", rev=5, seen_rev=5, source=Source.LOCAL),
    )
    return Change(
        events=(event(1), event(2), event(3, "barn", coalesces=False)),
        resources=(
            Resource(type="charger", id="barn", rev=7, body=None),
            Resource(type="charger", id="garage", rev=2, body=b'{"id":"garage"}'),
        ),
        executed=(executed(),),
        documents=documents,
        overrides=(override(), override(is_open=False)),
        pairing=b"\x00pairs",
    )
