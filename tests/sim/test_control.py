"""Control with a real database, real time and a driver of our own interface."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from agent.clock import SystemClock
from agent.control import Control
from agent.house import House
from agent.model.actions import ActionState, FailureType
from agent.model.clock import Now
from agent.model.driver import DeviceInfo, LinkDown, Refused, Report, Unable
from agent.model.intents import (
    BatteryModeChoice,
    CancelAction,
    ChargeCommand,
    ChargerMode,
    CurrentLimit,
    ModeChoice,
)
from agent.model.picture import Picture
from agent.model.readings import BatteryMode, PowerDelivery, Reading
from agent.model.targets import BatteryTarget, ChargerTarget, Target
from agent.store import Persisted, Store
from agent.supervise import keep_running
from tests.unit.house import (
    DEVICES,
    GARAGE,
    GRID,
    SETTINGS,
    STORE,
    battery,
    charger,
    charging,
    grid,
    wishes,
)

CLOCK = SystemClock()


class Bench:
    """A driver for all devices: shows what it is told, unless it is told not to."""

    name = "bench"
    devices: Sequence[DeviceInfo] = DEVICES

    def __init__(self, house: House) -> None:
        self.house = house
        self.sent: list[Target] = []
        self.obeys = True
        self.says_no: str | None = None
        self.is_able = True
        self.is_down = False
        self.told = asyncio.Event()

    async def run(self, report: Report) -> None:
        """Nothing to listen to."""

    async def make_safe(self) -> None:
        """Nothing is at risk."""

    async def send(self, target: Target) -> None:
        self.sent.append(target)
        self.told.set()
        if self.is_down:
            raise LinkDown("no answer")
        if self.says_no:
            raise (Refused if self.is_able else Unable)(self.says_no)
        if self.obeys:
            await self.house.report(self._shows(target, CLOCK.now()))

    @staticmethod
    def _shows(target: Target, now: Now) -> Reading:
        if isinstance(target, BatteryTarget):
            return battery(now, operation_mode=target.mode)
        assert isinstance(target, ChargerTarget)
        limit_a = target.max_current_a or 0.0
        shown = charging(limit_a, now) if target.charging else charger(now)
        return replace(shown, max_current_a=limit_a)


class Home:
    def __init__(self, control: Control, bench: Bench, house: House, store: Store) -> None:
        self.control, self.bench, self.house, self.store = control, bench, house, store

    async def until(self, what: Callable[[Picture], bool]) -> Picture:
        async with asyncio.timeout(3):
            async for picture in self.control.pictures.changes():
                if what(picture):
                    return picture
        raise AssertionError

    def said(self) -> list[str]:
        return [t.reason.code for t in self.bench.sent]


@asynccontextmanager
async def home(folder: Path, mode: ChargerMode = ChargerMode.FAST) -> AsyncIterator[Home]:
    store = await Store.open(folder / "hearth.db", CLOCK, commit_every_s=1)
    house = House()
    bench = Bench(house)
    control = Control(
        house=house,
        store=store,
        clock=CLOCK,
        settings=SETTINGS,
        wishes=wishes(mode),
        drivers=dict.fromkeys((GARAGE, STORE), bench),
        persisted=await store.load(),
    )
    jobs = [store.run, control.run, control.heartbeat, control.write]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_job(job)) for job in jobs]
        tasks += [
            group.create_task(_job(lambda o=outlet: keep_running(o.name, o.run)))  # type: ignore[misc]
            for outlet in control.outlets.values()
        ]
        try:
            yield Home(control, bench, house, store)
        finally:
            for task in tasks:
                task.cancel()
    await store.close()


async def _job(job: Callable[[], object]) -> None:
    await job()  # type: ignore[misc]


async def test_a_plugged_car_is_charged_and_the_picture_says_why(tmp_path: Path) -> None:
    async with home(tmp_path) as h:
        await h.house.report(grid(500.0, CLOCK.now()))
        await h.house.report(charger(CLOCK.now()))
        picture = await h.until(
            lambda p: (
                p.snapshot.get(GARAGE) is not None
                and getattr(p.snapshot[GARAGE].value, "power_w", None) is not None
            )
        )
        assert h.said() == ["mode-fast"]
        assert picture.targets[GARAGE].reason.sentence.startswith("Charging at up to 16 A")
        assert [e.device for e in picture.journal] == [GARAGE]
        assert GARAGE in picture.sessions


async def test_a_session_is_on_disk_soon_after_the_plug(tmp_path: Path) -> None:
    async with home(tmp_path) as h:
        await h.house.report(charger(CLOCK.now()))
        await h.until(lambda p: GARAGE in p.sessions)
        async with asyncio.timeout(0.5):
            while not (await h.store.load()).sessions:  # noqa: ASYNC110 a disk tells nobody
                await asyncio.sleep(0.01)


async def test_an_action_is_on_disk_before_its_command_leaves(tmp_path: Path) -> None:
    async with home(tmp_path, ChargerMode.OFF) as h:
        await h.house.report(grid(500.0, CLOCK.now()))
        await h.house.report(charger(CLOCK.now()))
        await h.until(lambda p: GARAGE in p.targets)
        h.bench.obeys = False
        answer = await h.control.submit(ChargeCommand(device=GARAGE, charging=True))
        assert answer.action is not None
        kept: list[Persisted] = [await h.store.load()]
        assert [a.id for a in kept[0].pending] == [answer.action.id]
        assert kept[0].settings["charger:garage"]["manual"] is True


async def test_a_persons_start_is_confirmed_by_the_chargers_own_word(tmp_path: Path) -> None:
    async with home(tmp_path, ChargerMode.OFF) as h:
        await h.house.report(grid(500.0, CLOCK.now()))
        await h.house.report(charger(CLOCK.now()))
        answer = await h.control.submit(ChargeCommand(device=GARAGE, charging=True))
        assert answer.action is not None
        picture = await h.until(lambda p: any(a.state is ActionState.CONFIRMED for a in p.actions))
        assert picture.actions[-1].id == answer.action.id
        assert h.control.state.outcomes.counts["confirmed"] == 1


async def test_a_refusal_snaps_the_wish_back_and_says_why(tmp_path: Path) -> None:
    async with home(tmp_path, ChargerMode.OFF) as h:
        h.bench.says_no = "garage says Rejected"
        await h.house.report(grid(500.0, CLOCK.now()))
        await h.house.report(charging(9.0, CLOCK.now()))
        await h.until(lambda p: GARAGE in p.last_failure)
        h.bench.says_no = None
        await h.house.report(charger(CLOCK.now()))
        h.bench.says_no = "the car is asleep"
        await h.control.submit(ChargeCommand(device=GARAGE, charging=True))
        picture = await h.until(lambda p: "asleep" in p.last_failure.get(GARAGE, ""))
        (done,) = [a for a in picture.actions if a.device == GARAGE]
        assert done.failure is not None
        assert done.failure.type is FailureType.FAILED_PRECONDITION
        back = await h.until(lambda p: p.targets[GARAGE].reason.code == "mode-off")
        assert back.modes[GARAGE] is ChargerMode.OFF


async def test_a_limit_is_a_setting_that_survives_a_restart(tmp_path: Path) -> None:
    async with home(tmp_path) as h:
        await h.house.report(grid(500.0, CLOCK.now()))
        await h.house.report(charger(CLOCK.now()))
        await h.control.submit(CurrentLimit(device=GARAGE, max_current_a=9.0))
        await h.until(lambda p: any(a.state is ActionState.CONFIRMED for a in p.actions))
        await h.control.submit(ModeChoice(device=GARAGE, mode=ChargerMode.MIN_SOLAR))
    async with home(tmp_path) as h:
        await h.house.report(grid(500.0, CLOCK.now()))
        picture = await h.until(lambda p: bool(p.limits_a))
        assert picture.limits_a[GARAGE] == 9.0
        assert picture.modes[GARAGE] is ChargerMode.MIN_SOLAR


async def test_a_running_charge_is_not_touched_by_a_restart(tmp_path: Path) -> None:
    async with home(tmp_path) as h:
        now = CLOCK.now()
        await h.house.report(grid(16 * 690.0 + 500, now))
        await h.house.report(replace(charging(16.0, now), max_current_a=16.0))
        await h.until(lambda p: GARAGE in p.targets)
        assert h.bench.sent == []


async def test_a_battery_mode_is_sent_and_proven(tmp_path: Path) -> None:
    async with home(tmp_path) as h:
        await h.house.report(battery(CLOCK.now(), operation_mode=BatteryMode.SELF_RELIANCE))
        idle = BatteryModeChoice(device=STORE, mode=BatteryMode.IDLE)
        assert (await h.control.submit(idle)).status == 200
        await h.until(lambda p: any(a.state is ActionState.CONFIRMED for a in p.actions))
        refused = await h.control.submit(
            BatteryModeChoice(device=STORE, mode=BatteryMode.EXPORT_FOCUS)
        )
        assert refused.status == 400


async def test_what_a_battery_declines_of_itself_is_known_to_plans_and_told(tmp_path: Path) -> None:
    async with home(tmp_path) as h:
        await h.house.report(grid(500.0, CLOCK.now()))
        await h.house.report(battery(CLOCK.now(), operation_mode=BatteryMode.SELF_RELIANCE))
        h.bench.says_no = "roof_battery is at its reserve"
        await h.control.submit(BatteryModeChoice(device=STORE, mode=BatteryMode.IDLE))
        picture = await h.until(lambda p: STORE in p.last_failure)
        assert picture.shortcomings == {}
        h.bench.says_no, h.bench.is_able = "roof_battery has no such register", False
        await h.control.submit(BatteryModeChoice(device=STORE, mode=BatteryMode.IMPORT_FOCUS))
        picture = await h.until(lambda p: STORE in p.shortcomings)
        assert "its being charged from the grid" in picture.shortcomings[STORE][0]


@pytest.mark.parametrize(
    ("intent", "status", "says"),
    [
        (ChargeCommand(device="cellar", charging=True), 404, "no device is called cellar"),  # type: ignore[arg-type]
        (ChargeCommand(device=GRID, charging=True), 400, "grid is a meter"),
        (CurrentLimit(device=GARAGE, max_current_a=40.0), 400, "0 or 6 to 16 A"),
        (CurrentLimit(device=GARAGE, max_current_a=3.0), 400, "at least 6 A"),
        (CancelAction(action_id="x"), 404, "no action has the id x"),
    ],
)
async def test_what_makes_no_sense_is_answered_with_the_remedy(
    tmp_path: Path, intent: ChargeCommand, status: int, says: str
) -> None:
    async with home(tmp_path) as h:
        answer = await h.control.submit(intent)
        assert answer.status == status
        assert says in (answer.problem or "")


async def test_cancelling_ends_the_wish(tmp_path: Path) -> None:
    async with home(tmp_path, ChargerMode.OFF) as h:
        h.bench.obeys = False
        await h.house.report(grid(500.0, CLOCK.now()))
        await h.house.report(charger(CLOCK.now()))
        made = await h.control.submit(ChargeCommand(device=GARAGE, charging=True))
        assert made.action is not None
        cancel = CancelAction(action_id=made.action.id)
        done = await h.control.submit(cancel)
        assert done.action is not None
        assert done.action.state is ActionState.CANCELLED
        assert (await h.control.submit(cancel)).status == 200
        await h.until(lambda p: p.targets[GARAGE].reason.code == "mode-off")


async def test_a_burst_of_readings_is_one_tick(tmp_path: Path) -> None:
    async with home(tmp_path) as h:
        await h.house.report(grid(500.0, CLOCK.now()))
        await h.until(lambda p: GRID in p.snapshot)
        pictures = 0

        async def count() -> None:
            nonlocal pictures
            async for _ in h.control.pictures.changes():
                pictures += 1

        counting = asyncio.create_task(count())
        await asyncio.sleep(0)
        before = pictures
        for watts in range(100):
            await h.house.report(grid(float(watts), CLOCK.now()))
        await asyncio.sleep(0.05)
        counting.cancel()
        assert pictures - before == 1


async def test_a_persons_stop_ends_with_the_session(tmp_path: Path) -> None:
    async with home(tmp_path) as h:
        await h.house.report(grid(500.0, CLOCK.now()))
        await h.house.report(charger(CLOCK.now()))
        await h.until(lambda p: GARAGE in p.sessions)
        await h.control.submit(ChargeCommand(device=GARAGE, charging=False))
        await h.until(lambda p: p.targets[GARAGE].reason.code == "manual-stop")
        await h.house.report(charger(CLOCK.now(), PowerDelivery.UNPLUGGED))
        await h.until(lambda p: GARAGE not in p.sessions)
        await h.house.report(charger(CLOCK.now()))
        await h.until(
            lambda p: GARAGE in p.targets and p.targets[GARAGE].reason.code == "mode-fast"
        )
